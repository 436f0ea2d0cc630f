import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import type { CryptoProvider } from "../../src/crypto/provider.ts";
import { loadProvider, PROVIDER_NAMES } from "../../src/providers/mod.ts";
import { kindOfTicketId } from "../../src/ticket/issued_ticket.ts";
import {
  decodeReferencePart,
  encodeReferencePart,
  isTicketByReference,
  joinTicket,
  keyOfTicketByReference,
  macRequest,
  referenceName,
  referenceOctets,
  TICKET_BY_REFERENCE_LENGTH,
  type TicketReference,
  verifyTicketRequest,
} from "../../src/ticket/ticket_by_reference.ts";
import { openTicketRequest, sealTicketRequest, ticketIdOf } from "../../src/ticket/ticket_by_value.ts";
import { TICKET_ALGORITHMS } from "../../src/ticket/ticket_key.ts";
import { usesOf } from "../../src/ticket/ticket_key_uses.ts";
import { makeTicketKey, TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";
import { BY_REFERENCE, BY_VALUE, CREDENTIAL, expand } from "./derived_uses.ts";
import { EXAMPLE_STATE } from "./example_state.ts";

const REFERENCE: TicketReference = {
  reference: Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index),
  expiresAtEpochSeconds: 0xfedc_ba98,
};

for (const name of PROVIDER_NAMES) {
  test(`[R-A.2-1] a ticket by reference is version, reserved, key identity, reference, expiration and MAC, octet by octet (${name})`, async () => {
    const { provider, ring } = await ready(name);
    const ticket = issue(provider, ring);
    assert.equal(ticket.length, 4 + 8 + 16 + 4 + 32);
    assert.deepEqual([...ticket.subarray(0, 4)], [2, 0, 0, 0]);
    assert.deepEqual(ticket.slice(4, 12), ring.current.keyId);
    assert.deepEqual(ticket.slice(12, 28), REFERENCE.reference);
    assert.deepEqual([...ticket.subarray(28, 32)], [0xfe, 0xdc, 0xba, 0x98]);
    // Checked by a program that knows nothing of this one.
    const macKey = expand(ring.current.key, BY_REFERENCE, 32);
    const mac = createHmac("sha256", macKey).update(ticket.subarray(0, 32)).digest();
    assert.deepEqual(ticket.slice(32), new Uint8Array(mac));
  });

  test(`[R-6.1-2] [R-A.2-1] the MAC of a ticket by reference is right only if every octet is (${name})`, async () => {
    const { provider, ring } = await ready(name);
    const ticket = issue(provider, ring);
    assert.deepEqual(decodeReferencePart(ticket), REFERENCE);
    const altered = Array.from(ticket, (_, index) => {
      const copy = ticket.slice();
      copy[index] ^= 1 << (index & 7);
      return copy;
    });
    // A version that is none of ours, or an unknown key, counts as a wrong MAC.
    assert.deepEqual([ticket, ...altered].map((octets) => isAuthentic(provider, ring, octets)), [
      true,
      ...altered.map(() => false),
    ]);
  });
}

test("[R-A.2-1] no ticket by value has the length of one by reference, and neither is authentic as the other", async () => {
  const { provider, ring, random } = await ready("ts");
  const nobody = { idType: 2, identification: new Uint8Array(0) };
  const least = { ...EXAMPLE_STATE, initiatorId: nobody, responderId: nobody, skD: Uint8Array.of(1) };
  const [byValue] = provider.seal([sealTicketRequest(least, ring, random)!]);
  assert.equal(byValue.length > TICKET_BY_REFERENCE_LENGTH, true);
  assert.equal(isTicketByReference(byValue), false);
  const byReference = issue(provider, ring);
  assert.equal(isTicketByReference(byReference), true);
  assert.deepEqual(provider.openTickets([openTicketRequest(byReference, ring)!]), [undefined]);
  assert.equal(isAuthentic(provider, ring, byValue.slice(0, TICKET_BY_REFERENCE_LENGTH)), false);
});

test("[R-9.5-1] a ticket key has a key of its own for each use, and none of them is what another use, or another key, has", () => {
  const { octets: random } = new SeededRandom(8);
  for (const algorithm of TICKET_ALGORITHMS) {
    const keys = [makeTicketKey(random, 0, algorithm), makeTicketKey(random, 0, algorithm)];
    for (const key of keys) {
      const { byValue, byReference, credential } = usesOf(key);
      const { encryptionKey, integrityKey } = byValue;
      assert.deepEqual(Uint8Array.of(...encryptionKey, ...integrityKey), expand(key.key, BY_VALUE, key.key.length));
      assert.deepEqual(byReference, expand(key.key, BY_REFERENCE, 32));
      assert.deepEqual(credential, expand(key.key, CREDENTIAL, 32));
    }
    const all = keys.flatMap((key) => {
      const { byValue: { encryptionKey, integrityKey }, byReference, credential } = usesOf(key);
      return [key.key.slice(0, 32), key.key.slice(32), encryptionKey, integrityKey, byReference, credential];
    }).filter(({ length }) => length > 0);
    assert.equal(new Set(all.map(String)).size, all.length);
  }
});

test("[R-9.5-1] a key that goes takes the keys of its uses along", () => {
  const { octets: random } = new SeededRandom(9);
  const ring = TicketKeyRing.generate(random, 0, { ticketLifetimeSeconds: 60 });
  const { byValue, byReference, credential } = usesOf(ring.current);
  ring.rotate(random, 1);
  for (const now of [2, 1_000, 2_000]) ring.advance(now);
  assert.equal(ring.keys.length, 1);
  for (const secret of [byValue.encryptionKey, byReference, credential]) assert.ok(secret.every((octet) => octet === 0));
});

test("[R-6.1-2] a MAC under the ticket key itself, or under another ring's key of the same identity, is wrong", async () => {
  const { provider, ring, random } = await ready("ts");
  const part = encodeReferencePart(REFERENCE, ring.current.keyId);
  const mac = new Uint8Array(createHmac("sha256", ring.current.key).update(part).digest());
  assert.equal(isAuthentic(provider, ring, joinTicket(part, mac)), false);
  const impostor = new TicketKeyRing([{ ...makeTicketKey(random, 0), keyId: ring.current.keyId }], random);
  assert.equal(isAuthentic(provider, ring, issue(provider, impostor)), false);
});

test("[R-6.1-3] an unknown or all-zero key identity is checked under the decoy key, and an unknown version not at all", async () => {
  const { provider, ring } = await ready("ts");
  const ticket = issue(provider, ring);
  assert.equal(keyOfTicketByReference(ticket, ring), ring.current);
  assert.equal(keyOfTicketByReference(ticket.slice().fill(0, 4, 12), ring), ring.decoy);
  for (const version of [0, 3, 255]) {
    assert.equal(keyOfTicketByReference(Uint8Array.of(version, ...ticket.slice(1)), ring), undefined);
  }
});

test("[R-6.1-2] whatever octets a reference has, the store is asked for hexadecimal digits", () => {
  for (const text of ["'; DROP TABLE t;", "http://evil/?a=b", "../../../etc/pwd", "\0\0\0\0\r\nFLUSHALL\r\n"]) {
    const reference = new TextEncoder().encode(text.padEnd(16)).slice(0, 16);
    const name = referenceName({ reference, expiresAtEpochSeconds: 0 });
    assert.match(name, /^[0-9a-f]{32}$/);
    assert.deepEqual(referenceOctets(name), reference);
  }
});

test("the name of a ticket tells its kind, and what is no name is taken for none", async () => {
  const { provider, ring, random } = await ready("ts");
  const [byValue] = provider.seal([sealTicketRequest(EXAMPLE_STATE, ring, random)!]);
  assert.equal(kindOfTicketId(ticketIdOf(byValue)), "value");
  assert.equal(kindOfTicketId(referenceName(REFERENCE)), "reference");
  for (const none of ["", "ab", "A".repeat(32), "g".repeat(40), "a".repeat(33), "a".repeat(50), `${"a".repeat(31)}'`]) {
    assert.equal(kindOfTicketId(none), undefined);
  }
});

function issue(provider: CryptoProvider, ring: TicketKeyRing): Uint8Array {
  const part = encodeReferencePart(REFERENCE, ring.current.keyId);
  const [mac] = provider.prf([macRequest(part, ring.current)]);
  return joinTicket(part, mac);
}

function isAuthentic(provider: CryptoProvider, ring: TicketKeyRing, ticket: Uint8Array): boolean {
  const key = keyOfTicketByReference(ticket, ring);
  if (key === undefined) return false;
  return provider.verifyMac([verifyTicketRequest(ticket, usesOf(key).byReference)])[0];
}

async function ready(
  name: (typeof PROVIDER_NAMES)[number],
): Promise<{ provider: CryptoProvider; ring: TicketKeyRing; random: SeededRandom["octets"] }> {
  const { octets } = new SeededRandom(11);
  return { provider: await loadProvider(name), ring: TicketKeyRing.generate(octets, 0), random: octets };
}
