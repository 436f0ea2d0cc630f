/**
 * What stands in clear before a ticket by value, and what its state says: RFC 5723, appendix A.1, and the formats that the drafts before it
 * recommend. Each has ticket keys of its own, derived for it, so that no ticket is good in another format than its own.
 *
 * @module
 */
import { KEY_ID_LENGTH } from "./ticket_key.ts";

/** Each is also the name of the form of resumption that has it. */
export const TICKET_FORMAT_NAMES: readonly TicketFormatName[] = ["rfc5723", "failover-03", "resumption-00"];

/** Formats of tickets by name, which are those of the profiles that have them. */
export type TicketFormatName = "rfc5723" | "failover-03" | "resumption-00";

export function isTicketFormatName(name: unknown): name is TicketFormatName {
  return TICKET_FORMAT_NAMES.some((one) => one === name);
}

export interface TicketFormat {
  readonly name: TicketFormatName;
  /** Octets before the IV: in clear, and covered by the MAC as associated data. */
  readonly clearLength: number;
  /** These octets, for tickets under the key of this identity. */
  readonly clearPart: (keyId: Uint8Array) => Uint8Array;
  /**
   * The identity of the key that a ticket of at least `clearLength` octets is said to be under: 8 octets, and all zero, which no key's are, where
   * nothing such is written there.
   */
  readonly keyIdOf: (ticket: Uint8Array) => Uint8Array;
  /** Where that identity stands as it is; `undefined`: it does not. */
  readonly keyIdOffset: number | undefined;
  /** Whether the first octets are those of the format. */
  readonly isOf: (ticket: Uint8Array) => boolean;
  /** Whether the state says how the client proved itself. */
  readonly saysMethod: boolean;
}

const KEY_ID_OFFSET = 4;

/** format_version, reserved and key_id: of RFC 5723, and of the failover draft, which it comes from. */
function versioned(name: TicketFormatName, version: number, saysMethod: boolean): TicketFormat {
  const clearLength = KEY_ID_OFFSET + KEY_ID_LENGTH;
  return {
    name,
    clearLength,
    clearPart: (keyId) => {
      const clear = new Uint8Array(clearLength);
      clear[0] = version;
      clear.set(keyId, KEY_ID_OFFSET);
      return clear;
    },
    keyIdOf: (ticket) => ticket.subarray(KEY_ID_OFFSET, clearLength),
    keyIdOffset: KEY_ID_OFFSET,
    isOf: (ticket) => ticket[0] === version,
    saysMethod,
  };
}

/** RFC 5723, appendix A.1. Version 1 was sealed under the ticket key itself, by an earlier version of this program. */
export const STANDARD_FORMAT: TicketFormat = versioned("rfc5723", 2, true);

/** draft-sheffer-ipsec-failover-03, section 5.2. */
export const FAILOVER_03_FORMAT: TicketFormat = versioned("failover-03", 1, false);

const KEY_NAME_LENGTH = 16;
/** Characters of eight octets in base64url without padding: the sixteen digits of an identity would leave no room for the NUL. */
const KEY_NAME_CHARACTERS = 11;

/** draft-sheffer-ike-session-resumption-00, section 4.2: key_name[16], ASCII, and NULs behind it. */
export const RESUMPTION_00_FORMAT: TicketFormat = {
  name: "resumption-00",
  clearLength: KEY_NAME_LENGTH,
  clearPart: (keyId) => {
    const clear = new Uint8Array(KEY_NAME_LENGTH);
    new TextEncoder().encodeInto(keyNameOf(keyId), clear);
    return clear;
  },
  keyIdOf: (ticket) => {
    const name = String.fromCharCode(...ticket.subarray(0, KEY_NAME_CHARACTERS));
    return keyIdOfName(name) ?? new Uint8Array(KEY_ID_LENGTH);
  },
  keyIdOffset: undefined,
  isOf: (ticket) => ticket.subarray(KEY_NAME_CHARACTERS, KEY_NAME_LENGTH).every((octet) => octet === 0),
  saysMethod: false,
};

function keyNameOf(keyId: Uint8Array): string {
  return btoa(String.fromCharCode(...keyId)).replaceAll("+", "-").replaceAll("/", "_").slice(0, KEY_NAME_CHARACTERS);
}

function keyIdOfName(name: string): Uint8Array | undefined {
  if (!/^[\w-]{10}[AEIMQUYcgkosw048]$/.test(name)) return undefined;
  const octets = atob(name.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(octets, (character) => character.charCodeAt(0));
}
