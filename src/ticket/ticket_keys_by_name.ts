/**
 * Checks that keys make a ring together, and finds them by their names.
 *
 * @module
 */
import { equalInConstantTime } from "../crypto/constant_time.ts";
import { checkTicketKey, concealedTicketKey, KEY_ID_LENGTH, type TicketKey, ticketKeyName } from "./ticket_key.ts";

/** @throws {RangeError} these keys make no ring: none, one identity twice, all of them only open, or one that is wrong in itself. */
export function checkTicketKeys(keys: readonly TicketKey[]): void {
  keysByName(keys);
}

/**
 * The keys of a ring by their names, in their order.
 *
 * @throws {RangeError} as {@link checkTicketKeys}.
 */
export function keysByName(keys: readonly TicketKey[]): Map<string, TicketKey> {
  if (keys.length === 0) throw new RangeError("ticket key ring: no key, expected at least one");
  const byName = new Map<string, TicketKey>();
  for (const key of keys) {
    checkTicketKey(key);
    const name = ticketKeyName(key.keyId);
    if (byName.has(name)) throw new RangeError(`ticket key ring: key ${name} stands there twice`);
    byName.set(name, concealedTicketKey(key));
  }
  if (keys.every(({ activeFromEpochSeconds }) => activeFromEpochSeconds === Infinity)) {
    throw new RangeError("ticket key ring: all keys only open, expected one that seals");
  }
  return byName;
}

/** The key of an identity that a ticket carries. A ring has few: to compare octets costs less than to write the identity as a name. */
export function keyOfIdentity(keys: Iterable<TicketKey>, keyId: Uint8Array, start?: number): TicketKey | undefined {
  for (const key of keys) {
    if (start === undefined ? equalInConstantTime(key.keyId, keyId) : isIdentityAt(key.keyId, keyId, start)) return key;
  }
  return undefined;
}

/** Where it stands in other octets, of which no view is made. */
function isIdentityAt(keyId: Uint8Array, octets: Uint8Array, start: number): boolean {
  let difference = 0;
  for (let at = 0; at < KEY_ID_LENGTH; at++) difference |= keyId[at] ^ octets[start + at];
  return difference === 0;
}
