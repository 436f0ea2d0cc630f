/**
 * Somebody on the path who sees a client's first request and answers faster than the gateway does: what he says decides nothing.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CURVE25519, ECP_256, ECP_384 } from "../../../src/crypto/registry.ts";
import { defaultIkeProposals } from "../../../src/ike/ike_sa/proposals.ts";
import { findNotify, notify } from "../../../src/ike/message/notify.ts";
import type { InitiatorOptions } from "../../../src/ike/policy/initiator_configuration.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import type { ClientTicket } from "../../../src/ticket/client_ticket.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import { encodeMessage } from "../../../src/wire/message.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import { resumptions, upAndTicket } from "../../simulation/coming_back.ts";
import { HandmadeGateway } from "../../simulation/handmade_gateway.ts";
import { decoded } from "../../simulation/messages.ts";
import { effectsOf, endpoint, GATEWAY_ADDRESS, type SimulatedClient, Simulation } from "../../simulation/simulation.ts";
import { watchKeyExchange, watchProvider } from "../../simulation/watched_cryptography.ts";

const GROUPS = [CURVE25519, ECP_256, ECP_384];
const THREE_GROUPS = { ikeProposals: defaultIkeProposals().map((proposal) => ({ ...proposal, groups: GROUPS })) };

/** An answer in the gateway's name to the client's first request, at once: it is there before the gateway's own. */
type Forgery = (
  request: { readonly exchangeType: number; readonly spi: bigint },
  times: number,
) => readonly Payload[] | undefined;

test("[R-4.3.2-3] forged answers that look right, before the real one, keep nobody from resuming, and cost no ticket", async () => {
  for (const howMany of [1, 2, 3]) {
    const { simulation, client } = await upAndTicket();
    const again = await underAttack(simulation, client.ticket, (_, times) => times < howMany ? looksRight() : undefined);
    const startedMs = simulation.network.nowMs;
    await simulation.start(again);
    await simulation.run();
    assert.deepEqual(resumptions(again), [true]);
    assert.deepEqual(effectsOf(again.effects, "resumption-failed"), []);
    const upMs = again.happenings.find(({ effect }) => effect.type === "ike-sa-up")!.atMs;
    assert.equal(upMs - startedMs, 4, "the real answers take their way and no longer");
  }
});

test("forged answers to IKE_SA_INIT with a public value of the forger's own do not hold up the real one", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient();
  const forger = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  const request = forger.received.octets;
  const forged = await forger.answerInit({ responderSpi: 0x666n });
  // The forger knows these keys: his refusal is under protection, and still not the gateway's.
  await forger.deliver(await forger.seal(forged, [notify(NotifyType.AUTHENTICATION_FAILED)]));
  assert.deepEqual(effectsOf(client.effects, "ike-sa-down"), []);
  simulation.network.interference = (datagram) => datagram;
  simulation.network.inject(request, endpoint(client.address, 500), endpoint(GATEWAY_ADDRESS, 500));
  await simulation.run();
  assert.deepEqual(resumptions(client), [false]);
  assert.deepEqual(effectsOf(client.effects, "ike-sa-down"), []);
});

test("with the real answer lost, the request goes out again beside the forged one's IKE_AUTH, within the attempt", async () => {
  const { simulation, client } = await upAndTicket();
  let answersLost = 2;
  const again = await underAttack(simulation, client.ticket, (_, times) => times === 0 ? looksRight() : undefined);
  const attacked = simulation.network.interference;
  simulation.network.interference = (datagram) => {
    const { exchangeType, isResponse } = decoded(datagram.octets).header;
    return exchangeType === ExchangeType.IKE_SESSION_RESUME && isResponse && answersLost-- > 0 ? undefined : attacked(datagram);
  };
  await simulation.start(again);
  const startedMs = simulation.network.nowMs;
  await simulation.run();
  assert.deepEqual(resumptions(again), [true]);
  const upMs = again.happenings.find(({ effect }) => effect.type === "ike-sa-up")!.atMs;
  assert.ok(upMs - startedMs < 10_000, `${upMs - startedMs} ms by the simulated clock`);
});

test("the number of answers that are tried side by side is bounded, and slow ones make room", async () => {
  const { simulation, client } = await upAndTicket();
  const again = simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket);
  const gateway = new HandmadeGateway(simulation, again);
  await simulation.start(again);
  const { header } = gateway.received;
  const answer = (responderSpi: bigint) =>
    encodeMessage({ ...header, responderSpi, fromInitiator: false, isResponse: true }, looksRight());
  let tried = 0;
  for (let spi = 1n; spi <= 50n; spi++) tried += effectsOf(await gateway.deliver(answer(spi)), "send").length;
  assert.equal(tried, 4);
  await simulation.run(simulation.network.nowMs + 600);
  tried = 0;
  for (let spi = 51n; spi <= 100n; spi++) tried += effectsOf(await gateway.deliver(answer(spi)), "send").length;
  assert.equal(tried, 4);
});

test("a gateway whose answers are all forged is given up in the end, and the ticket is still there for the next attempt", async () => {
  const { simulation, client } = await upAndTicket();
  const again = await underAttack(simulation, client.ticket, () => looksRight());
  const attacked = simulation.network.interference;
  simulation.network.interference = (datagram) =>
    datagram.remote.address === GATEWAY_ADDRESS ? attacked(datagram) && undefined : datagram;
  await simulation.start(again);
  await simulation.run();
  assert.deepEqual(effectsOf(again.effects, "resumption-failed").map(({ reason }) => reason), ["no-answer"]);
  assert.deepEqual(effectsOf(again.effects, "ike-sa-down").map(({ reason }) => reason), ["no-answer"]);
  assert.ok(client.ticket.skD.some((octet) => octet !== 0));
  assert.ok(again.happenings.at(-1)!.atMs < 120_000, "forging on and on does not make an attempt last");
});

test("alternating INVALID_KE_PAYLOAD for every group that is offered does not lose the real answer", async () => {
  const simulation = new Simulation({
    provider: await loadProvider("ts"),
    gateway: { ikeProposals: THREE_GROUPS.ikeProposals },
  });
  const client = await underAttack(simulation, undefined, ({ exchangeType }, times) => {
    const { id } = GROUPS[(times + 1) % GROUPS.length];
    return exchangeType === ExchangeType.IKE_SA_INIT
      ? [notify(NotifyType.INVALID_KE_PAYLOAD, Uint8Array.of(id >> 8, id & 0xff))]
      : undefined;
  }, THREE_GROUPS);
  await simulation.start(client);
  await simulation.run();
  assert.deepEqual(resumptions(client), [false]);
});

test("forged cookies, one before every real answer, do not lose it: refused for the wrong one, a client waits before it sends any", async () => {
  for (const resuming of [true, false]) {
    const { simulation, client } = await upAndTicket();
    const again = await underAttack(
      simulation,
      resuming ? client.ticket : undefined,
      (_, times) => [notify(NotifyType.COOKIE, Uint8Array.of(times + 1, 6, 6, 6))],
      { identity: client.ticket.initiatorId },
    );
    await simulation.start(again);
    await simulation.run();
    assert.deepEqual(resumptions(again), [resuming]);
  }
});

test("a forged cookie that nothing but the request without it gets past: the second attempt waits for its answer, and sends none", async () => {
  for (const resuming of [true, false]) {
    const { simulation, client } = await upAndTicket();
    const forge: Forgery = (_, times) => [notify(NotifyType.COOKIE, Uint8Array.of(times + 1, 6, 6, 6))];
    const identity = client.ticket.initiatorId;
    const again = await underAttack(simulation, resuming ? client.ticket : undefined, forge, { identity });
    const attacked = simulation.network.interference;
    simulation.network.interference = (datagram) => {
      const passed = attacked(datagram);
      return findNotify(decoded(datagram.octets).payloads, NotifyType.COOKIE) ? undefined : passed;
    };
    await simulation.start(again);
    await simulation.run();
    assert.deepEqual(resumptions(again), [resuming]);
  }
});

test("after a burst of forged cookies, which is not answered with another, the next sending is open to the real one", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient();
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  const cookie = (mark: number) => gateway.answerInClear([notify(NotifyType.COOKIE, Uint8Array.of(mark, 1, 2, 3))]);
  for (let mark = 0; mark < 20; mark++) await cookie(mark);
  assert.equal(simulation.network.sent.length, 6);
  await simulation.run(simulation.network.nowMs + 600);
  assert.equal(simulation.network.sent.length, 7);
  await cookie(99);
  assert.equal(simulation.network.sent.length, 8);
  assert.deepEqual([...findNotify(gateway.received.payloads, NotifyType.COOKIE)!.data], [99, 1, 2, 3]);
});

test("new forged answers without end do not make an attempt last", async () => {
  const { simulation, client } = await upAndTicket();
  const again = simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket);
  const gateway = new HandmadeGateway(simulation, again);
  await simulation.start(again);
  const { header } = gateway.received;
  const startedMs = simulation.network.nowMs;
  let spi = 1n;
  while (effectsOf(again.effects, "resumption-failed").length === 0 && simulation.network.nowMs - startedMs < 200_000) {
    const answer = { ...header, responderSpi: spi++, fromInitiator: false, isResponse: true };
    await gateway.deliver(encodeMessage(answer, looksRight()));
    await simulation.run(simulation.network.nowMs + 1_000);
  }
  assert.ok(simulation.network.nowMs - startedMs < 120_000);
});

test("a cookie that the gateway does ask for is sent in the end, after forged ones as well", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { cookieThreshold: 0 } });
  const client = await underAttack(
    simulation,
    undefined,
    (_, times) => times < 8 ? [notify(NotifyType.COOKIE, Uint8Array.of(times + 1, 6, 6, 6))] : undefined,
  );
  await simulation.start(client);
  await simulation.run();
  assert.deepEqual(resumptions(client), [false]);
});

test("nothing is left of the answers that were tried in vain", async () => {
  const provider = watchProvider(await loadProvider("ts"));
  const keyExchange = watchKeyExchange();
  const simulation = new Simulation({ provider, keyExchange });
  const client = simulation.addClient(THREE_GROUPS);
  const forger = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  const request = forger.received.octets;
  const forged = await Promise.all([1n, 2n, 3n].map((responderSpi) => forger.initAnswer({ responderSpi })));
  const [before, pairs] = [provider.derived.length, keyExchange.pairs.length];
  for (const { response } of forged) await forger.deliver(response);
  assert.equal(provider.derived.length, before + 3);
  simulation.network.interference = (datagram) => datagram;
  simulation.network.inject(request, endpoint(client.address, 500), endpoint(GATEWAY_ADDRESS, 500));
  await simulation.run();
  assert.deepEqual(resumptions(client), [false]);
  const left = provider.derived.slice(before).map((octets) => octets.some((octet) => octet !== 0));
  // Of the client's own and of the gateway's, the IKE SA that is up.
  assert.deepEqual(left.slice(0, 3), [false, false, false]);
  assert.equal(keyExchange.pairs[0].wiped, true);
  assert.ok(pairs >= 1);
});

/** A client whose every first request somebody answers before the gateway does. */
// deno-lint-ignore require-await
async function underAttack(
  simulation: Simulation,
  ticket: ClientTicket | undefined,
  forge: Forgery,
  options: Partial<InitiatorOptions> = {},
): Promise<SimulatedClient> {
  const client = simulation.addClient({ ...(ticket && { identity: ticket.initiatorId }), ...options }, ticket);
  let times = 0;
  simulation.network.interference = (datagram) => {
    const { header } = decoded(datagram.octets);
    if (header.responderSpi !== 0n || datagram.local.address !== client.address) return datagram;
    const payloads = forge({ exchangeType: header.exchangeType, spi: header.initiatorSpi }, times++);
    if (payloads) {
      const answer = {
        ...header,
        responderSpi: payloads[0].type === "Nonce" ? 0x666n : 0n,
        fromInitiator: false,
        isResponse: true,
      };
      simulation.network.inject(encodeMessage(answer, payloads), endpoint(GATEWAY_ADDRESS, 500), endpoint(client.address, 500));
    }
    return datagram;
  };
  return client;
}

let mark = 0;

/** What a gateway would answer to IKE_SESSION_RESUME. */
function looksRight(): readonly Payload[] {
  return [{ type: "Nonce", nonce: new Uint8Array(32).fill(++mark) }];
}
