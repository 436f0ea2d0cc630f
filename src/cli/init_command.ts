/**
 * `ike-resume init`: a configuration file to begin with, and a shared key beside it.
 *
 * @module
 */
import { Command, type Option } from "commander";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import { systemRandom } from "../crypto/system_random.ts";
import { createOwnersFile, messageOf } from "../store/owners_file.ts";
import { toHexadecimal } from "../wire/hexadecimal.ts";
import { UsageError } from "./exit_status.ts";
import { addGatewayCommand } from "./gateway_command.ts";
import { fieldDescription } from "./gateway_file/file_terms.ts";
import { isDecimal, isRepeated, isSwitch } from "./gateway_file/option_schema.ts";
import { optionOf } from "./gateway_file/option_of.ts";
import { FILE_TABLES } from "./gateway_file/tables.ts";

export const DEFAULT_FILE = "ike-resume.toml";
const KEY_FILE = "ike-resume.psk";
const USERS_FOLDER = "users.d";
const KEY_LENGTH = 32;
const LINE_WIDTH = 100;

export function addInitCommand(program: Command): Command {
  return program.command("init")
    .description(
      "Write a configuration file for a gateway, with every setting in it and what it means, and a new shared key beside it.",
    )
    .argument("[file]", "where to", DEFAULT_FILE)
    .option("--identity <id>", "who the gateway is", hostname())
    .action((file: string, { identity }: { readonly identity: string }) => init(resolve(file), identity));
}

/** @throws {UsageError} there is such a file already, or none can be made there */
function init(path: string, identity: string): void {
  const folder = dirname(path);
  try {
    mkdirSync(join(folder, USERS_FOLDER), { recursive: true });
    writeFileSync(path, fileText(identity), { flag: "wx" });
    const key = `0x${toHexadecimal(systemRandom(KEY_LENGTH))}\n`;
    const isNew = createOwnersFile(join(folder, KEY_FILE), key);
    console.log(`wrote ${path}`);
    console.log(
      isNew ? `wrote ${join(folder, KEY_FILE)}: the shared key, to be given to clients` : `left ${KEY_FILE} as it was`,
    );
    console.log(`next: ike-resume check ${path}, then ike-resume gateway ${path}`);
  } catch (error) {
    const there = existsSync(path) ? ": expected no file there" : "";
    throw new UsageError(`init: ${messageOf(error)}${there}`);
  }
}

/** What the file says where nothing is behind a comment. */
const SET: { readonly [field: string]: (identity: string) => string } = {
  "listen.addresses": () => '["0.0.0.0"]',
  "identity.id": (identity) => JSON.stringify(identity),
  "identity.psk_file": () => JSON.stringify(KEY_FILE),
  "tickets.keys_file": () => '"ticket-keys"',
};

/** Every setting, behind a comment where the default stands. */
export function fileText(identity: string): string {
  const gateway = addGatewayCommand(new Command());
  const lines = [
    "# Configuration of ike-resume gateway. What is behind a # is as it is without it; paths start from this file's folder.",
    '# "ike-resume check FILE" says what is wrong in it, and "ike-resume check --json-schema" tells editors what may stand here.',
    "",
    "# Users: [[user]] with id, psk_file or eap_password_file, and rules (docs/users.md), here or in files of a folder:",
    `include = ["${USERS_FOLDER}/*.toml"]`,
  ];
  for (const [table, { about, options }] of Object.entries(FILE_TABLES)) {
    lines.push("", `# ${about}.`, `[${table}]`);
    for (const [key, flag] of Object.entries(options)) {
      const option = optionOf(gateway, flag);
      const set = SET[`${table}.${key}`];
      lines.push(...comment(option), set ? `${key} = ${set(identity)}` : `# ${key} = ${shownValue(option)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function comment(option: Option): readonly string[] {
  const choices = option.argChoices ? ` (${option.argChoices.join(", ")})` : "";
  return wrapped(`${fieldDescription(option)}${choices}`).map((line) => `#   ${line}`);
}

function wrapped(text: string): readonly string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1];
    if (last !== "" && last.length + word.length >= LINE_WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines;
}

/** The default; where there is none, the form of the value. */
function shownValue(option: Option): string {
  if (isSwitch(option)) return String(option.negate);
  const { defaultValue, defaultValueDescription, parseArg } = option;
  if (typeof defaultValue === "number") return String(defaultValue);
  if (typeof defaultValue === "string") return JSON.stringify(defaultValueDescription ?? defaultValue);
  const form = /<(.*)>/.exec(option.flags)?.[1] ?? "";
  if (typeof parseArg === "function" && ("least" in parseArg || isDecimal(parseArg))) return `<${form}>`;
  return isRepeated(parseArg) ? `["<${form}>"]` : `"<${form}>"`;
}
