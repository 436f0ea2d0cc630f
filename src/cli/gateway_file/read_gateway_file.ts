/**
 * Reads the configuration file of a gateway, and those that it includes. What is wrong is told with file, line and field, all of it at once.
 *
 * @module
 */
import type { Command } from "commander";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse, TomlError } from "smol-toml";
import * as v from "valibot";
import { messageOf } from "../../store/owners_file.ts";
import { UsageError } from "../exit_status.ts";
import { faultOf } from "./fault_words.ts";
import { type FileSchema, fileSchema, type GatewayFile, USERS_FILE_SCHEMA } from "./schema.ts";
import { keyOfWhom } from "../users/user_pattern.ts";
import type { GroupEntry, UserEntry } from "./users.ts";

/** A megabyte and some: ten thousand users. */
const LONGEST_FILE = 4 * 2 ** 20;
/** Of the faults of one file, as many are told. */
const MOST_TOLD = 20;

/** A user, and where it was written down. */
export interface StatedUser extends UserEntry {
  /** The folder that its paths start from. */
  readonly folder: string;
}

/** A file and those that it includes, checked. */
export interface ReadGatewayFile {
  readonly path: string;
  readonly tables: GatewayFile["tables"];
  readonly users: readonly StatedUser[];
  readonly groups: readonly GroupEntry[];
}

/** A file that will not do. Its message has a line for each fault: file:line: field: what is wrong, and what is allowed. */
export class GatewayFileError extends UsageError {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join("; "));
    this.faults = faults;
  }
}

/**
 * @param command `ike-resume gateway`, whose options say what is allowed
 * @throws {GatewayFileError} a file cannot be read, is no TOML, or says what is not allowed
 */
export function readGatewayFile(path: string, command: Command): ReadGatewayFile {
  const { include = [], user, group, ...tables } = read(path, fileSchema(command)) as PeopleOfFile & {
    readonly include?: readonly string[];
    readonly [table: string]: unknown;
  };
  const files = [
    peopleOf(path, { user, group }),
    ...include.flatMap((pattern) => filesOf(resolve(dirname(path), pattern))).map((file) =>
      peopleOf(file, read(file, USERS_FILE_SCHEMA))
    ),
  ];
  const users = files.flatMap((file) => file.users);
  const groups = files.flatMap((file) => file.groups);
  refuseDoubles("user", users, ({ id }) => id, keyOfWhom);
  refuseDoubles("group", groups, ({ name }) => name, (name) => name);
  return { path, tables: tables as GatewayFile["tables"], users, groups };
}

interface PeopleOfFile {
  readonly user?: readonly UserEntry[];
  readonly group?: readonly GroupEntry[];
}

/** Those of one file, which of their paths start from, and doubles are told by. */
function peopleOf(from: string, { user = [], group = [] }: PeopleOfFile) {
  return {
    users: user.map((entry) => ({ ...entry, folder: dirname(from), from })),
    groups: group.map((entry) => ({ ...entry, from })),
  };
}

/** A folder that is not there has no users yet; a file that is not there is a fault. */
function filesOf(pattern: string): readonly string[] {
  if (!pattern.endsWith("/*.toml")) return [pattern];
  const folder = dirname(pattern);
  if (!existsSync(folder)) return [];
  const isVisible = (name: string) => name.endsWith(".toml") && !name.startsWith(".");
  return readdirSync(folder).filter(isVisible).sort().map((name) => resolve(folder, name));
}

function refuseDoubles<Entry extends { readonly from: string }>(
  kind: string,
  entries: readonly Entry[],
  nameOf: (entry: Entry) => string,
  keyOf: (name: string) => string,
): void {
  const seen = new Map<string, string>();
  for (const entry of entries) {
    const { from } = entry;
    const name = nameOf(entry);
    const before = seen.get(keyOf(name));
    if (before !== undefined) {
      throw new GatewayFileError([`${from}: ${kind} "${name}" is there twice, the first is in ${before}`]);
    }
    seen.set(keyOf(name), from);
  }
}

function read(path: string, schema: FileSchema): { readonly [key: string]: unknown } {
  const text = textOf(path);
  let values: unknown;
  try {
    values = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [words] = error.message.replace(/^Invalid TOML document: /, "").split("\n");
    throw new GatewayFileError([`${path}:${error.line}:${error.column}: not TOML: ${words}`]);
  }
  const checked = v.safeParse(schema, values, { abortPipeEarly: true });
  if (checked.success) return checked.output;
  const faults = checked.issues.slice(0, MOST_TOLD).map((issue) => faultOf(path, text, issue));
  const more = checked.issues.length - faults.length;
  throw new GatewayFileError(more > 0 ? [...faults, `${path}: ${more} more`] : faults);
}

function textOf(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > LONGEST_FILE) throw new GatewayFileError([`${path}: ${size} octets, allowed are ${LONGEST_FILE}`]);
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof GatewayFileError) throw error;
    throw new GatewayFileError([messageOf(error)]);
  }
}
