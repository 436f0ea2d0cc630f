import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_EAP_LIMITS } from "../../../../src/ike/authentication/eap/eap_limits.ts";
import type { EapPeerMethod, EapServerMethod } from "../../../../src/ike/authentication/eap/eap_method.ts";
import { EapPeer } from "../../../../src/ike/authentication/eap/eap_peer.ts";
import { EapServer, type EapServerTurn } from "../../../../src/ike/authentication/eap/eap_server.ts";
import type { Step } from "../../../../src/ike/steps/step.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { identityOfNai } from "../../../../src/ike/authentication/eap/nai.ts";
import { EapChallengePeer, EapChallengeServer } from "../../../simulation/eap_challenge.ts";
import { byEap, EAP_SECRET, eapClient, eapSimulation } from "../../../simulation/eap_scene.ts";
import { SeededRandom } from "../../../simulation/seeded_random.ts";
import { effectsOf } from "../../../simulation/simulation.ts";

const NAK = 3;
const OTHER_TYPE = 200;
const random = new SeededRandom(4).octets;

test("a client that does not know the gateway's first method names those it knows, and both come up by one of them", async () => {
  const simulation = eapSimulation({
    provider: await loadProvider("ts"),
    eap: { methodFor: () => [neverAnswered(OTHER_TYPE), new EapChallengeServer({ secret: EAP_SECRET, random })] },
  });
  const client = await eapClient(simulation);
  assert.equal(client.initiator.waitsFor, "requests");
  assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-up").length, 1);
});

test("a client of several methods runs the one that the gateway has", async () => {
  const simulation = eapSimulation({ provider: await loadProvider("ts") });
  const methods = () => [unheard(OTHER_TYPE), new EapChallengePeer({ secret: EAP_SECRET })];
  const client = await eapClient(simulation, {}, { eap: { method: methods } });
  assert.equal(client.initiator.waitsFor, "requests");
});

test("the identity that the method which was agreed on has authenticated is the client's", async () => {
  const alice = identityOfNai("alice@example.org");
  const asked: unknown[] = [];
  const simulation = eapSimulation({
    provider: await loadProvider("ts"),
    eap: {
      methodFor: () => [neverAnswered(OTHER_TYPE), new EapChallengeServer({ secret: EAP_SECRET, random, identity: alice })],
      admits: (identity) => asked.push(identity) > 0,
    },
  });
  await eapClient(simulation);
  assert.deepEqual(asked[0], alice);
  assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-up")[0].eapIdentity, alice);
});

test("a client cannot have a gateway that has not proven itself go on by a method that does not prove it (RFC 5998, section 4)", async () => {
  for (const eapOnly of [[OTHER_TYPE, 255], [OTHER_TYPE]]) {
    const simulation = eapSimulation({
      provider: await loadProvider("ts"),
      eap: {
        methodFor: () => [neverAnswered(OTHER_TYPE), new EapChallengeServer({ secret: EAP_SECRET, random })],
        eapOnly,
      },
    });
    await eapClient(simulation, {}, { ...byEap({}, { eapOnly: [255] }), presharedKey: undefined });
    assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-up").length, eapOnly.length - 1);
  }
});

test("a client that knows none of the gateway's methods fails, and one that names a method twice does not go round", () => {
  for (const naks of [[[0]], [[7, 9]], [[]], [[OTHER_TYPE], [OTHER_TYPE]], [[255], [OTHER_TYPE, 255]]]) {
    const server = new EapServer([neverAnswered(OTHER_TYPE), neverAnswered(255)], DEFAULT_EAP_LIMITS, 7);
    let turn = ended(server.begin());
    for (const known of naks) turn = ended(server.respond(response(turn, NAK, known)));
    assert.equal(turn.kind, "failure", JSON.stringify(naks));
  }
});

test("a client cannot ask for another method once it has answered one (RFC 3748, section 2.1)", () => {
  const chatty = (type: number): EapServerMethod => ({ type, begin: () => request(1), respond: () => request(2) });
  const server = new EapServer([chatty(OTHER_TYPE), chatty(255)], DEFAULT_EAP_LIMITS, 7);
  const turn = ended(server.respond(response(ended(server.begin()), OTHER_TYPE, [1])));
  assert.equal(turn.kind, "request");
  assert.equal(ended(server.respond(response(turn, NAK, [255]))).kind, "failure");
});

test("each method that is offered has an identifier of its own, and counts as a round", () => {
  const methods = [OTHER_TYPE, 201, 202].map(neverAnswered);
  const server = new EapServer(methods, { ...DEFAULT_EAP_LIMITS, maximumRounds: 2 }, 255);
  const first = ended(server.begin());
  const second = ended(server.respond(response(first, NAK, [201])));
  assert.deepEqual([first, second].map(({ message }) => [message[1], message[4]]), [[255, OTHER_TYPE], [0, 201]]);
  assert.equal(ended(server.respond(response(second, NAK, [202]))).kind, "failure");
});

test("a client's Nak names all methods that it knows, in its order, and a second method is not run", () => {
  const peer = new EapPeer([unheard(30), unheard(20)], new Uint8Array(0), DEFAULT_EAP_LIMITS);
  const nak = ended(peer.receive(Uint8Array.of(1, 9, 0, 5, 40), () => true));
  assert.deepEqual([...messageOf(nak)], [2, 9, 0, 7, NAK, 30, 20]);
  assert.deepEqual([...messageOf(ended(peer.receive(Uint8Array.of(1, 10, 0, 5, 20), () => true)))], [2, 10, 0, 6, 20, 1]);
  assert.equal(ended(peer.receive(Uint8Array.of(1, 11, 0, 5, 30), () => true)).kind, "failure");
  assert.equal(ended(peer.receive(Uint8Array.of(1, 12, 0, 5, 40), () => true)).kind, "failure");
});

/** A method of which nobody knows how it goes on. */
function neverAnswered(type: number): EapServerMethod {
  return { type, begin: () => request(1), respond: () => assert.fail("the client does not know it") };
}

function unheard(type: number): EapPeerMethod {
  return {
    type,
    // deno-lint-ignore require-yield -- it says always the same.
    *respond() {
      return Uint8Array.of(1);
    },
    finish: () => undefined,
  };
}

// deno-lint-ignore require-yield -- it says always the same.
function* request(octet: number): Step<{ readonly kind: "request"; readonly typeData: Uint8Array }> {
  return { kind: "request", typeData: Uint8Array.of(octet) };
}

function response({ message }: EapServerTurn, type: number, data: readonly number[]): Uint8Array {
  return Uint8Array.of(2, message[1], 0, 5 + data.length, type, ...data);
}

function messageOf(turn: { readonly kind: string; readonly message?: Uint8Array }): Uint8Array {
  assert.equal(turn.kind, "response");
  return turn.message!;
}

/** What comes of a step that asks for nothing. */
function ended<T>(step: Step<T>): T {
  const progress = step.next();
  assert.ok(progress.done);
  return progress.value;
}
