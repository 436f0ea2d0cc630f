import { Command, type Option } from "commander";
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { addGatewayCommand } from "../../../src/cli/gateway_command.ts";
import { isDecimal, isRepeated, isSwitch } from "../../../src/cli/gateway_file/option_schema.ts";
import { optionOf } from "../../../src/cli/gateway_file/option_of.ts";
import { GatewayFileError, readGatewayFile } from "../../../src/cli/gateway_file/read_gateway_file.ts";
import { FILE_TABLES } from "../../../src/cli/gateway_file/tables.ts";
import { ENTRY_KEYS } from "../../../src/cli/gateway_file/users.ts";
import { UsageError } from "../../../src/cli/exit_status.ts";
import { blamingFile, gatewayOptions } from "../../../src/cli/gateway_options.ts";
import { policyOf } from "../../../src/cli/users/policy_of.ts";
import { run } from "../command_line.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "wrong-settings-"));
after(() => rmSync(FOLDER, { recursive: true }));
const PATH = join(FOLDER, "gateway.toml");

/** A value that is never repeated in what is told: it may be a secret that stands in a wrong place. */
const SECRET = "hunter2";

function faultsOf(text: string): readonly string[] {
  writeFileSync(PATH, text);
  try {
    readGatewayFile(PATH, addGatewayCommand(new Command().exitOverride()));
  } catch (error) {
    assert.ok(error instanceof GatewayFileError, String(error));
    return error.faults;
  }
  return [];
}

/** Values in TOML that are of the wrong type, or out of range, whatever the option takes. */
function wrongValuesOf(option: Option): string[] {
  const { parseArg } = option;
  const isNumber = typeof parseArg === "function" && "least" in parseArg;
  const wrong = ["{ a = 1 }", "1979-05-27", "[[1]]", "[]"];
  if (isRepeated(parseArg)) wrong.pop();
  if (isSwitch(option)) return [...wrong, "1", `"${SECRET}"`];
  wrong.push("true");
  if (isDecimal(parseArg)) return [...wrong, `"${SECRET}"`, "-0.001", "1e300", "nan", `${parseArg.to + 0.5}`];
  if (isNumber) {
    const { least, most } = parseArg as unknown as { least: number; most: number };
    return [
      ...wrong,
      `"${SECRET}"`,
      `${least - 1}`,
      ...(most < Number.MAX_SAFE_INTEGER ? [`${most + 1}`] : []),
      "1.5",
      "nan",
      "inf",
    ];
  }
  if (option.argChoices) return [...wrong, "1", `"${SECRET}"`];
  return [...wrong, ...(option.long === "--unique" ? ["0", `"${SECRET}"`] : ["1", "1.5"])];
}

test("every field with every kind of wrong value is told in one line, with file, line and field, and without the value", () => {
  const command = addGatewayCommand(new Command());
  let count = 0;
  for (const [table, { options }] of Object.entries(FILE_TABLES)) {
    for (const [key, flag] of Object.entries(options)) {
      for (const wrong of wrongValuesOf(optionOf(command, flag))) {
        const what = `${table}.${key} = ${wrong}`;
        const faults = faultsOf(`[${table}]\n${key} = ${wrong}\n`);
        assert.equal(faults.length, 1, `${what}: ${faults}`);
        assert.ok(faults[0].startsWith(`${PATH}:2: ${table}.${key}`), `${what}: ${faults[0]}`);
        assert.doesNotMatch(faults[0], /hunter2|\n|undefined|\[object|^.{400}/, what);
        count++;
      }
    }
  }
  assert.ok(count > 500, `${count} wrong values`);
});

test("every field of users and groups with a wrong type is told in the same way", () => {
  for (const [array, keys] of Object.entries(ENTRY_KEYS)) {
    for (const key of keys) {
      for (const wrong of ["{ a = 1 }", "1979-05-27", "[[1]]", "-1", "1.5"]) {
        const who = array === "user" ? 'id = "a@b"' : 'name = "a"';
        const isWho = who.startsWith(key);
        const text = `[[${array}]]\n${isWho ? "" : `${who}\n`}${key} = ${wrong}\n`;
        const faults = faultsOf(text);
        assert.equal(faults.length, 1, `${text}: ${faults}`);
        assert.ok(faults[0].startsWith(`${PATH}:${isWho ? 2 : 3}: ${array}[0].${key}`), faults[0]);
        assert.doesNotMatch(faults[0], /\n|undefined|\[object/);
      }
    }
  }
});

test("a key that no table has is told with the nearest one, in every table", () => {
  for (const [table, { options }] of Object.entries(FILE_TABLES)) {
    const [first] = Object.keys(options);
    const [fault] = faultsOf(`[${table}]\n${first}x = 1\n`);
    assert.match(fault, new RegExp(`:2: ${table}\\.${first}x: unknown: did you mean \\w+\\? Allowed are `));
  }
});

const WHOLE =
  '[listen]\naddresses = ["127.0.0.1"]\nport = 0\nnat_port = 0\n[identity]\nid = "g"\npsk_file = "env:KEY_OF_ALL"\n';

/** What only the whole tells, or the machine. */
const WRONG_TOGETHER: readonly (readonly [string, RegExp])[] = [
  ["[retransmission]\nfirst = 900\nlongest = 100\n", /retransmission\.longest is shorter than retransmission\.first/],
  ['[policy]\ncommand = "/bin/true"\nurl = "https://a.example/"\n', /policy\.command with policy\.url: expected one of them/],
  ['[policy]\ntoken_file = "token"\n', /policy\.token_file without (--policy-url|policy\.url)/],
  ['[policy]\ncommand = "nowhere"\n', /policy\.command: ENOENT.*expected a program/],
  ['[[user]]\nid = "a@b"\ngroup = "none"\n', /user "a@b": group: there is no "none"/],
  ['[inner_addresses]\npools = ["a=10.0.0.0/24", "a=10.1.0.0/24"]\n', /inner_addresses\.pools: two of one name/],
  ['[inner_addresses]\nranges = "10.0.0.0/24"\npools = ["a=10.0.0.0/25"]\n', /two ranges overlap/],
];

test("what does not fit together is told in one line, before anything is started or made", async () => {
  process.env.KEY_OF_ALL = "a secret of all";
  for (const [text, words] of WRONG_TOGETHER) {
    writeFileSync(PATH, WHOLE + text);
    const command = addGatewayCommand(new Command().exitOverride());
    const make = () =>
      blamingFile(PATH, command, async () => {
        const options = await gatewayOptions(PATH, command);
        return await policyOf(options, () => {}, () => {});
      });
    await assert.rejects(make, (error) => error instanceof UsageError && words.test(error.message), text);
  }
  const [[text, words]] = WRONG_TOGETHER;
  writeFileSync(PATH, WHOLE + text);
  const before = readdirSync(FOLDER);
  for (const name of ["check", "gateway"]) {
    const { status, stdout, stderr } = await run(name, PATH);
    assert.deepEqual([status, stdout], [2, ""], stderr);
    assert.match(stderr, words);
    assert.match(stderr, /^[^\n]+\n$/);
  }
  assert.deepEqual(readdirSync(FOLDER), before);
});
