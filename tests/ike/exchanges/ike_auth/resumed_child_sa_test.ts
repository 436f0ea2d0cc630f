/**
 * What IKE_AUTH negotiates for the Child SA comes from the new exchange alone (RFC 5723, section 5, note 6): nothing of the old Child SA is in the
 * ticket, and nothing that was said of it holds after resumption.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addressRangeSelector, anyIpv4Selector } from "../../../../src/ike/child_sa/traffic_selectors.ts";
import { defaultEspProposals, offerEsp } from "../../../../src/ike/ike_sa/proposals.ts";
import { findPayload, notify } from "../../../../src/ike/message/notify.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import type { ClientTicket } from "../../../../src/ticket/client_ticket.ts";
import { NotifyType } from "../../../../src/wire/constants.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { HANDMADE_ESP_SPI, HandmadeClient } from "../../../simulation/handmade_client.ts";
import { grantedTicket } from "../../../simulation/handmade_ticket.ts";
import { notifyTypes } from "../../../simulation/messages.ts";
import { openTicketState } from "../../../simulation/opened_ticket.ts";
import { effectsOf, Simulation } from "../../../simulation/simulation.ts";

/** IPCOMP_SUPPORTED, USE_TRANSPORT_MODE, ESP_TFC_PADDING_NOT_SUPPORTED, NON_FIRST_FRAGMENTS_ALSO (RFC 7296, section 3.10.1). */
const SAID_OF_CHILD_SA = [16387, 16391, 16394, 16395];
const [AEAD, CBC] = defaultEspProposals();

interface Wish {
  readonly name: string;
  readonly payloads: readonly Payload[];
  readonly said: readonly number[];
}

const ONE: Wish = {
  name: "AES-GCM with extended sequence numbers, to one address, with all that can be said",
  payloads: [
    { type: "SA", proposals: offerEsp([{ ...AEAD, extendedSequenceNumbers: [true] }], HANDMADE_ESP_SPI) },
    { type: "TSr", selectors: [addressRangeSelector(Uint8Array.of(10, 0, 0, 7), Uint8Array.of(10, 0, 0, 7))] },
  ],
  said: SAID_OF_CHILD_SA,
};
const OTHER: Wish = {
  name: "AES-CBC without extended sequence numbers, to everywhere, with nothing said",
  payloads: [
    { type: "SA", proposals: offerEsp([{ ...CBC, extendedSequenceNumbers: [false] }], HANDMADE_ESP_SPI) },
    { type: "TSr", selectors: [anyIpv4Selector()] },
  ],
  said: [],
};

for (const [before, after] of [[ONE, OTHER], [OTHER, ONE]]) {
  test(`[R-5-9] a client that resumes with a wish for ${after.name}, has no more and no less than a client that comes anew with it`, async () => {
    const simulation = new Simulation({ provider: await loadProvider("ts") });
    const handmade = new HandmadeClient(simulation);
    const full = await comingUp(handmade, before);
    const resumed = await comingUp(handmade, after, full.ticket);
    const anew = await comingUp(handmade, after);
    assert.equal(resumed.resumed, true);
    assert.notDeepEqual(resumed.childSa, full.childSa);
    assert.deepEqual(resumed.childSa, anew.childSa);
    assert.deepEqual(resumed.notifies, anew.notifies);
  });
}

test("[R-5-9] whatever a client wishes for its Child SA, the ticket tells the same", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const states = [];
  for (const wish of [ONE, OTHER]) {
    const { ticket } = await comingUp(new HandmadeClient(simulation), wish);
    const { initiatorSpi: _, responderSpi: __, skD: ___, issue: ____, ...state } = await openTicketState(simulation, ticket);
    states.push(state);
  }
  assert.deepEqual(states[0], states[1]);
});

/** What comes of a wish, in a full exchange or with a ticket. */
async function comingUp(handmade: HandmadeClient, { payloads, said }: Wish, ticket?: ClientTicket) {
  const exchange = ticket ? await handmade.resume(ticket) : await handmade.init();
  const add = [notify(NotifyType.TICKET_REQUEST), ...said.map((type) => notify(type, dataOf(type)))];
  const { answer, effects } = await handmade.auth(exchange, { replace: payloads, add });
  const [{ resumed }] = effectsOf(effects, "ike-sa-up");
  const [{ childSa: { protection, extendedSequenceNumbers, localSelectors, remoteSelectors } }] = effectsOf(
    effects,
    "child-sa-up",
  );
  const [{ transforms }] = findPayload(answer, "SA")!.proposals;
  return {
    ticket: grantedTicket(exchange, answer),
    resumed,
    childSa: { transforms, protection, extendedSequenceNumbers, localSelectors, remoteSelectors },
    notifies: notifyTypes(answer),
  };
}

/** IPCOMP_SUPPORTED names a CPI and a transform; the others hold nothing. */
function dataOf(notifyType: number): Uint8Array {
  return notifyType === 16387 ? Uint8Array.of(0x12, 0x34, 2) : new Uint8Array(0);
}
