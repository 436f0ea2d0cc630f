import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { authorityOf, credentialOf, issue, pem } from "../certificates/authority.ts";
import { ended, run, signal, start } from "./command_line.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "ike-resume-certificates-"));
after(() => rmSync(FOLDER, { recursive: true }));

const authority = authorityOf("Test", "P-256", {}, undefined, Date.now());
const CA = file("ca.pem", pem("CERTIFICATE", authority.der));

function file(name: string, text: string, mode = 0o600): string {
  const path = join(FOLDER, name);
  writeFileSync(path, text, { mode });
  return path;
}

function optionsOf(name: string, issuer = authority): string[] {
  const { certificates, privateKey } = credentialOf(issue({ subject: name, names: [{ dNSName: name }] }, issuer, Date.now()));
  const cert = file(`${name}.pem`, certificates as string);
  return ["--identity", name, "--ca", CA, "--cert", cert, "--cert-key", file(`${name}.key`, privateKey as string)];
}

test("a gateway and its client come up by certificates from files, and the client comes back by its ticket", async () => {
  const child = start(
    "gateway",
    "--address",
    "127.0.0.1",
    "--port",
    "0",
    "--nat-port",
    "0",
    ...optionsOf("gateway.example"),
    "--json",
  );
  const end = ended(child);
  try {
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const { port, nat_port: natPort } = JSON.parse((await lines.next()).value ?? "");
    const connect = (...more: string[]) =>
      run(
        ...["connect", "--peer", `127.0.0.1:${port}`, "--peer-nat-port", `${natPort}`, "--peer-identity", "gateway.example"],
        ...["--json", "--hold", "0", "--abandon", "--ticket", join(FOLDER, "ticket"), ...more],
      );
    const client = optionsOf("client.example");
    for (const resumed of [false, true]) {
      const { status, stdout, stderr } = await connect(...client);
      assert.equal(status, 0, stderr);
      const events = stdout.trim().split("\n").map((line) => JSON.parse(line));
      assert.equal(events.find(({ event }) => event === "ike-sa-up").resumed, resumed);
    }
    const stranger = optionsOf("stranger.example", authorityOf("Other", "P-256", {}, undefined, Date.now()));
    assert.equal((await connect(...stranger)).status, 1);
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      const event = JSON.parse(line.value);
      if (event.event !== "authentication-failed") continue;
      assert.deepEqual([event.method, event.claimed_id], ["certificate", "stranger.example"]);
      assert.match(event.detail, /no certificate of a trusted authority/);
      break;
    }
  } finally {
    signal(child, "SIGTERM");
    await end;
  }
});

test("a client proves itself by EAP-MSCHAPv2 to a gateway with a certificate, and comes back by its ticket", async () => {
  const users = file("users", "# for tests\nalice@example.org:a:password\nbob:secret\n");
  const child = start(
    ...["gateway", "--address", "127.0.0.1", "--port", "0", "--nat-port", "0", ...optionsOf("gateway.example"), "--json"],
    ...["--eap-users", users],
  );
  const end = ended(child);
  try {
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const { port, nat_port: natPort } = JSON.parse((await lines.next()).value ?? "");
    const connect = (password: string) =>
      run(
        ...["connect", "--peer", `127.0.0.1:${port}`, "--peer-nat-port", `${natPort}`, "--peer-identity", "gateway.example"],
        ...["--identity", "alice@example.org", "--ca", CA, "--eap-user", "alice@example.org", "--eap-password-file"],
        ...[file("password", `${password}\n`), "--json", "--hold", "0", "--abandon", "--ticket", join(FOLDER, "eap-ticket")],
      );
    assert.equal((await connect("another")).status, 1);
    for (const resumed of [false, true]) {
      const { status, stdout, stderr } = await connect("a:password");
      assert.equal(status, 0, stderr);
      const events = stdout.trim().split("\n").map((line) => JSON.parse(line));
      assert.equal(events.find(({ event }) => event === "ike-sa-up").resumed, resumed);
    }
  } finally {
    signal(child, "SIGTERM");
    await end;
  }
});

const GATEWAY = ["gateway", "--address", "127.0.0.1", "--identity", "g"];
const cert = file("c.pem", pem("CERTIFICATE", authority.der));
const key = file("c.key", credentialOf(authority).privateKey as string);
const REFUSED: readonly (readonly [string[], RegExp])[] = [
  [GATEWAY, /neither --psk-file nor --ca: expected one of them at least/],
  [[...GATEWAY, "--ca", CA], /--ca without --cert and --cert-key/],
  [[...GATEWAY, "--psk-file", file("psk", "a secret\n"), "--crl", CA], /--crl without --ca/],
  [[...GATEWAY, "--ca", "/nowhere/ca.pem", "--cert", cert, "--cert-key", key], /--ca: ENOENT.*\/nowhere\/ca\.pem/],
  [[...GATEWAY, "--ca", key, "--cert", cert, "--cert-key", key], /--ca: no PEM block "CERTIFICATE"/],
  [
    [...GATEWAY, "--ca", CA, "--cert", cert, "--cert-key", file("open.key", "x", 0o644)],
    /--cert-key: .*open\.key has mode 0644/,
  ],
  [
    [...GATEWAY, "--ca", CA, "--cert", cert, "--cert-key", file("other.key", credentialOf(authorityOf()).privateKey as string)],
    /--cert-key: not the key of the first certificate of --cert/,
  ],
  [
    [...GATEWAY, "--psk-file", file("psk", "a secret\n"), "--eap-users", file("users", "a:b\n")],
    /--eap-users without --ca, --cert and --cert-key: a gateway proves itself before EAP begins/,
  ],
  [
    [...GATEWAY, "--ca", CA, "--cert", cert, "--cert-key", key, "--eap-users", file("nobody", "alice\n")],
    /--eap-users: .*nobody holds line 1, which is not name:password/,
  ],
  [
    ["connect", "--peer", "127.0.0.1", "--identity", "c", "--ca", CA, "--eap-user", "c", "--peer-identity", "g"],
    /--eap-user and --eap-password-file: expected both or none/,
  ],
  [
    ["connect", "--peer", "127.0.0.1", "--identity", "c", "--ca", CA, "--cert", cert, "--cert-key", key],
    /--ca without --peer-identity, or an identity of each --peer: every other client of the authority could pass for the gateway/,
  ],
];

for (const [words, message] of REFUSED) {
  test(`"${words.slice(5).map((word) => word.replace(FOLDER, "")).join(" ")}" is refused in one line`, async () => {
    const { status, stdout, stderr } = await run(...words);
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, /^ike-resume[^\n]*: [^\n]+\n$/);
    assert.match(stderr, message);
  });
}
