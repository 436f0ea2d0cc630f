/**
 * SA: proposals, transforms and their attributes (RFC 7296, section 3.3).
 *
 * @module
 */
import { MAXIMUM_PROPOSALS, MAXIMUM_TRANSFORM_ATTRIBUTES, MAXIMUM_TRANSFORMS, MAXIMUM_TRANSFORMS_IN_ALL } from "../limits.ts";
import { ProtocolId } from "../constants.ts";
import type { Proposal, SecurityAssociationPayload, Transform, TransformAttribute } from "../payload.ts";
import type { Reader } from "../reader.ts";
import { outOfRange, type Writer } from "../writer.ts";

const PROPOSAL_HEAD_LENGTH = 8;
const TRANSFORM_HEAD_LENGTH = 8;
/** Values of the field Last Substruc (RFC 7296, sections 3.3.1 and 3.3.2). */
const LAST = 0;
const MORE_PROPOSALS = 2;
const MORE_TRANSFORMS = 3;
/** Bit AF: the attribute's value stands in the two octets of its length (section 3.3.5). */
const SHORT_FORM = 0x8000;
const ATTRIBUTE_TYPE_MASK = 0x7fff;

export function readSecurityAssociation(reader: Reader): SecurityAssociationPayload {
  const proposals: Proposal[] = [];
  let transformsInAll = 0;
  let more = true;
  while (more && reader.error === undefined) {
    reader.structure = "proposal";
    if (proposals.length === MAXIMUM_PROPOSALS) reader.fail("too-many", `at most ${MAXIMUM_PROPOSALS} proposals`);
    more = readLastSubstruc(reader, MORE_PROPOSALS);
    const proposal = readProposal(reader);
    transformsInAll += proposal.transforms.length;
    if (transformsInAll > MAXIMUM_TRANSFORMS_IN_ALL) {
      reader.fail("too-many", `at most ${MAXIMUM_TRANSFORMS_IN_ALL} transforms in all proposals`);
    }
    proposals.push(proposal);
  }
  reader.structure = "SA";
  return { type: "SA", proposals };
}

/** Whether another substructure follows this one. */
function readLastSubstruc(reader: Reader, whenMore: number): boolean {
  const value = reader.u8();
  reader.skip(1);
  if (value !== LAST && value !== whenMore) {
    reader.fail("bad-value", `${LAST} or ${whenMore} as Last Substruc, not ${value}`, reader.position - 2);
  }
  return value === whenMore;
}

function readProposal(reader: Reader): Proposal {
  const outer = enterSubstructure(reader, PROPOSAL_HEAD_LENGTH);
  const number = reader.u8();
  const protocolId = reader.u8();
  const spiSize = reader.u8();
  const transformCount = reader.u8();
  if (!isSpiSize(protocolId, spiSize)) {
    reader.fail("bad-value", `${spiSizesOf(protocolId)} as SPI size, not ${spiSize}`, reader.position - 2);
  }
  const spi = reader.octets(spiSize);
  const transforms: Transform[] = [];
  for (let i = 0; i < transformCount && reader.error === undefined; i++) {
    transforms.push(readTransform(reader, i === transformCount - 1));
  }
  reader.structure = "proposal";
  reader.leave(outer);
  return { number, protocolId, spi, transforms };
}

function readTransform(reader: Reader, isLast: boolean): Transform {
  reader.structure = "transform";
  const more = readLastSubstruc(reader, MORE_TRANSFORMS);
  if (more === isLast) {
    const expected = isLast ? "no transform beyond the proposal's count" : "as many transforms as the proposal's count says";
    reader.fail("bad-value", expected, reader.position - 2);
  }
  const outer = enterSubstructure(reader, TRANSFORM_HEAD_LENGTH);
  const transformType = reader.u8();
  reader.skip(1);
  const transformId = reader.u16();
  const attributes: TransformAttribute[] = [];
  while (reader.remaining > 0) {
    if (attributes.length === MAXIMUM_TRANSFORM_ATTRIBUTES) {
      reader.fail("too-many", `at most ${MAXIMUM_TRANSFORM_ATTRIBUTES} attributes`);
    }
    attributes.push(readAttribute(reader));
  }
  reader.leave(outer);
  return { transformType, transformId, attributes };
}

function readAttribute(reader: Reader): TransformAttribute {
  const field = reader.u16();
  const second = reader.u16();
  const attributeType = field & ATTRIBUTE_TYPE_MASK;
  return { attributeType, value: field >= SHORT_FORM ? second : reader.octets(second) };
}

/**
 * Reads the length of a substructure, of which Last Substruc and a reserved octet are read already, and bounds the reader to
 * what is left of it.
 */
function enterSubstructure(reader: Reader, headLength: number): number {
  const length = reader.u16();
  if (length < headLength) {
    reader.fail("bad-length", `a ${reader.structure} length of at least ${headLength}, not ${length}`, reader.position - 2);
  }
  return reader.enter(length - 4);
}

export function securityAssociationLength(payload: SecurityAssociationPayload): number {
  let length = 0;
  for (const proposal of payload.proposals) length += proposalLength(proposal);
  return length;
}

export function writeSecurityAssociation(writer: Writer, payload: SecurityAssociationPayload): void {
  const { proposals } = payload;
  const count = proposals.length;
  if (count === 0 || count > MAXIMUM_PROPOSALS) throw outOfRange("SA: proposals", `1 to ${MAXIMUM_PROPOSALS}`, count);
  let transformsInAll = 0;
  for (let i = 0; i < count; i++) {
    writeProposal(writer, proposals[i], i === count - 1);
    transformsInAll += proposals[i].transforms.length;
  }
  if (transformsInAll > MAXIMUM_TRANSFORMS_IN_ALL) {
    throw outOfRange("SA: transforms", `at most ${MAXIMUM_TRANSFORMS_IN_ALL}`, transformsInAll);
  }
}

function proposalLength(proposal: Proposal): number {
  let length = PROPOSAL_HEAD_LENGTH + proposal.spi.length;
  for (const transform of proposal.transforms) length += transformLength(transform);
  return length;
}

function writeProposal(writer: Writer, proposal: Proposal, isLast: boolean): void {
  const { number, protocolId, spi, transforms } = proposal;
  if (!isSpiSize(protocolId, spi.length)) throw outOfRange("proposal: SPI size", spiSizesOf(protocolId), spi.length);
  const count = transforms.length;
  if (count > MAXIMUM_TRANSFORMS) throw outOfRange("proposal: transforms", `at most ${MAXIMUM_TRANSFORMS}`, count);
  writer.u8(isLast ? LAST : MORE_PROPOSALS, "proposal: Last Substruc");
  writer.zeros(1);
  writer.u16(proposalLength(proposal), "proposal: length");
  writer.u8(number, "proposal: number");
  writer.u8(protocolId, "proposal: protocol ID");
  writer.u8(spi.length, "proposal: SPI size");
  writer.u8(count, "proposal: number of transforms");
  writer.copy(spi);
  for (let i = 0; i < count; i++) writeTransform(writer, transforms[i], i === count - 1);
}

function transformLength(transform: Transform): number {
  let length = TRANSFORM_HEAD_LENGTH;
  for (const { value } of transform.attributes) length += 4 + (typeof value === "number" ? 0 : value.length);
  return length;
}

function writeTransform(writer: Writer, transform: Transform, isLast: boolean): void {
  const { transformType, transformId, attributes } = transform;
  if (attributes.length > MAXIMUM_TRANSFORM_ATTRIBUTES) {
    throw outOfRange("transform: attributes", `at most ${MAXIMUM_TRANSFORM_ATTRIBUTES}`, attributes.length);
  }
  writer.u8(isLast ? LAST : MORE_TRANSFORMS, "transform: Last Substruc");
  writer.zeros(1);
  writer.u16(transformLength(transform), "transform: length");
  writer.u8(transformType, "transform: type");
  writer.zeros(1);
  writer.u16(transformId, "transform: ID");
  for (const attribute of attributes) writeAttribute(writer, attribute);
}

function writeAttribute(writer: Writer, attribute: TransformAttribute): void {
  const { attributeType, value } = attribute;
  if (attributeType > ATTRIBUTE_TYPE_MASK) throw outOfRange("attribute: type", "0 to 32767", attributeType);
  if (typeof value === "number") {
    writer.u16(attributeType | SHORT_FORM, "attribute: type");
    writer.u16(value, "attribute: value");
  } else {
    writer.u16(attributeType, "attribute: type");
    writer.u16(value.length, "attribute: length");
    writer.copy(value);
  }
}

/** RFC 7296, section 3.3.1. For protocols not known here any SPI is taken: their proposals cannot be chosen. */
function isSpiSize(protocolId: number, spiSize: number): boolean {
  switch (protocolId) {
    case ProtocolId.IKE:
      return spiSize === 0 || spiSize === 8;
    case ProtocolId.AH:
    case ProtocolId.ESP:
      return spiSize === 4;
    default:
      return spiSize <= 255;
  }
}

function spiSizesOf(protocolId: number): string {
  return protocolId === ProtocolId.IKE
    ? "0 or 8"
    : protocolId === ProtocolId.ESP || protocolId === ProtocolId.AH
    ? "4"
    : "0 to 255";
}
