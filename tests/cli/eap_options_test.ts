import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
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
    const { port, natPort } = JSON.parse((await lines.next()).value ?? "");
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

const GATEWAY = ["gateway", "--address", "127.0.0.1", "--identity", "g"];
const CLIENT = ["connect", "--peer", "127.0.0.1", "--identity", "c"];
const REFUSED: readonly (readonly [string[], RegExp])[] = [
  [[...GATEWAY, "--eap-only"], /--eap-only without --eap-users/],
  [[...GATEWAY, "--eap-users", USERS, "--eap-only", "md4"], /md4, expected safe, tls, /],
  [[...GATEWAY, "--eap-users", USERS, "--eap-only", "3"], /3, expected safe, tls, /],
  [[...CLIENT, "--eap-only", "tls"], /--eap-only without --eap-user/],
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
