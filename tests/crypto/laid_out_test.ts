/**
 * Messages that are sealed where they stand, beside the operations that seal copies. The seed is in the titles; IKE_RESUME_TEST_SEED repeats a run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { icvLength } from "../../src/crypto/algorithms.ts";
import { sealLaidOut } from "../../src/crypto/laid_out.ts";
import type { LaidOutMessage, SealRequest, SealWithTicketRequest } from "../../src/crypto/provider.ts";
import { testEach } from "./providers.ts";
import { repeatableRandom, runSeed } from "./random.ts";
import { randomSealWithTicket, reference } from "./resumption_requests.ts";

const BATCH_LENGTHS = [1, 2, 3, 5, 8, 64];

testEach(`sealLaidOut leaves where a message stood what seal and sealWithTicket make of it, seed ${runSeed}`, (provider) => {
  const random = repeatableRandom(runSeed);
  for (const length of BATCH_LENGTHS) {
    const requests = Array.from({ length }, () => randomSealWithTicket(random, random.octets(32)));
    const batch = requests.map((request, index) => index % 3 === 2 ? laidOut(request.message) : laidOutWithTicket(request));
    const expected = requests.map((request, index) =>
      index % 3 === 2 ? reference.seal([request.message])[0] : reference.sealWithTicket([request])[0]
    );
    sealLaidOut(provider, batch);
    assert.deepEqual(batch.map(({ octets }) => octets), expected);
  }
  sealLaidOut(provider, []);
});

testEach("sealLaidOut refuses what does not hold what is to be sealed, and changes nothing of it", (provider) => {
  const random = repeatableRandom(runSeed);
  const request = randomSealWithTicket(random, random.octets(32));
  const right = laidOutWithTicket(request);
  const { ticket } = right;
  const wrong: Partial<LaidOutMessage>[] = [
    { octets: right.octets.subarray(0, 3) },
    { encryptionKey: right.encryptionKey.subarray(1) },
    { associatedDataLength: right.octets.length },
    { associatedDataLength: -1 },
    { ticket: { ...ticket!, start: 0 } },
    { ticket: { ...ticket!, end: right.octets.length } },
    { ticket: { ...ticket!, end: ticket!.start } },
    { ticket: { ...ticket!, encryptionKey: new Uint8Array(3) } },
  ];
  for (const change of wrong) {
    const message = { ...right, ...change };
    const before = message.octets.slice();
    assert.throws(() => sealLaidOut(provider, [message]), RangeError);
    assert.deepEqual(message.octets, before);
  }
});

function laidOut({ protection, encryptionKey, integrityKey, associatedData, iv, plaintext }: SealRequest): LaidOutMessage {
  const octets = Uint8Array.of(...associatedData, ...iv, ...plaintext, ...new Uint8Array(icvLength(protection)));
  return { protection, encryptionKey, integrityKey, octets, associatedDataLength: associatedData.length };
}

function laidOutWithTicket({ ticket, message, ticketOffset }: SealWithTicketRequest): LaidOutMessage {
  const whole = laidOut(message);
  const inner = laidOut(ticket);
  const start = message.associatedData.length + message.iv.length + ticketOffset;
  whole.octets.set(inner.octets, start);
  return { ...whole, ticket: { ...inner, start, end: start + inner.octets.length } };
}
