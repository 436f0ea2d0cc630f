import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { authorityOf, credentialOf, issue, pem } from "../certificates/authority.ts";
import { ended, run, signal, start } from "./command_line.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "ike-resume-names-"));
after(() => rmSync(FOLDER, { recursive: true }));

const authority = authorityOf("Test", "P-256", {}, undefined, Date.now());
const CA = file("ca.pem", pem("CERTIFICATE", authority.der));

function file(name: string, text: string): string {
  const path = join(FOLDER, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** A certificate that names its owner by its subject alone. */
function proofOf(commonName: string): string[] {
  const { certificates, privateKey } = credentialOf(issue({ subject: commonName }, authority, Date.now()));
  const cert = file(`${commonName}.pem`, certificates as string);
  return ["--ca", CA, "--cert", cert, "--cert-key", file(`${commonName}.key`, privateKey as string)];
}

test("both ends are called by the subjects of their certificates, which people write in any case, and others are refused", async () => {
  const gateway = start(
    ...["gateway", "--address", "127.0.0.1", "--port", "0", "--nat-port", "0", "--json"],
    ...["--identity", "dn:cn=the gateway", ...proofOf("The Gateway")],
  );
  const end = ended(gateway);
  try {
    const lines = createInterface({ input: gateway.stdout! })[Symbol.asyncIterator]();
    const { port, nat_port: natPort } = JSON.parse((await lines.next()).value ?? "");
    const connect = async (identity: string, peerIdentity: string, proof: readonly string[]) =>
      await run(
        ...["connect", "--peer", `127.0.0.1:${port}`, "--peer-nat-port", `${natPort}`, "--json", "--hold", "0"],
        ...["--identity", identity, "--peer-identity", peerIdentity, ...proof],
      );
    const laptop = proofOf("Laptop");
    const { status, stdout, stderr } = await connect("dn:CN=laptop", "dn:CN=THE  gateway", laptop);
    assert.equal(status, 0, stderr);
    const up = stdout.trim().split("\n").map((line) => JSON.parse(line)).find(({ event }) => event === "ike-sa-up");
    assert.equal(up.responder_id, "dn:CN=The Gateway");
    const gatewaysWord = JSON.parse((await lines.next()).value ?? "");
    assert.deepEqual([gatewaysWord.event, gatewaysWord.initiator_id], ["ike-sa-up", "dn:CN=Laptop"]);
    // The gateway is somebody else, and so is the owner of the certificate.
    assert.equal((await connect("dn:CN=laptop", "dn:CN=The Gate", laptop)).status, 1);
    assert.equal((await connect("dn:CN=Desktop", "dn:CN=The Gateway", laptop)).status, 1);
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      const event = JSON.parse(line.value);
      if (event.event !== "authentication-failed") continue;
      assert.deepEqual([event.claimed_id, event.detail], ["dn:CN=Desktop", "the certificate does not name the identity"]);
      break;
    }
  } finally {
    signal(gateway, "SIGTERM");
    await end;
  }
});

test("a distinguished name that is none is refused in one line, which says what was expected", async () => {
  const { status, stdout, stderr } = await run("connect", "--peer", "192.0.2.1", "--identity", "dn:laptop", "--ca", CA);
  assert.deepEqual([status, stdout], [2, ""]);
  assert.match(stderr, /^[^\n]*--identity[^\n]*Distinguished name "laptop": "laptop" is no attribute: expected [^\n]*\n$/);
});
