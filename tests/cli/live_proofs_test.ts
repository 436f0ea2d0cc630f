import assert from "node:assert/strict";
import { test } from "node:test";
import type { Proofs } from "../../src/cli/certificate_options.ts";
import { LiveProofs } from "../../src/cli/live_proofs.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";

const ADA = parseIdentity("ada@example.org");

test("whom EAP admits and by what method, whose ticket is revoked and which key counts is what was read last", () => {
  const live = new LiveProofs(proofsOf(1));
  const { proofs } = live;
  const looks = () => [
    proofs.presharedKey?.[0],
    proofs.eap!.admits(ADA, 26),
    proofs.eap!.methodFor(ADA),
    proofs.certificates!.isRevoked!([]),
  ];
  assert.deepEqual(looks(), [1, true, undefined, false]);
  live.replace(proofsOf(2));
  assert.deepEqual(looks(), [2, false, [], true]);
});

test("a means of proof that came or went is refused, and all stays as it was", () => {
  const { eap: _, ...withoutEap } = proofsOf(2);
  const { certificates: __, ...withoutCertificates } = proofsOf(2);
  for (const other of [withoutEap, withoutCertificates]) {
    const live = new LiveProofs(proofsOf(1));
    assert.throws(() => live.replace(other), /came or went: that takes a restart/);
    assert.equal(live.proofs.presharedKey?.[0], 1);
    assert.throws(() => new LiveProofs(other).replace(proofsOf(1)), /came or went/);
  }
});

/** Of a first reading, which admits everybody, or a second, which does not. */
function proofsOf(reading: 1 | 2): Proofs {
  return {
    presharedKey: Uint8Array.of(reading),
    certificates: { isRevoked: () => reading === 2 } as unknown as Proofs["certificates"],
    eap: { admits: () => reading === 1, methodFor: () => reading === 1 ? undefined : [] },
  };
}
