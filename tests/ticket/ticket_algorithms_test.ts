import assert from "node:assert/strict";
import { createDecipheriv, createHmac } from "node:crypto";
import { test } from "node:test";
import { loadProvider, PROVIDER_NAMES } from "../../src/providers/mod.ts";
import {
  openTicketRequest,
  sealTicketRequest,
  ticketIdOf,
  ticketLength,
  withoutPadding,
} from "../../src/ticket/ticket_by_value.ts";
import { makeTicketKey, TICKET_ALGORITHMS, type TicketAlgorithm } from "../../src/ticket/ticket_key.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { usesOf } from "../../src/ticket/ticket_key_uses.ts";
import { decodeTicketState, encodeTicketState, type TicketState } from "../../src/ticket/ticket_state.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";
import { BY_VALUE, expand } from "./derived_uses.ts";
import { EXAMPLE_STATE, EXAMPLE_STATE_OCTETS } from "./example_state.ts";

const { octets: random } = new SeededRandom(41);
const providers = await Promise.all(PROVIDER_NAMES.map((name) => loadProvider(name)));

for (const provider of providers) {
  for (const algorithm of TICKET_ALGORITHMS) {
    test(`[R-6.1-1] a ticket under ${algorithm} opens for another program that has the key (${provider.name})`, () => {
      const ring = ringOf(algorithm);
      const request = sealTicketRequest(EXAMPLE_STATE, ring, random)!;
      const [ticket] = provider.seal([request]);
      assert.equal(ticket.length, ticketLength(request));
      assert.deepEqual([...ticket.subarray(0, 12)], [2, 0, 0, 0, ...ring.current.keyId]);
      assert.deepEqual(
        openedElsewhere(algorithm, expand(ring.current.key, BY_VALUE, ring.current.key.length), ticket),
        EXAMPLE_STATE_OCTETS,
      );
    });

    test(`[R-6.1-3] what any provider sealed under ${algorithm} every other opens to the same state (${provider.name})`, () => {
      const ring = ringOf(algorithm);
      // Every remainder by the block of AES-CBC.
      const states = Array.from({ length: 33 }, (_, index) => stateWithSkD(20 + index));
      const tickets = provider.seal(states.map((state) => sealTicketRequest(state, ring, random)!));
      for (const other of providers) {
        const opened = other.openTickets(tickets.map((ticket) => openTicketRequest(ticket, ring)!));
        opened.forEach((plaintext, index) => {
          const content = withoutPadding(openTicketRequest(tickets[index], ring)!, plaintext!)!;
          assert.deepEqual(content, encodeTicketState(states[index]));
          assert.deepEqual(decodeTicketState(content), states[index]);
        });
      }
    });

    test(`[R-9.2-1] no altered bit, truncation or extension of a ticket under ${algorithm} opens (${provider.name})`, () => {
      const ring = ringOf(algorithm);
      const [ticket] = provider.seal([sealTicketRequest(EXAMPLE_STATE, ring, random)!]);
      const altered = [];
      for (let bit = 8; bit < 8 * ticket.length; bit++) {
        const copy = ticket.slice();
        copy[bit >> 3] ^= 1 << (bit & 7);
        altered.push(copy);
      }
      for (let length = 40; length < ticket.length; length++) altered.push(ticket.slice(0, length));
      for (const more of [1, 15, 16, 17]) altered.push(Uint8Array.of(...ticket, ...new Uint8Array(more)));
      const opened = provider.openTickets(altered.map((copy) => openTicketRequest(copy, ring)!));
      assert.equal(opened.every((plaintext) => plaintext === undefined), true);
    });

    test(`[R-9.2-1] a ticket of zeros opens under ${algorithm} neither with the ring's keys nor with the decoy (${provider.name})`, () => {
      const ring = ringOf(algorithm);
      for (const length of [40, 44, 60, 64, 76, 220]) {
        const zeros = new Uint8Array(length);
        zeros[0] = 2;
        const request = openTicketRequest(zeros, ring)!;
        assert.deepEqual(request.encryptionKey, usesOf(ring.decoy).byValue.encryptionKey);
        assert.deepEqual(provider.openTickets([request]), [undefined]);
      }
    });
  }

  test(`[R-6.1-3] the algorithm changes with the key: one ring opens tickets of all three (${provider.name})`, () => {
    const keys = TICKET_ALGORITHMS.map((algorithm, index) => makeTicketKey(random, 100 * (index + 1), algorithm));
    const ring = new TicketKeyRing(keys, random);
    const tickets = keys.map((key, index) => {
      ring.advance(100 * (index + 1));
      assert.equal(ring.current, key);
      return provider.seal([sealTicketRequest(EXAMPLE_STATE, ring, random)!])[0];
    });
    const requests = tickets.map((ticket) => openTicketRequest(ticket, ring)!);
    provider.openTickets(requests).forEach((plaintext, index) => {
      assert.deepEqual(decodeTicketState(withoutPadding(requests[index], plaintext!)!), EXAMPLE_STATE);
    });
    // What was sealed under one algorithm is nothing under another, also where the key's octets and identity are the same.
    const confused = new TicketKeyRing([{ ...keys[0], algorithm: "chacha20poly1305" }], random);
    assert.deepEqual(provider.openTickets([openTicketRequest(tickets[0], confused)!]), [undefined]);
    assert.equal(new Set(tickets.map((ticket) => ticketIdOf(ticket))).size, 3);
  });
}

test("[R-9.2-1] a known and an unknown key identity lead to the same work under each algorithm", () => {
  for (const algorithm of TICKET_ALGORITHMS) {
    const ring = ringOf(algorithm);
    const ticket = Uint8Array.of(2, 0, 0, 0, ...ring.current.keyId, ...random(92));
    const stranger = ticket.slice();
    stranger[5] ^= 0x40;
    const shapeOf = (octets: Uint8Array) => {
      const { protection, encryptionKey, integrityKey, sealed, associatedDataLength } = openTicketRequest(octets, ring)!;
      return [protection, encryptionKey.length, integrityKey.length, sealed.length, associatedDataLength];
    };
    assert.deepEqual(shapeOf(stranger), shapeOf(ticket));
  }
});

test("[R-6.1-1] an authentic ticket whose padding is not ours has no content", () => {
  const ring = ringOf("aes256-sha256");
  const request = openTicketRequest(Uint8Array.of(2, 0, 0, 0, ...ring.current.keyId, ...random(80)), ring)!;
  for (const wrong of [new Uint8Array(0), new Uint8Array(16).fill(16), new Uint8Array(16).fill(255)]) {
    assert.equal(withoutPadding(request, wrong), undefined);
  }
  assert.equal(withoutPadding(request, new Uint8Array(16).fill(15))?.length, 0);
});

function ringOf(algorithm: TicketAlgorithm): TicketKeyRing {
  return new TicketKeyRing([makeTicketKey(random, 0, algorithm)], random);
}

function stateWithSkD(length: number): TicketState {
  return { ...EXAMPLE_STATE, skD: random(length) };
}

function openedElsewhere(algorithm: TicketAlgorithm, key: Uint8Array, ticket: Uint8Array): Uint8Array {
  if (algorithm === "aes256-sha256") {
    const mac = createHmac("sha256", key.subarray(32)).update(ticket.subarray(0, -16)).digest().subarray(0, 16);
    assert.deepEqual(new Uint8Array(mac), ticket.slice(-16));
    const decipher = createDecipheriv("aes-256-cbc", key.subarray(0, 32), ticket.subarray(12, 28)).setAutoPadding(false);
    const padded = Buffer.concat([decipher.update(ticket.subarray(28, -16)), decipher.final()]);
    return new Uint8Array(padded.subarray(0, padded.length - 1 - padded[padded.length - 1]));
  }
  const name = algorithm === "aes256gcm16" ? "aes-256-gcm" : "chacha20-poly1305";
  const decipher = createDecipheriv(name as "aes-256-gcm", key, ticket.subarray(12, 24), { authTagLength: 16 });
  decipher.setAAD(ticket.subarray(0, 12));
  decipher.setAuthTag(ticket.subarray(-16));
  return new Uint8Array(Buffer.concat([decipher.update(ticket.subarray(24, -16)), decipher.final()]));
}
