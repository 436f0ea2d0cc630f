import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResponderOptions } from "../../../src/ike/responder.ts";
import { loadKeyExchange, loadProvider } from "../../../src/providers/mod.ts";
import { openTicketRequest, withoutPadding } from "../../../src/ticket/ticket_by_value.ts";
import { TICKET_ALGORITHMS } from "../../../src/ticket/ticket_key.ts";
import { TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";
import { makeTicketKey } from "../../../src/ticket/ticket_key.ts";
import { decodeTicketState, type TicketState } from "../../../src/ticket/ticket_state.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { effectsOf, fqdn, START_EPOCH_SECONDS } from "../../simulation/simulation.ts";
import { TwoGateways } from "./two_gateways.ts";
import { type Client, Crowd } from "./waves.ts";

const provider = await loadProvider("wasm");
const keyExchange = await loadKeyExchange();
const CROWD = 5;
const LIFETIME_SECONDS = 3_000;
const ADDRESSES = Array.from({ length: CROWD }, (_, number) => `198.51.100.${number}`);

/** What tickets say, by what the gateway wants in them. */
const GATEWAYS: { readonly [name: string]: Partial<ResponderOptions> } = {
  "nothing but what all say": {},
  "no shared key": { bindTicketsToSharedKey: false },
  "permitted addresses": { authorize: () => ({ permittedAddresses: ADDRESSES }) },
  "certificates": { authorize: () => ({ certificates: [Uint8Array.of(0x30, 1), Uint8Array.of(0x30, 2, 3)] }) },
  "one address": { refuseChangedAddress: true },
  "all of that": {
    refuseChangedAddress: true,
    authorize: () => ({ permittedAddresses: ADDRESSES, certificates: [Uint8Array.of(0x30, 1)] }),
  },
};

for (const algorithm of TICKET_ALGORITHMS) {
  for (const [name, gateway] of Object.entries(GATEWAYS)) {
    test(`[R-5-1] the ticket after the one presented says of its own IKE SA what the steps' does: ${name}, under ${algorithm}`, async () => {
      const random = new SeededRandom(3);
      const ring = new TicketKeyRing([makeTicketKey(random.octets, START_EPOCH_SECONDS, algorithm)], random.octets);
      const gateways = new TwoGateways({
        provider,
        keyExchange,
        gateway: () => ({ ...gateway, ticketKeys: ring, ticketLifetimeSeconds: LIFETIME_SECONDS }),
      });
      let round = 0;
      // From round to round a host name is written otherwise, and is still the same.
      const crowd = new Crowd(gateways, CROWD, (number) => ({
        identity: fqdn(round === 2 && number === 0 ? "CLIENT0.example" : `client${number}.example`),
      }));
      await crowd.comeUp();
      for (round = 1; round <= 3; round++) {
        const before = gateways.taken;
        gateways.nowMs += 2_000;
        await crowd.comeUp();
        assert.equal(gateways.taken - before, 2 * CROWD);
        for (const client of crowd.clients) assertNext(client, ring, gateways.now.epochSeconds);
      }
    });
  }
}

/** By the client's word, and without what the lane reads tickets by. */
function assertNext({ ticket, effects }: Client, ring: TicketKeyRing, nowEpochSeconds: number): void {
  assert.ok(ticket);
  const [{ spis, resumed }] = effectsOf(effects, "ike-sa-up");
  assert.equal(resumed, true);
  const state = opened(ticket.ticket, ring);
  const { initiatorSpi, responderSpi, skD, proposal, initiatorId, responderId, issue, expiresAtEpochSeconds } = state;
  assert.deepEqual({ initiatorSpi, responderSpi }, { ...spis });
  assert.deepEqual({ skD, proposal, initiatorId, responderId }, {
    skD: ticket.skD,
    proposal: ticket.proposal,
    initiatorId: ticket.initiatorId,
    responderId: ticket.responderId,
  });
  const second = Math.floor(nowEpochSeconds);
  assert.equal(expiresAtEpochSeconds, second + LIFETIME_SECONDS);
  assert.deepEqual(issue, {
    series: responderSpi.toString(16).padStart(16, "0"),
    serial: 0,
    issuedAtEpochSeconds: second,
  });
}

function opened(ticket: Uint8Array, ring: TicketKeyRing): TicketState {
  const request = openTicketRequest(ticket, ring)!;
  const [plaintext] = provider.openTickets([request]);
  const state = plaintext && decodeTicketState(withoutPadding(request, plaintext)!);
  assert.ok(state);
  return state;
}
