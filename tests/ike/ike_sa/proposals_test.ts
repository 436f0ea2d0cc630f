import assert from "node:assert/strict";
import { test } from "node:test";
import {
  chooseEsp,
  chooseIke,
  defaultEspProposals,
  defaultIkeProposals,
  isChosenFrom,
} from "../../../src/ike/ike_sa/proposals.ts";
import { espSuiteOf } from "../../../src/ike/ike_sa/suite.ts";
import { ProtocolId, TransformAttributeType, TransformType } from "../../../src/wire/constants.ts";
import type { Proposal, Transform } from "../../../src/wire/payload.ts";

const AES_GCM = transform(TransformType.ENCR, 20, 256);
const HMAC_SHA2_256_128 = transform(TransformType.INTEG, 12);
const NO_INTEGRITY = transform(TransformType.INTEG, 0);
const RIGHT = [AES_GCM, transform(TransformType.PRF, 5), transform(TransformType.KE, 31)];

test("a proposal with a transform type that is not known is not acceptable, also where the transform is number 0", () => {
  assert.equal(choose(RIGHT)?.transforms.length, 3);
  for (const transformType of [TransformType.ESN, 13, 241]) {
    for (const transformId of [0, 1]) assert.equal(choose([...RIGHT, transform(transformType, transformId)]), undefined);
  }
  const strange = transform(241, 0);
  const offered = [ike(RIGHT)];
  assert.equal(isChosenFrom([ike(RIGHT)], offered), true);
  assert.equal(isChosenFrom([ike([...RIGHT, strange])], offered), false);
});

test("integrity beside an AEAD is taken as NONE or not at all, in IKE and in ESP (RFC 5282, section 8)", () => {
  assert.deepEqual(choose([...RIGHT, NO_INTEGRITY])?.transforms.at(-1), NO_INTEGRITY);
  assert.deepEqual(choose([...RIGHT, HMAC_SHA2_256_128, NO_INTEGRITY])?.transforms.at(-1), NO_INTEGRITY);
  assert.equal(choose([...RIGHT, HMAC_SHA2_256_128]), undefined);
  const spi = Uint8Array.of(0, 0, 16, 0);
  const esp = (...transforms: Transform[]) =>
    chooseEsp([{ number: 1, protocolId: ProtocolId.ESP, spi, transforms }], defaultEspProposals(), spi);
  const plainNumbers = transform(TransformType.ESN, 0);
  assert.notEqual(esp(AES_GCM, plainNumbers), undefined);
  assert.notEqual(esp(AES_GCM, NO_INTEGRITY, plainNumbers, transform(TransformType.KE, 0)), undefined);
  assert.equal(esp(AES_GCM, HMAC_SHA2_256_128, plainNumbers), undefined);
  assert.equal(esp(AES_GCM, plainNumbers, transform(TransformType.KE, 31)), undefined);
  assert.equal(esp(transform(TransformType.ENCR, 12, 128), NO_INTEGRITY, plainNumbers), undefined);
});

test("[C-4.4] an ESP offer, and an answer, that does not name sequence numbers means plain ones", () => {
  const [plain, extended] = [transform(TransformType.ESN, 0), transform(TransformType.ESN, 1)];
  const spi = Uint8Array.of(0, 0, 16, 0);
  const esp = (...transforms: Transform[]) => ({ number: 1, protocolId: ProtocolId.ESP, spi, transforms });
  const both = defaultEspProposals();
  const only = (isExtended: boolean) => both.map((proposal) => ({ ...proposal, extendedSequenceNumbers: [isExtended] }));

  const chosen = chooseEsp([esp(AES_GCM)], both, spi);
  assert.deepEqual(chosen?.transforms, [AES_GCM], "the answer names no more types than the offer");
  assert.equal(espSuiteOf(chosen!)?.extendedSequenceNumbers, false);
  assert.deepEqual(chooseEsp([esp(AES_GCM)], only(false), spi)?.transforms, [AES_GCM]);
  assert.equal(chooseEsp([esp(AES_GCM)], only(true), spi), undefined);

  assert.equal(isChosenFrom([esp(AES_GCM)], [esp(AES_GCM, plain, extended)]), true);
  assert.equal(isChosenFrom([esp(AES_GCM)], [esp(AES_GCM, plain)]), true);
  assert.equal(isChosenFrom([esp(AES_GCM)], [esp(AES_GCM, extended)]), false);
  assert.equal(isChosenFrom([esp(plain)], [esp(AES_GCM, plain)]), false, "any other type has to be answered");
  assert.equal(isChosenFrom([esp(AES_GCM, plain, extended)], [esp(AES_GCM, plain, extended)]), false);
});

test("an ESP SPI that is reserved is not sent to: 0 would make IKE messages of ESP behind port 4500", () => {
  const ours = Uint8Array.of(0, 0, 16, 0);
  const transforms = [AES_GCM, transform(TransformType.ESN, 0)];
  const esp = (spi: Uint8Array) =>
    chooseEsp([{ number: 1, protocolId: ProtocolId.ESP, spi, transforms }], defaultEspProposals(), ours);
  for (const spi of [Uint8Array.of(0, 0, 0, 0), Uint8Array.of(0, 0, 0, 1), Uint8Array.of(0, 0, 0, 255)]) {
    assert.equal(esp(spi), undefined);
  }
  assert.deepEqual(esp(Uint8Array.of(0, 0, 1, 0))?.spi, ours);
});

function choose(transforms: readonly Transform[]): Proposal | undefined {
  return chooseIke([ike(transforms)], defaultIkeProposals());
}

function ike(transforms: readonly Transform[]): Proposal {
  return { number: 1, protocolId: ProtocolId.IKE, spi: new Uint8Array(0), transforms };
}

function transform(transformType: number, transformId: number, keyBits?: number): Transform {
  const attributes = keyBits === undefined ? [] : [{ attributeType: TransformAttributeType.KEY_LENGTH, value: keyBits }];
  return { transformType, transformId, attributes };
}
