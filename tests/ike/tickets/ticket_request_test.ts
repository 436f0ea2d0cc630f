import assert from "node:assert/strict";
import { test } from "node:test";
import { ikeSuiteOf } from "../../../src/ike/ike_sa/suite.ts";
import { notify } from "../../../src/ike/message/notify.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { AuthenticationMethod, NotifyType } from "../../../src/wire/constants.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import { comesBackWith, upAndTicket } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { HandmadeGateway } from "../../simulation/handmade_gateway.ts";
import { decoded, notifiesOf, notifyTypes } from "../../simulation/messages.ts";
import { effectsOf, fqdn, Simulation, START_EPOCH_SECONDS } from "../../simulation/simulation.ts";
import { testEveryProvider } from "../every_provider.ts";

const TICKET_NOTIFIES: readonly number[] = [
  NotifyType.TICKET_LT_OPAQUE,
  NotifyType.TICKET_REQUEST,
  NotifyType.TICKET_ACK,
  NotifyType.TICKET_NACK,
  NotifyType.TICKET_OPAQUE,
];
const ASK = notify(NotifyType.TICKET_REQUEST);

testEveryProvider("[R-4.1-1] the first IKE_AUTH request asks for a ticket", async (provider) => {
  const simulation = new Simulation({ provider });
  const client = simulation.addClient();
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  assert.deepEqual(ticketNotifies(gateway.received.payloads), []);
  const answered = await gateway.answerInit();
  assert.equal(gateway.received.header.messageId, 1);
  assert.deepEqual(ticketNotifies(await gateway.open(answered, gateway.received)), [NotifyType.TICKET_REQUEST]);
});

test("[R-4.1-1] a client that wants no ticket does not ask, gets none, and takes none that is pressed on it", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = await simulation.clientWithTicket({ requestTicket: false });
  assert.equal(client.initiator.waitsFor, "requests");
  assert.deepEqual(effectsOf(client.effects, "ticket-received"), []);
  assert.deepEqual(effectsOf(client.effects, "ticket-not-granted"), []);
  assert.deepEqual(effectsOf(simulation.gatewayEffects, "ticket-issued"), []);

  const other = simulation.addClient({ requestTicket: false });
  const gateway = new HandmadeGateway(simulation, other);
  await simulation.start(other);
  const answered = await gateway.answerInit();
  assert.deepEqual(ticketNotifies(await gateway.open(answered, gateway.received)), []);
  const pressed = notify(NotifyType.TICKET_LT_OPAQUE, new Uint8Array(80).fill(1));
  const effects = await gateway.deliver(await gateway.authAnswer(answered, { add: [pressed] }));
  assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
  assert.deepEqual(effectsOf(effects, "ticket-received"), []);
});

test("[R-4.1-5] a request gets exactly one answer, and the rest of the exchange is the same whichever it is", async () => {
  const cases = [
    { issueTickets: true, add: [ASK], expected: [NotifyType.TICKET_LT_OPAQUE] },
    { issueTickets: true, add: [ASK, ASK], expected: [NotifyType.TICKET_LT_OPAQUE] },
    { issueTickets: false, add: [ASK], expected: [NotifyType.TICKET_NACK] },
    { issueTickets: true, add: [], expected: [] },
    { issueTickets: false, add: [], expected: [] },
  ];
  for (const { issueTickets, add, expected } of cases) {
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { issueTickets } });
    const handmade = new HandmadeClient(simulation);
    const { answer, effects } = await handmade.auth(await handmade.init(), { add });
    assert.deepEqual(ticketNotifies(answer), expected);
    const rest = answer.filter((payload) => payload.type !== "N");
    assert.deepEqual(rest.map(({ type }) => type), ["IDr", "AUTH", "SA", "TSi", "TSr"]);
    assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
    assert.equal(effectsOf(effects, "child-sa-up").length, 1);
  }
});

test("[R-4.1-5] a client whose request is refused is up all the same, and knows the answer", async () => {
  for (
    const [given, answer] of [[NotifyType.TICKET_NACK, "nack"], [NotifyType.TICKET_ACK, "ack"], [undefined, "none"]] as const
  ) {
    const simulation = new Simulation({ provider: await loadProvider("ts") });
    const client = simulation.addClient();
    const gateway = new HandmadeGateway(simulation, client);
    await simulation.start(client);
    const answered = await gateway.answerInit();
    const add = given === undefined ? [] : [notify(given)];
    const effects = await gateway.deliver(await gateway.authAnswer(answered, { add }));
    assert.equal(effectsOf(effects, "child-sa-up").length, 1);
    assert.deepEqual(effectsOf(effects, "ticket-not-granted").map((effect) => effect.answer), [answer]);
  }
});

test("[R-4.1-5] a ticket is granted also when the Child SA fails", async () => {
  for (const issueTickets of [true, false]) {
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { issueTickets } });
    const handmade = new HandmadeClient(simulation);
    const { answer, effects } = await handmade.auth(await handmade.init(), {
      add: [ASK],
      replace: [{ type: "TSi", selectors: [] }],
    });
    assert.deepEqual(notifyTypes(answer), [
      NotifyType.TS_UNACCEPTABLE,
      issueTickets ? NotifyType.TICKET_LT_OPAQUE : NotifyType.TICKET_NACK,
    ]);
    assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
  }
});

test("[R-4.1-5] beside an error the answer is TICKET_NACK, once, and no ticket", async () => {
  const wrong: readonly { readonly add: readonly Payload[]; readonly realMessage?: Uint8Array; readonly error: number }[] = [
    { add: [ASK], realMessage: new Uint8Array(5), error: NotifyType.AUTHENTICATION_FAILED },
    { add: [ASK, ASK], realMessage: new Uint8Array(5), error: NotifyType.AUTHENTICATION_FAILED },
    // A second IDi is against the rules of the exchange.
    { add: [ASK, { type: "IDi", ...fqdn("second.example") }], error: NotifyType.INVALID_SYNTAX },
  ];
  for (const { error, ...changes } of wrong) {
    const simulation = new Simulation({ provider: await loadProvider("ts") });
    const handmade = new HandmadeClient(simulation);
    const { answer, effects } = await handmade.auth(await handmade.init(), changes);
    assert.deepEqual(notifyTypes(answer), [error, NotifyType.TICKET_NACK]);
    assert.deepEqual(effectsOf(effects, "ticket-issued"), []);
  }
});

test("[R-4.1-5] a ticket longer than the gateway itself would open is not issued", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { maximumTicketLength: 400 } });
  const initiatorId = { idType: 11, identification: new Uint8Array(300).fill(7) };
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.init();
  const { replies: [reply], effects } = await handmade.deliver(
    await handmade.authRequest(exchange, { initiatorId }, { add: [ASK] }),
  );
  assert.deepEqual(notifyTypes(await handmade.open(exchange, reply)), [NotifyType.TICKET_NACK]);
  assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
});

test("[R-4.1-5] an identity so long that its ticket fits in no message does not stop the gateway", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { maximumTicketLength: 60_000 } });
  const initiatorId = { idType: 11, identification: new Uint8Array(65_330).fill(7) };
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.init();
  // No Child SA is asked for: the request itself fills a datagram.
  const changes = { add: [ASK], omit: ["SA", "TSi", "TSr"] } as const;
  const { replies: [reply] } = await handmade.deliver(await handmade.authRequest(exchange, { initiatorId }, changes));
  assert.deepEqual(ticketNotifies(await handmade.open(exchange, reply)), [NotifyType.TICKET_NACK]);
});

test("[R-4.2-1] a ticket in an answer that does not prove the gateway is not taken", async () => {
  const ticket = notify(NotifyType.TICKET_LT_OPAQUE, new Uint8Array(80).fill(1));
  const wrong = [
    { presharedKey: new Uint8Array(16), add: [ticket] },
    { identity: fqdn("another.gateway"), add: [ticket] },
    { omit: ["AUTH" as const], add: [ticket] },
    { omit: ["AUTH" as const, "IDr" as const], add: [notify(NotifyType.AUTHENTICATION_FAILED), ticket] },
  ];
  for (const changes of wrong) {
    const simulation = new Simulation({ provider: await loadProvider("ts") });
    const client = simulation.addClient();
    const gateway = new HandmadeGateway(simulation, client);
    await simulation.start(client);
    const answered = await gateway.answerInit();
    assert.deepEqual(await gateway.deliver(await gateway.authAnswer(answered, changes)), []);
    await simulation.run();
    assert.deepEqual(effectsOf(client.effects, "ticket-received"), []);
    assert.deepEqual(effectsOf(client.effects, "ike-sa-down").map(({ reason }) => reason), ["authentication-failed"]);
  }
});

test("[R-4.2-1] a ticket in clear is not taken, and the real answer still is", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient();
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  const answered = await gateway.answerInit();
  const forged = await gateway.answerInClear([notify(NotifyType.TICKET_LT_OPAQUE, new Uint8Array(80).fill(1))]);
  assert.deepEqual(forged.map(({ type }) => type), ["dropped"]);
  const real = notify(NotifyType.TICKET_LT_OPAQUE, new Uint8Array(80).fill(2));
  const effects = await gateway.deliver(await gateway.authAnswer(answered, { add: [real] }));
  assert.deepEqual(effectsOf(effects, "ticket-received").map(({ ticket }) => ticket.ticket[0]), [2]);
});

test("[R-4.2-3] what a client stores suffices to resume, in a process that knows nothing else", async () => {
  const { simulation, client } = await upAndTicket();
  const { ticket } = client;
  const receivedAt = client.happenings.find(({ effect }) => effect.type === "ticket-received")!.atMs;
  assert.equal(ticket.expiresAtEpochSeconds, START_EPOCH_SECONDS + receivedAt / 1000 + 3_600);
  assert.deepEqual([ticket.initiatorId, ticket.responderId], [fqdn("client1.example"), fqdn("gateway.example")]);
  assert.equal(ticket.authenticationMethod, AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE);
  assert.equal(ikeSuiteOf(ticket.proposal)?.prf.name, "PRF-HMAC-SHA2-256");
  assert.equal(ticket.skD.length, 32);
  // Its octets are its own: nothing that wipes the IKE SA's keys wipes SK_d in the ticket.
  client.initiator.dispose();
  assert.equal(ticket.skD.some((octet) => octet !== 0), true);
  await comesBackWith(simulation, client, ticket);
});

test("[R-7-1] the five notifies have their numbers, Protocol ID 0 and SPI size 0, and TICKET_LT_OPAQUE alone a lifetime", async () => {
  assert.deepEqual([16409, 16410, 16411, 16412, 16413], [
    NotifyType.TICKET_LT_OPAQUE,
    NotifyType.TICKET_REQUEST,
    NotifyType.TICKET_ACK,
    NotifyType.TICKET_NACK,
    NotifyType.TICKET_OPAQUE,
  ]);
  const { simulation, client } = await upAndTicket({ ticketLifetimeSeconds: 0x0001_0203 });
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.init();
  const { answer } = await handmade.auth(exchange, { add: [ASK] });
  const [granted] = notifiesOf(answer, NotifyType.TICKET_LT_OPAQUE);
  assert.deepEqual([...granted.data.subarray(0, 4)], [0, 1, 2, 3]);

  // TICKET_OPAQUE has no lifetime before the ticket: what came behind the four octets goes back as it is.
  const again = simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket);
  const before = simulation.network.sent.length;
  await simulation.start(again);
  const shown = decoded(simulation.network.sent[before].octets);
  const [opaque] = notifiesOf(shown.payloads, NotifyType.TICKET_OPAQUE);
  assert.deepEqual(opaque.data, client.ticket.ticket);

  const { replies: [nack] } = await handmade.deliver(handmade.resumeRequest(new Uint8Array(60), new Uint8Array(32)));
  const [refusal] = notifiesOf(nack.payloads, NotifyType.TICKET_NACK);
  assert.deepEqual(refusal.data, new Uint8Array(0));
  for (const { protocolId, spi } of [granted, opaque, refusal]) assert.deepEqual([protocolId, spi.length], [0, 0]);
});

test("[R-7-1] TICKET_REQUEST is empty on the wire, Protocol ID 0 and SPI size 0", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient();
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  const answered = await gateway.answerInit();
  const [asked] = notifiesOf(await gateway.open(answered, gateway.received), NotifyType.TICKET_REQUEST);
  assert.deepEqual([asked.protocolId, asked.spi.length, asked.data.length], [0, 0, 0]);
});

test("[R-7-1] a TICKET_LT_OPAQUE too short to hold a ticket is none", async () => {
  for (const length of [0, 3, 4]) {
    const simulation = new Simulation({ provider: await loadProvider("ts") });
    const client = simulation.addClient();
    const gateway = new HandmadeGateway(simulation, client);
    await simulation.start(client);
    const answered = await gateway.answerInit();
    const add = [notify(NotifyType.TICKET_LT_OPAQUE, new Uint8Array(length))];
    const effects = await gateway.deliver(await gateway.authAnswer(answered, { add }));
    assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
    assert.equal(effectsOf(effects, "ticket-not-granted").length, 1);
  }
});

test("[C-7.8] a notify counts whatever Protocol ID and SPI stand in it, and every notify of ours has Protocol ID 0 and no SPI", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { cookieThreshold: 0 } });
  const handmade = new HandmadeClient(simulation);
  const odd = { protocolId: 1, spi: new Uint8Array(8).fill(9) };
  const plain = [];
  const [cookie] = (await handmade.deliver(await handmade.initRequest())).replies[0].payloads;
  plain.push(cookie);
  simulation.restartGateway({ cookieThreshold: 1_000 });
  const exchange = await handmade.init();
  plain.push(...decoded(exchange.response).payloads);
  const { answer } = await handmade.auth(exchange, { add: [{ ...ASK, ...odd }], replace: [{ type: "TSi", selectors: [] }] });
  assert.deepEqual(notifyTypes(answer), [NotifyType.TS_UNACCEPTABLE, NotifyType.TICKET_LT_OPAQUE]);
  const notifies = [...plain, ...answer].filter((payload) => payload.type === "N");
  assert.deepEqual(notifyTypes(notifies), [
    NotifyType.COOKIE,
    NotifyType.NAT_DETECTION_SOURCE_IP,
    NotifyType.NAT_DETECTION_DESTINATION_IP,
    NotifyType.CHILDLESS_IKEV2_SUPPORTED,
    NotifyType.TS_UNACCEPTABLE,
    NotifyType.TICKET_LT_OPAQUE,
  ]);
  for (const { protocolId, spi } of notifies) assert.deepEqual([protocolId, spi.length], [0, 0]);
});

function ticketNotifies(payloads: readonly Payload[]): number[] {
  return notifyTypes(payloads).filter((notifyType) => TICKET_NOTIFIES.includes(notifyType));
}
