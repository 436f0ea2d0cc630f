/**
 * A process of its own that opens and closes transports of a kind, and writes how many descriptors that leaves: a runner of tests may run other
 * files in its process, which open and close some meanwhile.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import process from "node:process";
import { openBatchedTransport } from "../../src/transport/batched/batched_transport.ts";
import { openDgramTransport } from "../../src/transport/dgram_transport.ts";
import type { OpenSocketTransport } from "../../src/transport/transport.ts";
import { LIBC, scene } from "./scene.ts";

const TIMES = 5;

const open: OpenSocketTransport = process.argv[2] === "dgram"
  ? openDgramTransport
  : (options) => openBatchedTransport(LIBC!, options);

await once();
const before = descriptors();
for (let time = 0; time < TIMES; time++) await once();
console.log(JSON.stringify({ before, after: descriptors(), times: TIMES }));

/** One that serves, and one that cannot be opened. */
async function once(): Promise<void> {
  const { transport, send, close } = await scene(open, "127.0.0.1");
  await send(Uint8Array.of(1), transport.local.port);
  const taken = { address: "127.0.0.1", port: 0, natPort: transport.local.port, onDatagram: () => {} };
  await assert.rejects(open(taken), { name: "TransportError" });
  await close();
}

function descriptors(): number {
  return readdirSync("/dev/fd").length;
}
