import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { withDomain } from "../client/domain_scene.ts";
import { run } from "./command_line.ts";

const NAMES = ["one.example", "two.example", "three.example"];

/** A client of gateways, which each have a name, or none: its command line. */
async function withClient(
  body: (peers: (port: number, names?: readonly string[]) => string[]) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "gateway-list-"));
  writeFileSync(join(folder, "psk"), "a secret that both ends hold", { mode: 0o600 });
  try {
    await body((port, names) => [
      ...[
        "connect",
        "--identity",
        "client@example.org",
        "--psk-file",
        join(folder, "psk"),
        "--json",
        "--hold",
        "0",
        "--abandon",
      ],
      ...["--ticket", join(folder, "ticket")],
      ...NAMES.flatMap((_, place) => ["--peer", `127.0.0.${place + 1}:${port}${names?.[place] ? `=${names[place]}` : ""}`]),
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const resumedIn = (stdout: string) =>
  stdout.trim().split("\n").map((line) => JSON.parse(line)).find(({ event }) => event === "ike-sa-up")?.resumed;

test("connect with several --peer resumes at the next gateway when the first is gone, with the identity of each", async () => {
  await withDomain({ identities: NAMES.map(parseIdentity) }, async (domain) => {
    await withClient(async (peers) => {
      const { port, natPort } = domain.addresses[0];
      const words = [...peers(port, NAMES), "--peer-nat-port", `${natPort}`];
      assert.equal(resumedIn((await run(...words)).stdout), false);
      await domain.kill(0);
      const { status, stdout } = await run(...words);
      assert.equal(status, 0);
      assert.equal(resumedIn(stdout), true);
      assert.equal(domain.gateways[1].counters.ike_sas_resumed_total, 1);
    });
  });
});

test("connect refuses identities of some gateways and not of others, and an identity that is none", async () => {
  await withClient(async (peers) => {
    const some = await run(...peers(500, ["one.example"]));
    assert.equal(some.status, 2);
    assert.match(
      some.stderr,
      /--peer: identities of some gateways and not of others, expected one of each, or --peer-identity/,
    );
    const none = await run("connect", "--peer", "127.0.0.1=");
    assert.equal(none.status, 2);
    assert.match(none.stderr, /option '--peer <host\[:port\]\[=id\]>' argument '127\.0\.0\.1=' is invalid/);
  });
});
