import assert from "node:assert/strict";
import { test } from "node:test";
import { proposalOctets, readProposal } from "../../src/ticket/known_proposals.ts";
import type { Proposal } from "../../src/wire/payload.ts";

test("equal octets are one proposal, which does not change when they are wiped", () => {
  const octets = payloadOf(aesGcm(1));
  const read = readProposal(octets, 0, octets.length);
  const behind = Uint8Array.of(1, 2, 3, ...octets, 4);
  assert.equal(readProposal(behind, 3, 3 + octets.length), read);
  octets.fill(0);
  assert.deepEqual(read, aesGcm(1));
});

test("octets that differ anywhere are another proposal, or none", () => {
  const octets = payloadOf(aesGcm(2));
  const read = readProposal(octets, 0, octets.length);
  for (let index = 0; index < octets.length; index++) {
    const altered = octets.slice();
    altered[index] ^= 1;
    assert.notEqual(readProposal(altered, 0, altered.length), read, `octet ${index}`);
  }
  assert.equal(readProposal(octets, 0, octets.length - 1), undefined);
  assert.equal(readProposal(octets, 1, octets.length), undefined);
});

test("far more proposals than any fleet has are all read as what they are", () => {
  for (let number = 0; number < 200; number++) {
    const octets = payloadOf(aesGcm(number));
    assert.deepEqual(readProposal(octets, 0, octets.length), aesGcm(number));
  }
});

function payloadOf(proposal: Proposal): Uint8Array {
  return proposalOctets(proposal).slice();
}

function aesGcm(number: number): Proposal {
  const encryption = { transformType: 1, transformId: 20, attributes: [{ attributeType: 14, value: 256 }] };
  return {
    number,
    protocolId: 1,
    spi: new Uint8Array(0),
    transforms: [encryption, { transformType: 2, transformId: 5, attributes: [] }],
  };
}
