import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { addressRangeSelector, anyIpv4Selector, anyIpv6Selector } from "../../../src/ike/child_sa/traffic_selectors.ts";
import { notify } from "../../../src/ike/message/notify.ts";
import { redirect } from "../../../src/ike/message/redirect_notifies.ts";
import { loadKeyExchange, loadProvider } from "../../../src/providers/mod.ts";
import { AuthenticationMethod, NotifyType } from "../../../src/wire/constants.ts";
import type { Payload, Proposal } from "../../../src/wire/payload.ts";
import { effectsOf, fqdn } from "../../simulation/simulation.ts";
import { type Inner, KnowingGateway, ticketNotify } from "./knowing_gateway.ts";
import { TwinClients } from "./twin_clients.ts";

const keyExchange = await loadKeyExchange();
const provider = await loadProvider("wasm");

type Change = (payloads: readonly Payload[]) => readonly Payload[];

/** Clients that hold tickets, and a gateway that knows them. */
async function scene(clients: number): Promise<{ crowd: TwinClients; gateway: KnowingGateway }> {
  const crowd = new TwinClients({ provider, keyExchange, clients });
  await crowd.comeUp();
  return { crowd, gateway: new KnowingGateway(crowd) };
}

function replaced(type: Payload["type"], by: (payload: Payload) => readonly Payload[]): Change {
  return (payloads) => payloads.flatMap((payload) => payload.type === type ? by(payload) : [payload]);
}

function added(...more: readonly Payload[]): Change {
  return (payloads) => [...payloads, ...more];
}

function proposal(change: (proposal: Proposal) => Proposal): Change {
  return replaced(
    "SA",
    (payload) => payload.type === "SA" ? [{ ...payload, proposals: payload.proposals.map(change) }] : [],
  );
}

const UNKNOWN = { type: "unknown", payloadType: 200, body: new Uint8Array(4) } as const;
const NONCE: Payload = { type: "Nonce", nonce: new Uint8Array(32).fill(7) };
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

/** First answers that anyone on the path can make: nothing in them is signed. */
const FORGED: readonly (readonly [string, Change])[] = [
  ["another nonce", () => [NONCE]],
  ["a nonce of 16 octets", () => [{ type: "Nonce", nonce: new Uint8Array(16) }]],
  ["a nonce of 256 octets", () => [{ type: "Nonce", nonce: new Uint8Array(256) }]],
  ["TICKET_NACK", () => [notify(NotifyType.TICKET_NACK)]],
  ["TICKET_NACK behind a nonce", added(notify(NotifyType.TICKET_NACK))],
  ["NO_PROPOSAL_CHOSEN", () => [notify(NotifyType.NO_PROPOSAL_CHOSEN)]],
  ["an error behind a nonce", added(notify(NotifyType.INVALID_SYNTAX))],
  ["COOKIE", () => [notify(NotifyType.COOKIE, new Uint8Array(8).fill(1))]],
  ["REDIRECT", (payloads) => [redirect("192.0.2.9", payloads[0].type === "Nonce" ? payloads[0].nonce : undefined)]],
  ["two nonces", added(NONCE)],
  ["nothing", () => []],
  ["a critical payload that nobody knows", added({ ...UNKNOWN, critical: true })],
  ["a payload that nobody knows", added({ ...UNKNOWN, critical: false })],
  [
    "a NAT",
    added(
      notify(NotifyType.NAT_DETECTION_SOURCE_IP, new Uint8Array(20)),
      notify(NotifyType.NAT_DETECTION_DESTINATION_IP, new Uint8Array(20)),
    ),
  ],
  ["one end of a NAT detection", added(notify(NotifyType.NAT_DETECTION_SOURCE_IP, new Uint8Array(20)))],
  [
    "that it knows of fragments, twice",
    added(notify(NotifyType.IKEV2_FRAGMENTATION_SUPPORTED), notify(NotifyType.IKEV2_FRAGMENTATION_SUPPORTED)),
  ],
];

test("[R-9.4-1] a forged answer, whatever it says, does not end a resumption: the gateway's own, which comes after it, is tried, and brings the client up", async () => {
  for (const [name, change] of FORGED) {
    for (const isInOneWave of [false, true]) {
      const { crowd, gateway } = await scene(2);
      const begun = await crowd.start();
      const forged = await new KnowingGateway(crowd).resumed(begun, change);
      const right = await gateway.resumed(begun);
      const sent = isInOneWave
        ? await crowd.deliver([...forged, ...right])
        : [...await crowd.deliver(forged), ...await crowd.deliver(right)];
      // All of them reach the gateway, which can open those to its own answer.
      await crowd.deliver(await gateway.authenticated(await gateway.ownOf(sent)));
      for (const { effects } of crowd.clients) {
        assert.deepEqual(effectsOf(effects, "ike-sa-up").map(({ resumed }) => resumed), [true], name);
        assert.deepEqual(effectsOf(effects, "resumption-failed"), [], name);
      }
      assert.deepEqual(crowd.faults, [], name);
    }
  }
});

test("[R-9.4-1] whatever stands in an answer to IKE_AUTH that is not authentic, however short it is, the gateway's own brings the client up after it", async () => {
  const forgery = fc.record({ inner: fc.uint8Array({ maxLength: 80 }), firstPayload: fc.nat(255), isTwice: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(forgery, async ({ inner, firstPayload, isTwice }) => {
      const { crowd, gateway } = await scene(3);
      const sent = await crowd.deliver(await gateway.resumed(await crowd.start()));
      const right = await gateway.authenticated(sent);
      const forged = right.map((datagram) => ({ ...datagram, octets: unsealed(datagram.octets, firstPayload, inner) }));
      await crowd.deliver(isTwice ? [...forged, ...forged] : forged);
      await crowd.deliver(right);
      for (const { effects } of crowd.clients) {
        assert.deepEqual(effectsOf(effects, "ike-sa-up").map(({ resumed }) => resumed), [true]);
      }
      assert.deepEqual(crowd.faults, []);
    }),
    { numRuns: 40 },
  );
});

/** A message of the same header, whose SK payload nobody has sealed. */
function unsealed(message: Uint8Array, firstPayload: number, inner: Uint8Array): Uint8Array {
  const octets = Uint8Array.of(...message.subarray(0, 32), ...inner);
  const view = new DataView(octets.buffer);
  view.setUint32(24, octets.length);
  octets[28] = firstPayload;
  view.setUint16(30, octets.length - 28);
  return octets;
}
