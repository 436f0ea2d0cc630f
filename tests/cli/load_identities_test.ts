import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { clientLines } from "../../src/cli/load_identities.ts";
import { newStormKey, pemOf, privateKeyPemOf, StormAuthority } from "../../src/load/storm_authority.ts";
import { run } from "./command_line.ts";
import { gatewayProcess } from "./gateway_process.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "load-identities-"));
after(() => rmSync(FOLDER, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(FOLDER, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

test("lines of clients are read by the names of their head", () => {
  assert.deepEqual(clientLines("identity,psk\r\na@b.example, one \n\nc@d.example,\n"), [
    { identity: "a@b.example", psk: "one" },
    { identity: "c@d.example" },
  ]);
});

test("lines that are none are refused with the line and what is expected", () => {
  assert.throws(() => clientLines(""), /a head of , expected identity and some of psk,eap_user,eap_password/);
  assert.throws(() => clientLines("identity,pin\na,1"), /a head of identity,pin, expected/);
  assert.throws(() => clientLines("identity"), /no client below its head/);
  assert.throws(() => clientLines("identity,psk\na,b,c"), /line 2 of 3 values, expected 2/);
  assert.throws(() => clientLines("psk,identity\nb,a\nc,"), /line 3 without an identity/);
});

test("clients prove themselves by certificates of their own, by EAP, and as a file says", async () => {
  const authority = new StormAuthority();
  const certified = (name: string, subject: Parameters<StormAuthority["issue"]>[0]) => {
    const key = newStormKey();
    return [file(`${name}.pem`, pemOf(authority.issue(subject, key))), file(`${name}.key`, privateKeyPemOf(key))];
  };
  const ca = file("ca.pem", pemOf(authority.certificate));
  const [cert, certKey] = certified("gateway", { dNSName: "gateway.example" });
  for (const number of [1, 2, 3]) certified(`client-${number}`, { rfc822Name: `user-${number}@load.example` });
  const users = file("users", "user-1@load.example:one\nuser-2@load.example:one\nother@load.example:two\n");
  const gateway = await gatewayProcess("--json", "--ca", ca, "--cert", cert, "--cert-key", certKey, "--eap-users", users);
  try {
    const { port, nat_port: natPort } = gateway.listening;
    const load = async (...more: string[]) => {
      const { status, stdout, stderr } = await run(
        ...["load", `127.0.0.1:${port}`, "--nat-port", `${natPort}`, "--scenario", "resume", "--clients", "3", "--rate", "10"],
        ...["--duration", "1", "--json", "--peer-identity", "gateway.example", ...more],
      );
      assert.equal(status, 0, stderr);
      const { clients, operations, failures } = JSON.parse(stdout);
      delete failures["no-client-free"];
      assert.deepEqual(failures, {});
      return [clients, operations.full.succeeded];
    };
    const named = ["--identity", "user-{n}@load.example"];
    const certificates = ["--cert", join(FOLDER, "client-{n}.pem"), "--cert-key", join(FOLDER, "client-{n}.key")];
    assert.deepEqual(await load(...named, "--ca", ca, ...certificates), [3, 3]);
    const password = file("password", "one\n");
    const eap = ["--eap-user", "user-{n}@load.example", "--eap-password-file", password, "--clients", "2"];
    assert.deepEqual(await load(...named, "--ca", ca, ...eap), [2, 2]);
    const line =
      "identity,psk,eap_user,eap_password\nother@load.example,,other@load.example,two\nx@load.example,a secret that both ends hold,,\n";
    assert.deepEqual(await load("--ca", ca, "--clients-file", file("clients.csv", line)), [2, 2]);
  } finally {
    process.kill(gateway.child.pid!, "SIGTERM");
    await gateway.end;
    gateway.remove();
  }
});
