import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type Ended, ended, run, signal } from "../command_line.ts";
import { eventNamed, type GatewayProcess, gatewayProcess } from "../gateway_process.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";

interface Scene extends GatewayProcess {
  readonly ctl: (...words: string[]) => Promise<Ended>;
  /** The lines of an answer. */
  readonly asked: (...words: string[]) => Promise<{ readonly [name: string]: unknown }[]>;
}

async function withGateway(options: readonly string[], body: (scene: Scene) => Promise<void>): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), "ctl-test-"));
  const socket = join(folder, "control.sock");
  const gateway = await gatewayProcess("--json", "--control-socket", socket, ...options);
  const ctl = (...words: string[]) => run("ctl", ...words, "--socket", socket);
  const asked = async (...words: string[]) => {
    const { status, stdout, stderr } = await ctl(...words, "--json");
    assert.equal(status, 0, stderr);
    return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  };
  try {
    await body({ ...gateway, ctl, asked });
    signal(gateway.child, "SIGTERM");
    return await gateway.end;
  } finally {
    gateway.child.kill("SIGKILL");
    gateway.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const workers of [[], ["--workers", "2", "--steering", "main"]]) {
  test(`ctl lists, shows, rekeys and ends clients of a gateway that runs${workers.length ? " in workers" : ""}, and takes tickets back`, async () => {
    const end = await withGateway(workers, async ({ ctl, asked, connecting }) => {
      const client = ended(connecting({}, "--hold", "60"));
      while ((await asked("list")).length < 2) { /* until it is up */ }
      const [{ ike_sa: listed }, done] = await asked("list") as [{ ike_sa: Record<string, unknown> }, object];
      assert.deepEqual(done, { done: true, count: 1 });
      assert.equal(listed.initiator_id, "client@example.org");
      assert.equal(listed.resumed, false);
      assert.match(String(listed.up_since), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.match(String(listed.ticket_id), /^[0-9a-f]+$/);
      assert.equal(JSON.stringify(listed).includes('_key"'), false);

      const table = await ctl("list");
      assert.match(table.stdout, /^RESPONDER SPI +SINCE +BY +CHILD +REMOTE +INNER +IDENTITY\n/);
      assert.match(
        table.stdout,
        new RegExp(`^${listed.responder_spi}  .* full +1 +127\\.0\\.0\\.1:\\d+ .* client@example\\.org\n1 IKE SA$`, "m"),
      );
      const shown = await ctl("show", "--spi", String(listed.responder_spi));
      assert.match(shown.stdout, /^initiator id: client@example\.org$/m);
      assert.match(shown.stdout, /^ {2}remote selectors: 127\.0\.0\.1/m);
      const [{ status }] = await asked("status") as [{ status: { workers: number; counters: Record<string, number> } }];
      assert.deepEqual([status.workers, status.counters.ike_sas_established], [workers.length ? 2 : 1, 1]);

      assert.match((await ctl("rekey", "--identity", "client@example.org")).stdout, /^1 IKE SA was offered a new one\n$/);
      assert.match((await ctl("revoke", "--ticket-id", String(listed.ticket_id))).stdout, /^revoked\n$/);
      const refused = await ctl("terminate");
      assert.equal(refused.status, 1);
      assert.match(refused.stderr, /^ike-resume: terminate: 0 of spi, identity, address and all given, expected one\n$/);
      assert.match((await ctl("terminate", "--address", "127.0.0.1")).stdout, /^1 IKE SA was told to end\n$/);
      await client;
      assert.deepEqual(await asked("list"), [{ done: true, count: 0 }]);
    });
    assert.equal(end.status, 0);
    assert.equal(eventNamed(end.stdout, "control-command").command, "rekey");
    assert.equal(eventNamed(end.stdout, "ike-sa-down").reason, "deleted-by-us");
  });
}

test("ctl has ticket keys rotate, a gateway drained and its file read again, or says in one line why not", async () => {
  const end = await withGateway(["--drain-to", "192.0.2.77", "--http", "127.0.0.1:0"], async ({ ctl, asked, listening }) => {
    const readyz = `http://127.0.0.1:${(listening.http as { readonly port: number }).port}/readyz`;
    assert.equal(await (await fetch(readyz)).text(), "ready\n");
    const [{ current }] = await asked("keys", "rotate");
    const [{ status }] = await asked("status") as [{ status: { ticket_keys: { previous: number } } }];
    assert.match(String(current), /^[0-9a-f]{16}$/);
    assert.equal(status.ticket_keys.previous, 1);
    assert.deepEqual(await asked("drain"), [{ done: true, to: "192.0.2.77", left: 0 }]);
    const unready = await fetch(readyz);
    assert.deepEqual([unready.status, await unready.text()], [503, "draining: clients go to another gateway\n"]);
    const reload = await ctl("reload");
    assert.deepEqual([reload.status, reload.stderr], [1, "ike-resume: there is no configuration file to read again\n"]);
  });
  assert.equal(end.status, 0);
  assert.equal(eventNamed(end.stdout, "draining").to, "192.0.2.77");
});

test("ctl says in one line where it looked for a gateway that is not there", async () => {
  const { status, stderr } = await run("ctl", "status", "--socket", "/nowhere/control.sock");
  assert.equal(status, 1);
  assert.match(stderr, /^ike-resume: there is no socket \/nowhere\/control\.sock: a gateway is told where by --control-socket/);
});
