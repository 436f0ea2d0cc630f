import assert from "node:assert/strict";
import { test } from "node:test";
import { chainsOf } from "../../src/gateway/chains.ts";
import type { WaitingDatagram } from "../../src/gateway/waiting_datagrams.ts";
import { endpoint } from "../simulation/simulation.ts";

/** A message with these SPIs, told from others by one octet, from a port. */
function waiting(initiatorSpi: bigint, responderSpi: bigint, content = 0, port = 500): WaitingDatagram {
  const octets = new Uint8Array(40);
  new DataView(octets.buffer).setBigUint64(0, initiatorSpi);
  new DataView(octets.buffer).setBigUint64(8, responderSpi);
  octets[39] = content;
  const datagram = { octets, local: endpoint("192.0.2.1", 500), remote: endpoint("203.0.113.7", port), encapsulated: false };
  return { datagram, urgency: 0, arrivedAtMs: 0 };
}

test("messages on one IKE SA are a chain in their order, and each first message one of its own", () => {
  const [a, b, c, d, e] = [waiting(1n, 7n), waiting(2n, 8n), waiting(1n, 7n, 1), waiting(3n, 0n), waiting(3n, 0n, 1)];
  assert.deepEqual(chainsOf([a, b, c, d, e]), [[a, c], [b], [d], [e]]);
});

test("[R-9.3-1] a whole wave of first messages with one SPI stands in no line, and what is repeated from one place is answered once", () => {
  const different = Array.from({ length: 32 }, (_, index) => waiting(5n, 0n, index));
  assert.equal(chainsOf(different).length, 32);
  const [first, again, elsewhere] = [waiting(5n, 0n), waiting(5n, 0n), waiting(5n, 0n, 0, 501)];
  assert.deepEqual(chainsOf([first, again, elsewhere, again]), [[first], [elsewhere]]);
});
