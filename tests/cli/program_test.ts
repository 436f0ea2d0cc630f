import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { VERSION } from "../../src/cli/version.ts";
import { run, signal } from "./command_line.ts";
import { eventNamed, gatewayProcess, lines } from "./gateway_process.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "ike-resume-program-"));
after(() => rmSync(FOLDER, { recursive: true }));

const PSK_FILE = secretFile("psk", "a secret that both ends hold\n");

function secretFile(name: string, text: string, mode = 0o600): string {
  const path = join(FOLDER, name);
  writeFileSync(path, text, { mode });
  return path;
}

function gatewayWith(pskFile: string): string[] {
  return ["gateway", "--address", "127.0.0.1", "--identity", "g", "--psk-file", pskFile];
}

const REFUSED: [string[], RegExp][] = [
  [
    ["storm", "--clients", "many"],
    /'--clients <number>' argument 'many' is invalid\. Allowed are whole numbers from 1 to 100000\./,
  ],
  [
    ["storm", "--provider", "rust"],
    /'rust' is invalid\. Allowed are wasm, ts, node, several of them with commas between, both, all\./,
  ],
  [["storm", "--provider", "ts,ts"], /'ts,ts' is invalid\. Allowed are wasm/],
  [["storm", "--loss", "1"], /'--loss <share>' argument '1' is invalid\. Allowed are numbers from 0 to 0\.5\./],
  [["storm", "--seed", "-1"], /'--seed <number>' argument '-1' is invalid\. Allowed are whole numbers from 0 to 4294967295\./],
  [["storm", "--runtime", "bun"], /'bun' is invalid\. Allowed are deno, node\./],
  [
    ["storm", "--speed"],
    /unknown option '--speed': allowed are --clients, --provider, --seed, --auth, --loss, --runtime, .*--json/,
  ],
  [["storm", "now"], /too many arguments for 'storm'.*: allowed are options only/],
  [["sturm"], /sturm: allowed are the commands storm, load, report, gateway, init, check, ctl, connect/],
  [["gateway"], /required option '--address <ip>' not specified: address of this machine to listen on/],
  [
    ["gateway", "--address", "192.0.2.300"],
    /'192.0.2.300' is invalid\. Allowed are IPv4 and IPv6 addresses, and names of interfaces\./,
  ],
  [["gateway", "--transport", "tcp"], /'tcp' is invalid\. Allowed are auto, dgram, batched\./],
  [
    ["connect", "--peer", "example.org:x"],
    /'example\.org:x' is invalid\. Allowed are vpn\.example\.org, vpn\.example\.org:500, 192\.0\.2\.1, 192\.0\.2\.1:500, /,
  ],
  [["connect", "--auth-attempts", "0"], /'0' is invalid\. Allowed are whole numbers from 1 to 100\./],
  [["connect", "--resume-attempts", "0"], /'0' is invalid\. Allowed are whole numbers from 1 to 100\./],
  [["connect", "--resumption-authentication", "none"], /'none' is invalid\. Allowed are rfc5723, message-only\./],
  [["connect", "--ike", "des"], /Proposal "des": "des" is unknown, allowed are aes256gcm16/],
  [["connect", "--local-ts", "here"], /Traffic selector "here" is not understood: allowed are 10\.1\.0\.0\/16/],
  [["connect", "--inner-address", "ten"], /'ten' is invalid\. Allowed are IPv4 and IPv6 addresses\./],
  [["gateway", "--inner-addresses", "fd00::/64, fd00::5"], /Not usable: inner addresses: two ranges overlap\./],
  [["gateway", "--inner-addresses", "ten"], /Traffic selector "ten" is not understood/],
  [["gateway", "--remote-ts-of", "10.0.0.0/8"], /'10\.0\.0\.0\/8' is invalid\. Allowed is an identity, =, and its value\./],
  [["gateway", "--remote-ts-of", "site.example=here"], /Traffic selector "here" is not understood/],
  [["gateway", "--resumption-authentication", "a=none"], /'a=none' is invalid\. Allowed are rfc5723, message-only\./],
  [["gateway", "--resumption-authentication", "=rfc5723"], /An identity of 0 octets/],
  [["gateway", "--resumption-cookie-threshold", "-1"], /'-1' is invalid\. Allowed are whole numbers from 0 to 10000000\./],
  [["gateway", "--ike-lifetime", "0"], /'0' is invalid\. Allowed are whole numbers from 1 to 2592000\./],
  [
    ["gateway", "--unique", "twice"],
    /'twice' is invalid\. Allowed are keep, replace, whole numbers from 1 to 1000000, and keep: /,
  ],
  [gatewayWith("/nowhere/at-all"), /--psk-file: ENOENT.*\/nowhere\/at-all/],
  [gatewayWith(secretFile("open", "a secret\n", 0o644)), /--psk-file: \/.*\/open has mode 0644, expected 0600/],
  [gatewayWith(secretFile("lines", "a secret\n\n")), /--psk-file: \/.*\/lines holds several lines, expected one/],
  [gatewayWith(secretFile("digits", "0xsecret\n")), /--psk-file: \/.*\/digits holds something else than digits behind 0x/],
  [
    [...gatewayWith(PSK_FILE), "--key-log", "/nowhere/at-all", "--control"],
    /--key-log: key log: cannot open \/nowhere\/at-all: ENOENT/,
  ],
];

for (const [words, message] of REFUSED) {
  test(`"${words.join(" ")}" is refused in one line that says what is allowed, with status 2`, async () => {
    const { status, stdout, stderr } = await run(...words);
    assert.equal(status, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /^ike-resume: [^\n]+\n$/);
    assert.match(stderr, message);
  });
}

test("--version tells the version of deno.json", async () => {
  const { version } = JSON.parse(readFileSync(new URL("../../deno.json", import.meta.url), "utf8"));
  assert.equal(VERSION, version);
  assert.deepEqual(await run("--version"), { status: 0, stdout: `${VERSION}\n`, stderr: "" });
});

for (const words of [["--help"], ["storm", "--help"], ["gateway", "--help"], ["connect", "--help"]]) {
  test(`"${words.join(" ")}" is answered on standard output with status 0`, async () => {
    const { status, stdout, stderr } = await run(...words);
    assert.deepEqual([status, stderr], [0, ""]);
    assert.match(stdout, /^Usage: ike-resume/);
  });
}

test("a runtime that is not there is told in one line, with status 2", async () => {
  process.env.IKE_RESUME_NODE = "/nowhere/node";
  try {
    const { status, stderr } = await run("storm", "--runtime", "node");
    assert.equal(status, 2);
    assert.equal(
      stderr,
      'ike-resume: --runtime node: no "/nowhere/node" found: install Node 22 or later, or name it in IKE_RESUME_NODE\n',
    );
  } finally {
    delete process.env.IKE_RESUME_NODE;
  }
});

test("[R-5-6] a client asks for an inner address, and for the same one again when it resumes", async () => {
  const { child, end, folder, connect, remove } = await gatewayProcess(
    "--json",
    ...["--inner-addresses", "10.9.0.1-10.9.0.9", "--inner-dns", "10.9.0.53"],
  );
  try {
    const ticket = ["--ticket", join(folder, "ticket.json"), "--abandon"];
    await connect("--inner-address");
    const first = await connect("--inner-address", "10.9.0.7", ...ticket);
    assert.deepEqual(eventNamed(first.stdout, "inner-address-assigned").dns, ["10.9.0.53"]);
    const second = await connect("--inner-address", "10.9.0.7", ...ticket);
    assert.equal(eventNamed(second.stdout, "ike-sa-up").resumed, true);
    assert.equal(eventNamed(second.stdout, "inner-address-assigned").address, "10.9.0.7");
    const without = await connect();
    assert.equal(without.status, 1);
    assert.match(without.stderr, /no Child SA: notify 37/);
  } finally {
    signal(child, "SIGTERM");
    await end;
    remove();
  }
});

test("[C-4.13-1] a gateway serves a client that deviates after resumption, and keeps one client's network from others", async () => {
  const { child, end, folder, connect, remove } = await gatewayProcess(
    "--json",
    ...["--resumption-authentication", "client@example.org=message-only", "--resumption-cookie-threshold", "10000000"],
    ...["--remote-ts-of", "client@example.org=10.1.0.0/16"],
  );
  try {
    const ticket = ["--ticket", join(folder, "ticket.json"), "--abandon"];
    const first = await connect("--resumption-authentication", "message-only", ...ticket);
    assert.deepEqual(eventNamed(first.stdout, "child-sa-up").local_selectors, ["10.1.0.0-10.1.255.255"]);
    const second = await connect("--resumption-authentication", "message-only", ...ticket);
    assert.equal(eventNamed(second.stdout, "ike-sa-up").resumed, true);
    const other = await connect("--identity", "other@example.org", "--local-ts", "10.1.0.0/16");
    assert.match(other.stderr, /no Child SA: notify 38/);
    const third = await connect("--identity", "other@example.org");
    assert.deepEqual(eventNamed(third.stdout, "child-sa-up").local_selectors, ["127.0.0.1-127.0.0.1"]);
  } finally {
    signal(child, "SIGTERM");
    await end;
    remove();
  }
});

test("connect comes up, keeps its ticket, and resumes with it; keys are printed only when asked for", async () => {
  const { child, end, folder, connect, remove } = await gatewayProcess("--json");
  try {
    const ticket = join(folder, "ticket.json");
    const first = await connect("--ticket", ticket, "--abandon");
    assert.equal(first.status, 0, first.stderr);
    assert.equal(eventNamed(first.stdout, "ike-sa-up").resumed, false);
    assert.equal(eventNamed(first.stdout, "child-sa-up").outbound_keys, undefined);

    const second = await connect("--ticket", ticket, "--abandon", "--show-keys");
    assert.equal(eventNamed(second.stdout, "ike-sa-up").resumed, true);
    const { outbound_keys: keys } = eventNamed(second.stdout, "child-sa-up") as { outbound_keys: { encryption: string } };
    assert.match(keys.encryption, /^[0-9a-f]{72}$/);

    const third = await connect("--ticket", ticket);
    assert.equal(eventNamed(third.stdout, "ike-sa-down").reason, "deleted-by-us");
    assert.throws(() => readFileSync(ticket), { code: "ENOENT" }, "a deleted IKE SA takes its ticket with it");

    signal(child, "SIGTERM");
    const { status, stdout } = await end;
    assert.equal(status, 0);
    assert.equal(stdout.match(/"event":"ike-sa-up"/g)?.length, 3);
    assert.ok(!stdout.includes("keys"));
  } finally {
    child.kill("SIGKILL");
    remove();
  }
});

test("a ticket file under a passphrase: it shows no key, resumes, and with another passphrase nothing is sent", async () => {
  const { child, folder, connect, remove } = await gatewayProcess("--json");
  try {
    const [ticket, passphrase, other, empty] = ["ticket.json", "passphrase", "other", "empty"].map((name) =>
      join(folder, name)
    );
    writeFileSync(passphrase, "correct horse\n", { mode: 0o600 });
    writeFileSync(other, "battery staple\n", { mode: 0o600 });
    writeFileSync(empty, "\n", { mode: 0o600 });
    const sealed = ["--ticket", ticket, "--ticket-passphrase-file", passphrase];
    const first = await connect(...sealed, "--abandon");
    assert.equal(first.status, 0, first.stderr);
    assert.ok(!/skD|correct/.test(readFileSync(ticket, "utf8")));

    const wrong = await connect("--ticket", ticket, "--ticket-passphrase-file", other);
    assert.deepEqual([wrong.status, wrong.stdout], [1, ""]);
    assert.match(wrong.stderr, /ike-resume: ticket: .*: another passphrase seals it, or it was altered\n$/);
    const none = await connect("--ticket-passphrase-file", passphrase);
    assert.match(none.stderr, /--ticket-passphrase-file: there is no --ticket to seal under it/);
    assert.match(
      (await connect("--ticket", ticket, "--ticket-passphrase-file", empty)).stderr,
      /--ticket-passphrase-file: .*empty holds nothing, expected a secret/,
    );

    const second = await connect(...sealed);
    assert.equal(eventNamed(second.stdout, "ike-sa-up").resumed, true);
    assert.throws(() => readFileSync(ticket), { code: "ENOENT" });
  } finally {
    child.kill("SIGKILL");
    remove();
  }
});

test("a client that is refused ends with status 1 and one line", async () => {
  const { child, folder, connect, remove } = await gatewayProcess("--control");
  try {
    const wrong = join(folder, "wrong");
    writeFileSync(wrong, "0x00112233445566778899aabbccddeeff", { mode: 0o600 });
    const { status, stderr } = await connect("--psk-file", wrong);
    assert.equal(status, 1);
    assert.match(stderr.trimEnd().split("\n").at(-1) ?? "", /^ike-resume connect: no connection: /);
  } finally {
    child.kill("SIGKILL");
    remove();
  }
});

test("a gateway under control answers commands, and ends when its standard input does", async () => {
  const { child, end, remove } = await gatewayProcess("--control");
  try {
    child.stdin!.write('{"command":"cpu"}\nnot JSON\n{"command":"launch"}\n{"command":"counters"}\n');
    const [cpu, refusal, counters] = (await lines(child.stdout!, 3)).map((line) => JSON.parse(line));
    assert.ok(cpu.cpu_us > 0);
    assert.deepEqual(refusal, { error: "unknown command, allowed are cpu, memory, fingerprints, counters, revoke" });
    assert.equal(counters.counters.received_datagrams_total, 0);
    child.stdin!.end();
    assert.equal((await end).status, 0);
  } finally {
    child.kill("SIGKILL");
    remove();
  }
});
