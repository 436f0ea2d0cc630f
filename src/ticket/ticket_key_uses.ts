/**
 * A ticket key serves several uses, and each has a key of its own that is derived from it (RFC 5723, section 9.5): no two algorithms ever
 * run under the same octets.
 *
 * HKDF-Expand with HMAC-SHA2-256 (RFC 5869, section 2.3), which is prf+ of RFC 7296: the ticket key is the pseudorandom key, and the label of
 * the use is the info.
 *
 * @module
 */
import { encryptionKeyLength, type Protection } from "../crypto/algorithms.ts";
import { prfPlusOf } from "../crypto/ts/hmac.ts";
import { wipe } from "../crypto/wipe.ts";
import type { TicketFormatName } from "./ticket_format.ts";
import { TICKET_PROTECTIONS, type TicketKey, ticketKeyLength } from "./ticket_key.ts";

/** What a provider needs to seal and to open tickets by value. */
export interface TicketProtection {
  readonly protection: Protection;
  readonly encryptionKey: Uint8Array;
  readonly integrityKey: Uint8Array;
}

/** The keys of the uses. All secret. */
export interface TicketKeyUses {
  /** Seals and opens tickets by value. */
  readonly byValue: TicketProtection;
  /** Makes and checks the MAC of tickets by reference, 32 octets. */
  readonly byReference: Uint8Array;
  /** Makes the fingerprints of shared keys in tickets, 32 octets. */
  readonly credential: Uint8Array;
}

const LABELS = {
  byValue: new TextEncoder().encode("ike-resume ticket by value"),
  byReference: new TextEncoder().encode("ike-resume ticket by reference"),
  credential: new TextEncoder().encode("ike-resume credential of a ticket"),
} as const;
/** What follows the label of a use that has its own key in each format. */
const SUFFIXES: { readonly [Name in TicketFormatName]: Uint8Array } = {
  "rfc5723": new Uint8Array(0),
  "failover-03": new TextEncoder().encode(" of draft-sheffer-ipsec-failover-03"),
  "resumption-00": new TextEncoder().encode(" of draft-sheffer-ike-session-resumption-00"),
};
const MAC_KEY_LENGTH = 32;

interface Derived {
  readonly uses: TicketKeyUses;
  readonly secrets: readonly Uint8Array[];
}

/** By the array of a key's octets: a ring keeps it as long as it keeps the key, and providers know keys by their arrays too. */
const derived = new WeakMap<Uint8Array, Map<string, Derived>>();

/** What was asked for last: nearly all tickets of a gateway are under one key. */
let last:
  | {
    readonly key: Uint8Array;
    readonly algorithm: TicketKey["algorithm"];
    readonly format: TicketFormatName;
    readonly uses: TicketKeyUses;
  }
  | undefined;

/** The keys of a ticket key's uses in tickets of a format: the same arrays each time, made when they are first asked for. */
export function usesOf({ key, algorithm }: TicketKey, format: TicketFormatName = "rfc5723"): TicketKeyUses {
  if (last?.key !== key || last.algorithm !== algorithm || last.format !== format) {
    last = { key, algorithm, format, uses: madeUsesOf(key, algorithm, format) };
  }
  return last.uses;
}

function madeUsesOf(key: Uint8Array, algorithm: TicketKey["algorithm"], format: TicketFormatName): TicketKeyUses {
  let ofKey = derived.get(key);
  if (ofKey === undefined) derived.set(key, ofKey = new Map());
  const name = `${algorithm} ${format}`;
  let made = ofKey.get(name);
  if (made === undefined) ofKey.set(name, made = derive(key, algorithm, format));
  return made.uses;
}

/** Wipes a ticket key and all that was derived from it. */
export function wipeTicketKey(key: Uint8Array): void {
  for (const { secrets } of derived.get(key)?.values() ?? []) secrets.forEach((secret) => wipe(secret));
  derived.delete(key);
  if (last?.key === key) last = undefined;
  wipe(key);
}

/** The octets of a key as they stand: what tickets of version 1 were sealed under. */
export function underivedProtection({ key, algorithm }: TicketKey): TicketProtection {
  return cut(key, algorithm);
}

function derive(key: Uint8Array, algorithm: TicketKey["algorithm"], format: TicketFormatName): Derived {
  const ofFormat = SUFFIXES[format];
  const byValue = prfPlusOf("sha256", key, [LABELS.byValue, ofFormat], ticketKeyLength(algorithm));
  const byReference = prfPlusOf("sha256", key, [LABELS.byReference, ofFormat], MAC_KEY_LENGTH);
  const credential = prfPlusOf("sha256", key, [LABELS.credential], MAC_KEY_LENGTH);
  return {
    uses: { byValue: cut(byValue, algorithm), byReference, credential },
    secrets: [byValue, byReference, credential],
  };
}

function cut(key: Uint8Array, algorithm: TicketKey["algorithm"]): TicketProtection {
  const protection = TICKET_PROTECTIONS[algorithm];
  const length = encryptionKeyLength(protection);
  // An AEAD's key is handed on as it is: providers know one key from another by its array.
  if (key.length === length) return { protection, encryptionKey: key, integrityKey: NO_KEY };
  return { protection, encryptionKey: key.subarray(0, length), integrityKey: key.subarray(length) };
}

const NO_KEY = new Uint8Array(0);
