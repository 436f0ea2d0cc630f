/**
 * Checks that keys make a ring together, and finds them by their names.
 *
 * @module
 */
import { equalInConstantTime } from "../crypto/constant_time.ts";
import { checkTicketKey, concealedTicketKey, type TicketKey, ticketKeyName } from "./ticket_key.ts";

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
export function keyOfIdentity(keys: Iterable<TicketKey>, keyId: Uint8Array): TicketKey | undefined {
  for (const key of keys) {
    if (equalInConstantTime(key.keyId, keyId)) return key;
  }
  return undefined;
}
