import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { authorityOf, credentialOf, issue, pem } from "../../certificates/authority.ts";
import { skipIsFailure } from "../../skips.ts";
import { ended, run, signal, start } from "../command_line.ts";

const FILTER = fileURLToPath(new URL("../../../examples/fail2ban/filter.d-ike-resume.conf", import.meta.url));
const isMissing = spawnSync("fail2ban-regex", ["--version"]).status !== 0 && !skipIsFailure();

/** The expression as fail2ban applies it to what is left of a line once the time was cut out. */
const [, FAILREGEX] = /^failregex = (.+)$/m.exec(readFileSync(FILTER, "utf8"))!;
const EXPRESSION = new RegExp(FAILREGEX.replace("<ADDR>", String.raw`(?<address>(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f:]+)`));

/** What a gateway logs while clients fail by each of the ways that it offers, and one does not. */
async function logOfFailures(folder: string): Promise<string> {
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const now = Date.now();
  const [ours, others] = [authorityOf("Ours", "P-256", {}, undefined, now), authorityOf("Others", "P-256", {}, undefined, now)];
  const certificate = (name: string, issuer: typeof ours) => {
    const { certificates, privateKey } = credentialOf(issue({ subject: name, names: [{ dNSName: name }] }, issuer, now));
    return ["--cert", file(`${name}.pem`, certificates as string), "--cert-key", file(`${name}.key`, privateKey as string)];
  };
  const ca = ["--ca", file("ca.pem", pem("CERTIFICATE", ours.der))];
  const psk = ["--psk-file", file("psk", "a secret that both ends hold\n")];
  const gateway = start(
    ...["gateway", "--address", "127.0.0.1", "--port", "0", "--nat-port", "0", "--identity", "gateway.example"],
    ...[...psk, ...ca, ...certificate("gateway.example", ours), "--eap-users", file("users", "alice:a password\n")],
    ...["--log-format", "logfmt"],
  );
  const end = ended(gateway);
  try {
    const ports = await new Promise<RegExpExecArray>((resolve) => {
      let text = "";
      gateway.stdout!.on("data", (more) => {
        text += more;
        const found = / event=listening address=\S+ port=(\d+) nat_port=(\d+) /.exec(text);
        if (found) resolve(found);
      });
    });
    const connect = (identity: string, ...more: string[]) =>
      run(
        ...["connect", "--peer", `127.0.0.1:${ports[1]}`, "--peer-nat-port", ports[2], "--identity", identity],
        ...["--peer-identity", "gateway.example", "--hold", "0", ...more],
      );
    const statuses = [
      await connect("ada@example.org", "--psk-file", file("other", "another secret\n")),
      await connect("keyid:alice", ...ca, "--eap-user", "alice", "--eap-password-file", file("password", "wrong\n")),
      await connect("stranger.example", ...ca, ...certificate("stranger.example", others)),
      await connect("bob@example.org", ...psk),
    ].map(({ status }) => status);
    assert.deepEqual(statuses, [1, 1, 1, 0]);
  } finally {
    signal(gateway, "SIGTERM");
  }
  return (await end).stdout;
}

const folder = mkdtempSync(join(tmpdir(), "ike-resume-fail2ban-"));
after(() => rmSync(folder, { recursive: true }));
const log = join(folder, "log");
writeFileSync(log, await logOfFailures(folder));
const lines = readFileSync(log, "utf8").trimEnd().split("\n");

test("the filter for fail2ban finds failures by shared key, EAP and certificate in what a gateway has logged, and no other line", () => {
  const found = lines.filter((line) => EXPRESSION.test(line));
  assert.deepEqual(found.map((line) => EXPRESSION.exec(line)?.groups?.address), ["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
  assert.deepEqual(found.map((line) => / method=(\S+) /.exec(line)?.[1]), ["shared-key", "eap", "certificate"]);
  assert.ok(lines.some((line) => line.includes("event=ike-sa-up") && line.includes("bob@example.org")));
});

test("fail2ban itself finds these with the filter", { skip: isMissing }, () => {
  const { stdout, stderr, status } = spawnSync("fail2ban-regex", ["--out", "ip", log, FILTER], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  assert.deepEqual(stdout.trim().split(/\s+/), ["127.0.0.1", "127.0.0.1", "127.0.0.1"], stderr);
});

test("fail2ban reads the time of every line", { skip: isMissing }, () => {
  const { stdout } = spawnSync("fail2ban-regex", [log, FILTER], { encoding: "utf8" });
  assert.match(
    stdout,
    new RegExp(String.raw`^Lines: ${lines.length} lines, \d+ ignored, 3 matched, ${lines.length - 3} missed`, "m"),
  );
  assert.match(stdout, new RegExp(String.raw`\[${lines.length}\] `), stdout);
});
