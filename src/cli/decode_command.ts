/**
 * `ike-resume decode`: the IKE messages of a capture, and with a key log what is in their protected payloads.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { readFileSync, statSync } from "node:fs";
import process from "node:process";
import { decodeCapture } from "../capture/mod.ts";
import { loadProvider } from "../providers/mod.ts";
import { countsLine, DECODE_HEADING, messageRow, secondsOf } from "./decode_table.ts";
import { EXIT_FAILED, EXIT_OK, UsageError } from "./exit_status.ts";

/** Octets: a file is read into memory. */
const LARGEST_CAPTURE = 1_073_741_824;
const LARGEST_KEY_LOG = 67_108_864;
const MOST_PORTS = 16;

interface DecodeCommandOptions {
  readonly keyLog?: string;
  readonly ports: readonly number[];
  readonly json?: boolean;
}

export function addDecodeCommand(program: Command): Command {
  return program.command("decode")
    .description(
      "Show the IKE messages of a capture (pcap or pcapng), and what is in their protected payloads by the keys of a key log.",
    )
    .argument("<file>", "the capture, as tcpdump, dumpcap or Wireshark wrote it")
    .option("--key-log <file>", "keys of IKE SAs, as --key-log of gateway and connect, and Wireshark, write them")
    .option("--ports <list>", "UDP ports of IKE, with commas between", portList, [500, 4_500])
    .option("--json", "a JSON object a line for each message, with all that stands in it")
    .addHelpText(
      "after",
      `
A line for each message: packet, seconds since the first one, from, to, exchange, flags (I: from the original initiator,
R: a response), message ID, payloads. SK{…} was opened, SK[96] was not: 96 octets. What is wrong stands behind "!".
Exit status 1: something could not be read or opened, and is told; what could be read is shown all the same.`,
    )
    .action(decode);
}

async function decode(file: string, { keyLog, ports, json }: DecodeCommandOptions): Promise<void> {
  // As "decode | head": whoever has read enough is gone.
  process.stdout.on("error", () => process.exit(EXIT_OK));
  const capture = read(file, LARGEST_CAPTURE);
  const keys = keyLog === undefined ? {} : { keyLog: new TextDecoder().decode(read(keyLog, LARGEST_KEY_LOG)) };
  const records = decodeCapture(capture, { ...keys, ports, provider: await loadProvider("auto") });
  if (!json) console.log(DECODE_HEADING);
  let start: number | undefined;
  for (let next = records.next();; next = records.next()) {
    if (next.done) {
      if (!json) console.log(countsLine(next.value));
      return;
    }
    const record = next.value;
    if (record.fault !== undefined) process.exitCode = EXIT_FAILED;
    if (json) console.log(JSON.stringify(record));
    else if ("payloads" in record) {
      if (record.time !== undefined) start ??= secondsOf(record.time);
      console.log(messageRow(record, start));
    } else {
      const where = record.packet === undefined ? "" : `packet ${record.packet}: `;
      console.error(`decode: ${where}${record.fault}`);
    }
  }
}

function read(path: string, largest: number): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size > largest) throw new RangeError(`${size} octets, expected at most ${largest}`);
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`decode: ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function portList(text: string): readonly number[] {
  const ports = text.split(",").map((part) => part.trim());
  if (
    ports.length > MOST_PORTS || !ports.every((part) => /^\d{1,5}$/.test(part) && Number(part) >= 1 && Number(part) <= 65_535)
  ) {
    throw new InvalidArgumentError(`Allowed are up to ${MOST_PORTS} ports from 1 to 65535, with commas between.`);
  }
  return ports.map(Number);
}
