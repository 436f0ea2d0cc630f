import assert from "node:assert/strict";
import { test } from "node:test";
import { notify } from "../../../src/ike/message/notify.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import { encodeMessage } from "../../../src/wire/message.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import { resumptions, upAndTicket } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { HandmadeGateway } from "../../simulation/handmade_gateway.ts";
import { clientUp, DELETE_IKE_SA, handmadeUp, informationalRequest } from "../../simulation/handmade_up.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";

const ERRORS: readonly number[] = [
  NotifyType.INVALID_IKE_SPI,
  NotifyType.INVALID_SYNTAX,
  NotifyType.AUTHENTICATION_FAILED,
  NotifyType.INVALID_MAJOR_VERSION,
  NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD,
  NotifyType.INVALID_MESSAGE_ID,
  NotifyType.NO_PROPOSAL_CHOSEN,
];

/** What somebody might say in clear about an IKE SA that is none of theirs. */
const SAYINGS: readonly (readonly Payload[])[] = [
  [],
  [DELETE_IKE_SA],
  [notify(NotifyType.TICKET_NACK)],
  [notify(NotifyType.COOKIE, new Uint8Array(32))],
  ...ERRORS.map((notifyType) => [notify(notifyType)]),
];

const EXCHANGES = [...Object.values(ExchangeType), 43];

test("[R-9.4-1] nothing in clear takes an established IKE SA down, or gets an answer, at the client", async () => {
  const { simulation, client, gateway, answered } = await clientUp();
  await simulation.act(client, client.initiator.checkLiveness(simulation.now));
  for (const octets of forgeries(answered.spis, false, [0, 1, 2, 3])) {
    assertIgnored(await gateway.deliver(octets));
  }
  assert.equal(client.initiator.waitsFor, "requests");
  // The real answer still counts.
  const alive = await gateway.deliver(
    await gateway.seal(answered, [], { exchangeType: ExchangeType.INFORMATIONAL, messageId: 2 }),
  );
  assert.deepEqual(alive.map(({ type }) => type), ["peer-alive"]);
});

test("[R-9.4-1] nothing in clear takes an established IKE SA down, or gets an answer, at the gateway", async () => {
  const { simulation, handmade, exchange } = await handmadeUp();
  await simulation.actOnGateway(simulation.gateway.checkLiveness(exchange.spis, simulation.now));
  for (const octets of forgeries(exchange.spis, true, [0, 1, 2, 3])) {
    assertIgnored((await handmade.deliver(octets)).effects);
  }
  assert.equal(simulation.gateway.establishedCount, 1);
  const { effects } = await handmade.deliver(
    await handmade.seal(exchange, [], 0, { exchangeType: ExchangeType.INFORMATIONAL, isResponse: true }),
  );
  assert.deepEqual(effects.map(({ type }) => type), ["peer-alive"]);
});

test("[R-9.4-1] a message under other keys, or with one bit of the real one changed, is as if it had not come", async () => {
  const { simulation, handmade, exchange } = await handmadeUp();
  const real = await handmade.seal(exchange, [DELETE_IKE_SA], 2);
  for (let at = 0; at < real.length; at++) {
    const altered = real.slice();
    altered[at] ^= 1 << (at & 7);
    assertIgnored((await handmade.deliver(altered)).effects);
  }
  const stranger = await handmade.init();
  const underOtherKeys = await handmade.seal({ ...stranger, spis: exchange.spis }, [DELETE_IKE_SA], 2);
  assertIgnored((await handmade.deliver(underOtherKeys)).effects);
  assert.equal(simulation.gateway.establishedCount, 1);
  assert.equal(effectsOf((await handmade.deliver(real)).effects, "ike-sa-down").length, 1);
});

test("[R-9.4-1] a message reflected to its sender is ignored", async () => {
  const { simulation, client, gateway, answered } = await clientUp();
  await simulation.act(client, client.initiator.checkLiveness(simulation.now));
  assertIgnored(await gateway.deliver(gateway.received.octets));
  const own = await gateway.seal(answered, [DELETE_IKE_SA], { ...informationalRequest(0), fromInitiator: true });
  assertIgnored(await gateway.deliver(own));
  assert.equal(client.initiator.waitsFor, "requests");
});

test("[R-9.4-1] an answer to IKE_AUTH that is not authentic is ignored, and the real one accepted", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient();
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  const answered = await gateway.answerInit();
  const real = await gateway.authAnswer(answered);
  for (const octets of forgeries(answered.spis, false, [0, 1, 2])) assertIgnored(await gateway.deliver(octets));
  for (let at = 0; at < real.length; at++) {
    const altered = real.slice();
    altered[at] ^= 1 << (at & 7);
    assertIgnored(await gateway.deliver(altered));
    assertIgnored(await gateway.deliver(real.slice(0, at)));
  }
  assert.equal(client.initiator.waitsFor, "IKE_AUTH response");
  assert.equal(effectsOf(await gateway.deliver(real), "ike-sa-up").length, 1);
});

test("[R-9.4-1] an IKE_AUTH request that is not authentic is ignored, and the real one accepted", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.init();
  const real = await handmade.authRequest(exchange);
  for (const octets of forgeries(exchange.spis, true, [0, 1, 2])) assertIgnored((await handmade.deliver(octets)).effects);
  for (let at = 0; at < real.length; at++) {
    const altered = real.slice();
    altered[at] ^= 1 << (at & 7);
    assertIgnored((await handmade.deliver(altered)).effects);
    assertIgnored((await handmade.deliver(real.slice(0, at))).effects);
  }
  assert.equal(simulation.gateway.halfOpenCount, 1);
  assert.equal(effectsOf((await handmade.deliver(real)).effects, "ike-sa-up").length, 1);
});

test("[R-9.4-1] unauthenticated answers never end an attempt at once, however many they are", async () => {
  for (const resuming of [true, false]) {
    const { simulation, client } = await upAndTicket();
    const ticket = resuming ? client.ticket : undefined;
    const again = simulation.addClient({ identity: client.ticket.initiatorId }, ticket);
    const gateway = new HandmadeGateway(simulation, again);
    await simulation.start(again);
    const waitsFor = resuming ? "IKE_SESSION_RESUME response" : "IKE_SA_INIT response";
    for (let times = 0; times < 30; times++) {
      await gateway.answerInClear([notify(NotifyType.COOKIE, Uint8Array.of(times, 2, 3, 4))]);
      for (const group of [19, 20, 31]) {
        await gateway.answerInClear([notify(NotifyType.INVALID_KE_PAYLOAD, Uint8Array.of(0, group))]);
      }
      for (const saying of SAYINGS) await gateway.answerInClear(saying);
      assert.equal(again.initiator.waitsFor, waitsFor);
    }
    // Each question was answered a few times at most: a flood is not answered with a flood.
    assert.ok(effectsOf(again.effects, "send").length <= 6);
  }
});

test("[R-9.4-1] a public value that is none ends no attempt: the real answer still counts", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient();
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  const forged = await gateway.initAnswer({ publicValue: new Uint8Array(32), responderSpi: 0x666n });
  assertIgnored(await gateway.deliver(forged.response));
  const answered = await gateway.answerInit();
  assert.equal(effectsOf(await gateway.deliver(await gateway.authAnswer(answered)), "ike-sa-up").length, 1);
});

test("[R-9.4-1] the loss of every answer for a while is no end: the client goes on where it was", async () => {
  const { simulation, client } = await upAndTicket();
  const again = simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket);
  const blackout = simulation.network.nowMs + 10_000;
  simulation.network.interference = (datagram) => simulation.network.nowMs < blackout ? undefined : datagram;
  await simulation.start(again);
  await simulation.run();
  assert.deepEqual(resumptions(again), [true]);
});

/** Every exchange, flag and number in clear, with every saying. */
function* forgeries(
  spis: { readonly initiatorSpi: bigint; readonly responderSpi: bigint },
  fromInitiator: boolean,
  messageIds: readonly number[],
): Generator<Uint8Array> {
  for (const payloads of SAYINGS) {
    for (const exchangeType of EXCHANGES) {
      for (const messageId of messageIds) {
        for (const isResponse of [true, false]) {
          yield encodeMessage({ ...spis, exchangeType, fromInitiator, isResponse, messageId }, payloads);
        }
      }
    }
  }
}

function assertIgnored(effects: readonly Effect[]): void {
  assert.deepEqual(effects.map(({ type }) => type), ["dropped"]);
}
