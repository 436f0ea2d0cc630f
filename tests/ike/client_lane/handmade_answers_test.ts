/**
 * Answers of a gateway that is made by hand to a client in the lane: it has the keys, and says what no gateway should.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addressRangeSelector, anyIpv4Selector } from "../../../src/ike/child_sa/traffic_selectors.ts";
import { notify } from "../../../src/ike/message/notify.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import { encodeMessage } from "../../../src/wire/message.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import type { AuthAnswerChanges } from "../../simulation/handmade_gateway.ts";
import { answerResume, answerResumedAuth, resumingClient } from "../../simulation/handmade_resume_answer.ts";
import { decoded } from "../../simulation/messages.ts";
import { LaneInitiator } from "../../simulation/lane_initiator.ts";
import { effectsOf, fqdn } from "../../simulation/simulation.ts";
import { visible } from "../lane/two_gateways.ts";

const TICKET = notify(NotifyType.TICKET_LT_OPAQUE, Uint8Array.of(0, 0, 1, 0, ...new Uint8Array(40).fill(7)));
const NETWORK = addressRangeSelector(Uint8Array.of(10, 0, 0, 0), Uint8Array.of(10, 0, 0, 255));
const OPTIONS = { localSelectors: [NETWORK] };
const NARROWED: readonly Payload[] = [{ type: "TSi", selectors: [NETWORK] }];
const ESP_SPI = Uint8Array.of(0, 0, 32, 0);
const FIRST_OFFER = { number: 1, protocolId: 3, spi: ESP_SPI };

function auth(data: Uint8Array): Payload {
  return { type: "AUTH", method: 2, data };
}

async function toldAfter(changes: AuthAnswerChanges, lane: boolean): Promise<{ effects: Effect[]; taken: number }> {
  const resuming = await resumingClient(OPTIONS, lane);
  const { replace = [], add = [TICKET] } = changes;
  const effects = await answerResumedAuth(resuming, await answerResume(resuming), {
    ...changes,
    add,
    replace: [...replace, ...NARROWED],
  });
  const { initiator } = resuming.client;
  return { effects, taken: initiator instanceof LaneInitiator ? initiator.taken : 0 };
}

/** Of the client: what it comes to, and nothing of what it sends then. */
async function sameInBoth(changes: AuthAnswerChanges, taken: number): Promise<Effect[]> {
  const bySteps = await toldAfter(changes, false);
  const byLane = await toldAfter(changes, true);
  assert.deepEqual(visible(byLane.effects), visible(bySteps.effects));
  assert.equal(byLane.taken, taken);
  return byLane.effects;
}

test("[R-4.3.3-4] a gateway that proves itself by the ticket's keys brings a client up in the lane", async () => {
  const effects = await sameInBoth({}, 3);
  assert.deepEqual(effects.map(({ type }) => type), ["ike-sa-up", "child-sa-up", "ticket-received"]);
  const [{ ticket }] = effectsOf(effects, "ticket-received");
  assert.deepEqual(ticket.ticket, new Uint8Array(40).fill(7));
  const [{ childSa }] = effectsOf(effects, "child-sa-up");
  assert.equal(childSa.outboundSpi, 0x2000);
});

test("[R-4.3.3-5] a gateway whose AUTH is not right, or that is another than the ticket names, brings nobody up in the lane", async () => {
  const wrong: readonly AuthAnswerChanges[] = [
    { replace: [auth(new Uint8Array(32))] },
    { replace: [auth(new Uint8Array(0))] },
    { replace: [auth(new Uint8Array(31))] },
    { identity: fqdn("elsewhere.example") },
    { replace: [{ type: "IDr", ...fqdn("elsewhere.example") }] },
    { add: [TICKET, { type: "CERT", encoding: 4, certificate: new Uint8Array(9) }] },
  ];
  for (const changes of wrong) {
    const effects = await sameInBoth(changes, 2);
    assert.deepEqual(effectsOf(effects, "resumption-failed").map(({ reason }) => reason), ["refused"]);
    assert.deepEqual(effectsOf(effects, "ike-sa-up"), []);
  }
});

test("what a gateway has not been offered for the Child SA is not taken in the lane", async () => {
  const wrong: readonly (readonly Payload[])[] = [
    [{ type: "TSi", selectors: [anyIpv4Selector()] }],
    [{ type: "TSi", selectors: [] }],
    [{ type: "TSr", selectors: [] }],
    [{ type: "SA", proposals: [{ ...FIRST_OFFER, transforms: [{ transformType: 1, transformId: 3, attributes: [] }] }] }],
    [{ type: "SA", proposals: [{ ...FIRST_OFFER, spi: Uint8Array.of(0, 0, 0, 255), transforms: GCM }] }],
    [{ type: "SA", proposals: [{ ...FIRST_OFFER, number: 9, transforms: GCM }] }],
    [{ type: "SA", proposals: [1, 2].map((number) => ({ ...FIRST_OFFER, number, transforms: GCM })) }],
  ];
  for (const replace of wrong) {
    const effects = await sameInBoth({ replace }, 2);
    assert.equal(effectsOf(effects, "child-sa-failed").length, 1);
    assert.deepEqual(effectsOf(effects, "child-sa-up"), []);
  }
});

const GCM = [
  { transformType: 1, transformId: 20, attributes: [{ attributeType: 14, value: 256 }] },
  { transformType: 5, transformId: 0, attributes: [] },
];

test("whatever else stands in a gateway's answer is the steps' to judge", async () => {
  const others: readonly AuthAnswerChanges[] = [
    { add: [] },
    { add: [notify(NotifyType.TICKET_NACK)] },
    { add: [notify(NotifyType.TICKET_ACK)] },
    { add: [TICKET, TICKET] },
    { add: [notify(NotifyType.TICKET_LT_OPAQUE, new Uint8Array(4))] },
    { add: [{ ...TICKET, protocolId: 3, spi: new Uint8Array(4) }] },
    { add: [TICKET, notify(NotifyType.AUTH_LIFETIME, new Uint8Array(4).fill(1))] },
    { add: [TICKET, notify(NotifyType.REDIRECT, new Uint8Array(9))] },
    { add: [TICKET, notify(NotifyType.NO_ADDITIONAL_SAS)] },
    { add: [TICKET, { type: "unknown", payloadType: 200, critical: true, body: new Uint8Array(3) }] },
    { omit: ["SA", "TSi", "TSr"] },
    { omit: ["AUTH"] },
    { omit: ["IDr"] },
  ];
  for (const changes of others) await sameInBoth(changes, 2);
});

test("[R-9.4-1] what nobody has signed ends no attempt in the lane: refusals before and beside the answer that counts, and copies of it", async () => {
  for (const refusal of [NotifyType.TICKET_NACK, NotifyType.NO_PROPOSAL_CHOSEN, NotifyType.INVALID_SYNTAX]) {
    for (const isFirst of [true, false]) {
      const resuming = await resumingClient(OPTIONS, true);
      const { gateway, client } = resuming;
      const { header } = gateway.received;
      const refused = encodeMessage(
        { ...header, fromInitiator: false, isResponse: true, responderSpi: 0n, exchangeType: ExchangeType.IKE_SESSION_RESUME },
        [notify(refusal)],
      );
      if (isFirst) await gateway.deliver(refused);
      const answered = await answerResume(resuming);
      if (!isFirst) await gateway.deliver(refused);
      // Another answer, of somebody on the path.
      const altered = answered.response.slice();
      altered[altered.length - 1] ^= 1;
      await gateway.deliver(altered);
      const mine = await resuming.gateway.open(answered, gatewaysFirst(resuming, answered.spis.responderSpi));
      assert.ok(mine.length > 0);
      assert.deepEqual(effectsOf(client.effects, "resumption-failed"), []);
      assert.equal(client.initiator.waitsFor, "IKE_AUTH response");
    }
  }
});

/** The client's IKE_AUTH to the answer that was made here, whatever it sent after that. */
function gatewaysFirst({ simulation }: Awaited<ReturnType<typeof resumingClient>>, responderSpi: bigint) {
  const sent = simulation.network.sent.map(({ octets }) => decoded(octets));
  return sent.find(({ header }) => header.exchangeType === ExchangeType.IKE_AUTH && header.responderSpi === responderSpi)!;
}
