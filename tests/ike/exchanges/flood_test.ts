import assert from "node:assert/strict";
import { test } from "node:test";
import { CURVE25519, ECP_384 } from "../../../src/crypto/registry.ts";
import { defaultIkeProposals, offerIke } from "../../../src/ike/ike_sa/proposals.ts";
import { notify } from "../../../src/ike/message/notify.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import { sealFragment } from "../../simulation/fragmenting.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { decoded, notifyTypes } from "../../simulation/messages.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";

test("[R-9.3-1] an IKE SA that can have no keys counts as half-open as long as its first exchange is remembered", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { halfOpenLimit: 3 } });
  const handmade = new HandmadeClient(simulation);
  const publicValue = new Uint8Array(32);
  for (let count = 1; count <= 3; count++) {
    const exchange = await handmade.init({ publicValue });
    const request = await handmade.authRequest(exchange);
    for (const reason of ["public-value-unacceptable", "refused-before"]) {
      assert.deepEqual((await handmade.deliver(request)).effects, [{ type: "dropped", reason }]);
    }
    assert.equal(simulation.gateway.halfOpenCount, count);
  }
  await handmade.deliver(await handmade.initRequest({ publicValue }));
  assert.equal(simulation.gateway.halfOpenCount, 3);
  simulation.network.interference = () => undefined;
  await simulation.run(simulation.network.nowMs + 30_000);
  await simulation.actOnGateway(simulation.gateway.timeout(simulation.now));
  assert.equal(simulation.gateway.halfOpenCount, 0);
});

test("[R-9.3-1] nothing is kept of a message that is longer than any that is needed", async () => {
  const gateway = { maximumTicketLength: 1_000 };
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
  const client = await simulation.clientWithTicket();
  const handmade = new HandmadeClient(simulation);
  const padding = (length: number): Payload => ({ type: "V", vendorId: new Uint8Array(length) });
  const tooLong = { type: "dropped", reason: "too-long" };
  const nonce = simulation.random.octets(32);

  assert.equal((await handmade.deliver(await handmade.initRequest({ extra: [padding(3_500)] }))).replies.length, 1);
  assert.deepEqual((await handmade.deliver(await handmade.initRequest({ extra: [padding(4_100)] }))).effects, [tooLong]);
  assert.equal(simulation.gateway.halfOpenCount, 1);
  // A request to resume is never met with silence.
  const resume = (length: number) => handmade.resumeRequest(client.ticket.ticket, nonce, [padding(length)]);
  assert.equal((await handmade.deliver(resume(2_000))).replies[0].payloads[0].type, "Nonce");
  assert.equal(simulation.gateway.halfOpenCount, 2);
  const { replies: [refusal], effects } = await handmade.deliver(resume(3_100));
  assert.deepEqual(refusal.payloads, [notify(NotifyType.TICKET_NACK)]);
  assert.deepEqual(effects[1], { type: "ticket-refused", reason: "too-long", profile: "rfc5723" });
  assert.equal(simulation.gateway.halfOpenCount, 2);

  const exchange = await handmade.init();
  const longAuth = await handmade.authRequest(exchange, undefined, { add: [padding(7_200)] });
  assert.deepEqual((await handmade.deliver(longAuth)).effects, [tooLong]);
  assert.equal(effectsOf((await handmade.auth(exchange, { add: [padding(6_000)] })).effects, "ike-sa-up").length, 1);
  assert.deepEqual((await handmade.deliver(await handmade.seal(exchange, [padding(7_200)], 2))).effects, [tooLong]);
});

test("[R-9.3-1] first messages with one SPI are told apart by the whole packet, however many there are, and each repeated one gets its answer", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const { ticket } = await simulation.clientWithTicket();
  const handmade = new HandmadeClient(simulation);
  const requests = Array.from(
    { length: 20 },
    (_, index) => handmade.resumeRequest(ticket.ticket, new Uint8Array(32).fill(index), [], 5n),
  );
  const answers = [];
  for (const request of requests) answers.push((await handmade.deliver(request)).replies[0]);
  assert.equal(new Set(answers.map(({ header }) => header.responderSpi)).size, 20);
  for (const [index, request] of requests.entries()) {
    assert.deepEqual((await handmade.deliver(request)).replies[0].octets, answers[index].octets);
  }
  assert.equal(simulation.gateway.halfOpenCount, 20);
  assert.equal(simulation.gateway.firstMessageCounters.first_messages_repeated_total, 20);
});

test("[R-9.3-1] of a half-open IKE SA that made room nothing is left: a repeated request begins another, IKE_AUTH comes to nothing", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { halfOpenLimit: 1 } });
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.init();
  await handmade.init();
  assert.equal(simulation.gateway.halfOpenCount, 1);
  assert.deepEqual(await handmade.auth(exchange).catch(() => "no answer"), "no answer");
  const { replies: [again] } = await handmade.deliver(exchange.request);
  assert.notEqual(again.header.responderSpi, exchange.spis.responderSpi);
  assert.equal(simulation.gateway.firstMessageCounters.half_open_evicted_total, 2);
});

test("[R-9.3-1] [R-9.3-2] resumptions go on beside an address that fills the table with full exchanges and never follows up", async () => {
  const gateway = { halfOpenLimit: 40, cookieThreshold: 10_000 };
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
  const { ticket } = await simulation.clientWithTicket();
  const attacker = new HandmadeClient(simulation, "198.18.0.1");
  const client = new HandmadeClient(simulation);
  for (let count = 0; count < 100; count++) await attacker.init();
  const resumed = await client.resume(ticket);
  const full = await client.init();
  for (let count = 0; count < 100; count++) await attacker.init();
  assert.equal(simulation.gateway.halfOpenCount, 40);
  assert.equal(simulation.gateway.halfOpen.resumptionCount, 1);
  assert.equal(effectsOf((await client.auth(full)).effects, "ike-sa-up").length, 1);
  const { effects } = await client.deliver(await client.authRequest(resumed, ticket));
  assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
  assert.equal(simulation.gateway.halfOpen.resumptionCount, 0);
});

test("[R-9.3-1] fragments of IKE_AUTH count in the room of half-open IKE SAs", async () => {
  const gateway = { halfOpenLimit: 8 };
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
  const handmade = new HandmadeClient(simulation);
  const other = new HandmadeClient(simulation, "203.0.113.8");
  const fragmentation = notify(NotifyType.IKEV2_FRAGMENTATION_SUPPORTED);
  const exchange = await handmade.init({ extra: [fragmentation] });
  const others = [];
  for (let count = 0; count < 7; count++) others.push(await other.init());
  assert.equal(simulation.gateway.halfOpenCount, 8);
  const before = simulation.gateway.halfOpen.octets;
  const header = {
    ...exchange.spis,
    exchangeType: ExchangeType.IKE_AUTH,
    fromInitiator: true,
    isResponse: false,
    messageId: 1,
  };
  const protection = { ...exchange, role: "initiator", sealed: { next: 1n }, random: simulation.random.octets } as const;
  const piece = { firstPayload: 35, fragmentNumber: 1, totalFragments: 3, piece: new Uint8Array(3_000) };
  await handmade.deliver(await handmade.run(sealFragment(protection, header, piece)));
  assert.ok(simulation.gateway.halfOpen.octets >= before + 6_000 - 3 * 1_000);
  // It takes four places now, and the other address has seven: three of those had to go.
  assert.equal(simulation.gateway.halfOpenCount, 5);
  assert.equal(effectsOf((await other.auth(others[6])).effects, "ike-sa-up").length, 1);
});

test("[R-9.3-1] cookies come by what is to be done: sooner to a costly group, and to whoever waited long", async () => {
  const gateway = { cookieThreshold: 40, ikeProposals: [{ ...defaultIkeProposals()[0], groups: [CURVE25519, ECP_384] }] };
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
  const handmade = new HandmadeClient(simulation);
  const [proposal] = defaultIkeProposals();
  const costly = await handmade.keyPair(ECP_384.id);
  const request = (isCostly: boolean) =>
    handmade.initRequest({
      proposals: offerIke([{ ...proposal, groups: [isCostly ? ECP_384 : CURVE25519] }]),
      ...(isCostly ? { pair: costly } : {}),
    });
  const isAsked = async (isCostly: boolean, waitedMs = 0) => {
    const datagram = handmade.datagram(await request(isCostly));
    const effects = await handmade.run(simulation.gateway.receive(datagram, simulation.now, waitedMs));
    return notifyTypes(decoded(effectsOf(effects, "send")[0].datagram.octets).payloads)[0] === NotifyType.COOKIE;
  };
  assert.equal(await isAsked(false, 251), true);
  assert.equal(await isAsked(false, 250), false);
  assert.equal(await isAsked(true), false);
  // 1 and 20 of 40 are to come: another costly one would be more, another cheap one not.
  assert.equal(await isAsked(true), true);
  assert.equal(await isAsked(false), false);
  assert.equal(simulation.gateway.firstMessageCounters.cookies_asked_total, 2);
});
