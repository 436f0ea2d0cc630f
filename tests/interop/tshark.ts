/**
 * tshark's reading of a recording: an independent dissector says what each message is, and with a key log what is inside.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import { makeTemporaryFolder, removeTemporaryFolder } from "./temporary_folder.ts";

/** A packet as tshark sees it. */
export interface DissectedPacket {
  readonly number: number;
  /** Names of its layers, such as eth, ip, udp, isakmp. */
  readonly layers: readonly string[];
  readonly fields: readonly DissectedField[];
}

export interface DissectedField {
  /** Such as isakmp.notify.msgtype. */
  readonly name: string;
  /** For people: `Notify Message Type: TICKET_OPAQUE (16413)`. */
  readonly shown: string;
  /** The octets, in hexadecimal. */
  readonly value: string;
}

/** `keyLog`: text of Wireshark's file `ikev2_decryption_table`, which is what our key log is. */
export async function dissect(recording: string, keyLog: string): Promise<DissectedPacket[]> {
  const configuration = makeTemporaryFolder("tshark");
  try {
    writeFileSync(join(configuration, "ikev2_decryption_table"), keyLog, { mode: 0o600 });
    const pdml = await run("tshark", ["-n", "-r", recording, "-T", "pdml"], {
      environment: { WIRESHARK_CONFIG_DIR: configuration },
      timeoutMs: 60_000,
    });
    return parsePdml(pdml);
  } finally {
    removeTemporaryFolder(configuration);
  }
}

/** A line for each packet, of these fields of tshark's, with `|` between them. */
export async function fieldLines(recording: string, keyLog: string, fields: readonly string[]): Promise<string[]> {
  const configuration = makeTemporaryFolder("tshark");
  try {
    writeFileSync(join(configuration, "ikev2_decryption_table"), keyLog, { mode: 0o600 });
    const words = ["-n", "-r", recording, "-T", "fields", "-E", "separator=|", ...fields.flatMap((field) => ["-e", field])];
    const text = await run("tshark", words, { environment: { WIRESHARK_CONFIG_DIR: configuration }, timeoutMs: 60_000 });
    return text.trimEnd().split("\n");
  } finally {
    removeTemporaryFolder(configuration);
  }
}

/** All fields of that name, in the order of the packet. */
export function fieldsOf(packet: DissectedPacket, name: string): DissectedField[] {
  return packet.fields.filter((field) => field.name === name);
}

/**
 * Everything that is wrong or unreadable in tshark's eyes: what is not IKE, a malformed mark or a warning, a protected payload that
 * it could not open, an integrity value that is not right, an exchange, payload, notify or transform without a name.
 */
export function complaints(packet: DissectedPacket): string[] {
  const found: string[] = [];
  if (!packet.layers.includes("isakmp")) found.push("not read as IKE");
  for (const { name, shown } of packet.fields) {
    if (name.startsWith("_ws.")) found.push(`${name} ${shown}`);
    if (/\bunknown\b|unassigned|private use|<.*unsupported|reserved to iana/i.test(shown) && name.startsWith("isakmp.")) {
      found.push(shown);
    }
  }
  const exchanges = fieldsOf(packet, "isakmp.exchangetype");
  if (exchanges.length !== 1) found.push("no exchange type");
  const wrapped = fieldsOf(packet, "isakmp.typepayload").filter(({ shown }) => /Encrypted and Authenticated/.test(shown));
  const opened = fieldsOf(packet, "isakmp.enc.decrypted");
  if (opened.length !== wrapped.length) found.push(`${wrapped.length} SK payloads, ${opened.length} of them decrypted`);
  const checked = fieldsOf(packet, "isakmp.enc.icd").filter(({ shown }) => shown.endsWith("[correct]"));
  if (checked.length !== wrapped.length) found.push(`${wrapped.length} SK payloads, ${checked.length} of them authentic`);
  return found;
}

/** PDML is XML that one program writes in one way: a list of tags with attributes is all that is needed of it. */
function parsePdml(pdml: string): DissectedPacket[] {
  return pdml.split("<packet>").slice(1).map((text) => {
    const layers = [...text.matchAll(/<proto name="([^"]+)"/g)].map(([, name]) => name);
    const fields = [...text.matchAll(/<(?:field|proto) ([^>]*)>/g)].map(([, attributes]) => {
      const of = (key: string) => unescapeXml(new RegExp(`(?:^| )${key}="([^"]*)"`).exec(attributes)?.[1] ?? "");
      return { name: of("name"), shown: of("showname") || of("show"), value: of("value") };
    });
    const number = /<field name="num"[^>]* show="(\d+)"/.exec(text)?.[1];
    return { number: Number(number), layers, fields };
  });
}

function unescapeXml(text: string): string {
  const characters: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => characters[name]);
}
