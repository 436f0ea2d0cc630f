import { Command } from "commander";
import fc from "fast-check";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { addGatewayCommand } from "../../../src/cli/gateway_command.ts";
import { applyGatewayFile } from "../../../src/cli/gateway_file/apply_file.ts";
import { gatewayOptions } from "../../../src/cli/gateway_options.ts";
import { isDecimal, isRepeated, isSwitch } from "../../../src/cli/gateway_file/option_schema.ts";
import { GatewayFileError, readGatewayFile } from "../../../src/cli/gateway_file/read_gateway_file.ts";
import { optionOf } from "../../../src/cli/gateway_file/option_of.ts";
import { jsonSchemaOfFile } from "../../../src/cli/gateway_file/schema.ts";
import { COMMAND_LINE_ALONE, FILE_TABLES } from "../../../src/cli/gateway_file/tables.ts";
import { fileText } from "../../../src/cli/init_command.ts";
import { identityOfNai } from "../../../src/ike/authentication/eap/nai.ts";
import { parseIdentity } from "../../../src/configuration/mod.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "gateway-file-"));
after(() => rmSync(FOLDER, { recursive: true }));

let count = 0;

function fileOf(text: string): string {
  const path = join(FOLDER, `${count++}.toml`);
  writeFileSync(path, text);
  return path;
}

function gateway(): Command {
  return addGatewayCommand(new Command().exitOverride());
}

function faultsOf(text: string): readonly string[] {
  const path = fileOf(text);
  try {
    readGatewayFile(path, gateway());
  } catch (error) {
    assert.ok(error instanceof GatewayFileError, String(error));
    return error.faults.map((fault) => fault.replace(path, "FILE"));
  }
  return [];
}

test("every option of the gateway has its one place in the file, and no key names an option that is not there", () => {
  const placed = Object.values(FILE_TABLES).flatMap(({ options }) => Object.values(options));
  assert.equal(new Set(placed).size, placed.length);
  const known = gateway().options.map(({ long }) => long!);
  const all = [...placed, ...COMMAND_LINE_ALONE];
  assert.deepEqual(
    known.filter((flag) => !all.includes(flag)),
    [],
    "options without a place in src/cli/gateway_file/tables.ts",
  );
  assert.deepEqual(all.filter((flag) => flag !== "--help" && !known.includes(flag)), []);
  for (const { options, paths = [] } of Object.values(FILE_TABLES)) for (const key of paths) assert.ok(key in options, key);
});

/** What is wrong, on which line it stands, and the words. */
const WRONG: readonly (readonly [string, RegExp])[] = [
  ["[listen]\nport = 70000\n", /^FILE:2: listen\.port: 70000 is out of range: allowed is <=65535$/],
  ["[listen]\nport = 1.5\n", /^FILE:2: listen\.port: not a whole number$/],
  ['[listen]\n\nport = "500"\n', /^FILE:3: listen\.port: expected a number$/],
  ["[listen]\nprot = 500\n", /^FILE:2: listen\.prot: unknown: did you mean port\? Allowed are addresses, port, /],
  ["[lisen]\nport = 500\n", /^FILE:1: lisen: unknown: did you mean listen\? Allowed are include, user, group, listen, /],
  [
    '[listen]\naddresses = ["192.0.2.1", "192.0.2.300"]\n',
    /^FILE:2: listen\.addresses\[1\]: Allowed are IPv4 and IPv6 addresses, and names/,
  ],
  ["[listen]\naddresses = 5\n", /^FILE:2: listen\.addresses: expected text or a list of text$/],
  ['[listen]\nlane = "no"\n', /^FILE:2: listen\.lane: expected true or false$/],
  ['[tickets]\nkind = "none"\n', /^FILE:2: tickets\.kind: unknown: allowed are "value", "reference"$/],
  ['[algorithms]\nike = "des"\n', /^FILE:2: algorithms\.ike: Proposal "des": "des" is unknown, allowed are aes256gcm16/],
  [
    "[clients]\nunique = 0\n",
    /^FILE:2: clients\.unique: Allowed are keep, replace, whole numbers from 1 to 1000000, and keep: /,
  ],
  ['listen = "all"\n', /^FILE:1: listen: expected a table$/],
  ["[[user]]\n", /^FILE:1: user\[0\]\.id: it is missing$/],
  [
    '[[user]]\nid = "a@b"\n\n[[user]]\nid = "c@d"\nremote = "here"\n',
    /^FILE:6: user\[1\]\.remote: traffic selector "here" is not/,
  ],
  ['[[user]]\nid = "a@b"\npsk = "secret"\n', /^FILE:3: user\[0\]\.psk: unknown: did you mean id\? Allowed are id, psk_file, /],
  ['[[user]]\nid = "a@b"\n[[user]]\nid = "a@B"\n', /^FILE: user "a@B" is there twice, the first is in /],
  ['include = ["users.d/*"]\n', /^FILE:1: include\[0\]: Allowed are the path of a file, or a folder and \/\*\.toml/],
  ['include = ["nowhere.toml"]\n', /^ENOENT: .*nowhere\.toml/],
  ["[listen\nport = 1\n", /^FILE:1:8: not TOML: /],
];

for (const [text, words] of WRONG) {
  test(`a file with ${JSON.stringify(text)} is refused with line, field, and what is allowed`, () => {
    const [fault, ...more] = faultsOf(text);
    assert.match(fault, words);
    assert.deepEqual(more, []);
  });
}

test("all that is wrong in a file is told, each in one line, and none of it repeats a text, which may be a secret", () => {
  const faults = faultsOf('[listen]\nport = -1\nlane = 3\n[identity]\npsk = "hunter2"\n[tickets]\nlifetime = 0\n');
  assert.deepEqual(faults.map((fault) => fault.split(": ")[1]), [
    "listen.port",
    "listen.lane",
    "identity.psk",
    "tickets.lifetime",
  ]);
  for (const fault of faults) assert.doesNotMatch(fault, /hunter2|\n/);
});

test("a number is allowed in the file just where it is on the command line", () => {
  for (const [table, { options }] of Object.entries(FILE_TABLES)) {
    for (const [key, flag] of Object.entries(options)) {
      const { parseArg } = optionOf(gateway(), flag);
      if (typeof parseArg !== "function" || !("least" in parseArg)) continue;
      const { least, most } = parseArg as unknown as { least: number; most: number };
      fc.assert(
        fc.property(fc.oneof(fc.constantFrom(least, most, least - 1, most + 1), fc.integer()), (number) => {
          const isAllowed = faultsOf(`[${table}]\n${key} = ${number}\n`).length === 0;
          assert.equal(isAllowed, number >= least && number <= most);
        }),
        { numRuns: 8 },
      );
    }
  }
});

/** A value of every field, made from its option. */
function valuesOf(command: Command): Map<string, unknown> {
  const values = new Map<string, unknown>([
    ["listen.addresses", ["127.0.0.1"]],
    ["listen.user", "nobody"],
    ["listen.transport", "dgram"],
    ["identity.id", "gateway.example"],
    ["clients.unique", 3],
    ["clients.eap_only", "mschapv2"],
    ["clients.resumption_authentication", ["a.example=message-only"]],
    ["algorithms.ike", ["aes256gcm16-prfsha256-x25519"]],
    ["algorithms.esp", ["aes256gcm16"]],
    ["algorithms.provider", "ts"],
    ["traffic.local", "10.1.0.0/16"],
    ["traffic.remote", "10.2.0.0/16"],
    ["traffic.remote_of", ["a.example=10.3.0.0/16"]],
    ["inner_addresses.ranges", "10.9.0.0/24"],
    ["inner_addresses.pools", ["staff=10.8.0.0/24"]],
    ["child_sas.renewal", "0.5-0.6"],
    ["policy.url", "https://policy.example/users"],
    ["inner_addresses.netmask", "255.255.255.0"],
    ["inner_addresses.dns", ["10.9.0.53"]],
    ["inner_addresses.domains", ["corp.example"]],
    ["inner_addresses.subnets", "10.0.0.0/8"],
    ["ike_sas.also_at", ["192.0.2.9"]],
    ["child_sas.xfrm_mark", "42"],
    ["tickets.revocation", "off"],
    ["tickets.profile", "rfc5723"],
    ["tickets.gateway_list", "192.0.2.7,gw.example"],
    ["http.listen", "127.0.0.1:9501"],
    ["redirect.to", "192.0.2.8"],
  ]);
  for (const [table, { options }] of Object.entries(FILE_TABLES)) {
    for (const [key, flag] of Object.entries(options)) {
      const field = `${table}.${key}`;
      if (values.has(field)) continue;
      const option = optionOf(command, flag);
      if (isSwitch(option)) values.set(field, !option.negate);
      else if (isDecimal(option.parseArg)) values.set(field, option.parseArg.from);
      else if (option.argChoices) values.set(field, option.argChoices.at(-1));
      else if (typeof option.parseArg === "function" && "least" in option.parseArg) values.set(field, option.parseArg.least);
      else values.set(field, isRepeated(option.parseArg) ? ["some"] : "some");
    }
  }
  return values;
}

test("each field says the same as its option on the command line", () => {
  for (const [field, value] of valuesOf(gateway())) {
    const [table, key] = field.split(".");
    const { options, paths = [] } = FILE_TABLES[table];
    const flag = options[key];
    const ofFile = gateway();
    applyGatewayFile(readGatewayFile(fileOf(`[${table}]\n${key} = ${JSON.stringify(value)}\n`), ofFile), ofFile);
    const ofLine = gateway();
    const option = optionOf(ofLine, flag);
    const texts = (Array.isArray(value) ? value : [value]).map((text) =>
      paths.includes(key) ? join(FOLDER, text) : String(text)
    );
    const words = isSwitch(option) ? [flag] : texts.flatMap((text) => [flag, text]);
    ofLine.action(() => {}).parse([...needed(flag), ...words], { from: "user" });
    const name = option.attributeName();
    assert.deepEqual(ofFile.opts()[name], ofLine.opts()[name], field);
  }
});

function needed(flag: string): string[] {
  return flag === "--address" ? [] : ["--address", "127.0.0.1"];
}

test("what the command line says goes before the file, and the file before the default", async () => {
  const path = fileOf(
    '[listen]\naddresses = ["192.0.2.1"]\nport = 5000\nnat_port = 5001\n[identity]\nid = "of.file"\npsk_file = "a"\n',
  );
  const command = gateway();
  command.action(() => {}).parse(["--port", "6000"], { from: "user" });
  const { address, port, natPort, identity, ticketLifetime } = await gatewayOptions(path, command);
  assert.deepEqual([address, port, natPort, ticketLifetime], [["192.0.2.1"], 6000, 5001, 3600]);
  assert.deepEqual(identity, parseIdentity("of.file"));
});

test("what neither file nor command line has and no gateway can do without is told with both names", async () => {
  const path = fileOf('[identity]\nid = "of.file"\n');
  await assert.rejects(
    () => gatewayOptions(path, gateway()),
    /required option '--address <ip>' not specified, and .*\.toml has no listen\.addresses/,
  );
});

test("users stand in the file and in a folder beside it, with secrets of their own from files and from the environment", async () => {
  mkdirSync(join(FOLDER, "users.d"));
  writeFileSync(
    join(FOLDER, "users.d", "b.toml"),
    '[[user]]\nid = "bea@example.org"\npsk_file = "bea.psk"\nremote = "10.7.0.0/16"\n',
  );
  writeFileSync(join(FOLDER, "users.d", "bea.psk"), "bea's key\n", { mode: 0o600 });
  writeFileSync(join(FOLDER, "users.d", "notes.txt"), "no TOML");
  process.env.KEY_OF_ADA = "ada's key";
  const path = fileOf(
    'include = ["users.d/*.toml"]\n[listen]\naddresses = "127.0.0.1"\n[identity]\nid = "g"\n[[user]]\nid = "ada@example.org"\npsk_file = "env:KEY_OF_ADA"\n',
  );
  const { users } = await gatewayOptions(path, gateway());
  const keyOf = (id: string) => new TextDecoder().decode(users!.presharedKeyOf(parseIdentity(id)));
  assert.deepEqual([keyOf("ada@example.org"), keyOf("bea@EXAMPLE.org"), keyOf("eve@example.org")], [
    "ada's key",
    "bea's key",
    "",
  ]);
  assert.equal(users!.rulesOf(parseIdentity("bea@example.org"))?.remote?.length, 1);
  assert.equal(users!.rulesOf(parseIdentity("ada@example.org"))?.remote, undefined);
});

test("a secret of a user that cannot be read is told with the user's name", async () => {
  const path = fileOf(
    '[listen]\naddresses = "127.0.0.1"\n[identity]\nid = "g"\n[[user]]\nid = "a@b"\npsk_file = "nowhere.psk"\n',
  );
  await assert.rejects(() => gatewayOptions(path, gateway()), /user "a@b": psk_file: ENOENT/);
  const unset = fileOf(
    '[listen]\naddresses = "127.0.0.1"\n[identity]\nid = "g"\n[[user]]\nid = "a@b"\npsk_file = "env:NOT_THERE"\n',
  );
  await assert.rejects(() => gatewayOptions(unset, gateway()), /user "a@b": psk_file: the environment has no NOT_THERE/);
});

test("a file does with EAP alone as a command line does, and not with nobody who could prove itself", async () => {
  const text = '[listen]\naddresses = "127.0.0.1"\n[identity]\nid = "g"\n[clients]\neap_users_file = "users"\n';
  const { eapOnly } = await gatewayOptions(fileOf(`${text}eap_only = "mschapv2"\n`), gateway());
  assert.deepEqual(eapOnly, [26]);
  await assert.rejects(() => gatewayOptions(fileOf(text), gateway()), /neither users nor identity\.psk_file nor/);
});

test("a user of EAP has a name that EAP knows: a mailbox or a key ID", async () => {
  process.env.WORD_OF_EVA = "a word";
  const optionsOf = (id: string) =>
    gatewayOptions(
      fileOf(
        `[listen]\naddresses = "127.0.0.1"\n[identity]\nid = "g"\n[[user]]\nid = "${id}"\neap_password_file = "env:WORD_OF_EVA"\n`,
      ),
      gateway(),
    );
  for (const [id, name] of [["eva@b", "eva@b"], ["email:eva@b", "eva@b"], ["keyid:eva", "eva"]]) {
    const { users } = await optionsOf(id);
    assert.equal(users!.passwordOf(name), "a word");
    assert.equal(users!.admits(identityOfNai(name)), true);
  }
  for (const id of ["eva", "192.0.2.1", "dn:CN=eva"]) {
    await assert.rejects(() => optionsOf(id), /user ".*": eap_password_file: expected user@realm or keyid:name/);
  }
});

test("the file that init writes has every field, and does for a gateway as it is and with all of its defaults said", () => {
  const text = fileText("gateway.example");
  assert.deepEqual(faultsOf(text), []);
  // What stands behind a comment and is no form, such as <count>, is said aloud.
  const said = text.replaceAll(/^# ([a-z_0-9]+ = [^<\n]+)$/gm, "$1");
  assert.deepEqual(faultsOf(said), []);
  for (const [table, { options }] of Object.entries(FILE_TABLES)) {
    assert.match(text, new RegExp(`^\\[${table}\\]$`, "m"));
    for (const key of Object.keys(options)) assert.match(text, new RegExp(`^(# )?${key} = `, "m"));
  }
  // It speaks of fields, not of options.
  assert.doesNotMatch(text.replace("check --json-schema", ""), / --[a-z]/);
});

test("the JSON Schema for editors has every field with its bounds and words", () => {
  const { properties } = jsonSchemaOfFile(gateway()) as unknown as {
    properties: { [table: string]: { properties: { [key: string]: { description: string; maximum?: number } } } };
  };
  for (const [table, { options }] of Object.entries(FILE_TABLES)) {
    assert.deepEqual(Object.keys(properties[table].properties), Object.keys(options));
    for (const { description } of Object.values(properties[table].properties)) assert.ok(description.length > 10);
  }
  assert.equal(properties.listen.properties.port.maximum, 65_535);
});
