import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
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

test("waves of any SPIs, wide and narrow, make the chains that comparing each message with each other makes", () => {
  // Some differ in their first word alone, some in their second, and some have one place in a table.
  const spis = [7n, 7n << 32n, 7n << 32n | 7n, 8n, 1n << 63n, 0n];
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(5), fc.nat(400), fc.nat(2)), { maxLength: 700 }),
      (kinds) => {
        const wave = kinds.map(([kind, other, content]) =>
          waiting(BigInt(1 + other), spis[kind] && spis[kind] + BigInt(other), content)
        );
        const expected: WaitingDatagram[][] = [];
        for (const one of wave) {
          const [initiatorSpi, spi] = spisOf(one);
          const same = expected.filter(([first]) => spisOf(first)[1] === spi);
          if (spi !== 0n) {
            if (same.length > 0) same[0].push(one);
            else expected.push([one]);
          } else {
            const earlier = same.filter(([first]) => spisOf(first)[0] === initiatorSpi);
            if (!earlier.some(([first]) => first.datagram.octets[39] === one.datagram.octets[39])) expected.push([one]);
          }
        }
        assert.deepEqual(chainsOf(wave), expected);
      },
    ),
    { numRuns: 50 },
  );
});

function spisOf({ datagram: { octets } }: WaitingDatagram): [bigint, bigint] {
  const view = new DataView(octets.buffer);
  return [view.getBigUint64(0), view.getBigUint64(8)];
}
