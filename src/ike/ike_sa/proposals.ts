/**
 * Proposals: what is offered, and what is chosen from an offer (RFC 7296, sections 2.7 and 3.3).
 *
 * @module
 */
import type { EncryptionAlgorithm, IntegrityAlgorithm, KeyExchangeGroup, PrfAlgorithm } from "../../crypto/algorithms.ts";
import { ENCRYPTION_ALGORITHMS, INTEGRITY_ALGORITHMS, KEY_EXCHANGE_GROUPS, PRF_ALGORITHMS } from "../../crypto/registry.ts";
import { ExtendedSequenceNumbers, ProtocolId, TransformAttributeType, TransformType } from "../../wire/constants.ts";
import type { Proposal, Transform } from "../../wire/payload.ts";
import { isEspSpi } from "./spi.ts";
import { keyLengthOf, NONE } from "./suite.ts";

/** A cipher with one of its key lengths, in octets. */
export interface EncryptionChoice {
  readonly algorithm: EncryptionAlgorithm;
  readonly keyLength: number;
}

/** One IKE proposal, each list in order of preference. AEADs and other ciphers do not stand in one proposal (RFC 5282, section 8). */
export interface IkeProposal {
  readonly encryption: readonly EncryptionChoice[];
  /** Empty with AEADs. */
  readonly integrity: readonly IntegrityAlgorithm[];
  readonly prfs: readonly PrfAlgorithm[];
  readonly groups: readonly KeyExchangeGroup[];
}

/** One ESP proposal, likewise. */
export interface EspProposal {
  readonly encryption: readonly EncryptionChoice[];
  readonly integrity: readonly IntegrityAlgorithm[];
  /** Whether extended sequence numbers are offered, and whether plain ones are (RFC 4718, section 4.4). */
  readonly extendedSequenceNumbers: readonly boolean[];
  /**
   * Groups for perfect forward secrecy of Child SAs that CREATE_CHILD_SA makes: it is then asked for, and demanded of the peer. Not given: this end
   * does without, and lets the peer decide. The first Child SA of an IKE SA, which IKE_AUTH makes, has none in any case (RFC 4718, section 4.3).
   */
  readonly groups?: readonly KeyExchangeGroup[];
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
      ? firstInCommon(offered, ours, transformType)
      : firstNone(offered, transformType);
    if (match === undefined) return undefined;
    chosen.push(match);
  }
  for (const { transformType } of ours) {
    if (!hasType(offered, transformType) && !(transformType === TransformType.ESN && ours.some(isPlainNumbers))) {
      return undefined;
    }
  }
  return chosen;
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
): Transform | undefined {
  for (const transform of offered) {
    if (transform.transformType !== transformType) continue;
    for (const own of ours) {
      if (sameTransform(transform, own)) return transform;
    }
  }
  return undefined;
}

function firstNone(offered: readonly Transform[], transformType: number): Transform | undefined {
  if (!mayBeNone(transformType)) return undefined;
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

/** A configuration's proposals meet every exchange: their transforms are put together once. */
const transformsOf = new WeakMap<IkeProposal | EspProposal, readonly Transform[]>();

function ikeTransforms(proposal: IkeProposal): readonly Transform[] {
  return remembered(proposal, () => [
    ...encryptionTransforms(proposal.encryption),
    ...proposal.prfs.map(({ id }) => plainTransform(TransformType.PRF, id)),
    ...proposal.integrity.map(({ id }) => plainTransform(TransformType.INTEG, id)),
    ...proposal.groups.map(({ id }) => plainTransform(TransformType.KE, id)),
  ]);
}

function espTransforms(proposal: EspProposal): readonly Transform[] {
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
