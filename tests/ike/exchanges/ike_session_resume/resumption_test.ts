import assert from "node:assert/strict";
import { test } from "node:test";
import { encryptionKeyLength } from "../../../../src/crypto/algorithms.ts";
import { ikeSuiteOf } from "../../../../src/ike/ike_sa/suite.ts";
import { findPayload } from "../../../../src/ike/message/notify.ts";
import { prf } from "../../../../src/ike/steps/step.ts";
import { runWave } from "../../../../src/ike/steps/wave.ts";
import { AuthenticationMethod, ExchangeType, NotifyType } from "../../../../src/wire/constants.ts";
import { encodeIdentificationBody } from "../../../../src/wire/payloads/identification.ts";
import {
  assertSameKeys,
  comeBack,
  comesBackWith,
  copyOf,
  gatewayChildSa,
  octetsOf,
  resumptions,
  upAndTicket,
} from "../../../simulation/coming_back.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { decoded, notifyData } from "../../../simulation/messages.ts";
import { effectsOf, Simulation } from "../../../simulation/simulation.ts";
import { testEveryProvider } from "../../every_provider.ts";

testEveryProvider(
  "[R-4.1-1] [R-4.3.4-1] a full exchange brings a ticket, and the ticket brings the client back",
  async (provider) => {
    const simulation = new Simulation({ provider });
    const client = await simulation.clientWithTicket();
    assert.equal(client.initiator.waitsFor, "requests");
    assertSameKeys(client.childSa, gatewayChildSa(simulation));

    simulation.restartGateway();
    const again = await comeBack(simulation, client);
    assert.deepEqual(effectsOf(again.effects, "ike-sa-up").map(({ resumed }) => resumed), [true]);
    assertSameKeys(again.childSa, gatewayChildSa(simulation));
    assert.notDeepEqual(octetsOf(again.childSa.inbound), octetsOf(client.childSa.inbound));
  },
);

test("[R-4.3.2-1] the request has a fresh SPI, SPIr 0, message ID 0, a nonce and the ticket", async () => {
  const { simulation, client } = await upAndTicket();
  const sentBefore = simulation.network.sent.length;
  const { ticket } = client.ticket;
  const again = await comeBack(simulation, client);
  const request = decoded(simulation.network.sent[sentBefore].octets);
  assert.equal(request.header.exchangeType, 38);
  assert.equal(request.header.exchangeType, ExchangeType.IKE_SESSION_RESUME);
  assert.equal(request.header.responderSpi, 0n);
  assert.equal(request.header.messageId, 0);
  assert.equal(request.header.initiatorSpi, again.initiator.initiatorSpi);
  assert.notEqual(request.header.initiatorSpi, client.initiator.initiatorSpi);
  assert.deepEqual(request.payloads.map(({ type }) => type), ["Nonce", "N", "N", "N", "N"]);
  assert.deepEqual(notifyData(request.payloads, NotifyType.TICKET_OPAQUE), ticket);
});

test("[R-4.3.2-2] the answer copies SPIi, has a new SPIr and a nonce, and no SA or KE", async () => {
  const { simulation, client } = await upAndTicket();
  const handmade = new HandmadeClient(simulation);
  const request = handmade.resumeRequest(client.ticket.ticket, simulation.random.octets(32));
  const { replies: [reply] } = await handmade.deliver(request);
  assert.equal(reply.header.initiatorSpi, decoded(request).header.initiatorSpi);
  assert.notEqual(reply.header.responderSpi, 0n);
  assert.equal(reply.header.exchangeType, ExchangeType.IKE_SESSION_RESUME);
  assert.equal(reply.header.messageId, 0);
  assert.equal(reply.header.isResponse, true);
  assert.equal(reply.payloads.filter(({ type }) => type === "Nonce").length, 1);
  assert.equal(reply.payloads.some(({ type }) => type === "SA" || type === "KE"), false);
});

test("[R-4.3.2-7] [C-2.3] a repeated request gets the identical answer, and makes no second IKE SA", async () => {
  const { simulation, client } = await upAndTicket();
  const handmade = new HandmadeClient(simulation);
  const request = handmade.resumeRequest(client.ticket.ticket, simulation.random.octets(32));
  const first = await handmade.deliver(request);
  const halfOpen = simulation.gateway.halfOpenCount;
  const second = await handmade.deliver(request);
  assert.deepEqual(second.replies[0].octets, first.replies[0].octets);
  assert.equal(simulation.gateway.halfOpenCount, halfOpen);
});

testEveryProvider(
  "[C-2.3] [R-4.3.2-7] two clients behind one NAT with one SPI both resume: the whole packet tells them apart",
  async (provider) => {
    const simulation = new Simulation({ provider });
    const one = await simulation.clientWithTicket();
    const other = await simulation.clientWithTicket();
    const handmade = new HandmadeClient(simulation);
    const requests = [one, other].map(({ ticket }) =>
      handmade.resumeRequest(ticket.ticket, simulation.random.octets(32), [], 7n)
    );
    const replies = [];
    for (const request of requests) replies.push((await handmade.deliver(request)).replies[0]);
    assert.notEqual(replies[0].header.responderSpi, replies[1].header.responderSpi);
    assert.deepEqual((await handmade.deliver(requests[0])).replies[0].octets, replies[0].octets);
  },
);

testEveryProvider(
  "[R-4.3.3-1] AUTH is prf(SK_px, message | nonce | prf(SK_px, ID)) with the new keys, method shared key",
  async (provider) => {
    const simulation = new Simulation({ provider });
    const client = await simulation.clientWithTicket();
    const { ticket } = client;
    const handmade = new HandmadeClient(simulation);
    const exchange = await handmade.resume(ticket);
    const { replies: [reply] } = await handmade.deliver(await handmade.authRequest(exchange, ticket));
    const payloads = await handmade.open(exchange, reply);
    const auth = payloads.find((payload) => payload.type === "AUTH")!;
    const idR = findPayload(payloads, "IDr")!;
    // Put together here once more, from the prf alone.
    const { suite, keys, nonces, response } = exchange;
    const macedId = await handmade.run(prf({ prf: suite.prf, key: keys.skPr, data: [encodeIdentificationBody(idR)] }));
    const expected = await handmade.run(
      prf({ prf: suite.prf, key: keys.skPr, data: [response, nonces.initiatorNonce, macedId] }),
    );
    assert.deepEqual(auth.data, expected);
    assert.equal(auth.method, AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE);
  },
);

test("[R-4.3.3-1] AUTH over anything else is refused with AUTHENTICATION_FAILED, and the ticket stays usable", async () => {
  const { simulation, client } = await upAndTicket();
  const ticket = copyOf(client.ticket);
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.resume(ticket);
  const request = await handmade.authRequest(exchange, ticket, { realMessage: exchange.response });
  const { replies: [reply], effects } = await handmade.deliver(request);
  assert.notEqual(notifyData(await handmade.open(exchange, reply), NotifyType.AUTHENTICATION_FAILED), undefined);
  assert.equal(effectsOf(effects, "ike-sa-up").length, 0);
  await comesBackWith(simulation, client, ticket);
});

test("[R-4.3.3-2] another IDi than the ticket's is refused with AUTHENTICATION_FAILED, nothing created", async () => {
  const { simulation, client } = await upAndTicket();
  const other = { idType: 2, identification: new TextEncoder().encode("somebody.else") };
  const ticket = { ...copyOf(client.ticket), initiatorId: other };
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.resume(ticket);
  const { replies: [reply], effects } = await handmade.deliver(await handmade.authRequest(exchange, ticket));
  const payloads = await handmade.open(exchange, reply);
  assert.deepEqual(payloads.map(({ type }) => type), ["N"]);
  assert.notEqual(notifyData(payloads, NotifyType.AUTHENTICATION_FAILED), undefined);
  assert.deepEqual(effectsOf(effects, "ike-sa-up"), []);
  await comesBackWith(simulation, client, { ...ticket, initiatorId: client.ticket.initiatorId });
});

test("[R-4.3.3-3] a certificate, or another IDr than the ticket's, is refused", async () => {
  const changes = [
    { add: [{ type: "CERT", encoding: 4, certificate: new Uint8Array(10) }] },
    { add: [{ type: "IDr", idType: 2, identification: new TextEncoder().encode("another.gateway") }] },
  ] as const;
  for (const change of changes) {
    const { simulation, client } = await upAndTicket();
    const ticket = copyOf(client.ticket);
    const handmade = new HandmadeClient(simulation);
    const exchange = await handmade.resume(ticket);
    const { replies: [reply] } = await handmade.deliver(await handmade.authRequest(exchange, ticket, change));
    assert.notEqual(notifyData(await handmade.open(exchange, reply), NotifyType.AUTHENTICATION_FAILED), undefined);
  }
});

test("[R-4.3.3-3] the gateway answers with the ticket's IDr, and sends no certificate", async () => {
  const { simulation, client } = await upAndTicket();
  const ticket = copyOf(client.ticket);
  // Meanwhile the gateway goes by another name: the resumed IKE SA keeps the old one.
  simulation.restartGateway({ identity: { idType: 2, identification: new TextEncoder().encode("renamed.example") } });
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.resume(ticket);
  const { replies: [reply] } = await handmade.deliver(await handmade.authRequest(exchange, ticket));
  const payloads = await handmade.open(exchange, reply);
  const idR = findPayload(payloads, "IDr");
  assert.deepEqual(idR?.identification, ticket.responderId.identification);
  assert.equal(payloads.some(({ type }) => type === "CERT"), false);
});

test("[R-4.3.4-1] the Child SA's keys are prf+(SK_d, Ni | Nr) of the resumed IKE SA, the initiator's half first", async () => {
  const { simulation, client } = await upAndTicket();
  const ticket = copyOf(client.ticket);
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.resume(ticket);
  const { effects } = await handmade.deliver(await handmade.authRequest(exchange, ticket));
  const { suite, keys, nonces } = exchange;
  // Put together here once more, from the prf alone: T1 = prf(K, S | 1), T2 = prf(K, T1 | S | 2), …
  const blocks: Uint8Array[] = [];
  for (const count of [1, 2, 3]) {
    const data = [blocks.at(-1) ?? new Uint8Array(0), nonces.initiatorNonce, nonces.responderNonce, Uint8Array.of(count)];
    blocks.push(await handmade.run(prf({ prf: suite.prf, key: keys.skD, data })));
  }
  const stream = Uint8Array.from(blocks.flatMap((block) => [...block]));
  const [{ childSa: { protection, inbound, outbound } }] = effectsOf(effects, "child-sa-up");
  const length = encryptionKeyLength(protection);
  assert.equal(protection.encryption.name, "AES-GCM-16");
  assert.deepEqual(octetsOf(inbound), { encryptionKey: stream.subarray(0, length), integrityKey: new Uint8Array(0) });
  assert.deepEqual(octetsOf(outbound), { encryptionKey: stream.subarray(length, 2 * length), integrityKey: new Uint8Array(0) });
});

testEveryProvider(
  "[R-4.1-4] [R-4.3.3-4] each resumption brings the next ticket, and a chain of them works",
  async (provider) => {
    const simulation = new Simulation({ provider });
    let client = await simulation.clientWithTicket();
    const tickets = [client.ticket.ticket];
    for (let round = 0; round < 5; round++) {
      client = await comeBack(simulation, client);
      tickets.push(client.ticket.ticket);
    }
    assert.equal(new Set(tickets.map((ticket) => ticket.toString())).size, 6);
  },
);

test("[R-4.3.4-2] the old IKE SA goes silently, with its Child SAs, once IKE_AUTH has succeeded", async () => {
  const { simulation, client } = await upAndTicket();
  const oldSpis = effectsOf(client.effects, "ike-sa-up")[0].spis;
  const before = simulation.network.sent.length;
  await comeBack(simulation, client);
  const down = effectsOf(simulation.gatewayEffects, "ike-sa-down");
  assert.deepEqual(down.map(({ spis, reason }) => ({ spis, reason })), [{ spis: oldSpis, reason: "replaced-by-resumption" }]);
  assert.equal(simulation.gateway.establishedCount, 1);
  // Two exchanges and not a word more.
  assert.equal(simulation.network.sent.length - before, 4);
});

test("[R-4.3.4-2] the old IKE SA stays when IKE_AUTH fails", async () => {
  const { simulation, client } = await upAndTicket();
  const ticket = copyOf(client.ticket);
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.resume(ticket);
  await handmade.deliver(await handmade.authRequest(exchange, ticket, { realMessage: new Uint8Array(9) }));
  assert.equal(simulation.gateway.establishedCount, 1);
  await simulation.act(client, client.initiator.checkLiveness(simulation.now));
  await simulation.run();
  assert.equal(effectsOf(client.effects, "peer-alive").length, 1);
});

test("[R-5-1] identities, algorithms and authentication method come from the ticket", async () => {
  const { simulation, client } = await upAndTicket();
  const { ticket } = client;
  const old = copyOf(ticket);
  const again = await comeBack(simulation, client);
  const up = effectsOf(simulation.gatewayEffects, "ike-sa-up").at(-1)!;
  assert.deepEqual(up.initiatorId, old.initiatorId);
  assert.deepEqual(up.responderId, old.responderId);
  assert.deepEqual(ikeSuiteOf(again.ticket.proposal)?.protection, ikeSuiteOf(old.proposal)?.protection);
  assert.equal(again.ticket.authenticationMethod, old.authenticationMethod);
});

test("[R-5-2] SPIs, addresses and message IDs are new after resumption", async () => {
  const { simulation, client } = await upAndTicket();
  // Use the old IKE SA for a while, so that its counters have moved.
  for (let round = 0; round < 3; round++) {
    await simulation.act(client, client.initiator.checkLiveness(simulation.now));
    await simulation.run();
  }
  const before = simulation.network.sent.length;
  const again = await comeBack(simulation, client);
  const headers = simulation.network.sent.slice(before).map(({ octets }) => decoded(octets).header);
  assert.deepEqual(headers.map(({ messageId }) => messageId), [0, 0, 1, 1]);
  const [oldUp, newUp] = [client, again].map(({ effects }) => effectsOf(effects, "ike-sa-up")[0]);
  assert.notEqual(newUp.spis.initiatorSpi, oldUp.spis.initiatorSpi);
  assert.notEqual(newUp.spis.responderSpi, oldUp.spis.responderSpi);
  assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-up").at(-1)?.remote.address, again.address);
  assert.notEqual(again.address, client.address);
  // The window is 1 and begins anew: the first request of either end after IKE_AUTH.
  await simulation.act(again, again.initiator.checkLiveness(simulation.now));
  await simulation.actOnGateway(simulation.gateway.checkLiveness(newUp.spis, simulation.now));
  await simulation.run();
  assert.equal(effectsOf(again.effects, "peer-alive").length, 1);
  assert.equal(effectsOf(simulation.gatewayEffects, "peer-alive").length, 1);
});

test("[R-4.3.1-2] a used ticket is refused; an interrupted resumption leaves it usable", async () => {
  const { simulation, client } = await upAndTicket();
  const ticket = copyOf(client.ticket);
  const handmade = new HandmadeClient(simulation);
  await handmade.resume(ticket); // and then no IKE_AUTH: the client went away
  await comesBackWith(simulation, client, copyOf(ticket));
  const late = await handmade.deliver(handmade.resumeRequest(ticket.ticket, simulation.random.octets(32)));
  assert.notEqual(notifyData(late.replies[0].payloads, NotifyType.TICKET_NACK), undefined);
  assert.deepEqual(effectsOf(late.effects, "ticket-refused").map(({ reason }) => reason), ["used"]);
});

testEveryProvider("[R-4.3.1-2] of two half-open resumptions with one ticket one wins, also in one wave", async (provider) => {
  const simulation = new Simulation({ provider });
  const client = await simulation.clientWithTicket();
  const ticket = copyOf(client.ticket);
  const handmade = new HandmadeClient(simulation);
  const exchanges = [await handmade.resume(ticket), await handmade.resume(ticket)];
  const requests = [];
  for (const exchange of exchanges) requests.push(await handmade.authRequest(exchange, ticket));
  const steps = requests.map((octets) =>
    simulation.gateway.receive(
      {
        octets,
        local: { address: "192.0.2.1", port: 500 },
        remote: { address: handmade.address, port: 500 },
        encapsulated: false,
      },
      simulation.now,
    )
  );
  const results = await runWave(steps, simulation.services);
  assert.deepEqual(results.map((effects) => effectsOf(effects, "ike-sa-up").length), [1, 0]);
});

test("[R-4.3.1-1] a ticket that is known to have expired is never presented: the client makes a full exchange", async () => {
  const { simulation, client } = await upAndTicket();
  const before = simulation.network.sent.length;
  simulation.wallClockOffsetSeconds = 3_601;
  const again = await comeBack(simulation, client);
  assert.equal(decoded(simulation.network.sent[before].octets).header.exchangeType, ExchangeType.IKE_SA_INIT);
  assert.deepEqual(effectsOf(again.effects, "ike-sa-up").map(({ resumed }) => resumed), [false]);
});

test("[R-4.3.1-1] a client that holds a valid ticket may make a full exchange all the same, and the ticket stays good", async () => {
  const { simulation, client } = await upAndTicket();
  const again = simulation.addClient({ identity: client.ticket.initiatorId });
  await simulation.start(again);
  await simulation.run();
  assert.deepEqual(resumptions(again), [false]);
  await comesBackWith(simulation, client, client.ticket);
});

test("[R-4.2-3] a client keeps the ticket and every item that it takes from it", async () => {
  const { client } = await upAndTicket();
  const { ticket } = client;
  assert.ok(ticket.ticket.length > 60);
  assert.deepEqual(new TextDecoder().decode(ticket.initiatorId.identification), "client1.example");
  assert.deepEqual(new TextDecoder().decode(ticket.responderId.identification), "gateway.example");
  assert.equal(ticket.authenticationMethod, AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE);
  assert.notEqual(ikeSuiteOf(ticket.proposal), undefined);
  assert.equal(ticket.skD.length, 32);
});
