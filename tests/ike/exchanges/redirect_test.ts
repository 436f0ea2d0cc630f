import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { InitiatorOptions } from "../../../src/ike/initiator.ts";
import { notify } from "../../../src/ike/message/notify.ts";
import { redirect, redirected, redirectedByFirst, redirectSupportOf } from "../../../src/ike/message/redirect_notifies.ts";
import type { ResponderOptions } from "../../../src/ike/responder.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { NotifyType } from "../../../src/wire/constants.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import { resumptions } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { clientUp } from "../../simulation/handmade_up.ts";
import { HandmadeGateway } from "../../simulation/handmade_gateway.ts";
import { decoded, notifyData, notifyTypes } from "../../simulation/messages.ts";
import { effectsOf, type SimulatedClient, Simulation } from "../../simulation/simulation.ts";
import { testEveryProvider } from "../every_provider.ts";

const FOLLOWS: Partial<InitiatorOptions> = { followRedirects: true };
const ELSEWHERE = "192.0.2.77";

test("a gateway sends a client on by its first message, and keeps nothing of it", async () => {
  const asked: unknown[] = [];
  const { simulation, client } = await arrived(FOLLOWS, { redirectFirst: (arriving) => (asked.push(arriving), ELSEWHERE) });
  // The client asks again while it waits for a better answer.
  for (const one of asked) assert.deepEqual(one, { remote: { address: client.address, port: 500 }, resumes: false });
  assert.deepEqual(outcomeOf(client), { to: ELSEWHERE, proven: false, reason: "redirected" });
  assert.deepEqual(effectsOf(simulation.gatewayEffects, "client-redirected")[0], {
    type: "client-redirected",
    to: ELSEWHERE,
    remote: { address: client.address, port: 500 },
    proven: false,
  });
  assert.equal(simulation.gateway.halfOpenCount, 0);
});

testEveryProvider(
  "a gateway sends a client on that has proven itself, once it has proven itself too, and no IKE SA comes up",
  async (provider) => {
    const asked: unknown[] = [];
    const { simulation, client } = await arrived(
      FOLLOWS,
      { redirectClient: ({ identity, resumed }) => (asked.push([identity.idType, resumed]), "gw2.example.org") },
      provider.name,
    );
    assert.deepEqual(asked, [[2, false]]);
    assert.deepEqual(outcomeOf(client), { to: "gw2.example.org", proven: true, reason: "redirected" });
    assert.equal(simulation.gateway.establishedCount, 0);
    assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-up"), []);
  },
);

testEveryProvider("a client that resumes is sent on at either message, and its ticket stays good", async (provider) => {
  for (const rule of ["redirectFirst", "redirectClient"] as const) {
    const simulation = new Simulation({ provider });
    const first = await clientOf(simulation, {});
    simulation.restartGateway({ [rule]: () => ELSEWHERE });
    const again = await clientOf(simulation, { identity: first.ticket.initiatorId }, first);
    assert.deepEqual(outcomeOf(again), { to: ELSEWHERE, proven: rule === "redirectClient", reason: "redirected" });
    assert.equal(effectsOf(again.effects, "resumption-failed").length, 0, "and no full exchange begins here");
    simulation.restartGateway();
    const there = await clientOf(simulation, { identity: first.ticket.initiatorId }, first);
    assert.deepEqual(resumptions(there), [true]);
  }
});

test("a client that does not say that it follows is never asked about, and comes up", async () => {
  const { client } = await arrived({}, { redirectFirst: () => ELSEWHERE, redirectClient: () => ELSEWHERE });
  assert.equal(effectsOf(client.effects, "ike-sa-up").length, 1);
});

test("a rule that throws, or names what is no gateway, keeps the client", async () => {
  const faulty = [() => "two words", () => "", () => "x".repeat(300), () => Promise.resolve(ELSEWHERE) as never, () => {
    throw new Error("broken");
  }];
  for (const rule of faulty) {
    const { client } = await arrived(FOLLOWS, { redirectFirst: rule, redirectClient: rule });
    assert.equal(effectsOf(client.effects, "ike-sa-up").length, 1);
  }
});

test("the octets of REDIRECT are those of the RFC: type, length, gateway, and the client's own nonce in clear alone", () => {
  const nonce = Uint8Array.from({ length: 16 }, (_, index) => index);
  assert.deepEqual(redirect("192.0.2.77", nonce).data, Uint8Array.of(1, 4, 192, 0, 2, 77, ...nonce));
  assert.deepEqual(redirect("2001:db8::1").data, Uint8Array.of(2, 16, 0x20, 1, 0xd, 0xb8, ...new Array(11).fill(0), 1));
  assert.deepEqual(redirect("gw.example").data, Uint8Array.of(3, 10, ...new TextEncoder().encode("gw.example")));
  assert.equal(redirect("192.0.2.77").notifyType, 16407);
});

test("a client says once that it follows, or who sent it, and is told apart by the gateway", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient(FOLLOWS);
  await simulation.start(client);
  const { payloads } = decoded(simulation.network.sent[0].octets);
  assert.deepEqual(notifyData(payloads, 16406), new Uint8Array(0));
  assert.equal(notifyData(payloads, 16408), undefined);
  assert.deepEqual(redirectSupportOf(payloads), {});
  const from = notify(16408, Uint8Array.of(1, 4, 192, 0, 2, 1));
  assert.deepEqual(redirectSupportOf([from]), { redirectedFrom: "192.0.2.1" });
  assert.deepEqual(redirectSupportOf([notify(16408, Uint8Array.of(9, 1))]), {});
  assert.equal(redirectSupportOf([]), undefined);
});

test("a REDIRECT in clear with another nonce, or to nowhere, is nobody's word; with the right one it is a hint that a real answer beats", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient({ ...FOLLOWS, refusalPatienceMs: 1_000 });
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  const nonce = gateway.received.payloads.find((payload) => payload.type === "Nonce")!.nonce;
  for (const data of [redirect(ELSEWHERE, nonce.with(0, nonce[0] ^ 1)), notify(16407, Uint8Array.of(1, 4, 1)), notify(16407)]) {
    await gateway.answerInClear([data], { responderSpi: 0n });
    assert.equal(client.initiator.waitsFor, "IKE_SA_INIT response");
  }
  await gateway.answerInClear([redirect(ELSEWHERE, nonce)], { responderSpi: 0n });
  assert.equal(client.initiator.waitsFor, "IKE_SA_INIT response");
  const answered = await gateway.answerInit();
  const effects = await gateway.deliver(await gateway.authAnswer(answered));
  assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
});

test("a protected REDIRECT counts once the gateway has proven itself, and not before", async () => {
  const proven = await clientUp(FOLLOWS, [redirect(ELSEWHERE)]);
  assert.deepEqual(outcomeOf(proven.client), { to: ELSEWHERE, proven: true, reason: "redirected" });
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient(FOLLOWS);
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  const answered = await gateway.answerInit();
  const wrong = { presharedKey: new Uint8Array(32).fill(1), add: [redirect(ELSEWHERE)] };
  await gateway.deliver(await gateway.authAnswer(answered, wrong));
  assert.deepEqual(effectsOf(client.effects, "redirected"), []);
  // Who does not follow takes no notice.
  assert.equal(effectsOf((await clientUp({}, [redirect(ELSEWHERE)])).up, "ike-sa-up").length, 1);
});

test("whatever stands in REDIRECT, it leads to an address or a host name, or nowhere", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 40 }), (data, nonce) => {
    const payloads: Payload[] = [notify(NotifyType.REDIRECT, data)];
    for (const to of [redirected(payloads), redirectedByFirst(payloads, nonce)]) {
      if (to !== undefined) assert.match(to, /^[0-9a-z:._-]+$/i);
    }
  }));
  const long = new Uint8Array(257).fill(0x61);
  long.set([3, 255]);
  assert.equal(redirected([notify(NotifyType.REDIRECT, long)]), undefined);
});

test("a gateway says that it makes IKE SAs without a Child SA, and a client that wants none comes up without one", async () => {
  for (const childless of [true, false]) {
    const { simulation, client } = await arrived({ childless: true, requestInnerAddress: true }, { childless });
    const answer = simulation.network.sent[1];
    assert.equal(notifyTypes(decoded(answer.octets).payloads).includes(16418), childless);
    assert.equal(effectsOf(client.effects, "ike-sa-up").length, 1);
    assert.equal(effectsOf(client.effects, "child-sa-up").length, childless ? 0 : 1);
    assert.equal(effectsOf(client.effects, "child-sa-failed").length, 0);
    assert.ok(client.ticket);
  }
});

testEveryProvider("a client without a Child SA resumes without one", async (provider) => {
  const simulation = new Simulation({ provider });
  const first = await clientOf(simulation, { childless: true });
  const again = await clientOf(simulation, { childless: true, identity: first.ticket.initiatorId }, first);
  assert.deepEqual(resumptions(again), [true]);
  assert.equal(effectsOf(again.effects, "child-sa-up").length, 0);
  assert.equal(simulation.gateway.establishedCount, 1);
});

test("a gateway that is asked for no Child SA makes none, and its IKE SA is as any other", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0 } });
  const handmade = new HandmadeClient(simulation);
  const { answer, effects } = await handmade.auth(await handmade.init(), { omit: ["SA", "TSi", "TSr"] });
  assert.deepEqual(answer.map(({ type }) => type), ["IDr", "AUTH"]);
  assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
  // A part of what asks for one is not enough.
  const half = await handmade.auth(await handmade.init(), { omit: ["TSi"] });
  assert.deepEqual(effectsOf(half.effects, "child-sa-up"), []);
});

async function arrived(
  options: Partial<InitiatorOptions>,
  gateway: Partial<ResponderOptions>,
  provider: "ts" | "node" | "wasm" = "ts",
) {
  const simulation = new Simulation({ provider: await loadProvider(provider), gateway });
  return { simulation, client: await clientOf(simulation, options) };
}

async function clientOf(
  simulation: Simulation,
  options: Partial<InitiatorOptions>,
  before?: SimulatedClient,
): Promise<SimulatedClient> {
  const ticket = before && { ...before.ticket, skD: before.ticket.skD.slice() };
  const client = simulation.addClient(followsIfAsked(options), ticket);
  await simulation.start(client);
  await simulation.run();
  return client;
}

/** All clients of these tests that come back follow. */
function followsIfAsked(options: Partial<InitiatorOptions>): Partial<InitiatorOptions> {
  return options.identity ? { ...FOLLOWS, ...options } : options;
}

function outcomeOf(client: SimulatedClient) {
  const [{ to, proven }] = effectsOf(client.effects, "redirected");
  const downs = effectsOf(client.effects, "ike-sa-down");
  assert.equal(downs.length, 1);
  return { to, proven, reason: downs[0].reason };
}
