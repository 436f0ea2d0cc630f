import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { CAPTURE_PATH, KEYS_PATH } from "../capture/recorded_capture.ts";
import { run } from "./command_line.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "decode-command-"));
after(() => rmSync(FOLDER, { recursive: true }));

test("decode shows a table of the messages, and with a key log what is inside", async () => {
  const { status, stdout, stderr } = await run("decode", CAPTURE_PATH, "--key-log", KEYS_PATH);
  assert.deepEqual([status, stderr], [0, ""]);
  const lines = stdout.trimEnd().split("\n");
  assert.match(lines[0], /^packet +seconds +from +to +exchange +flags +id +payloads$/);
  assert.match(lines[1], /^ +1 +0\.000000 +127\.0\.0\.1:48665 +127\.0\.0\.1:500 +IKE_SA_INIT +I +0 +SA KE Ni N\(IKEV2_FRAG/);
  assert.match(
    lines[6],
    /IKE_AUTH +I +1 +SKF 4\/4 \{IDi CERT N\(INITIAL_CONTACT\) CERTREQ IDr AUTH SA TSi TSr N\(TICKET_REQUEST\)\}$/,
  );
  assert.match(lines[13], /^ +13 +6\.585051 +\[::1\]:55446 +\[::1\]:500/);
  assert.equal(lines.at(-1), "24 packets, 24 IKE messages; of their protected payloads 20 opened, 0 not");
});

test("decode --json prints an object a line for each message, and the same without a table", async () => {
  const { status, stdout } = await run("decode", CAPTURE_PATH, "--key-log", KEYS_PATH, "--json");
  assert.equal(status, 0);
  const records = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(records.length, 24);
  assert.deepEqual(records[11].payloads, [{ type: "SK", octets: 48, opened: true, payloads: [] }]);
  assert.equal(records[0].time, "2026-11-30T18:58:09.276920399Z");
});

test("decode tells in lines what it cannot read or open, shows the rest, and ends with status 1", async () => {
  const keys = join(FOLDER, "keys");
  writeFileSync(keys, `nonsense\n${readFileSync(KEYS_PATH, "utf8").split("\n")[0]}\n`);
  const cut = join(FOLDER, "cut.pcapng");
  writeFileSync(cut, readFileSync(CAPTURE_PATH).subarray(0, 9_500));
  const { status, stdout, stderr } = await run("decode", cut, "--key-log", keys);
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^decode: key log: line 1: 1 fields, [^\n]+\ndecode: capture: cut off in a block of \d+ octets, after packet 20\n$/,
  );
  assert.match(stdout, /SKF 1\/4 \[488\] ! no keys for these SPIs\n/);
  assert.match(stdout, /\n20 packets, 20 IKE messages; of their protected payloads 10 opened, 6 not\n$/);
});

const REFUSED: readonly (readonly [readonly string[], RegExp])[] = [
  [[], /missing required argument 'file'/],
  [["absent.pcap"], /decode: absent\.pcap: .*(no such file|ENOENT)/i],
  [[CAPTURE_PATH, "--key-log", "absent.keys"], /decode: absent\.keys: .*(no such file|ENOENT)/i],
  [[CAPTURE_PATH, "--ports", "0"], /Allowed are up to 16 ports from 1 to 65535/],
];

for (const [words, message] of REFUSED) {
  test(`"decode ${words.join(" ").replaceAll(CAPTURE_PATH, "FILE")}" is refused in one line, with status 2`, async () => {
    const { status, stdout, stderr } = await run("decode", ...words);
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, /^ike-resume: [^\n]+\n$/);
    assert.match(stderr, message);
  });
}
