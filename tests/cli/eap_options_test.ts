import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { authorityOf, credentialOf, issue, pem } from "../certificates/authority.ts";
import { bundleForNode, nodePath } from "../node_bundle.ts";
import { skipIsFailure } from "../skips.ts";
import { ended, run, signal, start } from "./command_line.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "ike-resume-eap-"));
after(() => rmSync(FOLDER, { recursive: true }));

function file(name: string, text: string, mode = 0o600): string {
  const path = join(FOLDER, name);
  writeFileSync(path, text, { mode });
  return path;
}

const USERS = file("users", "alice:a password\n");

test("by --eap-only mschapv2 both ends come up with neither certificate nor shared key, and one that does not want that does not", async () => {
  const child = start(
    ...["gateway", "--address", "127.0.0.1", "--port", "0", "--nat-port", "0", "--identity", "gateway.example", "--json"],
    ...["--eap-users", USERS, "--eap-only", "mschapv2"],
  );
  const end = ended(child);
  try {
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const { port, nat_port: natPort } = JSON.parse((await lines.next()).value ?? "");
    const connect = (password: string, ...more: string[]) =>
      run(
        ...["connect", "--peer", `127.0.0.1:${port}`, "--peer-nat-port", `${natPort}`, "--peer-identity", "gateway.example"],
        ...["--identity", "keyid:alice", "--eap-user", "alice", "--eap-password-file", file("password", `${password}\n`)],
        ...["--json", "--hold", "0", ...more],
      );
    const up = await connect("a password", "--eap-only", "mschapv2");
    assert.equal(up.status, 0, up.stderr);
    assert.equal((await connect("another", "--eap-only", "mschapv2")).status, 1);
    // Among the safe ones it is not.
    assert.equal((await connect("a password", "--eap-only")).status, 1);
  } finally {
    signal(child, "SIGTERM");
    await end;
  }
});

const authority = authorityOf("Test", "P-256", {}, undefined, Date.now());
const { certificates, privateKey } = credentialOf(issue({ subject: "g", names: [{ dNSName: "g" }] }, authority, Date.now()));
const CREDENTIAL = [
  ...["--ca", file("ca.pem", pem("CERTIFICATE", authority.der)), "--cert", file("cert.pem", certificates as string)],
  ...["--cert-key", file("cert.key", privateKey as string)],
];
const node = nodePath();
const isMissing = node === undefined && !skipIsFailure();

test("by --eap-tls on Node both ends come up, and a client that has a certificate of another authority does not", {
  skip: isMissing,
}, async () => {
  const program = [node!, bundleForNode(new URL("../../src/cli/main.ts", import.meta.url))];
  const onNode = (...words: string[]) => spawn(program[0], [program[1], ...words], { stdio: ["pipe", "pipe", "pipe"] });
  const named = (name: string, issuer = authority) => {
    const issued = credentialOf(issue({ subject: name, names: [{ dNSName: name }] }, issuer, Date.now()));
    const cert = file(`${name}.pem`, issued.certificates as string);
    return ["--ca", CREDENTIAL[1], "--cert", cert, "--cert-key", file(`${name}.key`, issued.privateKey as string)];
  };
  const child = onNode(
    ...["gateway", "--address", "127.0.0.1", "--port", "0", "--nat-port", "0", "--identity", "gateway.example", "--json"],
    ...[...named("gateway.example"), "--eap-tls", "--eap-users", USERS],
  );
  const end = ended(child);
  try {
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const { port, nat_port: natPort } = JSON.parse((await lines.next()).value ?? "");
    const connect = (...more: string[]) =>
      ended(onNode(
        ...["connect", "--peer", `127.0.0.1:${port}`, "--peer-nat-port", `${natPort}`, "--peer-identity", "gateway.example"],
        ...["--identity", "keyid:alice", "--json", "--hold", "0", ...more],
      ));
    for (const more of [[], ["--eap-only"], ["--eap-user", "alice", "--eap-password-file", file("password", "a password\n")]]) {
      const up = await connect(...named("client.example"), "--eap-tls", ...more);
      assert.equal(up.status, 0, up.stderr);
    }
    // The gateway's first method is another than this client knows.
    const byPassword = await connect(
      "--ca",
      CREDENTIAL[1],
      "--eap-user",
      "alice",
      "--eap-password-file",
      file("password", "a password\n"),
    );
    assert.equal(byPassword.status, 0, byPassword.stderr);
    const other = authorityOf("Other", "P-256", {}, undefined, Date.now());
    assert.equal((await connect(...named("client.example", other), "--eap-tls")).status, 1);
    assert.equal((await connect(...named("client.example"), "--eap-tls", "--eap-server-identity", "aaa.example")).status, 1);
    const identities: string[] = [];
    for (let line = await lines.next(); identities.length < 4 && !line.done; line = await lines.next()) {
      const { event, eap_identity } = JSON.parse(line.value);
      if (event === "ike-sa-up") identities.push(eap_identity ?? "IDi");
    }
    assert.deepEqual(identities, ["client.example", "client.example", "client.example", "IDi"]);
  } finally {
    signal(child, "SIGTERM");
    await end;
  }
});

const SECRET = ["--radius-secret", file("radius-secret", "a secret of RADIUS\n")];
const GATEWAY = ["gateway", "--address", "127.0.0.1", "--identity", "g"];
const CLIENT = ["connect", "--peer", "127.0.0.1", "--identity", "c"];
const REFUSED: readonly (readonly [string[], RegExp])[] = [
  [[...GATEWAY, "--eap-only"], /--eap-only without --eap-users, --eap-tls or --radius/],
  [[...GATEWAY, "--eap-users", USERS, "--eap-only", "md4"], /md4, expected safe, tls, /],
  [[...GATEWAY, "--eap-users", USERS, "--eap-only", "3"], /3, expected safe, tls, /],
  [[...CLIENT, "--eap-only", "tls"], /--eap-only without --eap-user or --eap-tls/],
  [[...GATEWAY, "--psk-file", file("psk", "a secret\n"), "--eap-tls"], /--eap-tls without --ca, --cert and --cert-key/],
  [[...GATEWAY, ...CREDENTIAL, "--radius", "127.0.0.1"], /--radius and --radius-secret: expected both or none/],
  [[...GATEWAY, ...CREDENTIAL, "--radius", "127.0.0.1:0", ...SECRET], /--radius.*Allowed are radius\.example/],
  [[...GATEWAY, ...CREDENTIAL, "--radius", "::1", ...SECRET, "--eap-users", USERS], /--radius with --eap-users or --eap-tls/],
  [
    [...GATEWAY, "--psk-file", file("psk", "a secret\n"), "--radius", "radius.example", ...SECRET],
    /--radius without --ca, --cert and --cert-key: a gateway proves itself before EAP begins/,
  ],
  [[...GATEWAY, ...CREDENTIAL, "--eap-tls"], /--eap-tls: EAP-TLS: this runtime's TLS exports no keying material/],
  [[...CLIENT, ...CREDENTIAL, "--eap-tls"], /--eap-tls without --peer-identity/],
  [
    [...CLIENT, "--eap-user", "c", "--eap-password-file", file("p", "p\n")],
    /neither --psk-file nor --ca: expected one of them at least/,
  ],
];

for (const [words, message] of REFUSED) {
  test(`"${words.slice(5).map((word) => word.replace(FOLDER, "")).join(" ")}" is refused in one line`, async () => {
    const { status, stdout, stderr } = await run(...words);
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, message);
  });
}

test("the shared key of all does not let its holder pass for a user of --eap-users, and lets anybody else in", async () => {
  const child = start(
    ...["gateway", "--address", "127.0.0.1", "--port", "0", "--nat-port", "0", "--identity", "gateway.example", "--json"],
    ...["--eap-users", USERS, "--eap-only", "mschapv2", "--psk-file", file("all.psk", "a key of all\n")],
  );
  const end = ended(child);
  try {
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const { port, nat_port: natPort } = JSON.parse((await lines.next()).value ?? "");
    const connect = (identity: string, ...more: string[]) =>
      run(
        ...["connect", "--peer", `127.0.0.1:${port}`, "--peer-nat-port", `${natPort}`, "--peer-identity", "gateway.example"],
        ...["--identity", identity, "--psk-file", join(FOLDER, "all.psk"), "--json", "--hold", "0", ...more],
      );
    assert.equal((await connect("keyid:alice")).status, 1);
    const childless = await connect("keyid:bob", "--childless");
    assert.equal(childless.status, 0, childless.stderr);
    assert.match(childless.stdout, /"event":"ike-sa-up"/);
    assert.doesNotMatch(childless.stdout, /"event":"child-sa-up"/);
  } finally {
    signal(child, "SIGTERM");
    await end;
  }
});
