import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { gatewayOfWorkers } from "./gateway_of_workers.ts";

const GIVEN_UP = new Error("no gateway is wanted any more");

test("a gateway of workers that is given up while they start rejects with the signal's reason, and leaves no socket", async () => {
  const probe = createSocket("udp4");
  probe.bind(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  const controller = new AbortController();
  const listening = gatewayOfWorkers({ port, steering: "main", signal: controller.signal });
  setTimeout(() => controller.abort(GIVEN_UP), 20);
  await assert.rejects(listening, (error) => error === GIVEN_UP);
  const other = createSocket("udp4");
  other.bind(port, "127.0.0.1");
  await once(other, "listening");
  other.close();
});
