/**
 * Keys in the form that node:crypto takes fastest.
 *
 * @module
 */
import { createSecretKey, type KeyObject } from "node:crypto";
import { versions } from "node:process";

/**
 * Later releases of Node 24 find out by an exception, which costs 15 µs, that a key of plain octets is no KeyObject. A
 * KeyObject made for one use spares 11 of them; elsewhere it would cost one or two.
 */
export const ASKS_BY_EXCEPTION: boolean = versions.node.startsWith("24.") && versions.deno === undefined;

/** The same key, for one use. node:crypto has a copy of its own in either form. */
export function secretKeyOf(octets: Uint8Array): KeyObject | Uint8Array {
  return ASKS_BY_EXCEPTION ? createSecretKey(octets) : octets;
}
