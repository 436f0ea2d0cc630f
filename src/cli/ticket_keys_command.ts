/**
 * `ike-resume ticket keys`: makes and changes files of ticket keys. No key is ever shown.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { systemRandom } from "../crypto/system_random.ts";
import { createTicketKeyFile, readTicketKeys, TicketKeyFileError, writeTicketKeys } from "../store/ticket_key_file.ts";
import { createTicketMasterFile } from "../store/ticket_master_file.ts";
import {
  DEFAULT_TICKET_ALGORITHM,
  makeTicketKey,
  TICKET_ALGORITHMS,
  type TicketAlgorithm,
  type TicketKey,
  ticketKeyName,
} from "../ticket/ticket_key.ts";
import {
  activateTicketKey,
  removeTicketKey,
  rotateTicketKeys,
  stageTicketKey,
  type TicketKeyChange,
} from "../ticket/ticket_key_changes.ts";
import { phaseOf } from "../ticket/ticket_key_schedule.ts";
import { UsageError } from "./exit_status.ts";
import { wholeNumber } from "./option_values.ts";

const LONGEST_DELAY_SECONDS = 400 * 86_400;
const DEFAULT_TICKET_LIFETIME_SECONDS = 3_600;

interface Options {
  readonly algorithm: TicketAlgorithm;
  readonly at?: number;
  readonly in?: number;
  readonly key?: string;
  readonly ticketLifetime: number;
  readonly json?: boolean;
}

export function addTicketKeysCommand(program: Command): Command {
  const ticket = program.command("ticket").description("Work with what tickets need.");
  const keys = ticket.command("keys").description(
    "Make and change files of ticket keys. Gateways that were started with --ticket-keys or --ticket-master take a change up by themselves.",
  );

  withAlgorithm(changing(keys, "generate", "make a file with a current key, and one staged after it")).action(
    (path: string, options: Options) => create(path, options),
  );
  showing(keys, "list", "list the keys of a file").action((path: string, options: Options) => show(read(path), options));
  withMoment(withAlgorithm(changing(keys, "stage", "add a key that opens tickets at once, and seals them later"))).action(
    (path: string, options: Options) =>
      change(path, options, (all, at) => stageTicketKey(all, systemRandom, options.algorithm, momentOf(options), at)),
  );
  withMoment(changing(keys, "activate", "let a staged key seal: at once, or from a moment on"))
    .option("--key <id>", "which one; the one that is next if not given", keyName)
    .action((path: string, options: Options) =>
      change(path, options, (all, at) => activateTicketKey(all, options.key, momentOf(options) ?? at.nowEpochSeconds, at))
    );
  withAlgorithm(
    changing(keys, "rotate", "let the staged key seal, stage a new one after it, and drop keys whose tickets have all expired"),
  ).action((path: string, options: Options) =>
    change(path, options, (all, at) => rotateTicketKeys(all, systemRandom, options.algorithm, at))
  );
  changing(keys, "remove", "take a key away that got lost: tickets under it are refused from then on")
    .requiredOption("--key <id>", "which one, by its 16 hexadecimal digits", keyName)
    .action((path: string, options: Options) => change(path, options, (all, at) => removeTicketKey(all, options.key!, at)));
  withAlgorithm(keys.command("master").argument("<file>").description("make a file with a master secret for --ticket-master"))
    .action((path: string, { algorithm }: Options) => createTicketMasterFile(path, systemRandom, algorithm));
  return ticket;
}

function showing(keys: Command, name: string, description: string): Command {
  return keys.command(name).argument("<file>").description(description).option("--json", "the list as JSON");
}

function changing(keys: Command, name: string, description: string): Command {
  return showing(keys, name, description).option(
    "--ticket-lifetime <seconds>",
    "how long tickets are good for, as the gateways have it: keys are kept as long",
    wholeNumber(1, 30 * 86_400),
    DEFAULT_TICKET_LIFETIME_SECONDS,
  );
}

function withAlgorithm(command: Command): Command {
  return command.addOption(
    new Option("--algorithm <name>", "algorithm of new keys").choices(TICKET_ALGORITHMS).default(DEFAULT_TICKET_ALGORITHM),
  );
}

function withMoment(command: Command): Command {
  return command
    .addOption(new Option("--at <time>", "from then on, such as 2030-01-31T03:00:00Z").argParser(moment).conflicts("in"))
    .option("--in <seconds>", "from so many seconds on from now", wholeNumber(0, LONGEST_DELAY_SECONDS));
}

function moment(text: string): number {
  const milliseconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(milliseconds)) {
    throw new InvalidArgumentError("Allowed are times with their zone, such as 2030-01-31T03:00:00Z.");
  }
  return milliseconds / 1_000;
}

function keyName(text: string): string {
  if (/^[0-9a-f]{16}$/i.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError("Allowed are 16 hexadecimal digits.");
}

function momentOf({ at, in: delay }: Options): number | undefined {
  if (at !== undefined && at < epochSeconds()) {
    throw new UsageError("--at: this moment has passed; allowed are moments to come");
  }
  return at ?? (delay === undefined ? undefined : epochSeconds() + delay);
}

function epochSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}

function create(path: string, options: Options): void {
  const now = epochSeconds();
  const current = makeTicketKey(systemRandom, now, options.algorithm);
  const keys = stageTicketKey([current], systemRandom, options.algorithm, undefined, changeOf(options));
  if (!createTicketKeyFile(path, keys)) {
    throw new TicketKeyFileError(`ticket keys: ${path} is there already, and is not replaced`);
  }
  show(keys, options);
}

function change(
  path: string,
  options: Options,
  make: (keys: readonly TicketKey[], change: TicketKeyChange) => readonly TicketKey[],
): void {
  const keys = make(read(path), changeOf(options));
  writeTicketKeys(path, keys);
  show(keys, options);
}

function changeOf({ ticketLifetime }: Options): TicketKeyChange {
  return { nowEpochSeconds: epochSeconds(), ticketLifetimeSeconds: ticketLifetime };
}

function read(path: string): readonly TicketKey[] {
  const keys = readTicketKeys(path);
  if (keys === undefined) throw new TicketKeyFileError(`ticket keys: no file ${path}: make it with "ticket keys generate"`);
  return keys;
}

/** Identities, algorithms and times: never a key. */
function show(keys: readonly TicketKey[], { json }: Options): void {
  const now = epochSeconds();
  const rows = keys.map((key) => ({
    key: ticketKeyName(key.keyId),
    phase: phaseOf(key, keys, now),
    algorithm: key.algorithm,
    made: timeOf(key.madeAtEpochSeconds),
    seals_from: key.activeFromEpochSeconds === undefined ? null : timeOf(key.activeFromEpochSeconds),
  }));
  if (json) return console.log(JSON.stringify(rows));
  for (const { key, phase, algorithm, made, seals_from } of rows) {
    console.log(
      `${key}  ${phase.padEnd(8)}  ${algorithm.padEnd(16)}  made ${made}  seals from ${seals_from ?? "a command on"}`,
    );
  }
}

function timeOf(epochSeconds: number): string {
  return new Date(epochSeconds * 1_000).toISOString().replace(/\.\d+Z$/, "Z");
}
