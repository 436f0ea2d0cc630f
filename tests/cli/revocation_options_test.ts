/**
 * Revoked certificates on the command line, with OCSP responses and lists that OpenSSL makes while the gateway runs.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { authorityOf, credentialOf, issue, pem } from "../certificates/authority.ts";
import { skipIsFailure } from "../skips.ts";
import { ended, run, signal, start } from "./command_line.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "ike-resume-revocations-"));
after(() => rmSync(FOLDER, { recursive: true }));

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
const NEEDS_OPENSSL = { skip: hasOpenssl || skipIsFailure() ? false : "needs the program openssl" };

const authority = authorityOf("Test", "P-256", {}, undefined, Date.now());
const ends = new Map(["gateway.example", "client.example"].map((name) => [
  name,
  issue({ subject: name, names: [{ dNSName: name }] }, authority, Date.now()),
]));
const CA = file("ca.pem", pem("CERTIFICATE", authority.der));
const CA_KEY = file("ca.key", authority.privateKey.export({ type: "pkcs8", format: "pem" }) as string);
/** What `openssl ca` and `openssl ocsp` know, and where a new list stands. */
const INDEX = file("index.txt", "");
const CRL = join(FOLDER, "list.pem");

function file(name: string, text: string): string {
  const path = join(FOLDER, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

function proofOf(name: string): string[] {
  const { certificates, privateKey } = credentialOf(ends.get(name)!);
  const cert = file(`${name}.pem`, certificates as string);
  return ["--identity", name, "--ca", CA, "--cert", cert, "--cert-key", file(`${name}.key`, privateKey as string)];
}

function openssl(...given: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("openssl", given, { encoding: "utf8", cwd: FOLDER });
  assert.equal(status, 0, stderr);
  return stdout;
}

/** From now on the authority says this of its certificates. */
function say(status: "good" | "revoked"): void {
  const lines = [...ends.keys()].map((name) => {
    const number = openssl("x509", "-in", join(FOLDER, `${name}.pem`), "-noout", "-serial").trim().slice("serial=".length);
    const [letter, when] = status === "good" ? ["V", ""] : ["R", "240101000000Z"];
    return `${letter}\t21000101000000Z\t${when}\t${number}\tunknown\t/CN=${name}\n`;
  });
  writeFileSync(INDEX, lines.join(""));
}

function ocspResponse(name: string): string {
  const target = join(FOLDER, `${name}.ocsp`);
  openssl(
    ...["ocsp", "-index", INDEX, "-CA", CA, "-rsigner", CA, "-rkey", CA_KEY, "-rmd", "sha256", "-ndays", "1"],
    ...["-issuer", CA, "-cert", join(FOLDER, `${name}.pem`), "-respout", target],
  );
  return target;
}

function writeList(): void {
  file("ca.cnf", `[ca]\ndefault_ca=d\n[d]\ndatabase=${INDEX}\ndefault_md=sha256\ndefault_crl_days=1\n`);
  openssl("ca", "-gencrl", "-config", "ca.cnf", "-cert", CA, "-keyfile", CA_KEY, "-out", CRL);
}

test(
  "OpenSSL's responses and lists decide who comes in at a gateway, and whose ticket is taken while it runs",
  NEEDS_OPENSSL,
  async () => {
    const [ofGateway, ofClient] = ["gateway.example", "client.example"].map(proofOf);
    say("good");
    writeList();
    const gateway = start(
      ...["gateway", "--address", "127.0.0.1", "--port", "0", "--nat-port", "0", "--json", ...ofGateway],
      ...["--require-ocsp", "--ocsp", ocspResponse("gateway.example"), "--crl", CRL, "--require-crl"],
    );
    const end = ended(gateway);
    try {
      const lines = createInterface({ input: gateway.stdout! })[Symbol.asyncIterator]();
      const { port, nat_port: natPort } = JSON.parse((await lines.next()).value ?? "");
      const next = async (wanted: string) => {
        for (let line = await lines.next(); !line.done; line = await lines.next()) {
          const event = JSON.parse(line.value);
          if (event.event === wanted) return event;
        }
        throw new Error(`the gateway told of no ${wanted}`);
      };
      const connect = (...more: readonly string[]) =>
        run(
          ...["connect", "--peer", `127.0.0.1:${port}`, "--peer-nat-port", `${natPort}`, "--peer-identity", "gateway.example"],
          ...["--json", "--hold", "0", "--abandon", "--ticket", join(FOLDER, "ticket"), ...ofClient, ...more],
        );
      // Without a response of its own the client is refused, and so is a gateway of whom there is none.
      assert.equal((await connect()).status, 1);
      assert.equal((await next("authentication-failed")).detail, "there is no OCSP response in time for the certificate");
      const stapled = ["--ocsp", ocspResponse("client.example"), "--require-ocsp"];
      const first = await connect(...stapled);
      assert.equal(first.status, 0, first.stderr);
      assert.equal((await next("ike-sa-up")).resumed, false);
      const second = await connect(...stapled);
      assert.equal(second.status, 0, second.stderr);
      assert.equal((await next("ike-sa-up")).resumed, true);
      // The list changes: the ticket is good no more, and neither is the certificate, whatever the response says still.
      say("revoked");
      writeList();
      assert.deepEqual(await next("revocations-reloaded"), {
        event: "revocations-reloaded",
        revocation_lists: 1,
        ocsp_responses: 1,
      });
      assert.equal((await connect(...stapled)).status, 1);
      assert.equal((await next("ticket-refused")).reason, "certificate-revoked");
      assert.equal((await next("authentication-failed")).detail, "a certificate was revoked");
      writeFileSync(CRL, "no list");
      assert.match(
        (await next("revocations-rejected")).reason,
        /revocationLists: no PEM block|revocation list: cannot be read/,
      );
    } finally {
      signal(gateway, "SIGTERM");
      await end;
    }
  },
);

for (
  const [given, message] of [
    [["--ocsp", "/nowhere", "--ca", CA], /--ocsp: .*\/nowhere/],
    [["--ocsp", CA, "--ca", CA], /--ocsp: OCSP response: cannot be read/],
    [["--require-ocsp", "--psk-file", file("psk", "secret")], /--require-ocsp without --ca/],
    [["--ask-ocsp", "--psk-file", file("psk", "secret")], /--ask-ocsp without --ca/],
  ] as const
) {
  test(`"${given.join(" ").replaceAll(FOLDER, "")}" is refused in one line`, async () => {
    const proof = given.includes("--ca" as never) ? ["--cert", CA, "--cert-key", CA_KEY] : [];
    const { status, stderr } = await run(
      "gateway",
      "--address",
      "127.0.0.1",
      "--identity",
      "gateway.example",
      ...proof,
      ...given,
    );
    assert.equal(status, 2);
    assert.match(stderr, message);
    assert.equal(stderr.trimEnd().split("\n").length, 1);
  });
}
