/**
 * What holds for clients of one identity alone, where policy says more of them than of all others.
 *
 * @module
 */
import { addressOctets } from "../message/address.ts";

/** The most devices of an identity that refuses another one: each of them is asked for a sign of life when one more comes. */
export const MOST_KEPT = 64;
const MOST_DEVICES = 1_000_000;

/**
 * How many IKE SAs one authenticated identity may have, and which of them goes when one more comes up: see `uniqueIdentities` of
 * `ResponderConfiguration`.
 */
export type UniqueIdentities = "keep" | "replace" | number | { readonly keep: number };

/** Rules for one identity; whatever is not given holds as for all others. */
export interface ClientRules {
  /** In place of the configuration's. Of several workers each counts its own: there only `"replace"` holds for all. */
  readonly uniqueIdentities?: UniqueIdentities;
  /** Which inner addresses it may have. Not given: those of `ranges`. */
  readonly innerAddress?: InnerAddressRule;
  /** `false`: it is given no tickets. Whether those that it presents are good, `authorizeResumption` says. */
  readonly issueTickets?: boolean;
}

/** Where the inner addresses of a client come from. */
export interface InnerAddressRule {
  /** One of the `pools` of `InnerAddressPolicy`, in place of its `ranges`. */
  readonly pool?: string;
  /** This address and no other of its family, in text form: at most one of each family, of any pool. Give it one IKE SA alone. */
  readonly addresses?: readonly string[];
}

/** What counts where policy failed to say what holds: nobody comes in. */
export const CLOSED_RULES: ClientRules = { uniqueIdentities: { keep: 0 }, innerAddress: { pool: "" }, issueTickets: false };

/** @throws {RangeError} it is none: which are allowed. */
export function checkUniqueIdentities(unique: UniqueIdentities): void {
  if (unique === "keep" || unique === "replace") return;
  const [count, most] = typeof unique === "number" ? [unique, MOST_DEVICES] : [unique.keep, MOST_KEPT];
  if (Number.isInteger(count) && count >= 1 && count <= most) return;
  const which = typeof unique === "number" ? "uniqueIdentities" : "uniqueIdentities.keep";
  throw new RangeError(`responder configuration: ${which} is ${count}, expected a whole number from 1 to ${most}`);
}

/** How many an identity keeps against one more; `undefined`: one more is never refused. */
export function keptOf(unique: UniqueIdentities | undefined): number | undefined {
  if (unique === "keep") return 1;
  return typeof unique === "object" ? unique.keep : undefined;
}

/** Throws where a value is out of range. */
export function areRulesOrNone(answer: unknown): boolean {
  if (answer === undefined) return true;
  if (typeof answer !== "object" || answer === null || "then" in answer) return false;
  const { uniqueIdentities, innerAddress, issueTickets } = answer as ClientRules;
  if (uniqueIdentities !== undefined) checkUniqueIdentities(uniqueIdentities);
  innerAddress?.addresses?.forEach(addressOctets);
  const isPool = innerAddress?.pool === undefined || typeof innerAddress.pool === "string";
  return isPool && (issueTickets === undefined || typeof issueTickets === "boolean");
}
