import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_EAP_LIMITS } from "../../../../src/ike/authentication/eap/eap_limits.ts";
import type { EapServerOutcome } from "../../../../src/ike/authentication/eap/eap_method.ts";
import { decodeEapPacket } from "../../../../src/ike/authentication/eap/eap_packet.ts";
import { EapPeer } from "../../../../src/ike/authentication/eap/eap_peer.ts";
import { EapServer } from "../../../../src/ike/authentication/eap/eap_server.ts";
import type { Step } from "../../../../src/ike/steps/step.ts";
import { runWave } from "../../../../src/ike/steps/wave.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { EapChallengePeer, EapChallengeServer } from "../../../simulation/eap_challenge.ts";
import { SeededRandom } from "../../../simulation/seeded_random.ts";
import { Simulation } from "../../../simulation/simulation.ts";

const SECRET = new Uint8Array(32).fill(3);
const { services } = new Simulation({ provider: await loadProvider("ts") });
const run = <T>(step: Step<T>) => runWave([step], services).then(([result]) => result);

/** Any octets, and such as are almost an EAP message. */
const message = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 40 }),
  fc.tuple(fc.integer({ min: 0, max: 5 }), fc.nat(255), fc.constantFrom(0, 1, 2, 3, 4, 255), fc.uint8Array({ maxLength: 40 }))
    .map(([code, identifier, type, data]) => Uint8Array.of(code, identifier, 0, 5 + data.length, type, ...data)),
);

test("whatever a client answers, the gateway's end of EAP says Request or Failure, and Success only to who knows the secret", async () => {
  const random = new SeededRandom(5).octets;
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 6 }), async (messages) => {
      const server = new EapServer([new EapChallengeServer({ secret: SECRET, random, rounds: 3 })], DEFAULT_EAP_LIMITS, 7);
      assert.equal((await run(server.begin())).kind, "request");
      for (const one of messages) {
        const turn = await run(server.respond(one));
        assert.equal(turn.kind, "failure");
        assert.equal(decodeEapPacket(turn.message)?.code, 4);
      }
    }),
    { numRuns: 300 },
  );
});

test("whatever a gateway sends, the client's end of EAP answers what is a Request, and believes no Success before its method does", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 30 }), async (messages) => {
      const method = new EapChallengePeer({ secret: SECRET, rounds: 100 });
      const peer = new EapPeer([method], new Uint8Array(5), DEFAULT_EAP_LIMITS);
      let answered = 0;
      for (const one of messages) {
        const turn = await run(peer.receive(one, () => true));
        assert.notEqual(turn.kind, "success");
        if (turn.kind !== "response") continue;
        answered++;
        assert.equal(one[0], 1);
        assert.equal(turn.message[0], 2);
        assert.equal(turn.message[1], one[1]);
      }
      assert.ok(answered <= DEFAULT_EAP_LIMITS.maximumRounds);
    }),
    { numRuns: 300 },
  );
});

test("a method that ends before it has asked anything has failed", async () => {
  for (const outcome of [{ kind: "success", msk: new Uint8Array(64).fill(1) }, { kind: "failure" }] as const) {
    const end = () => always(outcome);
    const server = new EapServer([{ type: 255, begin: end, respond: end }], DEFAULT_EAP_LIMITS, 7);
    assert.deepEqual(await run(server.begin()), { kind: "failure", message: Uint8Array.of(4, 7, 0, 4) });
  }
});

test("a method whose key is too short has failed", async () => {
  const method = {
    type: 255,
    begin: () => always({ kind: "request", typeData: new Uint8Array(1) }),
    respond: () => always({ kind: "success", msk: new Uint8Array(63).fill(1) }),
  };
  const server = new EapServer([method], { maximumRounds: 2, acceptMethodWithoutKey: true }, 7);
  await run(server.begin());
  assert.equal((await run(server.respond(Uint8Array.of(2, 7, 0, 5, 255)))).kind, "failure");
});

test("the gateway's end numbers its Requests one after the other, around 255, and ends them with the last number", async () => {
  const random = new SeededRandom(6).octets;
  const limits = { ...DEFAULT_EAP_LIMITS, maximumRounds: 5 };
  const server = new EapServer([new EapChallengeServer({ secret: SECRET, random, rounds: 4 })], limits, 254);
  const peer = new EapPeer([new EapChallengePeer({ secret: SECRET, rounds: 4 })], new Uint8Array(0), limits);
  const identifiers: number[] = [];
  let turn = await run(server.begin());
  while (turn.kind === "request") {
    identifiers.push(turn.message[1]);
    const answer = await run(peer.receive(turn.message, () => true));
    assert.ok(answer.kind === "response");
    turn = await run(server.respond(answer.message));
  }
  assert.ok(turn.kind === "success");
  assert.deepEqual([...identifiers, turn.message[1]], [254, 255, 0, 1, 1]);
  const end = await run(peer.receive(turn.message, () => true));
  assert.ok(end.kind === "success");
  assert.deepEqual(end.msk, turn.success.msk);
});

/** A step that needs nothing. */
// deno-lint-ignore require-yield -- that is what it is.
function* always(outcome: EapServerOutcome): Step<EapServerOutcome> {
  return outcome;
}
