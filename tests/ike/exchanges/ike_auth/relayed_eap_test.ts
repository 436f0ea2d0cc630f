import assert from "node:assert/strict";
import { test } from "node:test";
import type { EapRelay, EapRelayOutcome } from "../../../../src/ike/authentication/eap/eap_method.ts";
import { RelayedEap } from "../../../../src/ike/authentication/eap/relayed_eap.ts";
import type { Step } from "../../../../src/ike/steps/step.ts";

const [REQUEST, RESPONSE] = [1, 2];
const [IDENTITY, METHOD] = [1, 200];
const LIMITS = { maximumRounds: 3, acceptMethodWithoutKey: false };
const SUCCESS: EapRelayOutcome = { kind: "success", msk: new Uint8Array(64) };

test("a server's success before any method has begun, or without a key, is none", () => {
  for (const success of [SUCCESS, { kind: "success" } as const]) {
    const { relayed } = conversation([success], true);
    ended(relayed.begin());
    assert.equal(ended(relayed.respond(packet(RESPONSE, 7, IDENTITY))).kind, "failure");
  }
  const { relayed } = conversation([asks(30), { kind: "success" }]);
  ended(relayed.begin());
  assert.equal(ended(relayed.respond(packet(RESPONSE, 30, METHOD))).kind, "failure");
  const right = conversation([asks(30), SUCCESS]).relayed;
  ended(right.begin());
  assert.equal(ended(right.respond(packet(RESPONSE, 30, METHOD))).kind, "success");
});

test("a client's packet that answers nothing that it was asked is not passed on", () => {
  for (const wrong of [packet(RESPONSE, 31, METHOD), packet(REQUEST, 30, METHOD), Uint8Array.of(3, 30, 0, 4)]) {
    const { relayed, passed } = conversation([asks(30), SUCCESS]);
    ended(relayed.begin());
    assert.equal(ended(relayed.respond(wrong)).kind, "failure");
    assert.equal(passed.length, 1);
  }
  // The gateway's own Request for an identity, too, is answered by an identity alone.
  const { relayed, passed } = conversation([asks(30)], true);
  ended(relayed.begin());
  assert.equal(ended(relayed.respond(packet(RESPONSE, 7, METHOD))).kind, "failure");
  assert.equal(passed.length, 0);
});

test("a server that asks for ever is given up after as many rounds as a method may take", () => {
  const { relayed } = conversation([30, 31, 32, 33].map(asks));
  const kinds = [ended(relayed.begin()).kind];
  for (const identifier of [30, 31, 32]) kinds.push(ended(relayed.respond(packet(RESPONSE, identifier, METHOD))).kind);
  assert.deepEqual(kinds, ["request", "request", "request", "failure"]);
});

/** With a server that answers in turn. */
function conversation(outcomes: readonly EapRelayOutcome[], asksIdentity = false) {
  const passed: Uint8Array[] = [];
  const relay: EapRelay = {
    kind: "relay",
    // deno-lint-ignore require-yield -- it waits for nothing.
    *exchange(octets) {
      passed.push(octets.slice());
      return outcomes[passed.length - 1];
    },
  };
  return { passed, relayed: new RelayedEap(relay, LIMITS, new TextEncoder().encode("alice"), 7, asksIdentity) };
}

function asks(identifier: number): EapRelayOutcome {
  return { kind: "request", packet: packet(REQUEST, identifier, METHOD) };
}

function packet(code: number, identifier: number, type: number): Uint8Array {
  return Uint8Array.of(code, identifier, 0, 5, type);
}

/** What comes of a step that asks for nothing. */
function ended<T>(step: Step<T>): T {
  const progress = step.next();
  assert.ok(progress.done);
  return progress.value;
}
