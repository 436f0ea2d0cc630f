import assert from "node:assert/strict";
import { test } from "node:test";
import { findPayload } from "../../../../src/ike/message/notify.ts";
import { runWave } from "../../../../src/ike/steps/wave.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { HandmadeClient, type HandmadeExchange } from "../../../simulation/handmade_client.ts";
import { decoded } from "../../../simulation/messages.ts";
import { effectsOf, Simulation } from "../../../simulation/simulation.ts";
import { watchKeyExchange } from "../../../simulation/watched_cryptography.ts";

/** A gateway whose key pairs are watched; those of the client are made before. */
async function scene() {
  const keyExchange = watchKeyExchange();
  const simulation = new Simulation({ provider: await loadProvider("ts"), keyExchange });
  const handmade = new HandmadeClient(simulation);
  const requests = async (count: number) => {
    const pair = await handmade.keyPair();
    const made = [];
    for (let index = 0; index < count; index++) made.push(await handmade.initRequest({ pair }));
    keyExchange.pairs.length = 0;
    return made;
  };
  const wave = async (octets: readonly Uint8Array[]) => {
    const { gateway, now, services } = simulation;
    const all = await runWave(octets.map((one) => gateway.receive(handmade.datagram(one), now)), services);
    return all.map((effects) => decoded(effectsOf(effects, "send")[0].datagram.octets));
  };
  /** The gateway's pair of an exchange. */
  const pairOf = ({ response }: HandmadeExchange) => {
    const value = findPayload(decoded(response).payloads, "KE")!.keyExchangeData.join();
    return keyExchange.pairs.find(({ pair }) => pair.publicValue.join() === value)!;
  };
  return { keyExchange, simulation, handmade, requests, wave, pairOf };
}

test("[R-9.3-1] a wave of IKE_SA_INIT costs one key pair, and so do the waves of the next two seconds", async () => {
  const { keyExchange, simulation, requests, wave } = await scene();
  const all = await requests(96);
  const answers = [...await wave(all.slice(0, 32)), ...await wave(all.slice(32, 64))];
  assert.equal(keyExchange.pairs.length, 1);
  const values = new Set(answers.map(({ payloads }) => findPayload(payloads, "KE")!.keyExchangeData.join()));
  assert.equal(values.size, 1);
  assert.equal(new Set(answers.map(({ payloads }) => findPayload(payloads, "Nonce")!.nonce.join())).size, 64);
  simulation.network.nowMs += 2_000;
  await wave(all.slice(64));
  assert.equal(keyExchange.pairs.length, 2);
});

test("[R-9.3-1] a key pair is given to 256 exchanges at most", async () => {
  const { keyExchange, requests, wave } = await scene();
  const all = await requests(512);
  for (let at = 0; at < all.length; at += 32) await wave(all.slice(at, at + 32));
  assert.equal(keyExchange.pairs.length, 2);
});

test("[R-9.3-1] a wave wider than that has a pair for each 256", async () => {
  const { requests, wave } = await scene();
  const times = new Map<string, number>();
  const all = await requests(712);
  for (const part of [all.slice(0, 200), all.slice(200)]) {
    for (const { payloads } of await wave(part)) {
      const value = findPayload(payloads, "KE")!.keyExchangeData.join();
      times.set(value, (times.get(value) ?? 0) + 1);
    }
  }
  assert.deepEqual([...times.values()], [256, 256, 200]);
});

test("[R-9.3-1] clients that come one after the other within two seconds cost one key pair", async () => {
  const { simulation, handmade, pairOf } = await scene();
  const first = pairOf(await handmade.up());
  simulation.network.nowMs += 1_999;
  assert.equal(pairOf(await handmade.up()), first);
  assert.equal(first.wiped, false);
  simulation.network.nowMs += 1;
  assert.notEqual(pairOf(await handmade.up()), first);
  assert.equal(first.wiped, true);
});

test("a key pair that nobody has is wiped two seconds after it was made, also where nothing comes", async () => {
  const { simulation, handmade, pairOf } = await scene();
  const shared = pairOf(await handmade.up());
  assert.equal(shared.wiped, false);
  assert.equal(simulation.gateway.deadline, 2_000);
  await simulation.run(2_000);
  assert.equal(shared.wiped, true);
});

test("a key pair that is shared no longer is wiped when the last of its half-open IKE SAs is over, and not before", async () => {
  const { simulation, handmade, pairOf } = await scene();
  const first = await handmade.init();
  const second = await handmade.init();
  const shared = pairOf(first);
  assert.equal(pairOf(second), shared);
  await simulation.run(2_000);
  await handmade.auth(first);
  assert.equal(shared.wiped, false);
  assert.equal(effectsOf((await handmade.auth(second)).effects, "ike-sa-up").length, 1);
  assert.equal(shared.wiped, true);
});

test("a gateway that ends wipes the key pair that it would have shared", async () => {
  const { simulation, handmade, pairOf } = await scene();
  const shared = pairOf(await handmade.up());
  simulation.gateway.dispose();
  assert.equal(shared.wiped, true);
});

test("a repeated message of one wave leads to one IKE SA, and takes no key pair from others of the wave", async () => {
  const { keyExchange, simulation, requests, wave } = await scene();
  const [one, other] = await requests(2);
  const answers = await wave([one, one, other, one]);
  assert.deepEqual(answers[0].octets, answers[1].octets);
  assert.deepEqual(answers[0].octets, answers[3].octets);
  assert.notDeepEqual(answers[0].header.responderSpi, answers[2].header.responderSpi);
  assert.equal(simulation.gateway.halfOpenCount, 2);
  assert.equal(keyExchange.pairs.some(({ wiped }) => wiped), false);
  assert.equal(simulation.gateway.firstMessageCounters.first_messages_repeated_total, 2);
});
