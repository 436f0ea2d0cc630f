import assert from "node:assert/strict";
import { Command } from "commander";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { addGatewayCommand } from "../../../src/cli/gateway_command.ts";
import { gatewayOptions } from "../../../src/cli/gateway_options.ts";
import { parseAnswer, questionText } from "../../../src/cli/users/policy_answer.ts";
import { GatewayUsers } from "../../../src/cli/gateway_users.ts";
import { UsageError } from "../../../src/cli/exit_status.ts";
import type { GroupEntry, UserEntry } from "../../../src/cli/gateway_file/users.ts";
import { groundOf } from "../../../src/cli/users/rules_ground.ts";
import { keysAbout } from "../../../src/cli/users/user_pattern.ts";
import { userPolicy } from "../../../src/cli/users/user_policy.ts";
import { parseIdentity, parseSelectors } from "../../../src/configuration/mod.ts";
import type { AuthenticatedClient, ResumingClient } from "../../../src/ike/mod.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "gateway-users-"));
after(() => rmSync(FOLDER, { recursive: true }));
for (const name of ["all", "branch", "ada"]) writeFileSync(join(FOLDER, name), `the key of ${name}\n`, { mode: 0o600 });

const INNER = {
  innerAddresses: parseSelectors("10.9.0.0/24"),
  innerPool: [{ name: "staff", ranges: parseSelectors("10.7.0.0/24, fd00::/120") }],
};

function usersOf(users: readonly UserEntry[], groups: readonly GroupEntry[] = [], options: object = INNER): GatewayUsers {
  return new GatewayUsers({ users: users.map((user) => ({ ...user, folder: FOLDER })), groups }, groundOf(options));
}

const id = parseIdentity;
const keyOf = (users: GatewayUsers, text: string, everybodys?: Uint8Array) =>
  new TextDecoder().decode(users.presharedKeyOf(id(text), everybodys));

test("what is about a user alone goes before a pattern, and a longer pattern before a shorter one", () => {
  const users = usersOf([
    { id: "*", psk_file: "all" },
    { id: "*.example.org", psk_file: "branch", devices: 5 },
    { id: "*@example.org", tickets: false },
    { id: "ada@example.org", devices: 2 },
    { id: "*.north.example.org", devices: 7 },
  ]);
  const devices = (text: string) => users.rulesOf(id(text))?.rules.uniqueIdentities;
  assert.deepEqual(["a.example.org", "a.b.north.EXAMPLE.org", "ada@EXAMPLE.org", "eve@example.org"].map(devices), [
    5,
    7,
    2,
    undefined,
  ]);
  assert.deepEqual(users.rulesOf(id("eve@Example.Org"))?.mayResume, false);
  assert.equal(users.rulesOf(id("ada@example.org"))?.mayResume, true, "the pattern's rules do not count for her");
  // A secret is the next one's, where the entry itself has none.
  assert.equal(keyOf(users, "ada@example.org"), "the key of all");
  assert.equal(keyOf(users, "x.north.example.org"), "the key of branch");
  assert.equal(keyOf(users, "192.0.2.1"), "the key of all");
  // A pattern of hosts is none of mailboxes, nor the domain itself.
  assert.equal(users.rulesOf(id("example.org"))?.rules.uniqueIdentities, undefined);
});

test("a name of any length and any number of dots is looked up in bounded time", () => {
  const identity = { idType: 2, identification: new Uint8Array(60_000).fill(0x2e) };
  assert.ok([...keysAbout(identity)].length < 200);
});

test("a user has what the group says, but for what it says itself", () => {
  const users = usersOf(
    [{ id: "a@b", group: "staff" }, { id: "c@b", group: "staff", devices: 4, beyond_devices: "refuse", tickets: true }],
    [{ name: "staff", pool: "staff", devices: 2, tickets: false, enabled: false }],
  );
  assert.deepEqual(users.rulesOf(id("a@b"))?.rules, {
    uniqueIdentities: 2,
    innerAddress: { pool: "staff" },
    issueTickets: false,
  });
  assert.deepEqual(users.rulesOf(id("c@b"))?.rules, { uniqueIdentities: { keep: 4 }, innerAddress: { pool: "staff" } });
  assert.deepEqual([users.mayCome(id("a@b")), users.mayCome(id("nobody@b"))], [false, true]);
});

test("an address of a user's own is for one device, whose place the next one takes", () => {
  const users = usersOf([{ id: "a@b", address: ["10.9.0.5", "fd00:0::9"] }, {
    id: "c@b",
    address: "10.9.0.6",
    beyond_devices: "refuse",
  }]);
  assert.deepEqual(users.rulesOf(id("a@b"))?.rules, {
    uniqueIdentities: "replace",
    innerAddress: { addresses: ["10.9.0.5", "fd00::9"] },
  });
  assert.equal(users.rulesOf(id("c@b"))?.rules.uniqueIdentities, "keep");
  assert.deepEqual(["10.9.0.5", "fd00::9", "10.9.0.7"].map((address) => users.isReserved(address)), [true, true, false]);
});

test("several workers know whose an address of the file is, and not whose one is that a hook names", () => {
  const users = usersOf([{ id: "a@b", address: "10.9.0.5" }], [], { ...INNER, workers: 2 });
  assert.deepEqual(users.rulesOf(id("a@b"))?.rules, {
    uniqueIdentities: "replace",
    innerAddress: { addresses: ["10.9.0.5"] },
  });
  assert.throws(
    () => users.rulesOfStated({ address: "10.9.0.6" }, "policy of c@b"),
    /^UsageError: policy of c@b: address: is kept at one worker alone, and there are 2: expected a pool, or 1 worker$/,
  );
});

/** What will not do, and in which words that is told. */
const WRONG: readonly (readonly [UserEntry | GroupEntry, RegExp, object?])[] = [
  [{ id: "a@b", group: "none" }, /user "a@b": group: there is no "none"$/],
  [{ id: "a@b", pool: "none" }, /user "a@b": pool: "none" is none of inner_addresses\.pools, which are staff$/],
  [{ id: "a@b", address: "192.0.2.1" }, /user "a@b": address: 192\.0\.2\.1 is not of inner_addresses\.ranges or pools/],
  [{ id: "a@b", address: "10.9.0.5" }, /is not of inner_addresses/, {}],
  [{ id: "a@b", address: ["10.9.0.5", "10.9.0.6"] }, /address: two of one family/],
  [{ id: "a@b", address: "10.9.0.5", devices: 2 }, /devices: 2 cannot have one address, expected 1$/],
  [{ id: "a@b", beyond_devices: "refuse" }, /beyond_devices: without devices$/],
  [{ id: "a@b", devices: 65, beyond_devices: "refuse" }, /devices: 65 with .*, expected at most 64$/],
  [{ id: "a@b", devices: 2 }, /devices: holds within one worker, and there are 2/, { ...INNER, workers: 2 }],
  [{ id: "a@b", address: "10.9.0.5", beyond_devices: "refuse" }, /devices: holds within one worker/, { ...INNER, workers: 2 }],
  [{ id: "*@b", address: "10.9.0.5" }, /user "\*@b": address: is for one user alone, and this is a pattern$/],
  [{ id: "*", remote: "10.0.0.0/8" }, /user "\*": remote: is for one user alone/],
  [{ id: "*", eap_password_file: "ada" }, /user "\*": eap_password_file: is for one user alone/],
  [{ name: "staff", pool: "none" }, /group "staff": pool: "none" is none of/],
];

for (const [entry, words, options] of WRONG) {
  test(`${JSON.stringify(entry)} is refused in one line`, () => {
    const make = () => "id" in entry ? usersOf([entry], [], options) : usersOf([], [entry], options);
    assert.throws(make, (error) => error instanceof UsageError && words.test(error.message) && !error.message.includes("\n"));
  });
}

test("two users cannot have one address of their own", () => {
  assert.throws(
    () => usersOf([{ id: "a@b", address: "fd00::5" }, { id: "c@b", address: "fd00:0:0::5" }]),
    /user "c@b": address: fd00::5 is another user's/,
  );
});

test("users that will not do leave those that are there", () => {
  const users = usersOf([{ id: "a@b", devices: 2 }]);
  assert.throws(
    () => users.replace(users.read({ users: [{ id: "a@b", psk_file: "nowhere", folder: FOLDER }], groups: [] })),
    UsageError,
  );
  assert.equal(users.rulesOf(id("a@b"))?.rules.uniqueIdentities, 2);
});

test("who was switched off, or was taken out with a secret, is put out, and nobody else is", () => {
  const users = usersOf([
    { id: "off@b" },
    { id: "gone@b", psk_file: "ada" },
    { id: "plain@b", devices: 2 },
    { id: "*@c", psk_file: "all" },
    { id: "here@b", psk_file: "ada" },
  ]);
  const before = users.replace(users.read({
    users: [{ id: "off@b", enabled: false, folder: FOLDER }, { id: "here@b", folder: FOLDER }],
    groups: [],
  }));
  const putOut = users.putOutSince(before)!;
  const names = ["off@b", "gone@b", "any@c", "plain@b", "here@b", "stranger@d"];
  assert.deepEqual(names.filter((name) => putOut(id(name))), ["off@b", "gone@b", "any@c"]);
  users.areAll = true;
  assert.equal(users.putOutSince(before)!(id("plain@b")), true);
  const same = users.replace(users.read({ users: [{ id: "here@b", folder: FOLDER }], groups: [] }));
  users.replace(users.read({ users: [{ id: "here@b", folder: FOLDER }], groups: [] }));
  assert.equal(users.putOutSince({ ...same, users: new Map() }), undefined);
});

test("whoever is switched off comes in neither by proof nor by ticket, whoever has no tickets not by one; all answer at once", () => {
  const users = usersOf([{ id: "off@b", enabled: false }, { id: "full@b", tickets: false }, { id: "in@b" }]);
  const policy = userPolicy(users, undefined, undefined);
  const asked = (name: string) => [
    policy.authorize!({ identity: id(name) } as AuthenticatedClient) !== undefined,
    policy.authorizeResumption!({ identity: id(name) } as ResumingClient),
  ];
  assert.deepEqual(["off@b", "full@b", "in@b", "stranger@b"].map(asked), [
    [false, false],
    [true, false],
    [true, true],
    [true, true],
  ]);
  users.areAll = true;
  assert.deepEqual(["in@b", "stranger@b"].map(asked), [[true, true], [false, false]]);
});

test("who is switched off by a distinguished name does not come in by another form of it that the same certificate has", async () => {
  const path = join(FOLDER, "names.toml");
  writeFileSync(join(FOLDER, "ca.pem"), "");
  const lines = ['listen.addresses = ["127.0.0.1"]', 'identity.id = "gateway.example"', 'clients.authorities = ["ca.pem"]'];
  writeFileSync(path, `${lines.join("\n")}\n[[user]]\nid = "dn:CN=Eve  Ott,C=CH"\nenabled = false\n`);
  const { users } = await gatewayOptions(path, addGatewayCommand(new Command()));
  const printable = "CN=#1307455645204f5454";
  for (const name of ["CN=Eve  Ott,C=CH", "CN=eve ott,C=ch", `${printable},C=CH`]) {
    assert.equal(users?.mayCome(id(`dn:${name}`)), false, name);
  }
  assert.equal(users?.mayCome(id("dn:CN=Eva Ott,C=CH")), true);
  const double = { id: "dn:CN=eve ott,C=CH" };
  writeFileSync(path, `${readFileSync(path, "utf8")}[[user]]\nid = "${double.id}"\n`);
  await assert.rejects(
    gatewayOptions(path, addGatewayCommand(new Command())),
    /user "dn:CN=eve ott,C=CH" is there twice/,
  );
});

test("what docs/users.md has for a file and for answers does as it stands there", async () => {
  const text = readFileSync(new URL("../../../docs/users.md", import.meta.url), "utf8");
  const blocksOf = (kind: string) =>
    [...text.matchAll(new RegExp(`\`\`\`${kind}\n(.*?)\`\`\``, "gs"))].map(([, block]) => block);
  const [file] = blocksOf("toml");
  const path = join(FOLDER, "gateway.toml");
  writeFileSync(path, `${file}\n[listen]\naddresses = ["127.0.0.1"]\n[identity]\nid = "gateway.example"\n`);
  for (const name of ["staff.psk", "ada.psk"]) writeFileSync(join(FOLDER, name), `${name}\n`, { mode: 0o600 });
  process.env.BRANCH_KEY = "a branch's key";
  const { users } = await gatewayOptions(path, addGatewayCommand(new Command()));
  assert.deepEqual(users?.rulesOf(id("bob@example.org"))?.rules, { uniqueIdentities: 3, innerAddress: { pool: "staff" } });
  assert.equal(users?.mayCome(id("eve@example.org")), false);
  const [question, ...answers] = blocksOf("json");
  assert.deepEqual(JSON.parse(question), JSON.parse(questionText(id("ada@example.org"))));
  const parsed = answers.map((answer) => parseAnswer(new TextEncoder().encode(answer)).allow);
  assert.deepEqual(parsed, [true, false]);
});
