/**
 * The transforms of a configuration's proposals, as they stand in SA payloads (RFC 7296, section 3.3.2).
 *
 * @module
 */
import { ExtendedSequenceNumbers, TransformAttributeType, TransformType } from "../../wire/constants.ts";
import type { Transform } from "../../wire/payload.ts";
import type { AdditionalChoice } from "./additional_key_exchange.ts";
import type { EncryptionChoice, EspProposal, IkeProposal } from "./proposals.ts";
import { NONE } from "./suite.ts";

/** A configuration's proposals meet every exchange: their transforms are put together once. */
const transformsOf = new WeakMap<IkeProposal | EspProposal, readonly Transform[]>();

export function ikeTransforms(proposal: IkeProposal): readonly Transform[] {
  return remembered(proposal, () => [
    ...encryptionTransforms(proposal.encryption),
    ...proposal.prfs.map(({ id }) => plainTransform(TransformType.PRF, id)),
    ...proposal.integrity.map(({ id }) => plainTransform(TransformType.INTEG, id)),
    ...proposal.groups.map(({ id }) => plainTransform(TransformType.KE, id)),
    ...(proposal.additional ?? []).flatMap(additionalTransforms),
  ]);
}

export function additionalTransforms({ place, methods, optional }: AdditionalChoice): Transform[] {
  const ids = [...methods.map(({ id }) => id), ...(optional ? [NONE] : [])];
  return ids.map((id) => plainTransform(TransformType.ADDKE1 + place - 1, id));
}

export function espTransforms(proposal: EspProposal): readonly Transform[] {
  return remembered(proposal, () => [
    ...encryptionTransforms(proposal.encryption),
    ...proposal.integrity.map(({ id }) => plainTransform(TransformType.INTEG, id)),
    ...proposal.extendedSequenceNumbers.map((extended) =>
      plainTransform(TransformType.ESN, extended ? ExtendedSequenceNumbers.YES : ExtendedSequenceNumbers.NO)
    ),
  ]);
}

function remembered(proposal: IkeProposal | EspProposal, make: () => readonly Transform[]): readonly Transform[] {
  let transforms = transformsOf.get(proposal);
  if (transforms === undefined) transformsOf.set(proposal, transforms = make());
  return transforms;
}

function encryptionTransforms(choices: readonly EncryptionChoice[]): Transform[] {
  return choices.map(({ algorithm, keyLength }) => ({
    transformType: TransformType.ENCR,
    transformId: algorithm.id,
    attributes: algorithm.keyLengthAttribute
      ? [{ attributeType: TransformAttributeType.KEY_LENGTH, value: keyLength * 8 }]
      : [],
  }));
}

function plainTransform(transformType: number, transformId: number): Transform {
  return { transformType, transformId, attributes: [] };
}
