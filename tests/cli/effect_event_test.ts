import assert from "node:assert/strict";
import { test } from "node:test";
import { eventOf, formatEvent } from "../../src/cli/effect_event.ts";
import type { Effect } from "../../src/ike/states/effect.ts";

const SPIS = { initiatorSpi: 1n, responderSpi: 2n };
const REMOTE = { address: "192.0.2.1", port: 500 };
const octets = (text: string) => new TextEncoder().encode(text);

function lineOf(effect: Effect): string {
  const event = eventOf(effect, false);
  assert.ok(event);
  return formatEvent(event);
}

test("a failed login names the address, the claimed identity and the way", () => {
  assert.equal(
    lineOf({
      type: "authentication-failed",
      spis: SPIS,
      method: "shared-key",
      claimedId: { idType: 2, identification: octets("alice.example") },
      remote: REMOTE,
    }),
    "authentication-failed initiator_spi=0000000000000001 responder_spi=0000000000000002 method=shared-key " +
      `claimed_id=alice.example remote="192.0.2.1 port 500"`,
  );
  assert.equal(
    lineOf({ type: "authentication-failed", spis: SPIS, method: "eap", remote: REMOTE }),
    `authentication-failed initiator_spi=0000000000000001 responder_spi=0000000000000002 method=eap remote="192.0.2.1 port 500"`,
  );
});

test("an identity makes neither a field nor a line of its own, whatever is in it", () => {
  const claims = [
    "x resumed=true",
    `x" resumed="true`,
    "x\nike-sa-up",
    "x\\",
    `x\\" resumed=true`,
    "=",
    "'",
    "\x1b[31m",
    "\u202e",
  ];
  for (const claim of claims) {
    for (const idType of [2, 3, 11]) {
      const line = lineOf({
        type: "authentication-failed",
        spis: SPIS,
        method: "ticket",
        claimedId: { idType, identification: octets(claim) },
        remote: REMOTE,
      });
      assert.match(line, /^[\x20-\x7e]+$/);
      assert.deepEqual(fieldsOf(line), ["initiator_spi", "responder_spi", "method", "claimed_id", "remote"], line);
    }
  }
});

test("values of other origin are quoted as well, and lists stay readable", () => {
  const line = formatEvent({
    event: "e",
    dns: ["10.0.0.1", "10.0.0.2"],
    none: [],
    path: `/a b\n\u009b"c"\\d`,
    null: null,
    n: 7,
    http: { address: "::1", port: 9090 },
  });
  assert.equal(
    line,
    String.raw`e dns=10.0.0.1,10.0.0.2 none="" path="/a b\u{a}\u{9b}\"c\"\\d" null=null n=7 http="::1 port 9090"`,
  );
});

test("more of an identity is not shown than anyone reads", () => {
  const line = lineOf({
    type: "authentication-failed",
    spis: SPIS,
    method: "eap",
    claimedId: { idType: 2, identification: octets("a".repeat(256)) },
    remote: REMOTE,
  });
  assert.ok(line.includes(` claimed_id="${"a".repeat(128)}... (256 octets)" `), line);
});

test("the end of an IKE SA says whose it was and from where, and a new one in its place which one it follows", () => {
  const initiatorId = { idType: 3, identification: octets("ada@example.org") };
  const eapIdentity = { idType: 11, identification: octets("ada") };
  assert.equal(
    lineOf({ type: "ike-sa-down", spis: SPIS, reason: "no-answer", initiatorId, eapIdentity, remote: REMOTE }),
    "ike-sa-down initiator_spi=0000000000000001 responder_spi=0000000000000002 reason=no-answer " +
      `initiator_id=ada@example.org eap_identity=keyid:ada remote="192.0.2.1 port 500"`,
  );
  assert.equal(
    lineOf({ type: "ike-sa-rekeyed", spis: SPIS, newSpis: { initiatorSpi: 3n, responderSpi: 4n }, byUs: true }),
    "ike-sa-rekeyed initiator_spi=0000000000000003 responder_spi=0000000000000004 " +
      "old_initiator_spi=0000000000000001 old_responder_spi=0000000000000002 by_us=true",
  );
});

/** The names of a line's fields, as a reader of logfmt finds them. */
function fieldsOf(line: string): string[] {
  const [, rest] = /^\S+ (.*)$/.exec(line) ?? [];
  const names: string[] = [];
  let left = rest;
  while (left !== "") {
    const found = /^([a-z_]+)=("(?:[^"\\]|\\.)*"|[^\s"'=\\]*)(?: |$)/.exec(left);
    assert.ok(found, `not understood: ${left}`);
    names.push(found[1]);
    left = left.slice(found[0].length);
  }
  return names;
}
