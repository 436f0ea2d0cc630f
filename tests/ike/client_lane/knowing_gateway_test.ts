import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { addressRangeSelector, anyIpv4Selector, anyIpv6Selector } from "../../../src/ike/child_sa/traffic_selectors.ts";
import { notify } from "../../../src/ike/message/notify.ts";
import { redirect } from "../../../src/ike/message/redirect_notifies.ts";
import { defaultIkeProposals } from "../../../src/ike/ike_sa/proposals.ts";
import { AuthenticationMethod, NotifyType, TransformAttributeType, TransformType } from "../../../src/wire/constants.ts";
import type { Payload, Proposal } from "../../../src/wire/payload.ts";
import { effectsOf, fqdn } from "../../simulation/simulation.ts";
import { added, type Change, type Inner, KnowingGateway, NONCE, scene, ticketNotify, UNKNOWN } from "./knowing_gateway.ts";

function replaced(type: Payload["type"], by: (payload: Payload) => readonly Payload[]): Change {
  return (payloads) => payloads.flatMap((payload) => payload.type === type ? by(payload) : [payload]);
}

function proposal(change: (proposal: Proposal) => Proposal): Change {
  return replaced(
    "SA",
    (payload) => payload.type === "SA" ? [{ ...payload, proposals: payload.proposals.map(change) }] : [],
  );
}

const WIDER = addressRangeSelector(Uint8Array.of(0, 0, 0, 0), Uint8Array.of(255, 255, 255, 255));

/** What a gateway says in IKE_AUTH that has the ticket's keys, and what a client has of it then. */
const ANSWERS: readonly (readonly [string, Change, "all" | "no Child SA" | "no ticket" | "nothing"])[] = [
  ["what is right", (payloads) => payloads, "all"],
  ["it in another order", (payloads) => [...payloads].reverse(), "all"],
  ["another name", replaced("IDr", () => [{ type: "IDr", ...fqdn("other.example") }]), "nothing"],
  ["no name", replaced("IDr", () => []), "nothing"],
  ["no AUTH", replaced("AUTH", () => []), "nothing"],
  [
    "AUTH of zeros",
    replaced("AUTH", (payload) => payload.type === "AUTH" ? [{ ...payload, data: new Uint8Array(payload.data.length) }] : []),
    "nothing",
  ],
  [
    "AUTH that is cut off",
    replaced("AUTH", (payload) => payload.type === "AUTH" ? [{ ...payload, data: payload.data.subarray(0, 31) }] : []),
    "nothing",
  ],
  [
    "AUTH of no octets",
    replaced("AUTH", (payload) => payload.type === "AUTH" ? [{ ...payload, data: new Uint8Array(0) }] : []),
    "nothing",
  ],
  [
    "AUTH by signature",
    replaced(
      "AUTH",
      (payload) => payload.type === "AUTH" ? [{ ...payload, method: AuthenticationMethod.DIGITAL_SIGNATURE }] : [],
    ),
    "nothing",
  ],
  ["AUTH twice", replaced("AUTH", (payload) => [payload, payload]), "nothing"],
  ["SA twice", replaced("SA", (payload) => [payload, payload]), "nothing"],
  ["a critical payload that nobody knows", added({ ...UNKNOWN, critical: true }), "nothing"],
  ["a payload that nobody knows", added({ ...UNKNOWN, critical: false }), "all"],
  ["a nonce", added(NONCE), "nothing"],
  ["a certificate", added({ type: "CERT", encoding: 4, certificate: new Uint8Array(8) }), "nothing"],
  ["no SA", replaced("SA", () => []), "no Child SA"],
  ["SPI 0", proposal((one) => ({ ...one, spi: new Uint8Array(4) })), "no Child SA"],
  ["SPI 255", proposal((one) => ({ ...one, spi: Uint8Array.of(0, 0, 0, 255) })), "no Child SA"],
  ["AH", proposal((one) => ({ ...one, protocolId: 2 })), "no Child SA"],
  ["a proposal that was not offered", proposal((one) => ({ ...one, number: 9 })), "no Child SA"],
  [
    "a cipher that was not offered",
    proposal((one) => ({ ...one, transforms: one.transforms.map((transform) => ({ ...transform, transformId: 11 })) })),
    "no Child SA",
  ],
  [
    "one transform twice",
    proposal((one) => ({ ...one, transforms: [...one.transforms, one.transforms[0]] })),
    "no Child SA",
  ],
  [
    "two proposals",
    replaced(
      "SA",
      (payload) => payload.type === "SA" ? [{ ...payload, proposals: [payload.proposals[0], payload.proposals[0]] }] : [],
    ),
    "no Child SA",
  ],
  ["its side in IPv6", replaced("TSr", () => [{ type: "TSr", selectors: [anyIpv6Selector()] }]), "no Child SA"],
  [
    "more than the client's side",
    replaced("TSi", () => [{ type: "TSi", selectors: [anyIpv4Selector(), anyIpv6Selector()] }]),
    "no Child SA",
  ],
  ["the same selector twice", replaced("TSi", () => [{ type: "TSi", selectors: [WIDER, WIDER] }]), "all"],
  ["no selectors of its side", replaced("TSr", () => []), "no Child SA"],
  ["no ticket", replaced("N", () => []), "no ticket"],
  ["TICKET_ACK", replaced("N", () => [notify(NotifyType.TICKET_ACK)]), "no ticket"],
  ["TICKET_NACK", replaced("N", () => [notify(NotifyType.TICKET_NACK)]), "no ticket"],
  ["a ticket of no octets", replaced("N", () => [ticketNotify(60, new Uint8Array(0))]), "no ticket"],
  ["a ticket that is over at once", replaced("N", () => [ticketNotify(0, new Uint8Array(80))]), "all"],
  ["a ticket for 136 years", replaced("N", () => [ticketNotify(0xffff_ffff, new Uint8Array(80))]), "all"],
  ["a ticket of 60,000 octets", replaced("N", () => [ticketNotify(60, new Uint8Array(60_000))]), "all"],
  ["two tickets", added(ticketNotify(60, new Uint8Array(80))), "all"],
  ["that it refuses as well", added(notify(NotifyType.TS_UNACCEPTABLE)), "all"],
  ["AUTHENTICATION_FAILED alone", () => [notify(NotifyType.AUTHENTICATION_FAILED)], "nothing"],
  ["where else to go", added(redirect("192.0.2.9")), "all"],
  ["how long that holds", added(notify(NotifyType.AUTH_LIFETIME, Uint8Array.of(0, 0, 1, 0))), "all"],
  ["nothing", () => [], "nothing"],
];

test("[R-4.3.3-5] whatever a gateway says that has the ticket's keys, a client makes the same of it in lane and steps, and nothing of what was not proven or offered", async () => {
  for (const [name, change, expected] of ANSWERS) {
    const { crowd, gateway } = await scene(2);
    const sent = await crowd.deliver(await gateway.resumed(await crowd.start()));
    await crowd.deliver(await gateway.authenticated(sent, change));
    for (const { effects, lane } of crowd.clients) {
      const up = effectsOf(effects, "ike-sa-up").length;
      const childSas = effectsOf(effects, "child-sa-up").length;
      const tickets = effectsOf(effects, "ticket-received").length;
      const has = { up, childSas, tickets };
      const all = { up: 1, childSas: 1, tickets: 1 };
      if (expected === "all") assert.deepEqual(has, all, name);
      else if (expected === "no Child SA") assert.deepEqual(has, { ...all, childSas: 0 }, name);
      else if (expected === "no ticket") assert.deepEqual(has, { ...all, tickets: 0 }, name);
      else {
        assert.deepEqual(has, { up: 0, childSas: 0, tickets: 0 }, name);
        // A full exchange is under way.
        assert.equal(lane.initiator.waitsFor, "IKE_SA_INIT response", name);
      }
    }
    assert.deepEqual(crowd.faults, [], name);
  }
});

test("a nonce of less than half the key of the ticket's prf is not taken (RFC 7296, section 2.10)", async () => {
  const ikeProposals = defaultIkeProposals().map((each) => ({
    ...each,
    prfs: each.prfs.filter(({ outputLength }) => outputLength === 64),
  }));
  const { crowd, gateway } = await scene(2, { ikeProposals });
  const short: Change = () => [{ type: "Nonce", nonce: new Uint8Array(31).fill(3) }];
  assert.deepEqual(await crowd.deliver(await gateway.resumed(await crowd.start(), short)), []);
  for (const { effects } of crowd.clients) {
    assert.deepEqual(effectsOf(effects, "dropped").map(({ reason }) => reason), ["nonce-too-short"]);
  }
});

test("clients of one wave have what each of them was answered: cipher, SPI, selectors and ticket", async () => {
  const clients = 6;
  const { crowd, gateway } = await scene(clients);
  const networkOf = (client: number) =>
    addressRangeSelector(Uint8Array.of(10, 0, client, 0), Uint8Array.of(10, 0, client, 255));
  const keyBits = (client: number) => client % 2 === 0 ? 256 : 128;
  // Twice, so that what was learnt of the first answers meets the others.
  for (let times = 0; times < 2; times++) {
    const knowing = times === 0 ? gateway : new KnowingGateway(crowd);
    const of = (client: number) => (client + times) % clients;
    const sent = await crowd.deliver(await knowing.resumed(await crowd.start()));
    await crowd.deliver(
      await knowing.authenticated(sent, (payloads, client) => [
        ...proposal((one) => ({
          ...one,
          spi: Uint8Array.of(0, 1, times, client),
          transforms: one.transforms.map((transform) =>
            transform.transformType === TransformType.ENCR
              ? { ...transform, attributes: [{ attributeType: TransformAttributeType.KEY_LENGTH, value: keyBits(of(client)) }] }
              : transform
          ),
        }))(payloads).filter(({ type }) => !["TSi", "TSr", "N"].includes(type)),
        { type: "TSi", selectors: [networkOf(of(client))] },
        { type: "TSr", selectors: [networkOf(100 + of(client))] },
        ticketNotify(60, new Uint8Array(40).fill(client)),
      ]),
    );
    crowd.clients.forEach(({ effects }, client) => {
      const [{ childSa }] = effectsOf(effects, "child-sa-up");
      assert.equal(childSa.protection.keyLength, keyBits(of(client)) / 8);
      assert.equal(childSa.outboundSpi, 0x10000 + 256 * times + client);
      assert.deepEqual([childSa.localSelectors, childSa.remoteSelectors], [[networkOf(of(client))], [
        networkOf(100 + of(client)),
      ]]);
      assert.deepEqual(effectsOf(effects, "ticket-received")[0].ticket.ticket, new Uint8Array(40).fill(client));
    });
  }
});

/** What octets inside become, of which the gateway says then that they are right. */
type Alter = (inner: Inner) => Inner;

function alterInside(): fc.Arbitrary<Alter> {
  const place = fc.nat(0xffff);
  const value = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 4, 8, 33, 39, 41, 44, 45));
  return fc.oneof(
    fc.constant<Alter>((inner) => inner),
    fc.record({ place, value }).map(({ place, value }): Alter => ({ firstPayload, octets }) => {
      const altered = octets.slice();
      altered[place % octets.length] = value;
      return { firstPayload, octets: altered };
    }),
    // Near heads, where lengths and kinds stand.
    fc.record({ place: fc.nat(60), value }).map(({ place, value }): Alter => ({ firstPayload, octets }) => {
      const altered = octets.slice();
      altered[place % octets.length] = value;
      return { firstPayload, octets: altered };
    }),
    fc.record({ place, value }).map(({ place, value }): Alter => ({ firstPayload, octets }) => {
      const at = place % octets.length;
      return { firstPayload, octets: Uint8Array.of(...octets.subarray(0, at), value, ...octets.subarray(at)) };
    }),
    place.map((place): Alter => ({ firstPayload, octets }) => ({
      firstPayload,
      octets: octets.subarray(0, place % (octets.length + 1)),
    })),
    value.map((firstPayload): Alter => ({ octets }) => ({ firstPayload, octets })),
    fc.nat(40).map((padding): Alter => ({ firstPayload, octets }) => ({
      firstPayload,
      octets: Uint8Array.of(...octets.subarray(0, octets.length - 1), ...new Uint8Array(padding), padding),
    })),
  );
}

test("whatever octets a gateway seals, clients of one wave make the same of theirs in lane and steps", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(alterInside(), { minLength: 4, maxLength: 4 }), async (alterations) => {
      const { crowd, gateway } = await scene(4);
      const sent = await crowd.deliver(await gateway.resumed(await crowd.start()));
      await crowd.deliver(await gateway.authenticated(sent, undefined, (inner, client) => alterations[client](inner)));
      // Whoever was answered wrongly may be answered rightly, or has gone on to a full exchange.
      await crowd.deliver(await gateway.authenticated(sent));
      await crowd.wait(1_000);
      assert.deepEqual(crowd.faults, []);
    }),
    { numRuns: 60 },
  );
});
