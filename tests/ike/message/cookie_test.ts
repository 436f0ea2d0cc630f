import assert from "node:assert/strict";
import { test } from "node:test";
import { CURVE25519, ECP_256 } from "../../../src/crypto/registry.ts";
import { defaultIkeProposals } from "../../../src/ike/ike_sa/proposals.ts";
import { notify } from "../../../src/ike/message/notify.ts";
import type { Datagram } from "../../../src/ike/steps/datagram.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import { encodeMessage, type Message } from "../../../src/wire/message.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import { copyOf, resumptions, upAndTicket } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { HandmadeGateway } from "../../simulation/handmade_gateway.ts";
import { decoded, notifyData, notifyTypes } from "../../simulation/messages.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";
import { testEveryProvider } from "../every_provider.ts";

const EVERYONE = { cookieThreshold: 0 };

testEveryProvider(
  "[R-9.3-1] [C-2.2] a gateway that asks for cookies brings clients up, by message ID 0 in every try",
  async (provider) => {
    const simulation = new Simulation({ provider, gateway: EVERYONE });
    const client = await simulation.clientWithTicket();
    assert.equal(client.initiator.waitsFor, "requests");
    const inits = simulation.network.sent.map(({ octets }) => decoded(octets).header)
      .filter(({ exchangeType, isResponse }) => exchangeType === ExchangeType.IKE_SA_INIT && !isResponse);
    assert.deepEqual(inits.map(({ messageId, responderSpi }) => [messageId, responderSpi]), [[0, 0n], [0, 0n]]);
    assert.equal(inits[0].initiatorSpi, inits[1].initiatorSpi);
  },
);

testEveryProvider(
  "[R-4.3.2-5] IKE_SESSION_RESUME is asked for a cookie, and nothing is kept until it comes back",
  async (provider) => {
    const simulation = new Simulation({ provider });
    const { ticket } = await simulation.clientWithTicket();
    simulation.restartGateway(EVERYONE);
    const handmade = new HandmadeClient(simulation);
    const nonce = simulation.random.octets(32);
    for (let times = 0; times < 50; times++) {
      const { replies: [asked] } = await handmade.deliver(handmade.resumeRequest(ticket.ticket, nonce));
      assert.deepEqual(notifyTypes(asked.payloads), [NotifyType.COOKIE]);
      assert.equal(asked.header.responderSpi, 0n);
      assert.equal(simulation.gateway.halfOpenCount, 0);
      assert.equal(simulation.gateway.deadline, undefined);
    }
    const { replies: [asked] } = await handmade.deliver(handmade.resumeRequest(ticket.ticket, nonce, [], 7n));
    const { replies: [accepted] } = await handmade.deliver(
      handmade.resumeRequest(ticket.ticket, nonce, [cookieOf(asked)], 7n),
    );
    assert.deepEqual(notifyTypes(accepted.payloads).includes(NotifyType.COOKIE), false);
    assert.notEqual(accepted.header.responderSpi, 0n);
    assert.equal(simulation.gateway.halfOpenCount, 1);

    const client = simulation.addClient({ identity: ticket.initiatorId }, copyOf(ticket));
    const before = simulation.network.sent.length;
    await simulation.start(client);
    await simulation.run();
    assert.deepEqual(resumptions(client), [true]);
    const tries = simulation.network.sent.slice(before).map(({ octets }) => decoded(octets)).filter(isResume);
    assert.equal(tries.length, 2);
    assert.equal(notifyTypes(tries[1].payloads)[0], NotifyType.COOKIE);
    assert.equal(tries[1].payloads[0].type, "N");
    assert.equal(tries[1].header.initiatorSpi, tries[0].header.initiatorSpi);
    assert.equal(tries[1].header.responderSpi, 0n);
    assert.equal(tries[1].header.messageId, 0);
  },
);

test("[C-2.5] an invalid cookie is as none: below the threshold it is not looked at, above it a new one is asked for", async () => {
  const lenient = new HandmadeClient(new Simulation({ provider: await loadProvider("ts") }));
  const invalid = [new Uint8Array(0), new Uint8Array(33), new Uint8Array(64).fill(9), new Uint8Array(300)];
  for (const data of invalid) {
    const request = await lenient.initRequest({ first: [notify(NotifyType.COOKIE, data)] });
    const { replies: [reply] } = await lenient.deliver(request);
    assert.deepEqual(reply.payloads.slice(0, 3).map(({ type }) => type), ["SA", "KE", "Nonce"]);
  }
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: EVERYONE });
  const strict = new HandmadeClient(simulation);
  const common = { nonce: new Uint8Array(32).fill(5), initiatorSpi: 5n, pair: await strict.keyPair() };
  const { replies: [asked] } = await strict.deliver(await strict.initRequest(common));
  for (const data of invalid) {
    const request = await strict.initRequest({ ...common, first: [notify(NotifyType.COOKIE, data)] });
    const { replies: [again] } = await strict.deliver(request);
    assert.deepEqual(again.octets, asked.octets);
  }
  assert.equal(simulation.gateway.halfOpenCount, 0);
});

test("[R-4.3.2-5] a cookie serves only the address, port, SPI and nonce that it was made for", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: EVERYONE });
  const handmade = new HandmadeClient(simulation);
  const common = { nonce: new Uint8Array(32).fill(5), initiatorSpi: 5n, pair: await handmade.keyPair() };
  const { replies: [asked] } = await handmade.deliver(await handmade.initRequest(common));
  const withCookie = { ...common, first: [cookieOf(asked)] };
  const right = await handmade.initRequest(withCookie);
  const isAsked = async (octets: Uint8Array, change: (datagram: Datagram) => Datagram = (datagram) => datagram) => {
    const effects = await handmade.run(simulation.gateway.receive(change(handmade.datagram(octets)), simulation.now));
    return notifyTypes(decoded(effectsOf(effects, "send")[0].datagram.octets).payloads)[0] === NotifyType.COOKIE;
  };
  const { address } = handmade;
  assert.equal(await isAsked(right, (datagram) => ({ ...datagram, remote: { address: "203.0.113.8", port: 500 } })), true);
  assert.equal(await isAsked(right, (datagram) => ({ ...datagram, remote: { address, port: 501 } })), true);
  assert.equal(await isAsked(await handmade.initRequest({ ...withCookie, initiatorSpi: 6n })), true);
  assert.equal(await isAsked(await handmade.initRequest({ ...withCookie, nonce: new Uint8Array(32).fill(6) })), true);
  assert.equal(await isAsked(await handmade.initRequest({ ...withCookie, nonce: new Uint8Array(31).fill(5) })), true);
  const altered = notifyData(asked.payloads, NotifyType.COOKIE)!.slice();
  altered[altered.length - 1] ^= 1;
  assert.equal(await isAsked(await handmade.initRequest({ ...common, first: [notify(NotifyType.COOKIE, altered)] })), true);
  assert.equal(simulation.gateway.halfOpenCount, 0);
  // What else the request says is not covered: another group or proposal comes with the same cookie (C-2.4).
  assert.equal(await isAsked(right), false);
});

test("[R-4.3.2-5] the secret of cookies changes each minute, and the one before it serves for another", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: EVERYONE });
  const handmade = new HandmadeClient(simulation);
  const common = { nonce: new Uint8Array(32).fill(5), initiatorSpi: 5n, pair: await handmade.keyPair() };
  const ask = async (first: readonly Payload[] = []) => {
    const { replies: [reply] } = await handmade.deliver(await handmade.initRequest({ ...common, first }));
    return reply;
  };
  const first = await ask();
  await simulation.run(59_000);
  assert.deepEqual((await ask()).octets, first.octets);
  await simulation.run(61_000);
  const second = await ask();
  assert.notDeepEqual(second.octets, first.octets);
  assert.deepEqual(notifyTypes((await ask([cookieOf(first)])).payloads).includes(NotifyType.COOKIE), false);
  await simulation.run(122_000);
  const third = await ask();
  assert.notDeepEqual(third.octets, second.octets);
  assert.deepEqual(notifyTypes((await ask([cookieOf(first)])).payloads), [NotifyType.COOKIE]);
  // After a long silence no earlier secret is left, the latest as little as those before it.
  await simulation.run(1_000_000);
  for (const stale of [third, second]) {
    assert.deepEqual(notifyTypes((await ask([cookieOf(stale)])).payloads), [NotifyType.COOKIE]);
  }
});

test("[C-2.4] the cookie goes along when INVALID_KE_PAYLOAD asks for another group: three requests in all", async () => {
  const [proposal] = defaultIkeProposals();
  const simulation = new Simulation({
    provider: await loadProvider("ts"),
    gateway: { ...EVERYONE, ikeProposals: [{ ...proposal, groups: [ECP_256] }] },
  });
  const client = simulation.addClient({ ikeProposals: [{ ...proposal, groups: [CURVE25519, ECP_256] }] });
  await simulation.start(client);
  await simulation.run();
  assert.equal(client.initiator.waitsFor, "requests");
  const inits = simulation.network.sent.map(({ octets }) => decoded(octets))
    .filter(({ header }) => header.exchangeType === ExchangeType.IKE_SA_INIT);
  const cookies = inits.filter(({ header }) => !header.isResponse).map(({ payloads }) =>
    notifyData(payloads, NotifyType.COOKIE)
  );
  assert.equal(cookies.length, 3);
  assert.equal(cookies[0], undefined);
  assert.notEqual(cookies[1], undefined);
  assert.deepEqual(cookies[2], cookies[1]);
});

test("[C-2.4] a gateway that asks for its cookie again after INVALID_KE_PAYLOAD is tolerated", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient();
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  const cookie = (last: number) => notify(NotifyType.COOKIE, Uint8Array.of(1, 2, last));
  await gateway.answerInClear([cookie(1)]);
  await gateway.answerInClear([notify(NotifyType.INVALID_KE_PAYLOAD, Uint8Array.of(0, 19))]);
  assert.deepEqual(notifyData(gateway.received.payloads, NotifyType.COOKIE), cookie(1).data);
  await gateway.answerInClear([cookie(2)]);
  assert.deepEqual(notifyData(gateway.received.payloads, NotifyType.COOKIE), cookie(2).data);
  const answered = await gateway.answerInit();
  assert.equal(answered.suite.group, ECP_256);
  assert.equal(effectsOf(await gateway.deliver(await gateway.authAnswer(answered)), "ike-sa-up").length, 1);
});

test("the same cookie twice, as a lost and repeated request brings it, is answered once", async () => {
  const { simulation, client } = await upAndTicket();
  const again = simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket);
  const gateway = new HandmadeGateway(simulation, again);
  await simulation.start(again);
  const cookie = notify(NotifyType.COOKIE, Uint8Array.of(1, 2, 3));
  assert.deepEqual((await gateway.answerInClear([cookie])).map(({ type }) => type), ["send"]);
  assert.deepEqual((await gateway.answerInClear([cookie])).map(({ type }) => type), ["dropped"]);
});

test("an answer to the request without the cookie, after the one with it was sent, costs a second try and no more", async () => {
  for (const resuming of [true, false]) {
    const { simulation, client } = await upAndTicket();
    const again = simulation.addClient({ identity: client.ticket.initiatorId }, resuming ? client.ticket : undefined);
    const isFirstAnswer = ({ header }: Message) => header.isResponse && header.messageId === 0;
    let held: Datagram | undefined;
    simulation.network.interference = (datagram) => {
      const message = decoded(datagram.octets);
      if (held === undefined && isFirstAnswer(message)) held = datagram;
      else if (notifyTypes(message.payloads)[0] !== NotifyType.COOKIE) return datagram;
      return undefined;
    };
    await simulation.start(again);
    await simulation.run(simulation.network.nowMs + 10);
    const { header } = decoded(held!.octets);
    const asked = encodeMessage({ ...header, responderSpi: 0n }, [notify(NotifyType.COOKIE, Uint8Array.of(1, 2, 3))]);
    simulation.network.inject(asked, held!.local, held!.remote);
    await simulation.run(simulation.network.nowMs + 10);
    // The client has sent its request with the cookie. Now comes the answer to the first one.
    simulation.network.interference = (datagram) => datagram;
    simulation.network.send(held!);
    await simulation.run();
    assert.deepEqual(resumptions(again), [resuming]);
    assert.deepEqual(effectsOf(again.effects, "resumption-failed"), []);
    assert.deepEqual(effectsOf(again.effects, "ike-sa-down"), []);
  }
});

test("a client whose shared key is wrong tries twice at most when cookies are asked for", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: EVERYONE });
  const client = simulation.addClient({ presharedKey: new Uint8Array(9) });
  await simulation.start(client);
  await simulation.run();
  assert.deepEqual(effectsOf(client.effects, "ike-sa-down").map(({ reason }) => reason), ["authentication-failed"]);
  assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-down").length, 2);
});

test("a cookie longer than 64 octets, or without any, is no cookie", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient();
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  for (const length of [0, 65, 1000]) {
    const effects = await gateway.answerInClear([notify(NotifyType.COOKIE, new Uint8Array(length))]);
    assert.deepEqual(effects.map(({ type }) => type), ["dropped"]);
  }
});

function cookieOf(asked: Message): Payload {
  return notify(NotifyType.COOKIE, notifyData(asked.payloads, NotifyType.COOKIE)!);
}

function isResume({ header }: Message): boolean {
  return header.exchangeType === ExchangeType.IKE_SESSION_RESUME && !header.isResponse;
}
