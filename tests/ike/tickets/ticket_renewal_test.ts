import assert from "node:assert/strict";
import { test } from "node:test";
import { keysFromRekey } from "../../../src/ike/ike_sa/ike_sa_keys.ts";
import { noncePair } from "../../../src/ike/ike_sa/nonces.ts";
import { ikeSpiOf, type SpiPair } from "../../../src/ike/ike_sa/spi.ts";
import { initiatorConfiguration } from "../../../src/ike/initiator.ts";
import { findPayload, notify } from "../../../src/ike/message/notify.ts";
import type { ResponderOptions } from "../../../src/ike/responder.ts";
import { agree, generateKeyPair } from "../../../src/ike/steps/step.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import { comesBackWith, copyOf, resumptions } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { offerPayloads, offerRekey } from "../../simulation/handmade_rekey.ts";
import { clientUp, DELETE_IKE_SA, handmadeUp, informationalRequest } from "../../simulation/handmade_up.ts";
import { decoded, notifiesOf, notifyData, notifyTypes } from "../../simulation/messages.ts";
import type { NetworkConditions } from "../../simulation/network.ts";
import { effectsOf, fqdn, PRESHARED_KEY, type SimulatedClient, Simulation } from "../../simulation/simulation.ts";
import { testEveryProvider } from "../every_provider.ts";

const ASK = notify(NotifyType.TICKET_REQUEST);
const INFORMATIONAL = { exchangeType: ExchangeType.INFORMATIONAL };
const TICKET_NOTIFIES: readonly number[] = [
  NotifyType.TICKET_LT_OPAQUE,
  NotifyType.TICKET_REQUEST,
  NotifyType.TICKET_ACK,
  NotifyType.TICKET_NACK,
];

testEveryProvider(
  "[R-4.1-2] [R-6.2-1] a client that rekeys its IKE SA asks there for the new one's ticket, and forgets the old one's",
  async (provider) => {
    const simulation = new Simulation({ provider });
    const client = await simulation.clientWithTicket();
    const old = client.ticket;
    const before = client.effects.length;
    await simulation.act(client, client.initiator.rekey(simulation.now));
    await simulation.run();
    const told = client.effects.slice(before).map(({ type }) => type).filter((type) => /^ticket|rekeyed/.test(type));
    assert.deepEqual(told, ["ike-sa-rekeyed", "ticket-invalidated", "ticket-received"]);
    assert.notDeepEqual(client.ticket.skD, old.skD);
    assert.notDeepEqual(client.ticket.ticket, old.ticket);
    await comesBackWith(simulation, client, client.ticket);
  },
);

test("[R-4.1-2] the request of a client that rekeys holds N(TICKET_REQUEST) if it wants tickets, and not otherwise", async () => {
  for (const requestTicket of [true, false]) {
    const { client, gateway, answered, simulation } = await clientUp({ requestTicket });
    await simulation.act(client, client.initiator.rekey(simulation.now));
    const { header } = gateway.received;
    assert.deepEqual([header.exchangeType, header.isResponse], [ExchangeType.CREATE_CHILD_SA, false]);
    const payloads = await gateway.open(answered, gateway.received);
    assert.deepEqual(payloads.filter(({ type }) => type !== "N").map(({ type }) => type), ["SA", "Nonce", "KE"]);
    assert.deepEqual(ticketNotifies(payloads), requestTicket ? [NotifyType.TICKET_REQUEST] : []);
  }
});

test("[R-4.1-2] a gateway that is asked when an IKE SA is rekeyed answers with exactly one of ticket, refusal and delay", async () => {
  const cases: readonly { readonly gateway: Partial<ResponderOptions>; readonly expected: number }[] = [
    { gateway: {}, expected: NotifyType.TICKET_LT_OPAQUE },
    { gateway: { issueTickets: false }, expected: NotifyType.TICKET_NACK },
    { gateway: { maximumResponseLength: 300 }, expected: NotifyType.TICKET_ACK },
  ];
  for (const { gateway, expected } of cases) {
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
    const handmade = new HandmadeClient(simulation);
    const { answer, made } = await offerRekey(handmade, await handmade.up(), 2, { add: [ASK] });
    assert.ok(made);
    assert.deepEqual(ticketNotifies(answer), [expected]);
    assert.deepEqual(answer.filter(({ type }) => type !== "N").map(({ type }) => type), ["SA", "Nonce", "KE"]);
  }
});

test("[R-4.1-2] [R-4.1-5] beside an offer that is refused the answer is TICKET_NACK, and nothing without a request", async () => {
  for (const add of [[ASK], []]) {
    const { simulation, handmade, exchange } = await handmadeUp();
    const { answer } = await offerRekey(handmade, exchange, 2, { omit: ["KE"], add });
    assert.deepEqual(notifyTypes(answer), [NotifyType.INVALID_SYNTAX, ...(add.length > 0 ? [NotifyType.TICKET_NACK] : [])]);
    assert.deepEqual(effectsOf(simulation.gatewayEffects, "ticket-issued"), []);
  }
});

test("[R-4.1-2] [R-4.1-3] in an exchange that the gateway initiates a client never asks for a ticket, and takes none", async () => {
  for (const asksToo of [false, true]) {
    const { client, gateway, answered, simulation } = await clientUp({ keepTicketFresh: true });
    const granted = notify(NotifyType.TICKET_LT_OPAQUE, new Uint8Array(80).fill(1));
    const received = effectsOf(client.effects, "ticket-received").length;
    // INFORMATIONAL of the gateway's, with a ticket that nobody asked for; and, as never is right, with a request.
    const pushed = [granted, ...(asksToo ? [ASK] : [])];
    await gateway.deliver(await gateway.seal(answered, pushed, informationalRequest(0)));
    assert.deepEqual(ticketNotifies(await gateway.open(answered, gateway.received)), []);

    const pair = await gateway.run(generateKeyPair(31));
    const offer = offerPayloads(pair, { add: pushed });
    const sentBefore = simulation.network.sent.length;
    await gateway.deliver(
      await gateway.seal(answered, offer, { exchangeType: ExchangeType.CREATE_CHILD_SA, isResponse: false, messageId: 1 }),
    );
    const [answer] = simulation.network.sent.slice(sentBefore);
    assert.equal(simulation.network.sent.length, sentBefore + 1);
    const answerPayloads = await gateway.open(answered, decoded(answer.octets));
    assert.deepEqual(answerPayloads.map(({ type }) => type), ["SA", "Nonce", "KE"]);
    assert.equal(effectsOf(client.effects, "ticket-received").length, received);

    const suite = answered.suite;
    const chosen = findPayload(answerPayloads, "SA")!.proposals[0];
    const spis = { initiatorSpi: 0x7777n, responderSpi: ikeSpiOf(chosen.spi)! };
    const nonces = noncePair(findPayload(offer, "Nonce")!.nonce, findPayload(answerPayloads, "Nonce")!.nonce);
    const peerPublicValue = findPayload(answerPayloads, "KE")!.keyExchangeData;
    const sharedSecret = await gateway.run(agree({ pair, peerPublicValue }));
    const keys = await gateway.run(keysFromRekey(answered, suite, sharedSecret!, nonces, spis));
    const rekeyed = { ...answered, spis, keys, nonces };
    // The gateway deletes the old IKE SA. In an exchange of its own, on the new one, the client asks for a ticket.
    await gateway.deliver(await gateway.seal(answered, [DELETE_IKE_SA], informationalRequest(2)));
    const asked = simulation.network.sent.at(-1)!;
    const { header } = decoded(asked.octets);
    assert.deepEqual(
      [header.exchangeType, header.isResponse, header.fromInitiator, header.messageId],
      [ExchangeType.INFORMATIONAL, false, false, 0],
    );
    assert.deepEqual(ticketNotifies(await gateway.openOwn(rekeyed, decoded(asked.octets))), [NotifyType.TICKET_REQUEST]);
  }
});

testEveryProvider(
  "[R-4.1-3] [R-6.2-1] after the gateway rekeyed the IKE SA the client forgets its ticket, asks by INFORMATIONAL, and gets another",
  async (provider) => {
    const simulation = new Simulation({ provider });
    const client = simulation.addClient({ keepTicketFresh: true });
    await simulation.start(client);
    await simulation.run(1_000);
    const old = client.ticket;
    const { spis } = effectsOf(client.effects, "ike-sa-up")[0];
    await simulation.actOnGateway(simulation.gateway.rekey(spis, simulation.now));
    await simulation.run(simulation.network.nowMs + 1_000);
    assert.deepEqual(effectsOf(client.effects, "ticket-invalidated"), [{ type: "ticket-invalidated", spis }]);
    assert.equal(effectsOf(client.effects, "ticket-received").length, 2);
    assert.notDeepEqual(client.ticket.skD, old.skD);
    const again = simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket);
    await simulation.start(again);
    await simulation.run(simulation.network.nowMs + 1_000);
    assert.deepEqual(resumptions(again), [true]);
  },
);

testEveryProvider(
  "[R-4.1-3] [R-4.1-6] a client may ask by INFORMATIONAL at any time, and gets a ticket each time",
  async (provider) => {
    const simulation = new Simulation({ provider });
    const client = await simulation.clientWithTicket();
    for (let times = 2; times <= 4; times++) {
      await simulation.act(client, client.initiator.requestTicket(simulation.now));
      await simulation.run();
      assert.equal(effectsOf(client.effects, "ticket-received").length, times);
      assert.equal(effectsOf(simulation.gatewayEffects, "ticket-issued").length, times);
    }
    await comesBackWith(simulation, client, client.ticket);
  },
);

test("[R-4.1-5] an INFORMATIONAL request for a ticket gets exactly one answer, and none without a request", async () => {
  for (const [issueTickets, expected] of [[true, NotifyType.TICKET_LT_OPAQUE], [false, NotifyType.TICKET_NACK]] as const) {
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { issueTickets } });
    const handmade = new HandmadeClient(simulation);
    const exchange = await handmade.up();
    for (const [messageId, asked] of [[2, [ASK]], [3, [ASK, ASK]], [4, []]] as const) {
      const { replies: [reply] } = await handmade.deliver(await handmade.seal(exchange, asked, messageId, INFORMATIONAL));
      assert.deepEqual(notifyTypes(await handmade.open(exchange, reply)), asked.length > 0 ? [expected] : []);
    }
  }
});

test("[R-4.1-5] a ticket is refused on an IKE SA that ends with the request, or whose place another has taken", async () => {
  const { handmade, exchange, simulation } = await handmadeUp();
  await offerRekey(handmade, exchange, 2);
  const asked = await handmade.deliver(await handmade.seal(exchange, [ASK], 3, INFORMATIONAL));
  assert.deepEqual(notifyTypes(await handmade.open(exchange, asked.replies[0])), [NotifyType.TICKET_NACK]);
  const deleted = await handmade.deliver(await handmade.seal(exchange, [DELETE_IKE_SA, ASK], 4, INFORMATIONAL));
  assert.deepEqual(notifyTypes(await handmade.open(exchange, deleted.replies[0])), [NotifyType.TICKET_NACK]);
  assert.deepEqual(effectsOf(simulation.gatewayEffects, "ticket-issued"), []);
});

testEveryProvider(
  "[R-4.1-5] [R-4.1-6] a gateway whose IKE_AUTH response has no room says TICKET_ACK, and grants the ticket by INFORMATIONAL",
  async (provider) => {
    for (const keepTicketFresh of [false, true]) {
      const simulation = new Simulation({ provider, gateway: { maximumResponseLength: 300 } });
      const client = simulation.addClient({ keepTicketFresh });
      await simulation.start(client);
      await simulation.run(1_000);
      assert.deepEqual(effectsOf(client.effects, "ticket-not-granted").map(({ answer }) => answer), ["ack"]);
      assert.equal(effectsOf(client.effects, "child-sa-up").length, 1);
      // At once, or when it is told to.
      assert.equal(effectsOf(client.effects, "ticket-received").length, keepTicketFresh ? 1 : 0);
      if (!keepTicketFresh) await simulation.act(client, client.initiator.requestTicket(simulation.now));
      await simulation.run(2_000);
      assert.equal(effectsOf(client.effects, "ticket-received").length, 1);
      const again = simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket);
      await simulation.start(again);
      await simulation.run(3_000);
      assert.deepEqual(resumptions(again), [true]);
    }
  },
);

test("[R-4.1-5] the response length that decides is that of the whole message, to the octet", async () => {
  const lengthOf = async (maximumResponseLength: number | undefined) => {
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { maximumResponseLength } });
    const handmade = new HandmadeClient(simulation);
    const exchange = await handmade.init();
    const { replies: [reply] } = await handmade.deliver(await handmade.authRequest(exchange, undefined, { add: [ASK] }));
    return { length: reply.octets.length, answer: notifyTypes(await handmade.open(exchange, reply)) };
  };
  const whole = await lengthOf(undefined);
  assert.deepEqual(whole.answer, [NotifyType.TICKET_LT_OPAQUE]);
  assert.deepEqual(await lengthOf(whole.length), whole);
  const cut = await lengthOf(whole.length - 1);
  assert.deepEqual(cut.answer, [NotifyType.TICKET_ACK]);
  assert.ok(cut.length < whole.length);
});

test("a client that is put off again, when it asks by INFORMATIONAL, does not ask over and over", async () => {
  const { client, gateway, answered, simulation } = await clientUp({ keepTicketFresh: true }, [notify(NotifyType.TICKET_ACK)]);
  assert.deepEqual(ticketNotifies(await gateway.open(answered, gateway.received)), [NotifyType.TICKET_REQUEST]);
  const sent = simulation.network.sent.length;
  await gateway.deliver(
    await gateway.seal(answered, [notify(NotifyType.TICKET_ACK)], { ...INFORMATIONAL, messageId: 2, isResponse: true }),
  );
  assert.deepEqual(effectsOf(client.effects, "ticket-not-granted").map(({ answer }) => answer), ["ack", "ack"]);
  assert.equal(simulation.network.sent.length, sent);
  assert.equal(client.initiator.deadline, undefined);
});

test("[R-4.1-3] a client asks by INFORMATIONAL before its ticket ends, each at a moment of its own, and goes on doing so", async () => {
  const lifetime = 1_000;
  const gateway = { ticketLifetimeSeconds: lifetime };
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
  const crowd = Array.from({ length: 20 }, () => simulation.addClient({ keepTicketFresh: true }));
  await simulation.start(...crowd);
  await simulation.run(10 * lifetime * 1_000);
  const moments = new Set<number>();
  for (const client of crowd) {
    const times = client.happenings.filter(({ effect }) => effect.type === "ticket-received").map(({ atMs }) => atMs / 1_000);
    assert.ok(times.length >= 11 && times.length <= 13, `${times.length} tickets`);
    for (let index = 1; index < times.length; index++) {
      const waited = times[index] - times[index - 1];
      assert.ok(waited >= 0.8 * lifetime && waited <= 0.9 * lifetime + 1, `${waited} seconds`);
    }
    moments.add(Math.round(times[1]));
    // At no time was the latest ticket of no use.
    assert.ok(client.ticket.expiresAtEpochSeconds > simulation.now.epochSeconds);
  }
  assert.ok(moments.size > 10, "clients that came up together should not ask together");
});

test("a client that is not to keep its ticket fresh, or wants none, never asks unprompted", async () => {
  for (const options of [{ keepTicketFresh: false }, { keepTicketFresh: true, requestTicket: false }]) {
    const simulation = new Simulation({
      provider: await loadProvider("ts"),
      gateway: { ticketLifetimeSeconds: 10, livenessSeconds: 0 },
    });
    const client = simulation.addClient(options);
    await simulation.start(client);
    await simulation.run();
    assert.equal(client.initiator.deadline, undefined);
    const { spis } = effectsOf(client.effects, "ike-sa-up")[0];
    const sent = simulation.network.sent.length;
    await simulation.actOnGateway(simulation.gateway.rekey(spis, simulation.now));
    await simulation.run(simulation.network.nowMs + 100_000);
    // The rekeying and the gateway's DELETE, and nothing else.
    assert.equal(simulation.network.sent.length, sent + 4);
  }
});

test("[R-4.1-3] requests for tickets, rekeyings and resumptions over a network that loses, doubles and reorders end with good tickets", async () => {
  const conditions: NetworkConditions = { loss: 0.2, duplication: 0.1, minimumDelayMs: 1, maximumDelayMs: 400 };
  const retransmission = { initialMs: 500, factor: 1.5, maximumMs: 2_000, attempts: 25, jitter: 0.3 };
  for (let seed = 1; seed <= 6; seed++) {
    const gateway = { retransmission, ticketLifetimeSeconds: 3_600, maximumResponseLength: seed % 2 ? 300 : undefined };
    const simulation = new Simulation({ provider: await loadProvider("ts"), seed, conditions, gateway });
    const crowd = Array.from({ length: 12 }, () => simulation.addClient({ retransmission, keepTicketFresh: true }));
    await simulation.start(...crowd);
    await simulation.run(60_000);
    for (const [index, client] of crowd.entries()) {
      if (index % 2 === 0) await simulation.actOnGateway(simulation.gateway.rekey(newest(client), simulation.now));
      if (index % 3 === 0) await simulation.act(client, client.initiator.rekey(simulation.now));
      await simulation.act(client, client.initiator.requestTicket(simulation.now));
    }
    await simulation.run(240_000);
    const returned = crowd.map(({ ticket }) =>
      simulation.addClient({ identity: ticket.initiatorId, retransmission }, copyOf(ticket))
    );
    await simulation.start(...returned);
    await simulation.run(360_000);
    for (const client of returned) assert.deepEqual(resumptions(client), [true]);
    assert.equal(simulation.gateway.establishedCount, crowd.length);
  }
});

test("[R-6.2-2] a ticket lives as long as the least of its own, the IKE SA's and the authentication's lifetime, here, in LT and in the ticket", async () => {
  const cases: readonly { readonly options: Partial<ResponderOptions>; readonly seconds: number }[] = [
    { options: {}, seconds: 3_600 },
    { options: { ticketLifetimeSeconds: 500 }, seconds: 500 },
    { options: { ikeSaLifetimeSeconds: 400 }, seconds: 400 },
    { options: { reauthenticationSeconds: 300 }, seconds: 300 },
    { options: { ikeSaLifetimeSeconds: 400, reauthenticationSeconds: 300 }, seconds: 300 },
    { options: { ikeSaLifetimeSeconds: 200, reauthenticationSeconds: 300 }, seconds: 200 },
    { options: { ticketLifetimeSeconds: 100, ikeSaLifetimeSeconds: 200, reauthenticationSeconds: 300 }, seconds: 100 },
  ];
  for (const { options, seconds } of cases) {
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { lifetimeJitter: 0, ...options } });
    const handmade = new HandmadeClient(simulation);
    const exchange = await handmade.init();
    const { answer, effects } = await handmade.auth(exchange, { add: [ASK] });
    const granted = notifyData(answer, NotifyType.TICKET_LT_OPAQUE)!;
    assert.equal(new DataView(granted.buffer, granted.byteOffset).getUint32(0), seconds);
    assert.equal(effectsOf(effects, "ticket-issued")[0].lifetimeSeconds, seconds);
    const [lifetime] = notifiesOf(answer, NotifyType.AUTH_LIFETIME);
    assert.equal(lifetime !== undefined, options.reauthenticationSeconds !== undefined);
    if (lifetime) {
      assert.equal(new DataView(lifetime.data.buffer, lifetime.data.byteOffset).getUint32(0), options.reauthenticationSeconds);
    }
    // The ticket's own expiry: good a moment before, refused a moment after.
    for (const [wait, isGood] of [[-2, true], [1, false]] as const) {
      simulation.wallClockOffsetSeconds = seconds + wait;
      const { replies: [reply] } = await handmade.deliver(
        handmade.resumeRequest(granted.slice(4), new Uint8Array(32).fill(wait + 9)),
      );
      assert.equal(notifyTypes(reply.payloads).includes(NotifyType.TICKET_NACK), !isGood);
    }
  }
});

test("[R-6.2-2] what is left until the client has to prove itself anew limits later tickets, across rekeyings; then there are none", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { reauthenticationSeconds: 300 } });
  const client = await simulation.clientWithTicket();
  const end = client.ticket.expiresAtEpochSeconds;
  await simulation.run(100_000);
  await simulation.act(client, client.initiator.rekey(simulation.now));
  await simulation.run();
  assert.ok(Math.abs(client.ticket.expiresAtEpochSeconds - end) <= 1);
  await simulation.run(250_000);
  await simulation.act(client, client.initiator.requestTicket(simulation.now));
  await simulation.run();
  assert.ok(Math.abs(client.ticket.expiresAtEpochSeconds - end) <= 1);
  await simulation.run(299_500);
  await simulation.act(client, client.initiator.requestTicket(simulation.now));
  await simulation.run();
  assert.equal(effectsOf(client.effects, "ticket-received").length, 3);
  assert.deepEqual(effectsOf(client.effects, "ticket-not-granted").map(({ answer }) => answer), ["nack"]);
});

test("a renewal that gains nothing, because the client has to prove itself anew, is the last one", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { reauthenticationSeconds: 300 } });
  const client = simulation.addClient({ keepTicketFresh: true });
  await simulation.start(client);
  await simulation.run(299_000);
  assert.equal(effectsOf(client.effects, "ticket-received").length, 2);
  assert.equal(client.initiator.deadline, undefined);
});

test("options that are out of range are refused with the reason", async () => {
  const identity = fqdn("client.example");
  for (const ticketRenewal of [[0, 0.5], [0.9, 0.8], [0.5, 1], [NaN, 0.9]] as const) {
    assert.throws(() => initiatorConfiguration({ identity, presharedKey: PRESHARED_KEY, ticketRenewal }), /ticketRenewal/);
  }
  const provider = await loadProvider("ts");
  for (
    const gateway of [
      { ikeSaLifetimeSeconds: 0 },
      { ikeSaLifetimeSeconds: 1.5 },
      { reauthenticationSeconds: -1 },
      { reauthenticationSeconds: 0x1_0000_0000 },
      { maximumResponseLength: 127 },
      { maximumResponseLength: 65_536 },
    ]
  ) assert.throws(() => new Simulation({ provider, gateway }), new RegExp(Object.keys(gateway)[0]));
});

function ticketNotifies(payloads: readonly Payload[]): number[] {
  return notifyTypes(payloads).filter((notifyType) => TICKET_NOTIFIES.includes(notifyType));
}

function newest(client: SimulatedClient): SpiPair {
  return effectsOf(client.effects, "ike-sa-rekeyed").at(-1)?.newSpis ?? effectsOf(client.effects, "ike-sa-up").at(-1)!.spis;
}
