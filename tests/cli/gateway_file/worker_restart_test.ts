import { Command } from "commander";
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Worker } from "node:worker_threads";
import { addGatewayCommand } from "../../../src/cli/gateway_command.ts";
import { readGatewayFile } from "../../../src/cli/gateway_file/read_gateway_file.ts";
import { WORKER_KIND } from "../../../src/gateway/workers/messages.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "worker-restart-"));
after(() => rmSync(FOLDER, { recursive: true }));
const PATH = join(FOLDER, "gateway.toml");

const FILE = '[listen]\naddresses = ["127.0.0.1"]\n[identity]\nid = "g"\n[ike_sas]\nliveness = 7\n';
const userFile = (name: string) => `[[user]]\nid = "${name}@example.org"\n`;

async function startedWith(data: unknown): Promise<unknown> {
  const module = new URL("./options_in_worker.ts", import.meta.url);
  const worker = new Worker(module, { workerData: { kind: WORKER_KIND, path: PATH, data } });
  try {
    const [told] = await Promise.race([
      once(worker, "message"),
      once(worker, "error").then(([error]) => Promise.reject(error)),
    ]);
    return told;
  } finally {
    await worker.terminate();
  }
}

test("a worker that takes the place of another goes by what it is given, whatever has become of the file since", async () => {
  writeFileSync(PATH, FILE + userFile("ada"));
  const file = readGatewayFile(PATH, addGatewayCommand(new Command()));
  writeFileSync(PATH, "no TOML");
  assert.deepEqual(await startedWith({ file }), { liveness: 7, knows: [true, false] });
  // Users were read again meanwhile, and nothing else of the file counts before the next start.
  writeFileSync(PATH, FILE.replace("7", "9") + userFile("bea"));
  const { users, groups } = readGatewayFile(PATH, addGatewayCommand(new Command()));
  assert.deepEqual(await startedWith({ file: { ...file, users, groups } }), { liveness: 7, knows: [false, true] });
});
