/**
 * What a ticket may hold behind the expiration of RFC 5723, appendix A.1, where policy needs it (section 5, notes 1 to 3).
 *
 * Each item is a type of one octet, a length of two octets in network order, and so many octets:
 *
 * | type | what it is                                                                     | octets              |
 * | ---- | ------------------------------------------------------------------------------ | ------------------- |
 * | 1    | when the client proved itself, in seconds since 1970                           | 4                   |
 * | 2    | the EAP method by which it did (RFC 3748, section 5)                           | 1                   |
 * | 3    | one certificate of the client, DER; the chain in its order                     | 1 or more           |
 * | 4    | which ticket of its series it is: series, serial, and when it was issued       | 8, 4 and 4          |
 * | 5    | a keyed fingerprint of the shared key by which the client proved itself        | 8                   |
 * | 0x84 | the identity that the EAP method authenticated: ID type, then the identification | 1 or more         |
 * | 0x85 | one address that the client may come from                                      | 4 or 16             |
 * | 0x86 | the address that the ticket was issued to                                      | 4 or 16             |
 * | 0x87 | when the client's certificate ends, in seconds since 1970                      | 8                   |
 * | 0x88 | what one of the client's certificates is called on lists of revoked ones       | 1 or more           |
 * | 0x89 | the AUTH method by which the client proved itself, where the format has no place for it | 1           |
 *
 * A type of 0x80 and above is critical: a gateway that does not know it refuses the ticket, because the item limits what the ticket is
 * good for. Others that are not known are passed over.
 *
 * @module
 */
import { toHexadecimal } from "../wire/hexadecimal.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import type { Identity } from "./identity.ts";

/** The items; each is there only if it was needed. */
export interface TicketItems {
  /** Seconds since 1970, 32 bits unsigned: when the client last proved itself by more than a ticket. */
  readonly authenticatedAtEpochSeconds?: number;
  /** The EAP method by which it did; 1 to 255. */
  readonly eapType?: number;
  /** The client's certificates as policy wants them, DER, each 1 to 65,535 octets. Opaque here. */
  readonly certificates?: readonly Uint8Array[];
  /** Which of its client's tickets it is: there in every ticket that a gateway issues. */
  readonly issue?: TicketIssue;
  /** AUTH method of the exchange in which the client proved itself. Written as an item only where the format has no place for it. */
  readonly authenticationMethod?: number;
  /** See `credentialFingerprint`. 8 octets. */
  readonly credential?: Uint8Array;
  /** The identity that policy goes by, where EAP authenticated another than IDi (RFC 5723, section 5, note 1). */
  readonly eapIdentity?: Identity;
  /** The addresses that the client may come from, 4 or 16 octets each: iPAddress of its certificate (RFC 5723, section 5, note 3). */
  readonly permittedAddresses?: readonly Uint8Array[];
  /** Seconds since 1970, below 2^53: when the certificates end by which the client proved itself (RFC 5723, section 5, note 2). */
  readonly certificatesEndAtEpochSeconds?: number;
  /** What the certificates by which the client proved itself are called where revoked ones are looked for, each 1 to 65,535 octets. Opaque here. */
  readonly certificateNames?: readonly Uint8Array[];
  /** The client's address when the ticket was issued, 4 or 16 octets; for a policy that lets no client change it. */
  readonly issuedToAddress?: Uint8Array;
}

/** What tells a ticket from the others of its IKE SA: see `TicketName`. */
export interface TicketIssue {
  readonly series: string;
  readonly serial: number;
  readonly issuedAtEpochSeconds: number;
}

/** The types of items, in the order in which they are written. */
export const ItemType = {
  AUTHENTICATED_AT: 1,
  EAP_TYPE: 2,
  CERTIFICATE: 3,
  ISSUE: 4,
  CREDENTIAL: 5,
  EAP_IDENTITY: 0x84,
  PERMITTED_ADDRESS: 0x85,
  ISSUED_TO_ADDRESS: 0x86,
  CERTIFICATES_END_AT: 0x87,
  CERTIFICATE_NAME: 0x88,
  AUTHENTICATION_METHOD: 0x89,
} as const;

const FIRST_CRITICAL_TYPE = 0x80;
const ITEM_HEADER_LENGTH = 3;
const MAXIMUM_ITEM_LENGTH = 0xffff;
const SERIES_LENGTH = 8;
/** Octets of {@link TicketIssue}. */
export const ISSUE_LENGTH: number = SERIES_LENGTH + 4 + 4;
/** Octets of a fingerprint of a shared key. */
export const CREDENTIAL_LENGTH = 8;

/**
 * The octets of all items that are there; none for none.
 *
 * @throws {RangeError} an item is too long, or empty.
 */
export function encodeTicketItems(items: TicketItems): Uint8Array {
  const writer = new Writer(ticketItemsLength(items));
  writeTicketItems(writer, items);
  return writer.octets;
}

/** How many octets {@link writeTicketItems} writes. */
export function ticketItemsLength(items: TicketItems): number {
  let length = 0;
  if (items.authenticatedAtEpochSeconds !== undefined) length += ITEM_HEADER_LENGTH + 4;
  if (items.eapType !== undefined) length += ITEM_HEADER_LENGTH + 1;
  for (const value of items.certificates ?? NONE) length += ITEM_HEADER_LENGTH + value.length;
  if (items.issue) length += ITEM_HEADER_LENGTH + ISSUE_LENGTH;
  if (items.credential) length += ITEM_HEADER_LENGTH + items.credential.length;
  if (items.eapIdentity) length += ITEM_HEADER_LENGTH + 1 + items.eapIdentity.identification.length;
  for (const value of items.permittedAddresses ?? NONE) length += ITEM_HEADER_LENGTH + value.length;
  if (items.certificatesEndAtEpochSeconds !== undefined) length += ITEM_HEADER_LENGTH + 8;
  if (items.issuedToAddress) length += ITEM_HEADER_LENGTH + items.issuedToAddress.length;
  for (const value of items.certificateNames ?? NONE) length += ITEM_HEADER_LENGTH + value.length;
  return length;
}

/**
 * As {@link encodeTicketItems}, into a writer that others use too.
 *
 * @throws {RangeError} an item is too long, or empty.
 */
export function writeTicketItems(writer: Writer, items: TicketItems): void {
  if (items.authenticatedAtEpochSeconds !== undefined) {
    writeItemHeader(writer, ItemType.AUTHENTICATED_AT, 4);
    writer.u32(items.authenticatedAtEpochSeconds >>> 0, "ticket item: when the client proved itself");
  }
  if (items.eapType !== undefined) {
    writeItemHeader(writer, ItemType.EAP_TYPE, 1);
    writer.u8(items.eapType, "ticket item: EAP type");
  }
  for (const value of items.certificates ?? NONE) writeItem(writer, ItemType.CERTIFICATE, value);
  if (items.issue) {
    writeItemHeader(writer, ItemType.ISSUE, ISSUE_LENGTH);
    writeIssue(writer, items.issue);
  }
  if (items.credential) writeItem(writer, ItemType.CREDENTIAL, items.credential);
  if (items.eapIdentity) {
    const { idType, identification } = items.eapIdentity;
    writeItemHeader(writer, ItemType.EAP_IDENTITY, 1 + identification.length);
    writer.u8(idType, "ticket item: ID type");
    writer.copy(identification);
  }
  for (const value of items.permittedAddresses ?? NONE) writeItem(writer, ItemType.PERMITTED_ADDRESS, value);
  if (items.issuedToAddress) writeItem(writer, ItemType.ISSUED_TO_ADDRESS, items.issuedToAddress);
  if (items.certificatesEndAtEpochSeconds !== undefined) {
    writeItemHeader(writer, ItemType.CERTIFICATES_END_AT, 8);
    writer.u32(Math.floor(items.certificatesEndAtEpochSeconds / 2 ** 32), "ticket item: end of certificates");
    writer.u32(items.certificatesEndAtEpochSeconds >>> 0, "ticket item: end of certificates");
  }
  for (const value of items.certificateNames ?? NONE) writeItem(writer, ItemType.CERTIFICATE_NAME, value);
}

/** Reads what {@link encodeTicketItems} wrote. `undefined`: an item is cut off, of a wrong length, critical and unknown, or there twice. */
export function decodeTicketItems(octets: Uint8Array): TicketItems | undefined {
  const items: ItemsToRead = {};
  return readTicketItems(new Reader(octets, 0, "ticket items"), items) ? items : undefined;
}

/**
 * As {@link decodeTicketItems}, for all that remains in a reader, into an object without items; `false`: it would give
 * `undefined`.
 */
export function readTicketItems(reader: Reader, items: ItemsToRead): boolean {
  while (reader.remaining > 0) {
    const type = reader.u8();
    const length = reader.u16();
    if (length > reader.remaining || !isRightLength(type, length) || !readItem(reader, type, length, items)) return false;
  }
  return reader.error === undefined;
}

/** Items that are being read. */
export type ItemsToRead = { -readonly [Name in keyof TicketItems]: TicketItems[Name] } & {
  certificates?: Uint8Array[];
  permittedAddresses?: Uint8Array[];
  certificateNames?: Uint8Array[];
};

const NONE: readonly Uint8Array[] = [];

function writeItem(writer: Writer, type: number, value: Uint8Array): void {
  writeItemHeader(writer, type, value.length);
  writer.copy(value);
}

/** The one item that a state without a place for the method writes, behind all others. */
export function writeMethodItem(writer: Writer, authenticationMethod: number): void {
  writeItemHeader(writer, ItemType.AUTHENTICATION_METHOD, 1);
  writer.u8(authenticationMethod, "ticket item: authentication method");
}

/** Octets that {@link writeMethodItem} writes. */
export const METHOD_ITEM_LENGTH: number = ITEM_HEADER_LENGTH + 1;

function writeItemHeader(writer: Writer, type: number, length: number): void {
  if (length === 0 || length > MAXIMUM_ITEM_LENGTH) {
    throw new RangeError(`ticket item ${type}: ${length} octets, expected 1 to ${MAXIMUM_ITEM_LENGTH}`);
  }
  writer.u8(type, "ticket item: type");
  writer.u16(length, "ticket item: length");
}

/** `false`: it is critical and not known, or there twice. */
function readItem(reader: Reader, type: number, length: number, items: ItemsToRead): boolean {
  switch (type) {
    case ItemType.AUTHENTICATED_AT:
      if (items.authenticatedAtEpochSeconds !== undefined) return false;
      items.authenticatedAtEpochSeconds = reader.u32();
      return true;
    case ItemType.EAP_TYPE:
      if (items.eapType !== undefined) return false;
      items.eapType = reader.u8();
      return true;
    case ItemType.CERTIFICATE:
      (items.certificates ??= []).push(reader.octets(length));
      return true;
    case ItemType.ISSUE:
      if (items.issue) return false;
      items.issue = readIssue(reader);
      return true;
    case ItemType.CREDENTIAL:
      if (items.credential) return false;
      items.credential = reader.octets(length);
      return true;
    case ItemType.EAP_IDENTITY:
      if (items.eapIdentity) return false;
      items.eapIdentity = { idType: reader.u8(), identification: reader.octets(length - 1) };
      return true;
    case ItemType.PERMITTED_ADDRESS:
      (items.permittedAddresses ??= []).push(reader.octets(length));
      return true;
    case ItemType.ISSUED_TO_ADDRESS:
      if (items.issuedToAddress) return false;
      items.issuedToAddress = reader.octets(length);
      return true;
    case ItemType.CERTIFICATES_END_AT:
      if (items.certificatesEndAtEpochSeconds !== undefined) return false;
      items.certificatesEndAtEpochSeconds = reader.u32() * 2 ** 32 + reader.u32();
      return true;
    case ItemType.CERTIFICATE_NAME:
      (items.certificateNames ??= []).push(reader.octets(length));
      return true;
    case ItemType.AUTHENTICATION_METHOD:
      items.authenticationMethod = reader.u8();
      return true;
    default:
      reader.skip(length);
      return type < FIRST_CRITICAL_TYPE;
  }
}

function writeIssue(writer: Writer, { series, serial, issuedAtEpochSeconds }: TicketIssue): void {
  writer.u32(parseInt(series.slice(0, 8), 16) >>> 0, "ticket item: series");
  writer.u32(parseInt(series.slice(8), 16) >>> 0, "ticket item: series");
  writer.u32(serial, "ticket item: serial");
  writer.u32(issuedAtEpochSeconds >>> 0, "ticket item: time of issue");
}

function readIssue(reader: Reader): TicketIssue {
  return {
    series: toHexadecimal(reader.octets(SERIES_LENGTH)),
    serial: reader.u32(),
    issuedAtEpochSeconds: reader.u32(),
  };
}

function isRightLength(type: number, length: number): boolean {
  switch (type) {
    case ItemType.AUTHENTICATED_AT:
      return length === 4;
    case ItemType.EAP_TYPE:
    case ItemType.AUTHENTICATION_METHOD:
      return length === 1;
    case ItemType.ISSUE:
      return length === ISSUE_LENGTH;
    case ItemType.CREDENTIAL:
      return length === CREDENTIAL_LENGTH;
    case ItemType.CERTIFICATES_END_AT:
      return length === 8;
    case ItemType.CERTIFICATE:
    case ItemType.CERTIFICATE_NAME:
    case ItemType.EAP_IDENTITY:
      return length >= 1;
    case ItemType.PERMITTED_ADDRESS:
    case ItemType.ISSUED_TO_ADDRESS:
      return length === 4 || length === 16;
    default:
      return true;
  }
}
