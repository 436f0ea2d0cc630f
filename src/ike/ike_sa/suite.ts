/**
 * Algorithms as they were negotiated: a chosen proposal, resolved through the registry.
 *
 * @module
 */
import type { KeyExchangeGroup, PrfAlgorithm, Protection } from "../../crypto/algorithms.ts";
import { encryptionById, groupById, integrityById, prfById } from "../../crypto/registry.ts";
import { additionalById, type AdditionalKeyExchange, isAdditional } from "./additional_key_exchange.ts";
import { ExtendedSequenceNumbers, TransformAttributeType, TransformType } from "../../wire/constants.ts";
import type { Proposal, Transform } from "../../wire/payload.ts";

/** The algorithms of an IKE SA. */
export interface IkeSuite {
  /** Of keys and AUTH. */
  readonly prf: PrfAlgorithm;
  /** Of messages. */
  readonly protection: Protection;
  /** Of the first key exchange. */
  readonly group: KeyExchangeGroup;
  /** Additional key exchanges, in their order (RFC 9370); as a rule none. */
  readonly additional: readonly AdditionalKeyExchange[];
  /** The proposal they stand in: what a ticket carries as "SAr" (RFC 5723, section 5). */
  readonly proposal: Proposal;
}

/** The algorithms of an ESP Child SA. */
export interface EspSuite {
  readonly protection: Protection;
  readonly extendedSequenceNumbers: boolean;
}

/** Transform ID 0 of integrity and key exchange: NONE. */
export const NONE = 0;

/** Resolves a chosen IKE proposal: `undefined` when an algorithm is unknown, missing, or has no valid key length. */
export function ikeSuiteOf(proposal: Proposal): IkeSuite | undefined {
  const prf = prfById(transformOf(proposal, TransformType.PRF)?.transformId ?? NONE);
  const group = groupById(transformOf(proposal, TransformType.KE)?.transformId ?? NONE);
  const protection = protectionOf(proposal);
  const additional = additionalOf(proposal);
  return prf && group && protection && additional && { prf, group, protection, additional, proposal };
}

/** `undefined`: one of them is unknown, or one is chosen twice, which tells nothing new (RFC 9370, section 2.2.1). */
export function additionalOf({ transforms }: Proposal): readonly AdditionalKeyExchange[] | undefined {
  const chosen = transforms.filter(({ transformType, transformId }) => isAdditional(transformType) && transformId !== NONE);
  if (chosen.length === 0) return NO_ADDITIONAL;
  const methods = chosen.sort((one, other) => one.transformType - other.transformType)
    .flatMap(({ transformId }) => additionalById(transformId) ?? []);
  return methods.length === chosen.length && new Set(methods).size === methods.length ? methods : undefined;
}

const NO_ADDITIONAL: readonly AdditionalKeyExchange[] = [];

/** Resolves a chosen ESP proposal, likewise. */
export function espSuiteOf(proposal: Proposal): EspSuite | undefined {
  const protection = protectionOf(proposal);
  return protection && {
    protection,
    extendedSequenceNumbers: transformOf(proposal, TransformType.ESN)?.transformId === ExtendedSequenceNumbers.YES,
  };
}

/** The key length in octets that a transform states; `undefined` without the attribute. */
export function keyLengthOf(transform: Transform): number | undefined {
  const attribute = transform.attributes.find(({ attributeType }) => attributeType === TransformAttributeType.KEY_LENGTH);
  return typeof attribute?.value === "number" ? attribute.value / 8 : undefined;
}

/** A transform of a cipher whose key length may vary has to state it, and only such a one may (RFC 4718, section 7.11). */
function protectionOf(proposal: Proposal): Protection | undefined {
  const transform = transformOf(proposal, TransformType.ENCR);
  const encryption = transform && encryptionById(transform.transformId);
  if (encryption === undefined) return undefined;
  const stated = keyLengthOf(transform!);
  const keyLength = encryption.keyLengthAttribute ? stated : encryption.keyLengths[0];
  if (keyLength === undefined || !encryption.keyLengths.includes(keyLength)) return undefined;
  if (!encryption.keyLengthAttribute && stated !== undefined) return undefined;
  const integrityId = transformOf(proposal, TransformType.INTEG)?.transformId ?? NONE;
  if (encryption.icvLength > 0) return integrityId === NONE ? { encryption, keyLength } : undefined;
  const integrity = integrityById(integrityId);
  return integrity && { encryption, keyLength, integrity };
}

function transformOf(proposal: Proposal, transformType: number): Transform | undefined {
  return proposal.transforms.find((transform) => transform.transformType === transformType);
}
