/**
 * Messages that come in fragments (RFC 7383), at both ends.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIkeProposal } from "../../../src/configuration/mod.ts";
import type { CryptoProvider } from "../../../src/crypto/provider.ts";
import { notify } from "../../../src/ike/message/notify.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import { sealFragment, sealFragments } from "../../simulation/fragmenting.ts";
import { HandmadeClient, type HandmadeExchange } from "../../simulation/handmade_client.ts";
import { HandmadeGateway } from "../../simulation/handmade_gateway.ts";
import { DELETE_IKE_SA } from "../../simulation/handmade_up.ts";
import { decoded, notifiesOf } from "../../simulation/messages.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";
import { watchProvider } from "../../simulation/watched_cryptography.ts";
import { testEveryProvider } from "../every_provider.ts";

const SUPPORTED = notify(NotifyType.IKEV2_FRAGMENTATION_SUPPORTED);
const AUTH_HEADER = { exchangeType: ExchangeType.IKE_AUTH, fromInitiator: true, isResponse: false, messageId: 1 } as const;
const DROPPED = [{ type: "dropped", reason: "fragment" }];

interface Scene {
  readonly simulation: Simulation;
  readonly handmade: HandmadeClient;
  readonly exchange: HandmadeExchange;
}

/** IKE_SA_INIT is over; the client said that it puts fragments together, unless `extra` says otherwise. */
async function afterInit(
  { provider, ike, extra = [SUPPORTED] }: { provider?: CryptoProvider; ike?: string; extra?: readonly Payload[] } = {},
): Promise<Scene> {
  const gateway = ike ? { ikeProposals: [parseIkeProposal(ike)] } : {};
  const simulation = new Simulation({ provider: provider ?? await loadProvider("ts"), gateway });
  const handmade = new HandmadeClient(simulation);
  return { simulation, handmade, exchange: await handmade.init({ extra }) };
}

async function authFragments({ simulation, handmade, exchange }: Scene, pieceLength: number): Promise<Uint8Array[]> {
  const payloads = await handmade.authPayloads(exchange);
  const end = { ...exchange, role: "initiator", random: simulation.random.octets } as const;
  return await handmade.run(sealFragments(end, { ...exchange.spis, ...AUTH_HEADER }, payloads, pieceLength));
}

for (const ike of ["aes256gcm16-prfsha256-x25519", "chacha20poly1305-prfsha512-x25519", "aes256-sha256-prfsha256-x25519"]) {
  testEveryProvider(`a gateway puts a request in fragments together, whatever their order: ${ike}`, async (provider) => {
    const scene = await afterInit({ provider, ike });
    const fragments = await authFragments(scene, 60);
    assert.ok(fragments.length > 3);
    const last = fragments.shift()!;
    for (const fragment of fragments.toReversed()) {
      assert.deepEqual((await scene.handmade.deliver(fragment)).effects, DROPPED);
      assert.equal(scene.simulation.gateway.establishedCount, 0);
    }
    const { replies: [reply], effects } = await scene.handmade.deliver(last);
    assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
    await scene.handmade.open(scene.exchange, reply);
  });
}

test("IKEV2_FRAGMENTATION_SUPPORTED: a client says it in both first exchanges, a gateway only to one that said it", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = await simulation.clientWithTicket();
  await simulation.start(simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket));
  await simulation.run();
  const first = simulation.network.sent.map(({ octets }) => decoded(octets)).filter(({ header }) => header.messageId === 0);
  assert.deepEqual(first.map(({ header }) => header.exchangeType), [34, 34, 38, 38]);
  for (const { payloads } of first) {
    const said = notifiesOf(payloads, NotifyType.IKEV2_FRAGMENTATION_SUPPORTED);
    assert.deepEqual(said.map(({ data, protocolId }) => ({ length: data.length, protocolId })), [{ length: 0, protocolId: 0 }]);
  }
  const handmade = new HandmadeClient(simulation);
  const { response } = await handmade.init();
  assert.deepEqual(notifiesOf(decoded(response).payloads, NotifyType.IKEV2_FRAGMENTATION_SUPPORTED), []);
});

test("fragments of a client that never said that it knows of them are not even opened", async () => {
  const provider = watchProvider(await loadProvider("ts"));
  const scene = await afterInit({ provider, extra: [] });
  const fragments = await authFragments(scene, 60);
  await scene.handmade.deliver(fragments[0]);
  const before = provider.calls.length;
  for (const fragment of fragments) assert.deepEqual((await scene.handmade.deliver(fragment)).effects, DROPPED);
  assert.equal(provider.calls.length, before);
});

test("forged and repeated fragments change nothing: the message is put together from authentic ones, each opened once", async () => {
  const provider = watchProvider(await loadProvider("ts"));
  const scene = await afterInit({ provider });
  const fragments = await authFragments(scene, 60);
  const last = fragments.pop()!;
  for (const fragment of fragments) {
    for (let bit = 0; bit < fragment.length * 8; bit += 97) {
      const forged = fragment.slice();
      forged[bit >> 3] ^= 1 << (bit & 7);
      const { effects } = await scene.handmade.deliver(forged);
      assert.deepEqual(effectsOf(effects, "send"), []);
    }
    await scene.handmade.deliver(fragment);
    const opened = provider.calls.length;
    await scene.handmade.deliver(fragment);
    assert.equal(provider.calls.length, opened, "a fragment that is there already costs nothing");
  }
  assert.equal(effectsOf((await scene.handmade.deliver(last)).effects, "ike-sa-up").length, 1);
});

test("a request in fragments that comes again gets the same answer, for its first fragment alone (RFC 7383, section 2.6.1)", async () => {
  const scene = await afterInit();
  const fragments = await authFragments(scene, 60);
  let answer: Uint8Array | undefined;
  for (const fragment of fragments) answer ??= (await scene.handmade.deliver(fragment)).replies[0]?.octets;
  assert.ok(answer);
  for (const [index, fragment] of fragments.entries()) {
    const { replies } = await scene.handmade.deliver(fragment);
    assert.deepEqual(replies.map(({ octets }) => octets), index === 0 ? [answer] : []);
  }
  assert.equal(scene.simulation.gateway.establishedCount, 1);
});

test("a refused request in fragments that comes again gets its refusal again", async () => {
  const scene = await afterInit();
  const payloads = await scene.handmade.authPayloads(scene.exchange, undefined, { realMessage: new Uint8Array(8) });
  const end = { ...scene.exchange, role: "initiator", random: scene.simulation.random.octets } as const;
  const header = { ...scene.exchange.spis, ...AUTH_HEADER };
  const fragments = await scene.handmade.run(sealFragments(end, header, payloads, 100));
  const answers: Uint8Array[] = [];
  for (const fragment of [...fragments, ...fragments]) {
    answers.push(...(await scene.handmade.deliver(fragment)).replies.map(({ octets }) => octets));
  }
  assert.equal(answers.length, 2);
  assert.deepEqual(answers[0], answers[1]);
});

test("a message that is cut anew in smaller pieces begins again; larger pieces of before count no more (RFC 7383, section 2.6)", async () => {
  const scene = await afterInit();
  const large = await authFragments(scene, 120);
  const small = await authFragments(scene, 40);
  assert.ok(small.length > large.length);
  await scene.handmade.deliver(large[0]);
  for (const fragment of small.slice(1)) await scene.handmade.deliver(fragment);
  for (const fragment of large) assert.deepEqual((await scene.handmade.deliver(fragment)).effects, DROPPED);
  assert.equal(effectsOf((await scene.handmade.deliver(small[0])).effects, "ike-sa-up").length, 1);
});

test("number and octets of fragments are bounded, also of authentic ones", async () => {
  const provider = watchProvider(await loadProvider("ts"));
  const scene = await afterInit({ provider });
  const { simulation, handmade, exchange } = scene;
  const end = { ...exchange, role: "initiator", random: simulation.random.octets } as const;
  const header = { ...exchange.spis, ...AUTH_HEADER };
  const piece = (fragmentNumber: number, totalFragments: number, length: number) =>
    handmade.run(
      sealFragment(end, header, { firstPayload: 41, fragmentNumber, totalFragments, piece: new Uint8Array(length) }),
    );
  const tooMany = await piece(1, 65, 10);
  const before = provider.calls.filter(({ operation }) => operation === "open").length;
  assert.deepEqual((await handmade.deliver(tooMany)).effects, DROPPED);
  assert.equal(provider.calls.filter(({ operation }) => operation === "open").length, before);
  // 64 of 512 octets are twice what is kept: the message is never whole.
  for (let number = 1; number <= 64; number++) {
    assert.deepEqual((await handmade.deliver(await piece(number, 64, 512))).effects, DROPPED);
  }
  assert.equal(simulation.gateway.halfOpenCount, 1);
  // Whatever came before, the message in one piece is taken.
  assert.equal((await handmade.auth(exchange)).effects.some(({ type }) => type === "ike-sa-up"), true);
});

test("what is put together and does not decode is answered as in one piece: INVALID_SYNTAX", async () => {
  const { simulation, handmade, exchange } = await afterInit();
  const end = { ...exchange, role: "initiator", random: simulation.random.octets } as const;
  const header = { ...exchange.spis, ...AUTH_HEADER };
  const broken = await handmade.run(
    sealFragment(end, header, { firstPayload: 35, fragmentNumber: 1, totalFragments: 1, piece: Uint8Array.of(0, 0, 0, 3) }),
  );
  const { replies: [reply] } = await handmade.deliver(broken);
  const answer = await handmade.open(exchange, reply);
  assert.equal(notifiesOf(answer, NotifyType.INVALID_SYNTAX).length, 1);
});

test("an IKE SA that is up takes requests in fragments, one after the other, and the next one in one piece", async () => {
  const scene = await afterInit();
  const { simulation, handmade, exchange } = scene;
  for (const fragment of await authFragments(scene, 100)) await handmade.deliver(fragment);
  const end = { ...exchange, role: "initiator", random: simulation.random.octets } as const;
  const header = { ...exchange.spis, exchangeType: ExchangeType.INFORMATIONAL, fromInitiator: true, isResponse: false };
  for (const messageId of [2, 3]) {
    const many = Array.from({ length: 5 }, () => notify(NotifyType.ADDITIONAL_TS_POSSIBLE));
    const fragments = await handmade.run(sealFragments(end, { ...header, messageId }, many, 16));
    const replies = [];
    for (const fragment of fragments) replies.push(...(await handmade.deliver(fragment)).replies);
    assert.deepEqual(replies.map(({ header }) => header.messageId), [messageId]);
  }
  const { effects } = await handmade.deliver(await handmade.seal(exchange, [DELETE_IKE_SA], 4));
  assert.deepEqual(effectsOf(effects, "ike-sa-down").map(({ reason }) => reason), ["deleted-by-peer"]);
});

testEveryProvider(
  "a client puts an answer in fragments together; one from a gateway that did not say so it does not",
  async (provider) => {
    for (const extra of [[SUPPORTED], []]) {
      const simulation = new Simulation({ provider });
      const client = simulation.addClient();
      const gateway = new HandmadeGateway(simulation, client);
      await simulation.start(client);
      const answered = await gateway.answerInit({ extra });
      const whole = decoded(await gateway.authAnswer(answered));
      const end = { ...answered, role: "responder", random: simulation.random.octets } as const;
      // What the whole answer holds, as the client itself will read it.
      const payloads = await gateway.openOwn(answered, whole);
      const fragments = await gateway.run(sealFragments(end, whole.header, payloads, 50));
      for (const fragment of fragments.toReversed()) await gateway.deliver(fragment);
      assert.equal(effectsOf(client.effects, "ike-sa-up").length, extra.length);
      if (extra.length === 0) await gateway.deliver(whole.octets);
      assert.equal(client.initiator.waitsFor, "requests");
    }
  },
);
