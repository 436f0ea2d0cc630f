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
 *
 * A type of 0x80 and above is critical: a gateway that does not know it refuses the ticket, because the item limits what the ticket is
 * good for. Others that are not known are passed over.
 *
 * @module
 */
import { toHexadecimal } from "../wire/hexadecimal.ts";
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
  /** See `credentialFingerprint`. 8 octets. */
  readonly credential?: Uint8Array;
  /** The identity that policy goes by, where EAP authenticated another than IDi (RFC 5723, section 5, note 1). */
  readonly eapIdentity?: Identity;
  /** The addresses that the client may come from, 4 or 16 octets each: iPAddress of its certificate (RFC 5723, section 5, note 3). */
  readonly permittedAddresses?: readonly Uint8Array[];
  /** The client's address when the ticket was issued, 4 or 16 octets; for a policy that lets no client change it. */
  readonly issuedToAddress?: Uint8Array;
}

/** What tells a ticket from the others of its IKE SA: see `TicketName`. */
export interface TicketIssue {
  readonly series: string;
  readonly serial: number;
  readonly issuedAtEpochSeconds: number;
}

const ItemType = {
  AUTHENTICATED_AT: 1,
  EAP_TYPE: 2,
  CERTIFICATE: 3,
  ISSUE: 4,
  CREDENTIAL: 5,
  EAP_IDENTITY: 0x84,
  PERMITTED_ADDRESS: 0x85,
  ISSUED_TO_ADDRESS: 0x86,
} as const;

const FIRST_CRITICAL_TYPE = 0x80;
const ITEM_HEADER_LENGTH = 3;
const MAXIMUM_ITEM_LENGTH = 0xffff;
const SERIES_LENGTH = 8;
const ISSUE_LENGTH = SERIES_LENGTH + 4 + 4;
/** Octets of a fingerprint of a shared key. */
export const CREDENTIAL_LENGTH = 8;

/**
 * The octets of all items that are there; none for none.
 *
 * @throws {RangeError} an item is too long, or empty.
 */
export function encodeTicketItems(items: TicketItems): Uint8Array {
  const parts: { readonly type: number; readonly value: Uint8Array }[] = [];
  if (items.authenticatedAtEpochSeconds !== undefined) {
    const value = new Uint8Array(4);
    new DataView(value.buffer).setUint32(0, items.authenticatedAtEpochSeconds);
    parts.push({ type: ItemType.AUTHENTICATED_AT, value });
  }
  if (items.eapType !== undefined) parts.push({ type: ItemType.EAP_TYPE, value: Uint8Array.of(items.eapType) });
  for (const value of items.certificates ?? []) parts.push({ type: ItemType.CERTIFICATE, value });
  if (items.issue) parts.push({ type: ItemType.ISSUE, value: encodeIssue(items.issue) });
  if (items.credential) parts.push({ type: ItemType.CREDENTIAL, value: items.credential });
  if (items.eapIdentity) {
    const { idType, identification } = items.eapIdentity;
    parts.push({ type: ItemType.EAP_IDENTITY, value: Uint8Array.of(idType, ...identification) });
  }
  for (const value of items.permittedAddresses ?? []) parts.push({ type: ItemType.PERMITTED_ADDRESS, value });
  if (items.issuedToAddress) parts.push({ type: ItemType.ISSUED_TO_ADDRESS, value: items.issuedToAddress });

  let length = 0;
  for (const { value } of parts) length += ITEM_HEADER_LENGTH + value.length;
  const octets = new Uint8Array(length);
  let offset = 0;
  for (const { type, value } of parts) {
    if (value.length === 0 || value.length > MAXIMUM_ITEM_LENGTH) {
      throw new RangeError(`ticket item ${type}: ${value.length} octets, expected 1 to ${MAXIMUM_ITEM_LENGTH}`);
    }
    octets[offset] = type;
    octets[offset + 1] = value.length >> 8;
    octets[offset + 2] = value.length & 0xff;
    octets.set(value, offset + ITEM_HEADER_LENGTH);
    offset += ITEM_HEADER_LENGTH + value.length;
  }
  return octets;
}

/** Reads what {@link encodeTicketItems} wrote. `undefined`: an item is cut off, of a wrong length, critical and unknown, or there twice. */
export function decodeTicketItems(octets: Uint8Array): TicketItems | undefined {
  const certificates: Uint8Array[] = [];
  const permittedAddresses: Uint8Array[] = [];
  const single: { -readonly [Name in keyof TicketItems]: TicketItems[Name] } = {};
  const seen = new Set<number>();
  for (let offset = 0; offset < octets.length;) {
    const type = octets[offset];
    const end = offset + ITEM_HEADER_LENGTH + (octets[offset + 1] << 8 | octets[offset + 2]);
    if (offset + ITEM_HEADER_LENGTH > octets.length || end > octets.length) return undefined;
    const value = octets.subarray(offset + ITEM_HEADER_LENGTH, end);
    offset = end;
    if (!isRightLength(type, value.length)) return undefined;
    if (type !== ItemType.CERTIFICATE && type !== ItemType.PERMITTED_ADDRESS && isKnown(type)) {
      if (seen.has(type)) return undefined;
      seen.add(type);
    }
    switch (type) {
      case ItemType.AUTHENTICATED_AT:
        single.authenticatedAtEpochSeconds = new DataView(value.buffer, value.byteOffset).getUint32(0);
        break;
      case ItemType.EAP_TYPE:
        single.eapType = value[0];
        break;
      case ItemType.CERTIFICATE:
        certificates.push(value);
        break;
      case ItemType.ISSUE:
        single.issue = decodeIssue(value);
        break;
      case ItemType.CREDENTIAL:
        single.credential = value;
        break;
      case ItemType.EAP_IDENTITY:
        single.eapIdentity = { idType: value[0], identification: value.subarray(1) };
        break;
      case ItemType.PERMITTED_ADDRESS:
        permittedAddresses.push(value);
        break;
      case ItemType.ISSUED_TO_ADDRESS:
        single.issuedToAddress = value;
        break;
      default:
        if (type >= FIRST_CRITICAL_TYPE) return undefined;
    }
  }
  if (certificates.length > 0) single.certificates = certificates;
  if (permittedAddresses.length > 0) single.permittedAddresses = permittedAddresses;
  return single;
}

function encodeIssue({ series, serial, issuedAtEpochSeconds }: TicketIssue): Uint8Array {
  const octets = new Uint8Array(ISSUE_LENGTH);
  const view = new DataView(octets.buffer);
  view.setUint32(0, parseInt(series.slice(0, 8), 16));
  view.setUint32(4, parseInt(series.slice(8), 16));
  view.setUint32(SERIES_LENGTH, serial);
  view.setUint32(SERIES_LENGTH + 4, issuedAtEpochSeconds);
  return octets;
}

function decodeIssue(octets: Uint8Array): TicketIssue {
  const view = new DataView(octets.buffer, octets.byteOffset);
  return {
    series: toHexadecimal(octets.subarray(0, SERIES_LENGTH)),
    serial: view.getUint32(SERIES_LENGTH),
    issuedAtEpochSeconds: view.getUint32(SERIES_LENGTH + 4),
  };
}

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(ItemType));

function isKnown(type: number): boolean {
  return KNOWN_TYPES.has(type);
}

function isRightLength(type: number, length: number): boolean {
  switch (type) {
    case ItemType.AUTHENTICATED_AT:
      return length === 4;
    case ItemType.EAP_TYPE:
      return length === 1;
    case ItemType.ISSUE:
      return length === ISSUE_LENGTH;
    case ItemType.CREDENTIAL:
      return length === CREDENTIAL_LENGTH;
    case ItemType.CERTIFICATE:
    case ItemType.EAP_IDENTITY:
      return length >= 1;
    case ItemType.PERMITTED_ADDRESS:
    case ItemType.ISSUED_TO_ADDRESS:
      return length === 4 || length === 16;
    default:
      return true;
  }
}
