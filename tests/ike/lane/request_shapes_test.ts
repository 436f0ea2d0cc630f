import assert from "node:assert/strict";
import { test } from "node:test";
import { notify } from "../../../src/ike/message/notify.ts";
import type { Datagram } from "../../../src/ike/steps/datagram.ts";
import type { ResponderOptions } from "../../../src/ike/responder.ts";
import { loadKeyExchange, loadProvider } from "../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import { encodeMessage } from "../../../src/wire/message.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import { effectsOf, endpoint, GATEWAY_ADDRESS } from "../../simulation/simulation.ts";
import { TwoGateways } from "./two_gateways.ts";
import { Crowd } from "./waves.ts";

const provider = await loadProvider("wasm");
const keyExchange = await loadKeyExchange();
const nonce: Payload = { type: "Nonce", nonce: new Uint8Array(32).fill(7) };
const source = notify(NotifyType.NAT_DETECTION_SOURCE_IP, new Uint8Array(20));
const destination = notify(NotifyType.NAT_DETECTION_DESTINATION_IP, new Uint8Array(20));
const cookie = notify(NotifyType.COOKIE, new Uint8Array(20));
const { TICKET_OPAQUE, IKEV2_FRAGMENTATION_SUPPORTED } = NotifyType;

test("requests of every shape come to the same in lane and steps, and the plain ones go through the lane", async () => {
  const { gateways, ticket } = await withTicket();
  const opaque = notify(TICKET_OPAQUE, ticket);
  const plain: (readonly Payload[])[] = [
    [nonce, opaque],
    [opaque, nonce, notify(IKEV2_FRAGMENTATION_SUPPORTED)],
    [notify(40_000, new Uint8Array(9)), opaque, nonce],
    // What is wrong in it is found out in the lane.
    [nonce, notify(TICKET_OPAQUE, ticket.with(ticket.length - 1, ticket[ticket.length - 1] ^ 1))],
    [nonce, notify(TICKET_OPAQUE, ticket.with(6, ticket[6] ^ 1))],
    [nonce, notify(TICKET_OPAQUE, ticket.with(0, 1))],
    [nonce, notify(TICKET_OPAQUE, new Uint8Array(40).fill(2))],
    [nonce, notify(TICKET_OPAQUE, new Uint8Array(64).fill(2))],
  ];
  const others: (readonly Payload[])[] = [
    [nonce],
    [opaque],
    [nonce, opaque, opaque],
    [nonce, nonce, opaque],
    [cookie, nonce, opaque],
    [nonce, { ...opaque, protocolId: 1 }],
    [nonce, { ...opaque, protocolId: 3, spi: new Uint8Array(4) }],
    [nonce, opaque, { type: "V", vendorId: new Uint8Array(16) }],
    // Of a client with several addresses.
    [nonce, opaque, source, source, destination],
    [nonce, opaque, source, destination, destination],
    [nonce, opaque, notify(NotifyType.NAT_DETECTION_SOURCE_IP, new Uint8Array(19)), destination],
    [nonce, opaque, { type: "unknown", payloadType: 200, critical: false, body: new Uint8Array(3) }],
    [nonce, opaque, { type: "unknown", payloadType: 200, critical: true, body: new Uint8Array(3) }],
    [nonce, opaque, ...Array.from({ length: 20 }, () => notify(40_001))],
    [nonce, opaque, notify(40_001, new Uint8Array(4_200))],
    [nonce, notify(TICKET_OPAQUE)],
    [nonce, notify(TICKET_OPAQUE, new Uint8Array(39).fill(2))],
    [nonce, notify(TICKET_OPAQUE, ticket.with(0, 3))],
    [nonce, notify(TICKET_OPAQUE, new Uint8Array(2_049).fill(2))],
  ];
  for (const payloads of plain) assert.equal(await takenOf(gateways, payloads), 1);
  for (const payloads of others) assert.equal(await takenOf(gateways, payloads), 0);
  const header = { messageId: 0 };
  for (const change of [{ messageId: 1 }, { isResponse: true }, { fromInitiator: false }, { initiatorSpi: 0n }]) {
    assert.equal(await takenOf(gateways, [nonce, opaque], { ...header, ...change }), 0);
  }
});

test("a client that follows to another gateway is answered by the steps where policy has a word on that, and else by the lane", async () => {
  const supported = notify(NotifyType.REDIRECT_SUPPORTED);
  const from = notify(NotifyType.REDIRECTED_FROM, Uint8Array.of(1, 4, 192, 0, 2, 9));
  for (const policy of [{}, { redirectFirst: () => "192.0.2.7" }, { redirectClient: () => "192.0.2.7" }]) {
    const { gateways, ticket } = await withTicket(policy);
    const opaque = notify(TICKET_OPAQUE, ticket);
    const taken = "redirectFirst" in policy || "redirectClient" in policy ? 0 : 1;
    assert.equal(await takenOf(gateways, [nonce, opaque, supported]), taken);
    assert.equal(await takenOf(gateways, [nonce, opaque, from]), taken);
    assert.equal(await takenOf(gateways, [nonce, opaque]), 1);
  }
});

test("with cookies asked for, used and revoked tickets, a ticket that expired, and no room, both say the same", async () => {
  const asked = await withTicket({ resumptionCookieThreshold: 0 });
  assert.equal(await takenOf(asked.gateways, [nonce, notify(TICKET_OPAQUE, asked.ticket)]), 0);

  const { gateways, crowd, ticket } = await withTicket({ halfOpenLimit: 1 });
  const present = () => takenOf(gateways, [nonce, notify(TICKET_OPAQUE, ticket)]);
  assert.equal(await present(), 1);
  assert.equal(await present(), 1);
  await crowd.comeUp();
  // It is used now, and the store is not asked so twice.
  assert.equal(await present(), 1);
  assert.equal(await present(), 1);
  const later = crowd.clients[0].ticket!.ticket;
  await gateways.perform((responder, now) => responder.revokeIdentity(crowd.clients[0].ticket!.initiatorId, now));
  assert.equal(await takenOf(gateways, [nonce, notify(TICKET_OPAQUE, later)]), 1);
  gateways.nowMs += 4_000_000;
  assert.equal(await takenOf(gateways, [nonce, notify(TICKET_OPAQUE, later)]), 1);
});

test("a ticket of an identity that was taken back is refused, also where this gateway did not issue it", async () => {
  const issuers = await withTicket();
  const { gateways } = oneClient({});
  await gateways.perform((responder, now) => responder.revokeIdentity(issuers.crowd.clients[0].ticket!.initiatorId, now));
  const before = gateways.taken;
  const effects = await gateways.receive([requestOf([nonce, notify(TICKET_OPAQUE, issuers.ticket)])]);
  assert.equal(gateways.taken - before, 1);
  assert.deepEqual(effectsOf(effects, "ticket-refused").map(({ reason }) => reason), ["revoked"]);
});

async function withTicket(gateway: Parameters<typeof oneClient>[0] = {}) {
  const { gateways, crowd } = oneClient(gateway);
  await crowd.comeUp();
  return { gateways, crowd, ticket: crowd.clients[0].ticket!.ticket };
}

function oneClient(gateway: Partial<ResponderOptions>) {
  const gateways = new TwoGateways({ provider, keyExchange, gateway: () => gateway });
  return { gateways, crowd: new Crowd(gateways, 1) };
}

let spi = 0x77n;

/** How many of one request went through the lane. */
async function takenOf(gateways: TwoGateways, payloads: readonly Payload[], change: object = {}): Promise<number> {
  const before = gateways.taken;
  const effects = await gateways.receive([requestOf(payloads, change)]);
  assert.ok(effectsOf(effects, "send").length <= 1);
  return gateways.taken - before;
}

function requestOf(payloads: readonly Payload[], change: object = {}): Datagram {
  const header = {
    initiatorSpi: spi++,
    responderSpi: 0n,
    exchangeType: ExchangeType.IKE_SESSION_RESUME,
    fromInitiator: true,
    isResponse: false,
    messageId: 0,
    ...change,
  };
  return {
    octets: encodeMessage(header, payloads),
    local: endpoint(GATEWAY_ADDRESS, 500),
    remote: endpoint("203.0.113.20", 500),
    encapsulated: false,
  };
}
