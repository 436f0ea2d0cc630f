/**
 * draft-sheffer-ipsec-failover-03, message by message, beside a program that knows nothing of this one (`lone_oracle.ts`).
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CryptoProvider, SealRequest } from "../../../src/crypto/provider.ts";
import { FAILOVER_03_NUMBERS } from "../../../src/ike/profiles/failover_03.ts";
import { parseIdentity, parseIkeProposal } from "../../../src/configuration/mod.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import type { ClientTicket } from "../../../src/ticket/client_ticket.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import { copyOf, resumptions } from "../../simulation/coming_back.ts";
import { type LoneMessage, openLone, sealLone } from "../../simulation/lone_oracle.ts";
import { decoded, notifiesOf, notifyData } from "../../simulation/messages.ts";
import { FAILOVER_03, presents, profileScene, refusals, returns, type Scene } from "../../simulation/profiles_scene.ts";
import { effectsOf, endpoint, fqdn, GATEWAY_ADDRESS, type SimulatedClient } from "../../simulation/simulation.ts";
import { toHex } from "../../vectors/vectors.ts";

const SUITE = { ikeProposals: [parseIkeProposal("aes256gcm16-prfsha256-x25519")] };
const { exchange, opaque, request, gatewayList } = FAILOVER_03_NUMBERS;
const LIFETIME_LENGTH = 4;

interface Begun extends Scene {
  readonly again: SimulatedClient;
  readonly skD: Uint8Array;
  readonly nonce: Uint8Array;
  readonly first: LoneMessage;
}

/** A client that has sent its first message, which nobody has got yet. */
async function begun(gateway: Parameters<typeof profileScene>[1] = {}): Promise<Begun> {
  const scene = await profileScene(FAILOVER_03, gateway, SUITE);
  const skD = scene.ticket.skD.slice();
  const before = scene.simulation.network.sent.length;
  scene.simulation.network.interference = () => undefined;
  const again = await presents(scene, scene.ticket, FAILOVER_03, SUITE);
  scene.simulation.network.interference = (datagram) => datagram;
  const { octets } = scene.simulation.network.sent[before];
  const nonce = decoded(octets).payloads.find((payload) => payload.type === "Nonce")!.nonce.slice();
  return { ...scene, again, skD, nonce, first: openLone(octets, skD, nonce) };
}

/** What the gateway answers to octets from this client's address, and what it tells. */
async function answered({ simulation, again }: Begun, octets: Uint8Array) {
  const datagram = { octets, local: endpoint(GATEWAY_ADDRESS, 500), remote: endpoint(again.address, 500), encapsulated: false };
  const effects = await simulation.receive(datagram);
  return { effects, answer: effectsOf(effects, "send")[0].datagram.octets };
}

const types = (payloads: readonly Payload[]) => payloads.map(({ type }) => type);

test("[B-4.2-1] [B-4.2-6] HDR, Ni, N(TICKET_OPAQUE), SK {IDi, IDr, SAi2, TSi, TSr} → HDR, SK {IDr, Nr, SAr2, TSi, TSr}, and no AUTH", async () => {
  const scene = await begun();
  const { first, skD, nonce } = scene;
  const { header } = first.message;
  assert.deepEqual([header.exchangeType, header.messageId, header.responderSpi], [exchange, 0, 0n]);
  assert.deepEqual(types(first.before).filter((type) => type !== "N"), ["Nonce"]);
  assert.deepEqual(types(first.inside).filter((type) => type !== "N"), ["IDi", "IDr", "SA", "TSi", "TSr"]);
  const { answer } = await answered(scene, first.message.octets);
  const response = openLone(answer, skD, nonce);
  assert.equal(response.message.header.exchangeType, exchange);
  assert.deepEqual(types(response.before), []);
  assert.deepEqual(types(response.inside).filter((type) => type !== "N"), ["IDr", "Nonce", "SA", "TSi", "TSr"]);
});

test("[B-4.4-1] TICKET_OPAQUE has Protocol ID 0, no SPI, a lifetime of four octets and the ticket; what a client says of the lifetime is not looked at", async () => {
  const scene = await begun();
  const { first, skD, nonce, ticket } = scene;
  const [presented] = notifiesOf(first.before, opaque);
  assert.deepEqual([presented.protocolId, presented.spi.length], [0, 0]);
  assert.deepEqual(presented.data.slice(LIFETIME_LENGTH), ticket.ticket);
  const left = new DataView(presented.data.buffer, presented.data.byteOffset).getUint32(0);
  assert.ok(left > 3_500 && left <= 3_600, `${left} s`);
  const data = presented.data.slice();
  data.set([0, 0, 0, 0]);
  const before = first.before.map((payload) => payload === presented ? { ...presented, data } : payload);
  const { answer } = await answered(scene, sealLone({ ...first, before }, skD, nonce));
  assert.ok(openLone(answer, skD, nonce).inside.some(({ type }) => type === "Nonce"));
});

test("[B-4.2-6] IDi has to be the ticket's, under whatever keys; a request that its ticket's keys do not open is refused as any other", async () => {
  const scene = await begun();
  const { first, skD, nonce, simulation } = scene;
  const inside = first.inside.map((payload) => payload.type === "IDi" ? { ...payload, ...fqdn("mallory.example") } : payload);
  const refused = await answered(scene, sealLone({ ...first, inside }, skD, nonce));
  const forged = await answered(scene, sealLone(first, new Uint8Array(32).fill(7), nonce));
  const whole = first.message.octets.slice();
  whole[whole.length - 1] ^= 1;
  const altered = await answered(scene, whole);
  assert.deepEqual(refused.answer, forged.answer);
  assert.deepEqual(refused.answer, altered.answer);
  const reasons = [refused, forged, altered].flatMap(({ effects }) => effectsOf(effects, "ticket-refused"));
  assert.deepEqual(reasons.map(({ reason }) => reason), ["not-admitted", "not-authentic", "not-authentic"]);
  assert.ok(reasons.every(({ profile }) => profile === "failover-03"));
  assert.equal(simulation.gateway.halfOpenCount, 0);
  // The client's own request still finds its ticket good.
  assert.ok(openLone((await answered(scene, first.message.octets)).answer, skD, nonce));
});

test("[B-4.6-1] [B-4.6-2] the new IKE SA has SPIs of its own, never the ticket's, and message IDs from 0", async () => {
  const scene = await begun();
  const { first, skD, nonce, simulation, client } = scene;
  const old = effectsOf(client.effects, "ike-sa-up")[0].spis;
  const header = { ...first.message.header, initiatorSpi: old.initiatorSpi };
  const reused = await answered(scene, sealLone({ ...first, message: { ...first.message, header } }, skD, nonce));
  assert.deepEqual(effectsOf(reused.effects, "ticket-refused").map(({ reason }) => reason), ["spi-reused"]);
  await simulation.run();
  const [up] = effectsOf(scene.again.effects, "ike-sa-up");
  assert.notEqual(up.spis.initiatorSpi, old.initiatorSpi);
  assert.notEqual(up.spis.responderSpi, old.responderSpi);
  const after = simulation.network.sent.map(({ octets }) => decoded(octets).header)
    .filter(({ responderSpi, exchangeType }) =>
      responderSpi === up.spis.responderSpi && exchangeType === ExchangeType.INFORMATIONAL
    );
  assert.deepEqual(after.map(({ messageId, isResponse }) => [messageId, isResponse]), [[0, false], [0, true]]);
  await simulation.actOnGateway(simulation.gateway.checkLiveness(up.spis, simulation.now));
  assert.equal(decoded(simulation.network.sent.at(-1)!.octets).header.messageId, 0);
});

test("[B-4.2.2-1] [B-4.2.2-2] under attack SK {N(COOKIE)} asks for the cookie inside SK: same Ni, same ticket, nothing kept before, a wrong one is none", async () => {
  const scene = await begun({ gateway: { resumptionCookieThreshold: 0 } });
  const { first, skD, nonce, simulation, again } = scene;
  const asked = await answered(scene, first.message.octets);
  const challenge = openLone(asked.answer, skD, nonce);
  assert.deepEqual(types(challenge.inside), ["N"]);
  const cookie = notifyData(challenge.inside, NotifyType.COOKIE)!;
  assert.equal(challenge.message.header.responderSpi, 0n);
  assert.equal(simulation.gateway.halfOpenCount, 0);
  const wrong = cookie.slice();
  wrong[cookie.length - 1] ^= 1;
  for (const data of [wrong, wrong.subarray(0, 4), new Uint8Array(0)]) {
    const inside = [{ ...notifiesOf(challenge.inside, NotifyType.COOKIE)[0], data }, ...first.inside];
    const again = await answered(scene, sealLone({ ...first, inside }, skD, nonce));
    assert.deepEqual(types(openLone(again.answer, skD, nonce).inside), ["N"]);
  }
  // In clear it is worth nothing.
  const inClear = { ...first, before: [...notifiesOf(challenge.inside, NotifyType.COOKIE), ...first.before] };
  assert.deepEqual(types(openLone((await answered(scene, sealLone(inClear, skD, nonce))).answer, skD, nonce).inside), ["N"]);
  assert.equal(simulation.gateway.halfOpenCount, 0);
  const before = simulation.network.sent.length;
  await simulation.run();
  assert.deepEqual(resumptions(again), [true]);
  const exchanges = simulation.network.sent.slice(before).map(({ octets }) => octets).filter((octets) =>
    octets[18] === exchange
  );
  const second = openLone(exchanges.filter((octets) => !decoded(octets).header.isResponse).at(-1)!, skD, nonce);
  assert.deepEqual(notifyData([second.inside[0]], NotifyType.COOKIE)?.length, cookie.length);
  const presented = ({ before }: LoneMessage) => [types(before), notifyData(before, opaque)!.slice(LIFETIME_LENGTH), before[0]];
  assert.deepEqual(presented(second), presented(first));
});

test("[B-4.2.2-1] a cookie in clear, which anybody may send, is not answered", async () => {
  const scene = await begun();
  const { simulation, again, first } = scene;
  const octets = decoded(first.message.octets).octets.slice(0, 28);
  const cookie = [0, 0, 0, 16, 0, 0, 0x40, 0x06, 1, 2, 3, 4, 5, 6, 7, 8];
  octets.set([41, 0x20, exchange, 0x20], 16);
  const whole = Uint8Array.of(...octets, ...cookie);
  new DataView(whole.buffer).setUint32(24, whole.length);
  const sent = simulation.network.sent.length;
  await simulation.act(
    again,
    again.initiator.receive({
      octets: whole,
      local: endpoint(again.address, 500),
      remote: endpoint(GATEWAY_ADDRESS, 500),
      encapsulated: false,
    }, simulation.now),
  );
  assert.equal(simulation.network.sent.length, sent);
  await simulation.run();
  assert.deepEqual(resumptions(again), [true]);
});

test("[B-4.2.3-1] [B-4.5-1] the request for a ticket, the ticket and the gateway list ride inside SK, and the client keeps the list", async () => {
  const list = [parseIdentity("192.0.2.2"), parseIdentity("2001:db8::2"), parseIdentity("gw2.example")];
  const scene = await begun({ gateway: { gatewayList: list } });
  const { first, skD, nonce } = scene;
  assert.equal(notifiesOf(first.inside, request).length, 1);
  assert.equal(notifiesOf(first.before, request).length, 0);
  const { answer } = await answered(scene, first.message.octets);
  const response = openLone(answer, skD, nonce);
  assert.equal(notifiesOf(response.inside, opaque).length, 1);
  assert.equal(notifiesOf(response.inside, gatewayList).length, 1);
  await scene.simulation.run();
  assert.deepEqual(scene.client.ticket.gateways, list);
  assert.deepEqual(scene.again.ticket.gateways, list);
});

test("[B-4.5-1] a gateway list in clear is not believed", async () => {
  const scene = await begun();
  const { simulation, again } = scene;
  const list = Uint8Array.of(1, 0, 0, 4, 203, 0, 113, 66);
  // Somebody on the path puts it before SK: the message is no longer authentic. Alone, it says nothing.
  simulation.network.interference = (datagram) => {
    if (datagram.remote.address === GATEWAY_ADDRESS || datagram.octets[18] !== exchange) return datagram;
    const { octets } = datagram;
    const altered = Uint8Array.of(
      ...octets.subarray(0, 28),
      octets[16],
      0,
      0,
      16,
      0,
      0,
      gatewayList >> 8,
      gatewayList & 0xff,
      ...list,
      ...octets.subarray(28),
    );
    altered[16] = 41;
    new DataView(altered.buffer).setUint32(24, altered.length);
    return [{ ...datagram, octets: altered }, datagram];
  };
  await simulation.run();
  assert.deepEqual(resumptions(again), [true]);
  assert.equal(again.ticket.gateways, undefined);
});

test("[B-4.2.1-2] whatever is replayed, lost, doubled or asked for a cookie, at two gateways: no key and IV protect two messages", async () => {
  const pairs = new Map<string, string>();
  let sealed = 0;
  const provider = watched(await loadProvider("ts"), ({ encryptionKey, iv, associatedData, plaintext }) => {
    sealed++;
    const name = `${toHex(encryptionKey)} ${toHex(iv)}`;
    const content = `${toHex(associatedData)} ${toHex(plaintext)}`;
    const before = pairs.get(name);
    // The same packet may be sealed again, with the same octets: nothing is learnt of that.
    assert.ok(before === undefined || before === content, `one key and IV for two messages: ${content}`);
    pairs.set(name, content);
  });
  for (let seed = 1; seed <= 6; seed++) {
    const options = { provider, seed };
    const scene = await profileScene(FAILOVER_03, options, SUITE);
    const { simulation } = scene;
    const caught: Uint8Array[] = [];
    simulation.network.conditions = { loss: 0.2, duplication: 0.4, minimumDelayMs: 1, maximumDelayMs: 300 };
    simulation.network.interference = (datagram) => {
      if (datagram.octets[18] === exchange && datagram.remote.address === GATEWAY_ADDRESS) caught.push(datagram.octets.slice());
      return datagram;
    };
    let ticket: ClientTicket = scene.ticket;
    for (let round = 0; round < 3; round++) {
      // Another gateway of the domain, under attack by turns.
      simulation.restartGateway({ resumptionCookieThreshold: round % 2 === 0 ? 0 : 8_192 });
      const again = await presents(scene, copyOf(ticket), FAILOVER_03, SUITE);
      for (let attack = 0; attack < 20; attack++) {
        const octets = caught[attack % caught.length];
        simulation.network.inject(octets, endpoint(`203.0.113.${attack}`, 500), endpoint(GATEWAY_ADDRESS, 500));
        if (attack === 10) simulation.restartGateway({ resumptionCookieThreshold: round % 2 === 0 ? 0 : 8_192 });
      }
      await simulation.run();
      if (effectsOf(again.effects, "ticket-received").length === 0) break;
      ticket = copyOf(again.ticket);
    }
  }
  assert.ok(sealed > 200, `${sealed} messages`);
});

test("[B-7.8-1] an answer that never comes to anything is forgotten, and leaves nothing behind", async () => {
  const scene = await begun();
  const { simulation, first } = scene;
  await answered(scene, first.message.octets);
  assert.equal(simulation.gateway.halfOpenCount, 1);
  simulation.network.interference = () => undefined;
  await simulation.run(simulation.network.nowMs + 60_000);
  assert.equal(simulation.gateway.halfOpenCount, 0);
  assert.equal(simulation.gateway.establishedCount, 1);
  assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-down"), []);
  assert.deepEqual(refusals(simulation), []);
});

test("a client that was taken off while its answer was on the way does not come up", async () => {
  const scene = await begun();
  const { simulation, again, ticket } = scene;
  simulation.network.interference = (datagram) => datagram.octets[18] === exchange ? datagram : undefined;
  await simulation.run(simulation.network.nowMs + 500);
  assert.equal(again.initiator.waitsFor, "requests");
  await simulation.actOnGateway(simulation.gateway.revokeIdentity(ticket.initiatorId, simulation.now));
  simulation.network.interference = (datagram) => datagram;
  await simulation.run(simulation.network.nowMs + 10_000);
  assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-up").length, 1);
});

test("a stale copy of a ticket that its client uses in time serves whoever confirms first", async () => {
  const scene = await profileScene(FAILOVER_03, {}, SUITE);
  const both = await Promise.all([
    presents(scene, copyOf(scene.ticket), FAILOVER_03, SUITE),
    presents(scene, copyOf(scene.ticket), FAILOVER_03, SUITE),
  ]);
  await scene.simulation.run();
  assert.equal(effectsOf(scene.simulation.gatewayEffects, "ike-sa-up").filter(({ resumed }) => resumed).length, 1);
  assert.ok(both.some((client) => resumptions(client).includes(true)));
  assert.ok(await returns(scene, copyOf(scene.ticket), FAILOVER_03, SUITE));
});

function watched(provider: CryptoProvider, see: (request: SealRequest) => void): CryptoProvider {
  return {
    ...provider,
    name: provider.name,
    seal: (batch) => {
      batch.forEach(see);
      return provider.seal(batch);
    },
    sealWithTicket: (batch) => provider.sealWithTicket(batch),
  };
}

test("a client that follows says so before SK, is told on its new IKE SA where to go, and nothing in clear sends it elsewhere", async () => {
  const elsewhere = "192.0.2.77";
  let isAsked = 0;
  const gateway = { redirectFirst: ({ resumes }: { readonly resumes: boolean }) => (isAsked += Number(resumes), undefined) };
  const scene = await profileScene(FAILOVER_03, { gateway }, { followRedirects: true });
  const { simulation } = scene;
  const again = await presents(scene, scene.ticket, FAILOVER_03, { followRedirects: true });
  const { payloads } = decoded(simulation.network.sent.at(-1)!.octets);
  const beforeSk = payloads.slice(0, payloads.findIndex(({ type }) => type === "SK"));
  assert.equal(notifiesOf(beforeSk, NotifyType.REDIRECT_SUPPORTED).length, 1);
  await simulation.run();
  assert.deepEqual(resumptions(again), [true]);
  assert.equal(isAsked, 0);
  await simulation.actOnGateway(simulation.gateway.administration.redirect("all", elsewhere, simulation.now));
  await simulation.run();
  assert.deepEqual(effectsOf(again.effects, "redirection-asked").map(({ to }) => to), [elsewhere]);
});
