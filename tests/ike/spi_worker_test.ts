import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { newIkeSpi } from "../../src/ike/ike_sa/spi.ts";
import {
  isFirstMessage,
  MOST_WORKERS,
  spiOfWorker,
  workerOfMessage,
  workerOfSpi,
  workersOf,
} from "../../src/ike/ike_sa/spi_worker.ts";
import { responderConfiguration } from "../../src/ike/policy/responder_configuration.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { encodeMessage } from "../../src/wire/message.ts";

const counts = fc.integer({ min: 1, max: MOST_WORKERS });
const spis = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

test("an SPI of a worker says so, keeps its upper half, and moves its lower one by less than the number of workers", () => {
  fc.assert(fc.property(spis, counts, fc.nat(), (spi, count, chosen) => {
    const index = chosen % count;
    const own = spiOfWorker(spi, { index, count });
    if (own === undefined) return (spi & 0xffff_ffffn) + BigInt(count) > 0xffff_ffffn;
    const distance = own - spi;
    return workerOfSpi(own, count) === index && own >> 32n === spi >> 32n && distance < count && -distance < count;
  }));
});

test("where the lowest word has no SPI of the worker left, or it is zero, another is drawn", () => {
  // 2^32 - 1 is 0 modulo 3: its neighbours above would begin another upper half.
  assert.equal(spiOfWorker(0xffff_ffffn, { index: 2, count: 3 }), undefined);
  const drawn = [new Uint8Array(8).fill(0xff), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)];
  // 0x05060708 is 84,281,096: 2 modulo 3.
  assert.equal(newIkeSpi(() => drawn.shift()!, { index: 1, count: 3 }), 0x0102_0304_0506_0707n);
  assert.equal(drawn.length, 0);
  // Of the first worker's SPIs zero is one, which no IKE SA may have.
  const zeros = [new Uint8Array(8), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 3)];
  assert.equal(newIkeSpi(() => zeros.shift()!, { index: 0, count: 2 }), 2n);
});

test("random SPIs of a worker are spread over all that it has", () => {
  const seen = new Set(Array.from({ length: 1_000 }, () => newIkeSpi(systemRandom, { index: 5, count: 7 })));
  assert.equal(seen.size, 1_000);
  assert.ok([...seen].every((spi) => workerOfSpi(spi, 7) === 5));
});

test("a message is its worker's: by the SPI of this end, whichever end began, and a first message by the initiator's", () => {
  const header = (initiatorSpi: bigint, responderSpi: bigint, fromInitiator: boolean) =>
    encodeMessage({ initiatorSpi, responderSpi, exchangeType: 37, fromInitiator, isResponse: false, messageId: 2 }, []);
  fc.assert(fc.property(spis, spis, counts, (initiatorSpi, responderSpi, count) => {
    const first = header(initiatorSpi, 0n, true);
    assert.equal(workerOfMessage(first, count), workerOfSpi(initiatorSpi, count));
    assert.equal(isFirstMessage(first), true);
    if (responderSpi === 0n) return;
    assert.equal(workerOfMessage(header(initiatorSpi, responderSpi, true), count), workerOfSpi(responderSpi, count));
    assert.equal(workerOfMessage(header(initiatorSpi, responderSpi, false), count), workerOfSpi(initiatorSpi, count));
    assert.equal(isFirstMessage(header(initiatorSpi, responderSpi, true)), false);
    const owners = workersOf({ initiatorSpi, responderSpi }, count);
    assert.ok(owners.includes(workerOfSpi(initiatorSpi, count)) && owners.includes(workerOfSpi(responderSpi, count)));
  }));
  for (let length = 0; length < 28; length++) assert.equal(workerOfMessage(systemRandom(length), 7), 0);
});

test("a worker that is none of its number is refused with what is allowed", () => {
  const options = {
    identity: parseIdentity("gateway.example"),
    presharedKeyOf: () => undefined,
    ticketKeys: TicketKeyRing.generate(systemRandom, 0),
  };
  for (
    const spiWorker of [{ index: 2, count: 2 }, { index: -1, count: 2 }, { index: 0, count: 65 }, { index: 0.5, count: 2 }]
  ) {
    assert.throws(() => responderConfiguration({ ...options, spiWorker }), /expected a whole number from/);
  }
});
