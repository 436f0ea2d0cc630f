/**
 * Proposals: what is offered, and what is chosen from an offer (RFC 7296, sections 2.7 and 3.3).
 *
 * @module
 */
import type { EncryptionAlgorithm, IntegrityAlgorithm, KeyExchangeGroup, PrfAlgorithm } from "../../crypto/algorithms.ts";
import { ENCRYPTION_ALGORITHMS, INTEGRITY_ALGORITHMS, KEY_EXCHANGE_GROUPS, PRF_ALGORITHMS } from "../../crypto/registry.ts";
import { ExtendedSequenceNumbers, ProtocolId, TransformType } from "../../wire/constants.ts";
import type { Proposal, Transform } from "../../wire/payload.ts";
import { type AdditionalChoice, isAdditional } from "./additional_key_exchange.ts";
import { espTransforms, ikeTransforms } from "./proposal_transforms.ts";
import { isEspSpi } from "./spi.ts";
import { keyLengthOf, NONE } from "./suite.ts";

/** A cipher with one of its key lengths, in octets. */
export interface EncryptionChoice {
  /** The cipher. */
  readonly algorithm: EncryptionAlgorithm;
  /** Octets, salt not counted: one of `algorithm.keyLengths`. */
  readonly keyLength: number;
}

/** One IKE proposal, each list in order of preference. AEADs and other ciphers do not stand in one proposal (RFC 5282, section 8). */
export interface IkeProposal {
  /** Ciphers with their key lengths. */
  readonly encryption: readonly EncryptionChoice[];
  /** Empty with AEADs. */
  readonly integrity: readonly IntegrityAlgorithm[];
  /** Of SKEYSEED, keys and AUTH. */
  readonly prfs: readonly PrfAlgorithm[];
  /** Of the first key exchange. */
  readonly groups: readonly KeyExchangeGroup[];
  /** Additional key exchanges (RFC 9370), each in a place of its own; none: there are no more than that of `groups`. */
  readonly additional?: readonly AdditionalChoice[];
}

/** One ESP proposal, likewise. */
export interface EspProposal {
  /** Ciphers with their key lengths. */
  readonly encryption: readonly EncryptionChoice[];
  /** Empty with AEADs. */
  readonly integrity: readonly IntegrityAlgorithm[];
  /** Whether extended sequence numbers are offered, and whether plain ones are (RFC 4718, section 4.4). */
  readonly extendedSequenceNumbers: readonly boolean[];
  /**
   * Groups for perfect forward secrecy of Child SAs that CREATE_CHILD_SA makes: it is then asked for, and demanded of the peer. Not given: this end
   * does without, and lets the peer decide. The first Child SA of an IKE SA, which IKE_AUTH makes, has none in any case (RFC 4718, section 4.3).
   */
  readonly groups?: readonly KeyExchangeGroup[];
  /**
   * Additional key exchanges of those Child SAs (RFC 9370); beside `groups` alone. Not given: this end does without, and lets the peer decide on those
   * of its IKE proposals.
   */
  readonly additional?: readonly AdditionalChoice[];
}

/** AES-GCM first, then ChaCha20-Poly1305, then AES-CBC with HMAC-SHA2, over all groups but MODP-1024, Curve25519 first. */
export function defaultIkeProposals(): IkeProposal[] {
  const prfs = PRF_ALGORITHMS.filter(({ enabledByDefault }) => enabledByDefault);
  const groups = KEY_EXCHANGE_GROUPS.filter(({ enabledByDefault }) => enabledByDefault);
  return [
    { encryption: AEAD_CHOICES, integrity: [], prfs, groups },
    { encryption: CBC_CHOICES, integrity: INTEGRITY_ALGORITHMS, prfs, groups },
  ];
}

/** The same ciphers for ESP. */
export function defaultEspProposals(): EspProposal[] {
  return [
    { encryption: AEAD_CHOICES, integrity: [], extendedSequenceNumbers: [false, true] },
    { encryption: CBC_CHOICES, integrity: INTEGRITY_ALGORITHMS, extendedSequenceNumbers: [false, true] },
  ];
}

const NO_SPI = new Uint8Array(0);

const AEAD_CHOICES = choicesOf(ENCRYPTION_ALGORITHMS.filter(({ icvLength }) => icvLength > 0));
const CBC_CHOICES = choicesOf(ENCRYPTION_ALGORITHMS.filter(({ icvLength }) => icvLength === 0));

/** Each cipher with its key lengths, the longest first. */
function choicesOf(algorithms: readonly EncryptionAlgorithm[]): readonly EncryptionChoice[] {
  return algorithms.flatMap((algorithm) =>
    [...algorithm.keyLengths].sort((a, b) => b - a).map((keyLength) => ({ algorithm, keyLength }))
  );
}

/** The IKE proposals as they stand in SAi1; when an IKE SA is rekeyed, with this end's SPI of the new one (RFC 7296, section 3.3.1). */
export function offerIke(proposals: readonly IkeProposal[], spi: Uint8Array = NO_SPI): Proposal[] {
  return proposals.map((proposal, index) => ({
    number: index + 1,
    protocolId: ProtocolId.IKE,
    spi,
    transforms: ikeTransforms(proposal),
  }));
}

/** The same proposals without additional key exchanges: for a peer that knows none. */
export function withoutAdditional(proposals: readonly IkeProposal[]): readonly IkeProposal[] {
  if (!proposals.some(({ additional }) => additional)) return proposals;
  let without = withoutOf.get(proposals);
  if (without === undefined) withoutOf.set(proposals, without = proposals.map(({ additional: _, ...rest }) => rest));
  return without;
}

/** The same object each time, for its transforms are remembered. */
const withoutOf = new WeakMap<readonly IkeProposal[], readonly IkeProposal[]>();

/** The proposals that are acceptable to a peer that knows of no IKE_INTERMEDIATE. */
export function withoutRequiredAdditional(proposals: readonly IkeProposal[]): readonly IkeProposal[] {
  const optional = proposals.filter(({ additional }) => additional?.every(({ optional }) => optional) ?? true);
  return optional.length === proposals.length ? withoutAdditional(proposals) : withoutAdditional(optional);
}

/** The ESP proposals as they stand in SAi2, with this end's inbound SPI. No key exchange transform: RFC 4718, section 4.3. */
export function offerEsp(proposals: readonly EspProposal[], spi: Uint8Array): Proposal[] {
  return proposals.map((proposal, index) => ({
    number: index + 1,
    protocolId: ProtocolId.ESP,
    spi,
    transforms: espTransforms(proposal),
  }));
}

/**
 * The responder's choice among the initiator's IKE proposals: the first that it can accept, in the initiator's order.
 *
 * @param spi this end's, when an IKE SA is rekeyed: the initiator's proposals have to carry one too.
 */
export function chooseIke(
  offered: readonly Proposal[],
  ours: readonly IkeProposal[],
  spi: Uint8Array = NO_SPI,
): Proposal | undefined {
  const acceptable = ours.map(ikeTransforms);
  return choose(offered, acceptable, ProtocolId.IKE, (peerSpi) => peerSpi.length === spi.length, spi);
}

/**
 * As {@link chooseIke}, but prefers the group that the initiator already sent a value for, which saves a second round. Another
 * group is chosen only where no proposal is acceptable with that one.
 */
export function chooseIkeFor(
  group: number,
  offered: readonly Proposal[],
  ours: readonly IkeProposal[],
  spi: Uint8Array = NO_SPI,
): Proposal | undefined {
  const withGroup = ours
    .map((proposal) => ({ ...proposal, groups: proposal.groups.filter(({ id }) => id === group) }))
    .filter(({ groups }) => groups.length > 0);
  return chooseIke(offered, withGroup, spi) ?? chooseIke(offered, ours, spi);
}

/** The responder's choice among the initiator's ESP proposals; the answer carries the responder's own inbound SPI. */
export function chooseEsp(offered: readonly Proposal[], ours: readonly EspProposal[], spi: Uint8Array): Proposal | undefined {
  return choose(offered, ours.map(espTransforms), ProtocolId.ESP, isEspSpi, spi);
}

/** As {@link chooseEsp}, from what this end has put together itself of transforms. */
export function chooseEspFrom(
  offered: readonly Proposal[],
  acceptable: readonly (readonly Transform[])[],
  spi: Uint8Array,
): Proposal | undefined {
  return choose(offered, acceptable, ProtocolId.ESP, isEspSpi, spi);
}

/**
 * Whether the responder's answer is one of what was offered: one proposal, one transform of each type, each as offered
 * (RFC 7296, section 3.3.6: "the initiator of an exchange MUST check").
 */
export function isChosenFrom(answer: readonly Proposal[], offered: readonly Proposal[]): boolean {
  if (answer.length !== 1) return false;
  const [chosen] = answer;
  const original = offered.find(({ number }) => number === chosen.number);
  if (original === undefined || original.protocolId !== chosen.protocolId) return false;
  const types = new Set(chosen.transforms.map(({ transformType }) => transformType));
  if (types.size !== chosen.transforms.length) return false;
  const everyTypeAnswered = original.transforms.every(({ transformType }) =>
    types.has(transformType) || transformType === TransformType.ESN && original.transforms.some(isPlainNumbers)
  );
  return everyTypeAnswered &&
    chosen.transforms.every((transform) =>
      transform.transformId === NONE && mayBeNone(transform.transformType) ||
      original.transforms.some((ours) => sameTransform(transform, ours))
    );
}

function choose(
  offered: readonly Proposal[],
  acceptable: readonly (readonly Transform[])[],
  protocolId: number,
  acceptsSpi: (spi: Uint8Array) => boolean,
  spi: Uint8Array,
): Proposal | undefined {
  for (const proposal of offered) {
    if (proposal.protocolId !== protocolId || !acceptsSpi(proposal.spi)) continue;
    // Proposals under one number are a bundle, of ESP and AH, to be taken together or not at all (RFC 4718, section 7.13).
    if (offered.some((other) => other !== proposal && other.number === proposal.number)) continue;
    for (const ours of acceptable) {
      const transforms = chooseTransforms(proposal.transforms, ours);
      if (transforms !== undefined) return { number: proposal.number, protocolId, spi, transforms };
    }
  }
  return undefined;
}

/** One transform of each type that either side names, or `undefined` when a type has none in common. */
function chooseTransforms(offered: readonly Transform[], ours: readonly Transform[]): Transform[] | undefined {
  const chosen: Transform[] = [];
  for (const { transformType } of offered) {
    if (hasType(chosen, transformType)) continue;
    // A type that this end has no use for (integrity beside an AEAD, a group for a first Child SA) may be there as NONE and not
    // otherwise: a proposal with a type that is not understood is not acceptable (RFC 7296, section 3.3.6).
    const match = hasType(ours, transformType)
      ? firstInCommon(offered, ours, transformType, chosen)
      : firstNone(offered, transformType);
    if (match === undefined) return undefined;
    chosen.push(match);
  }
  for (const { transformType } of ours) {
    if (!hasType(offered, transformType) && !mayBeLeftOut(ours, transformType)) return undefined;
  }
  return chosen;
}

/** Whether a type that is not offered at all is acceptable: plain sequence numbers, and an additional key exchange that need not be. */
function mayBeLeftOut(ours: readonly Transform[], transformType: number): boolean {
  if (transformType === TransformType.ESN) return ours.some(isPlainNumbers);
  return isAdditional(transformType) &&
    ours.some((transform) => transform.transformType === transformType && transform.transformId === NONE);
}

function hasType(transforms: readonly Transform[], transformType: number): boolean {
  for (const transform of transforms) {
    if (transform.transformType === transformType) return true;
  }
  return false;
}

function firstInCommon(
  offered: readonly Transform[],
  ours: readonly Transform[],
  transformType: number,
  chosen: readonly Transform[],
): Transform | undefined {
  for (const transform of offered) {
    if (transform.transformType !== transformType || isChosenBefore(transform, chosen)) continue;
    for (const own of ours) {
      if (sameTransform(transform, own)) return transform;
    }
  }
  return undefined;
}

/** No method may be chosen for two additional key exchanges (RFC 9370, section 2.2.1). */
function isChosenBefore({ transformType, transformId }: Transform, chosen: readonly Transform[]): boolean {
  return isAdditional(transformType) && transformId !== NONE &&
    chosen.some((other) => isAdditional(other.transformType) && other.transformId === transformId);
}

function firstNone(offered: readonly Transform[], transformType: number): Transform | undefined {
  if (!mayBeNone(transformType) && !isAdditional(transformType)) return undefined;
  return offered.find((transform) => transform.transformType === transformType && transform.transformId === NONE);
}

/**
 * Whether a transform says "no extended sequence numbers", which an ESP proposal without this type means too. It ought to name
 * the type (RFC 7296, section 3.3.3), but deployed peers that have no extended sequence numbers leave it out.
 */
function isPlainNumbers({ transformType, transformId }: Transform): boolean {
  return transformType === TransformType.ESN && transformId === ExtendedSequenceNumbers.NO;
}

function mayBeNone(transformType: number): boolean {
  return transformType === TransformType.INTEG || transformType === TransformType.KE;
}

/**
 * Equal in type, number and key length. A transform with an attribute that is not understood is not acceptable (RFC 7296, section 3.3.6),
 * and neither is one with two key lengths.
 */
function sameTransform(offered: Transform, own: Transform): boolean {
  return offered.transformType === own.transformType && offered.transformId === own.transformId &&
    offered.attributes.length === own.attributes.length && keyLengthOf(offered) === keyLengthOf(own);
}
