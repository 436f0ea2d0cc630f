import assert from "node:assert/strict";
import { createDecipheriv } from "node:crypto";
import { test } from "node:test";
import type { CryptoProvider } from "../../src/crypto/provider.ts";
import { loadProvider, PROVIDER_NAMES } from "../../src/providers/mod.ts";
import { MINIMUM_TICKET_LENGTH, openTicketRequest, sealTicketRequest, ticketIdOf } from "../../src/ticket/ticket_by_value.ts";
import { usesOf } from "../../src/ticket/ticket_key_uses.ts";
import { makeTicketKey, TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { decodeTicketState } from "../../src/ticket/ticket_state.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";
import { BY_VALUE, expand } from "./derived_uses.ts";
import { EXAMPLE_STATE, EXAMPLE_STATE_OCTETS } from "./example_state.ts";

for (const name of PROVIDER_NAMES) {
  test(`[R-A.1-1] [R-6.1-1] a ticket is version, reserved, key identity, IV, encrypted state and MAC, octet by octet (${name})`, async () => {
    const { provider, ring, random } = await ready(name);
    const request = sealTicketRequest(EXAMPLE_STATE, ring, random)!;
    const [ticket] = provider.seal([request]);
    assert.equal(ticket.length, 4 + 8 + 12 + EXAMPLE_STATE_OCTETS.length + 16);
    assert.equal(MINIMUM_TICKET_LENGTH, 4 + 8 + 12 + 16);
    assert.deepEqual([...ticket.subarray(0, 4)], [2, 0, 0, 0]);
    assert.deepEqual(ticket.slice(4, 12), ring.current.keyId);
    assert.deepEqual(ticket.slice(12, 24), request.iv);
    // Opened by a program that knows nothing of this one: AES-256-GCM, the twelve clear octets as associated data.
    const decipher = createDecipheriv("aes-256-gcm", expand(ring.current.key, BY_VALUE, 32), ticket.subarray(12, 24));
    decipher.setAAD(ticket.subarray(0, 12));
    decipher.setAuthTag(ticket.subarray(-16));
    const opened = Buffer.concat([decipher.update(ticket.subarray(24, -16)), decipher.final()]);
    assert.deepEqual(new Uint8Array(opened), EXAMPLE_STATE_OCTETS);
  });

  test(`[R-6.1-1] a ticket opens to every item that was put in (${name})`, async () => {
    const { provider, ring, random } = await ready(name);
    const [ticket] = provider.seal([sealTicketRequest(EXAMPLE_STATE, ring, random)!]);
    const [plaintext] = provider.openTickets([openTicketRequest(ticket, ring)!]);
    assert.deepEqual(decodeTicketState(plaintext!), EXAMPLE_STATE);
  });
}

test("[R-6.1-1] [R-9.10-1] neither identities nor SPIs nor SK_d can be read in a ticket", async () => {
  const { provider, ring, random } = await ready("ts");
  for (let round = 0; round < 50; round++) {
    const [ticket] = provider.seal([sealTicketRequest(EXAMPLE_STATE, ring, random)!]);
    for (const secret of ["alice", "gw.e"].map((text) => new TextEncoder().encode(text))) assertNotIn(ticket, secret);
    assertNotIn(ticket, EXAMPLE_STATE.skD.subarray(0, 4));
    assertNotIn(ticket, Uint8Array.of(1, 2, 3, 4));
    // In clear there are version and key identity alone.
    assert.deepEqual([...ticket.subarray(1, 4)], [0, 0, 0]);
  }
});

test("[R-9.10-1] two tickets of one state differ everywhere but in the key identity, and no two have one name", async () => {
  const { provider, ring, random } = await ready("ts");
  const requests = Array.from({ length: 500 }, () => sealTicketRequest(EXAMPLE_STATE, ring, random)!);
  const tickets = provider.seal(requests);
  assert.equal(new Set(tickets.map((ticket) => ticketIdOf(ticket))).size, 500);
  assert.equal(new Set(tickets.map((ticket) => ticket.slice(24).toString())).size, 500);
  ring.rotate(random, 0);
  const [later] = provider.seal([{ ...sealTicketRequest(EXAMPLE_STATE, ring, random)!, iv: requests[0].iv }]);
  assert.notEqual(ticketIdOf(later), ticketIdOf(tickets[0]));
  assert.match(ticketIdOf(tickets[0]), /^[0-9a-f]{40}$/);
});

test("[R-9.2-1] a ticket of a known key and one of an unknown key are opened by the same work; only its form spares it", async () => {
  const { ring, random } = await ready("ts");
  const ticket = Uint8Array.of(2, 0, 0, 0, ...ring.current.keyId, ...random(60));
  const known = openTicketRequest(ticket, ring)!;
  assert.equal(known.encryptionKey, usesOf(ring.current).byValue.encryptionKey);
  const stranger = ticket.slice();
  stranger.fill(0, 4, 12);
  const unknown = openTicketRequest(stranger, ring)!;
  assert.equal(unknown.encryptionKey, usesOf(ring.decoy).byValue.encryptionKey);
  assert.deepEqual({ ...unknown, encryptionKey: 0, sealed: 0 }, { ...known, encryptionKey: 0, sealed: 0 });
  assert.equal(openTicketRequest(ticket.subarray(0, MINIMUM_TICKET_LENGTH - 1), ring), undefined);
  assert.equal(openTicketRequest(new Uint8Array(0), ring), undefined);
  for (const version of [0, 3, 255]) {
    assert.equal(openTicketRequest(Uint8Array.of(version, ...ticket.slice(1)), ring), undefined);
  }
});

test("[R-9.2-1] nothing that is sealed under a key of another ring opens", async () => {
  const { provider, ring, random } = await ready("ts");
  const impostor = { ...makeTicketKey(random, 0), keyId: ring.current.keyId };
  const other = new TicketKeyRing([impostor], random);
  const [ticket] = provider.seal([sealTicketRequest(EXAMPLE_STATE, other, random)!]);
  assert.deepEqual(provider.openTickets([openTicketRequest(ticket, ring)!]), [undefined]);
});

async function ready(
  name: (typeof PROVIDER_NAMES)[number],
): Promise<{ provider: CryptoProvider; ring: TicketKeyRing; random: SeededRandom["octets"] }> {
  const { octets } = new SeededRandom(7);
  return { provider: await loadProvider(name), ring: TicketKeyRing.generate(octets, 0), random: octets };
}

function assertNotIn(ticket: Uint8Array, octets: Uint8Array): void {
  assert.equal(Buffer.from(ticket).includes(Buffer.from(octets)), false);
}
