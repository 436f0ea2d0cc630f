/**
 * Both chains of a hybrid key exchange, SKEYSEED and IntAuth, against a peer that computes them by itself.
 *
 * @module
 */
import fc from "fast-check";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { parseIkeProposal } from "../../../../src/configuration/mod.ts";
import { createNodeKeyExchange } from "../../../../src/crypto/node/key_exchange.ts";
import { defaultEspProposals, offerEsp } from "../../../../src/ike/ike_sa/proposals.ts";
import { anyIpv4Selector } from "../../../../src/ike/child_sa/traffic_selectors.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { encodePayloads } from "../../../../src/wire/message.ts";
import { chain, HandmadeHybrid } from "../../../simulation/handmade_intermediate.ts";
import { effectsOf, endpoint, GATEWAY_ADDRESS, PRESHARED_KEY, Simulation } from "../../../simulation/simulation.ts";

const ID_BODY = Buffer.concat([Buffer.from([2, 0, 0, 0]), Buffer.from("handmade.example")]);

async function scene() {
  const simulation = new Simulation({
    provider: await loadProvider("ts"),
    keyExchange: createNodeKeyExchange(),
    gateway: { ikeProposals: [parseIkeProposal("aes256gcm16-prfsha256-x25519-ke1_mlkem768")] },
  });
  const deliver = async (octets: Uint8Array) => {
    const effects = await simulation.receive({
      octets: new Uint8Array(octets),
      local: endpoint(GATEWAY_ADDRESS, 500),
      remote: endpoint("203.0.113.7", 500),
      encapsulated: false,
    });
    return { effects, replies: effectsOf(effects, "send").map(({ datagram }) => datagram.octets) };
  };
  const handmade = new HandmadeHybrid(0x1234n);
  handmade.takeInit((await deliver(handmade.init())).replies[0]);
  return { simulation, deliver, handmade };
}

function authRequest(handmade: HandmadeHybrid, messageId = 2): Buffer {
  const child = encodePayloads([
    { type: "SA", proposals: offerEsp(defaultEspProposals(), Uint8Array.of(0, 0, 16, 0)) },
    { type: "TSi", selectors: [anyIpv4Selector()] },
    { type: "TSr", selectors: [anyIpv4Selector()] },
  ]);
  const inner = chain(Buffer.from(child.octets), child.firstPayload);
  const auth = Buffer.concat([Buffer.from([2, 0, 0, 0]), handmade.auth(PRESHARED_KEY, "i", ID_BODY)]);
  const payloads = [[35, ID_BODY], [39, auth], ...[...inner]] as const;
  return handmade.seal(35, messageId, payloads)[0];
}

test("a gateway takes the AUTH of a peer that computes SKEYSEED and IntAuth by itself, and proves itself to it", async () => {
  const { simulation, deliver, handmade } = await scene();
  handmade.takeIntermediate((await deliver(handmade.intermediate())).replies[0]);
  const { replies: [reply], effects } = await deliver(authRequest(handmade));
  assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
  const { first, plaintext } = handmade.open(Buffer.from(reply));
  const payloads = chain(plaintext, first);
  assert.deepEqual(payloads.get(39)!.subarray(4), handmade.auth(PRESHARED_KEY, "r", payloads.get(36)!));
  assert.equal(simulation.gateway.establishedCount, 1);
});

test("an AUTH that leaves IntAuth out, of either end, or has other octets in it, is refused", async () => {
  for (const change of ["intAuthI", "intAuthR"] as const) {
    for (const value of [Buffer.alloc(0), Buffer.alloc(32, 1)]) {
      const { deliver, handmade } = await scene();
      handmade.takeIntermediate((await deliver(handmade.intermediate())).replies[0]);
      handmade[change] = value;
      const { effects } = await deliver(authRequest(handmade));
      assert.equal(effectsOf(effects, "authentication-failed").length, 1);
      assert.equal(effectsOf(effects, "ike-sa-up").length, 0);
    }
  }
});

test("IKE_AUTH before the additional key exchange is over gets no answer, under whatever message ID, and the exchange goes on", async () => {
  const { deliver, handmade } = await scene();
  for (const messageId of [1, 2]) assert.deepEqual((await deliver(authRequest(handmade, messageId))).replies, []);
  handmade.takeIntermediate((await deliver(handmade.intermediate())).replies[0]);
  for (const messageId of [1, 3]) assert.deepEqual((await deliver(authRequest(handmade, messageId))).replies, []);
  assert.equal(effectsOf((await deliver(authRequest(handmade))).effects, "ike-sa-up").length, 1);
});

test("a repeated IKE_INTERMEDIATE gets the same answer, until IKE_AUTH comes, and a second one none", async () => {
  const { deliver, handmade } = await scene();
  const request = handmade.intermediate();
  const { replies: [answer] } = await deliver(request);
  for (let times = 0; times < 3; times++) assert.deepEqual((await deliver(request)).replies, [answer]);
  handmade.takeIntermediate(answer);
  assert.deepEqual((await deliver(request)).replies, [answer]);
  const [another] = handmade.seal(43, 2, [[34, Buffer.concat([Buffer.from([0, 36, 0, 0]), handmade.kem.publicKey])]]);
  assert.deepEqual((await deliver(another)).replies, []);
  assert.equal(effectsOf((await deliver(authRequest(handmade))).effects, "ike-sa-up").length, 1);
  assert.deepEqual((await deliver(request)).replies, []);
});

const KE = (method: number, value: Uint8Array) =>
  [34, Buffer.concat([Buffer.from([method >> 8, method & 0xff, 0, 0]), value])] as const;
const INVALID_SYNTAX = 7;

/** Authentic and wrong: only a peer with the keys can send these, and it has to begin anew. */
test("an IKE_INTERMEDIATE that is authentic and wrong is refused by a notify, and its IKE SA comes to nothing", async () => {
  const right = (handmade: HandmadeHybrid) => KE(36, handmade.kem.publicKey);
  const wrong: readonly [string, (handmade: HandmadeHybrid) => readonly (readonly [number, Uint8Array])[], number][] = [
    ["no KE", () => [[41, Buffer.from([0, 0, 0x40, 0])]], INVALID_SYNTAX],
    ["two KE", (handmade) => [right(handmade), right(handmade)], INVALID_SYNTAX],
    ["another method", (handmade) => [KE(37, handmade.kem.publicKey)], INVALID_SYNTAX],
    ["a value too short", (handmade) => [KE(36, handmade.kem.publicKey.subarray(1))], INVALID_SYNTAX],
    ["a value too long", (handmade) => [KE(36, Buffer.concat([handmade.kem.publicKey, Buffer.alloc(1)]))], INVALID_SYNTAX],
    ["a number not below q", () => [KE(36, Buffer.alloc(1_184, 0xff))], INVALID_SYNTAX],
    ["an identity", (handmade) => [right(handmade), [35, ID_BODY]], INVALID_SYNTAX],
    ["a Child SA", (handmade) => [right(handmade), [33, Buffer.from([0, 0, 0, 8, 1, 3, 4, 0, 0, 0, 1, 0])]], INVALID_SYNTAX],
  ];
  for (const [name, payloads, notify] of wrong) {
    const { simulation, deliver, handmade } = await scene();
    const [request] = handmade.seal(43, 1, payloads(handmade));
    const { replies } = await deliver(request);
    assert.equal(replies.length, 1, name);
    const { first, plaintext } = handmade.open(Buffer.from(replies[0]));
    assert.equal(chain(plaintext, first).get(41)!.readUInt16BE(2), notify, name);
    assert.deepEqual((await deliver(request)).replies, replies, "and again, word for word");
    assert.deepEqual((await deliver(handmade.intermediate())).replies, [], name);
    assert.equal(simulation.gateway.establishedCount, 0);
  }
  const { deliver, handmade } = await scene();
  const [unknown] = handmade.seal(43, 1, [right(handmade), [200, Buffer.alloc(4)]]);
  assert.equal((await deliver(unknown)).replies.length, 1, "an unknown payload that is not critical is passed over");
});

test("an IKE_INTERMEDIATE that is not authentic, or has something beside SK, changes nothing", async () => {
  const { deliver, handmade } = await scene();
  const request = handmade.intermediate();
  for (let at = 0; at < request.length; at += 61) {
    const forged = Buffer.from(request);
    forged[at] ^= 1;
    assert.deepEqual((await deliver(forged)).replies, [], `octet ${at}`);
  }
  assert.deepEqual((await deliver(request.subarray(0, -1))).replies, []);
  handmade.takeIntermediate((await deliver(request)).replies[0]);
  assert.equal(effectsOf((await deliver(authRequest(handmade))).effects, "ike-sa-up").length, 1);
});

test("whatever is inside an authentic IKE_INTERMEDIATE, it gets one answer at most, and nobody comes up by it", async () => {
  const anyPayload = fc.tuple(fc.oneof(fc.integer({ min: 33, max: 54 }), fc.constant(200)), fc.uint8Array({ maxLength: 80 }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyPayload, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: 3 }),
      async (payloads, id) => {
        const { simulation, deliver, handmade } = await scene();
        const [request] = handmade.seal(43, id, payloads);
        const { replies } = await deliver(request);
        assert.ok(replies.length <= (id === 1 ? 1 : 0));
        assert.equal(simulation.gateway.establishedCount, 0);
        assert.deepEqual((await deliver(request)).replies, replies);
        if (id === 1) return;
        handmade.takeIntermediate((await deliver(handmade.intermediate())).replies[0]);
        assert.equal(effectsOf((await deliver(authRequest(handmade))).effects, "ike-sa-up").length, 1);
      },
    ),
    { numRuns: 60 },
  );
});
