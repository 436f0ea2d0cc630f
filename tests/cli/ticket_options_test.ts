import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { run, start } from "./command_line.ts";

for (const tickets of ["value", "reference"] as const) {
  test(`[R-9.8-1] tickets by ${tickets} are issued and presented, and those of an identity are revoked by a command`, async () => {
    const { ask, connect, ticket, remove } = await gateway("--tickets", tickets);
    try {
      assert.deepEqual(await connect(), { resumed: false });
      const octets = ticketOctets(readFileSync(ticket, "utf8"));
      assert.equal(octets === 64, tickets === "reference", `${octets} octets`);
      assert.deepEqual(await connect(), { resumed: true });

      assert.deepEqual(await ask({ command: "revoke", identity: "other@example.org" }), { revoked: true });
      assert.deepEqual(await connect(), { resumed: true });
      assert.deepEqual(await ask({ command: "revoke", identity: "client@example.org" }), { revoked: true });
      assert.deepEqual(await connect(), { resumed: false });
      const { counters } = await ask({ command: "counters" }) as { counters: { [name: string]: number } };
      // The client takes an unprotected NACK for a hint, and asks again before it gives the ticket up.
      assert.equal(counters.tickets_refused_total >= 1, true);
      assert.equal(counters.tickets_revoked_total >= 1, true);

      for (const command of [{}, { identity: 7 }, { identity: "" }, { ticket_id: "none" }, { ticket_id: "../../etc" }]) {
        const { error } = await ask({ command: "revoke", ...command }) as { error: string };
        assert.match(error, /^revoke: expected ticket_id, the name of a ticket, or identity$/);
      }
      // Any name will do: a gateway need not know a ticket to refuse it.
      assert.deepEqual(await ask({ command: "revoke", ticket_id: "ab".repeat(20) }), { revoked: true });
    } finally {
      remove();
    }
  });
}

test("[R-9.8-1] revocations are kept as a pair of Bloom filters on request, and not at all where that is asked for", async () => {
  const bloom = await gateway("--revocation", "bloom:1000:0.001");
  try {
    await bloom.connect();
    assert.deepEqual(await bloom.ask({ command: "revoke", ticket_id: "ab".repeat(20) }), { revoked: true });
    assert.deepEqual(await bloom.connect(), { resumed: true });
  } finally {
    bloom.remove();
  }
  const off = await gateway("--revocation", "off");
  try {
    assert.deepEqual(await off.ask({ command: "revoke", ticket_id: "ab".repeat(20) }), { revoked: false });
  } finally {
    off.remove();
  }
});

for (
  const [option, value] of [["--tickets", "both"], ["--revocation", "bloom:0:0.1"], ["--revocation", "bloom:5:2"], [
    "--revocation",
    "on",
  ]]
) {
  test(`"gateway ${option} ${value}" is refused in one line, with status 2`, async () => {
    const { status, stdout, stderr } = await run("gateway", option, value);
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, /^ike-resume: [^\n]+Allowed (are|choices are) [^\n]+\n$/i);
  });
}

async function gateway(...options: string[]) {
  const folder = mkdtempSync(join(tmpdir(), "ticket-options-test-"));
  const pskFile = join(folder, "psk");
  const ticket = join(folder, "ticket.json");
  writeFileSync(pskFile, "a secret that both ends hold\n", { mode: 0o600 });
  const child = start(
    ...["gateway", "--control", "--address", "127.0.0.1", "--port", "0", "--nat-port", "0", "--identity", "gateway.example"],
    ...["--psk-file", pskFile, ...options],
  );
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const nextLine = async () => JSON.parse((await lines.next()).value ?? "");
  const { port, nat_port: natPort } = await nextLine();
  const ask = (command: object): Promise<unknown> => {
    child.stdin!.write(`${JSON.stringify(command)}\n`);
    return nextLine();
  };
  const connect = async () => {
    const { status, stdout, stderr } = await run(
      ...["connect", "--peer", `127.0.0.1:${port}`, "--peer-nat-port", `${natPort}`, "--identity", "client@example.org"],
      ...[
        "--peer-identity",
        "gateway.example",
        "--psk-file",
        pskFile,
        "--json",
        "--hold",
        "0",
        "--ticket",
        ticket,
        "--abandon",
      ],
    );
    assert.equal(status, 0, stderr);
    const up = stdout.trimEnd().split("\n").map((line) => JSON.parse(line)).find(({ event }) => event === "ike-sa-up");
    return { resumed: up.resumed };
  };
  const remove = () => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  return { ask, connect, ticket, remove };
}

/** The file holds the ticket in hexadecimal or base64: both tell how long it is. */
function ticketOctets(text: string): number {
  const { ticket } = JSON.parse(text) as { ticket: string };
  return /^[0-9a-f]+$/.test(ticket) ? ticket.length / 2 : Buffer.from(ticket, "base64").length;
}
