/**
 * IKE_FOLLOWUP_KE with a peer made by hand (RFC 9370, section 2.2.4): what a gateway answers to what does not go on as agreed, and which of two
 * rekeyings that cross it goes on with.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { parseEspProposal, parseIkeProposal } from "../../../../src/configuration/mod.ts";
import { createNodeKeyExchange } from "../../../../src/crypto/node/key_exchange.ts";
import type { KeyPair } from "../../../../src/crypto/key_exchange.ts";
import { offerIke, withoutAdditional } from "../../../../src/ike/ike_sa/proposals.ts";
import { offerChild } from "../../../../src/ike/ike_sa/child_proposals.ts";
import type { ChildSa } from "../../../../src/ike/child_sa/child_sa.ts";
import { keysFromRekey } from "../../../../src/ike/ike_sa/ike_sa_keys.ts";
import { noncePair } from "../../../../src/ike/ike_sa/nonces.ts";
import { ikeSuiteOf } from "../../../../src/ike/ike_sa/suite.ts";
import { ikeSpiOctets, ikeSpiOf, type SpiPair } from "../../../../src/ike/ike_sa/spi.ts";
import { findNotify, findPayload, notify } from "../../../../src/ike/message/notify.ts";
import type { Effect } from "../../../../src/ike/states/effect.ts";
import { agree, generateKeyPair } from "../../../../src/ike/steps/step.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../../src/wire/constants.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { HandmadeClient, type HandmadeExchange } from "../../../simulation/handmade_client.ts";
import { HIGHEST_NONCE, LOWEST_NONCE } from "../../../simulation/handmade_crossing.ts";
import { offerPayloads } from "../../../simulation/handmade_rekey.ts";
import { decoded, notifyTypes } from "../../../simulation/messages.ts";
import { effectsOf, Simulation } from "../../../simulation/simulation.ts";

/** A second group, which a test can go through by hand as it can the first. */
const TWO = parseIkeProposal("aes256gcm16-prfsha256-x25519-ke1_ecp256-ke2_ecp384");
const [X25519, ECP_256, ECP_384] = [31, 19, 20];
const { CREATE_CHILD_SA, IKE_FOLLOWUP_KE } = ExchangeType;
const { ADDITIONAL_KEY_EXCHANGE, STATE_NOT_FOUND, INVALID_SYNTAX, TEMPORARY_FAILURE } = NotifyType;
const OFFERED_SPI = 0x7777n;
const NONCE = new Uint8Array(32).fill(0x5a);

class Scene {
  readonly simulation: Simulation;
  readonly handmade: HandmadeClient;
  exchange!: HandmadeExchange;
  childSa!: ChildSa;
  nextId = 2;

  constructor(simulation: Simulation) {
    this.simulation = simulation;
    this.handmade = new HandmadeClient(simulation);
  }

  /** The gateway has additional key exchanges, and the handmade client has come up without. */
  static async up(): Promise<Scene> {
    const simulation = new Simulation({
      provider: await loadProvider("ts"),
      keyExchange: createNodeKeyExchange(),
      gateway: { livenessSeconds: 0, ikeProposals: [TWO, ...withoutAdditional([TWO])], exposeKeys: true },
    });
    const scene = new Scene(simulation);
    scene.exchange = await scene.handmade.init();
    const { effects } = await scene.handmade.deliver(await scene.handmade.authRequest(scene.exchange));
    scene.childSa = effectsOf(effects, "child-sa-up")[0].childSa;
    return scene;
  }

  /** The same, on an IKE SA that the client has made since, with additional key exchanges. */
  static async rekeyed(): Promise<Scene> {
    const scene = await Scene.up();
    const { answer, sharedSecret, link } = await scene.offer();
    const pairs = [await scene.pair(ECP_256), await scene.pair(ECP_384)];
    const one = await scene.followup(link, pairs[0]);
    const two = await scene.followup(linkOf(one.answer), pairs[1]);
    const secrets = [await scene.secretOf(pairs[0], one.answer), await scene.secretOf(pairs[1], two.answer)];
    const [chosen] = findPayload(answer, "SA")!.proposals;
    const suite = ikeSuiteOf(chosen)!;
    const spis = { initiatorSpi: OFFERED_SPI, responderSpi: ikeSpiOf(chosen.spi)! };
    const nonces = noncePair(NONCE, findPayload(answer, "Nonce")!.nonce);
    const keys = await scene.handmade.run(keysFromRekey(scene.exchange, suite, sharedSecret, nonces, spis, secrets));
    scene.exchange = { ...scene.exchange, suite, spis, nonces, keys };
    scene.nextId = 0;
    return scene;
  }

  /** A request of the client's, and what the gateway answers. */
  async ask(exchangeType: number, payloads: readonly Payload[]): Promise<{ answer: readonly Payload[]; effects: Effect[] }> {
    const octets = await this.handmade.seal(this.exchange, payloads, this.nextId++, { exchangeType });
    const { replies: [reply], effects } = await this.handmade.deliver(octets);
    return { answer: await this.handmade.open(this.exchange, reply), effects };
  }

  async pair(group: number): Promise<KeyPair> {
    return await this.handmade.run(generateKeyPair(group));
  }

  /** The offer of a new IKE SA, which the gateway accepts: SK(0), the link, and its answer. */
  async offer(nonce: Uint8Array = NONCE, add: readonly Payload[] = []) {
    const pair = await this.pair(X25519);
    const proposals = offerIke([TWO], ikeSpiOctets(OFFERED_SPI));
    const { answer } = await this.ask(CREATE_CHILD_SA, offerPayloads(pair, { proposals, nonce, add }));
    const sharedSecret = await this.secretOf(pair, answer);
    return { answer, sharedSecret, link: linkOf(answer)! };
  }

  async secretOf(pair: KeyPair, answer: readonly Payload[]): Promise<Uint8Array> {
    const peerPublicValue = findPayload(answer, "KE")!.keyExchangeData;
    return (await this.handmade.run(agree({ pair, peerPublicValue })))!;
  }

  async followup(link: Uint8Array | undefined, pair: KeyPair) {
    const linked = link ? [notify(ADDITIONAL_KEY_EXCHANGE, link)] : [];
    return await this.ask(IKE_FOLLOWUP_KE, [
      { type: "KE", group: pair.group, keyExchangeData: pair.publicValue },
      ...linked,
    ]);
  }
}

function linkOf(payloads: readonly Payload[]): Uint8Array | undefined {
  return findNotify(payloads, ADDITIONAL_KEY_EXCHANGE)?.data;
}

test("a peer made by hand goes through two exchanges, and the new IKE SA has the keys that come of all three secrets", async () => {
  const scene = await Scene.up();
  const { answer, sharedSecret, link } = await scene.offer();
  const first = await scene.pair(ECP_256);
  const one = await scene.followup(link, first);
  assert.notDeepEqual(linkOf(one.answer), link, "each link is another one");
  assert.deepEqual(effectsOf(one.effects, "ike-sa-rekeyed"), []);
  const second = await scene.pair(ECP_384);
  const two = await scene.followup(linkOf(one.answer), second);
  assert.equal(linkOf(two.answer), undefined, "nothing follows");
  assert.equal(effectsOf(two.effects, "ike-sa-rekeyed").length, 1);
  const secrets = [await scene.secretOf(first, one.answer), await scene.secretOf(second, two.answer)];

  const [{ spis, keys }] = effectsOf(two.effects, "ike-sa-keys");
  const hmac = (key: Uint8Array, ...data: Uint8Array[]) => {
    const mac = createHmac("sha256", key);
    for (const part of data) mac.update(part);
    return new Uint8Array(mac.digest());
  };
  const nonces = [NONCE, findPayload(answer, "Nonce")!.nonce];
  const seed = hmac(scene.exchange.keys.skD, sharedSecret, ...nonces, ...secrets);
  const skD = hmac(seed, ...nonces, spiOctets(spis), Uint8Array.of(1));
  assert.deepEqual(keys.skD, skD);
});

test("a link that is none, or one that was used, is answered by STATE_NOT_FOUND, and what waits beside it stays", async () => {
  const scene = await Scene.up();
  const { link } = await scene.offer();
  const pair = await scene.pair(ECP_256);
  assert.deepEqual(notifyTypes((await scene.followup(new Uint8Array(16), pair)).answer), [STATE_NOT_FOUND]);
  assert.deepEqual(notifyTypes((await scene.followup(undefined, pair)).answer), [INVALID_SYNTAX]);
  const { answer } = await scene.followup(link, pair);
  assert.ok(linkOf(answer));
  assert.deepEqual(notifyTypes((await scene.followup(link, pair)).answer), [STATE_NOT_FOUND]);
});

test("another method than the one that is due, or a value that is none, ends what was agreed on", async () => {
  for (const [group, spoil] of [[ECP_384, false], [ECP_256, true]] as const) {
    const scene = await Scene.up();
    const { link } = await scene.offer();
    const pair = await scene.pair(group);
    const value = spoil ? { ...pair, publicValue: pair.publicValue.fill(0) } : pair;
    assert.deepEqual(notifyTypes((await scene.followup(link, value)).answer), [INVALID_SYNTAX]);
    const right = await scene.pair(ECP_256);
    assert.deepEqual(notifyTypes((await scene.followup(link, right)).answer), [STATE_NOT_FOUND]);
    assert.equal(scene.simulation.gateway.establishedCount, 1);
  }
});

test("what is not gone on with is forgotten after 20 seconds, and not before; each exchange begins the time anew", async () => {
  for (const [first, second, found] of [[19_000, 19_000, true], [20_001, 0, false], [19_000, 20_001, false]] as const) {
    const scene = await Scene.up();
    const { link } = await scene.offer();
    await scene.simulation.run(scene.simulation.network.nowMs + first);
    const one = await scene.followup(link, await scene.pair(ECP_256));
    if (first > 20_000) {
      assert.deepEqual(notifyTypes(one.answer), [STATE_NOT_FOUND]);
      continue;
    }
    await scene.simulation.run(scene.simulation.network.nowMs + second);
    const two = await scene.followup(linkOf(one.answer), await scene.pair(ECP_384));
    assert.equal(effectsOf(two.effects, "ike-sa-rekeyed").length === 1, found);
  }
});

test("a peer that begins anew has given up what it had begun", async () => {
  const scene = await Scene.up();
  const { link } = await scene.offer();
  const again = await scene.offer();
  assert.deepEqual(notifyTypes((await scene.followup(link, await scene.pair(ECP_256))).answer), [STATE_NOT_FOUND]);
  assert.ok(linkOf((await scene.followup(again.link, await scene.pair(ECP_256))).answer));
});

test("a ticket that is asked for with the offer is put off: TICKET_ACK", async () => {
  const scene = await Scene.up();
  const { answer } = await scene.offer(NONCE, [notify(NotifyType.TICKET_REQUEST)]);
  assert.ok(findNotify(answer, NotifyType.TICKET_ACK));
});

/** The gateway's own offer, on an IKE SA that has additional key exchanges: the client answers it by hand. */
test("an offer of the peer's that comes while the gateway goes on with its own is answered by TEMPORARY_FAILURE; one before is by its nonces", async () => {
  for (const [theirNonce, goesOn] of [[LOWEST_NONCE, true], [HIGHEST_NONCE, false]] as const) {
    const scene = await Scene.rekeyed();
    await offeredByGateway(scene);
    const { answer: theirs } = await scene.offer(theirNonce);
    assert.ok(linkOf(theirs), "both are agreed on");
    const effects = await answeredByClient(scene, goesOn ? HIGHEST_NONCE : LOWEST_NONCE);
    const sent = effectsOf(effects, "send").map(({ datagram }) => decoded(datagram.octets).header.exchangeType);
    assert.deepEqual(sent, goesOn ? [IKE_FOLLOWUP_KE] : []);
    assert.deepEqual(effectsOf(effects, "ike-sa-rekey-failed"), []);
    if (!goesOn) {
      assert.ok(linkOf((await scene.followup(linkOf(theirs), await scene.pair(ECP_256))).answer), "the peer's goes on");
      continue;
    }
    assert.deepEqual(notifyTypes((await scene.followup(linkOf(theirs), await scene.pair(ECP_256))).answer), [STATE_NOT_FOUND]);
    const pair = await scene.pair(X25519);
    const late = await scene.ask(
      CREATE_CHILD_SA,
      offerPayloads(pair, { proposals: offerIke([TWO], ikeSpiOctets(OFFERED_SPI)) }),
    );
    assert.deepEqual(notifyTypes(late.answer), [TEMPORARY_FAILURE]);
  }
});

test("a gateway that misses a Child SA makes no other while its client is making one, step by step", async () => {
  for (const [isMaking, expected] of [[true, []], [false, [CREATE_CHILD_SA]]] as const) {
    const scene = await Scene.up();
    const { simulation, exchange, childSa: { inboundSpi, localSelectors, remoteSelectors } } = scene;
    keep(
      await scene.handmade.run(simulation.gateway.orderChildSa(exchange.spis, { kind: "rekey", inboundSpi }, simulation.now)),
    );
    const { group, publicValue } = await scene.pair(X25519);
    if (isMaking) {
      const { answer } = await scene.ask(CREATE_CHILD_SA, [
        { type: "SA", proposals: offerChild([parseEspProposal("aes256gcm16-x25519-ke1_ecp256")], Uint8Array.of(0, 0, 64, 0)) },
        { type: "Nonce", nonce: NONCE },
        { type: "KE", group, keyExchangeData: publicValue },
        { type: "TSi", selectors: remoteSelectors },
        { type: "TSr", selectors: localSelectors },
      ]);
      assert.ok(linkOf(answer));
    }
    const effects = await answer(scene, [notify(NotifyType.CHILD_SA_NOT_FOUND)]);
    assert.deepEqual(effectsOf(effects, "send").map(({ datagram }) => decoded(datagram.octets).header.exchangeType), expected);
  }
});

test("a gateway that is told STATE_NOT_FOUND over and over deletes the IKE SA", async () => {
  const scene = await Scene.rekeyed();
  for (let times = 1; times <= 4; times++) {
    await offeredByGateway(scene);
    await answeredByClient(scene, HIGHEST_NONCE);
    const effects = await answer(scene, [notify(STATE_NOT_FOUND)]);
    const sent = effectsOf(effects, "send").map(({ datagram }) => decoded(datagram.octets).header.exchangeType);
    assert.deepEqual(sent, times < 4 ? [] : [ExchangeType.INFORMATIONAL]);
    assert.equal(effectsOf(effects, "ike-sa-rekey-failed").length, 1);
  }
});

let gatewayId = 0;
let waiting: Uint8Array;

async function offeredByGateway(scene: Scene): Promise<void> {
  const { simulation, exchange } = scene;
  const [effects] = [await scene.handmade.run(simulation.gateway.rekey(exchange.spis, simulation.now))];
  keep(effects);
}

function keep(effects: readonly Effect[]): void {
  const sent = effectsOf(effects, "send").at(-1);
  if (!sent) return;
  waiting = sent.datagram.octets;
  gatewayId = decoded(waiting).header.messageId;
}

/** The client accepts the gateway's offer, with additional key exchanges. */
async function answeredByClient(scene: Scene, nonce: Uint8Array): Promise<Effect[]> {
  const offer = await scene.handmade.open(scene.exchange, decoded(waiting));
  const [proposal] = findPayload(offer, "SA")!.proposals;
  const chosen = { ...offerIke([TWO], ikeSpiOctets(0x9999n))[0], number: proposal.number };
  const pair = await scene.pair(X25519);
  return await answer(scene, [
    { type: "SA", proposals: [chosen] },
    { type: "Nonce", nonce },
    { type: "KE", group: pair.group, keyExchangeData: pair.publicValue },
    notify(ADDITIONAL_KEY_EXCHANGE, new Uint8Array(9).fill(7)),
  ]);
}

async function answer(scene: Scene, payloads: readonly Payload[]): Promise<Effect[]> {
  const { exchangeType } = decoded(waiting).header;
  const octets = await scene.handmade.seal(scene.exchange, payloads, gatewayId, { exchangeType, isResponse: true });
  const { effects } = await scene.handmade.deliver(octets);
  keep(effects);
  return effects;
}

function spiOctets({ initiatorSpi, responderSpi }: SpiPair): Uint8Array {
  return Uint8Array.of(...ikeSpiOctets(initiatorSpi), ...ikeSpiOctets(responderSpi));
}
