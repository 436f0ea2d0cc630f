/**
 * What a hook that keeps users elsewhere is asked, and what it may answer: JSON, of one version.
 *
 * @module
 */
import * as v from "valibot";
import { formatIdentity } from "../../configuration/mod.ts";
import type { Identity } from "../../ticket/identity.ts";
import { IdType } from "../../wire/constants.ts";
import { RULE_ENTRIES, type StatedRules } from "./user_rules.ts";

/** An answer is no longer, in octets. */
export const LONGEST_ANSWER = 65_536;
const LONGEST_REASON = 200;

/** A hook's word on one identity. */
export interface PolicyAnswer extends StatedRules {
  readonly allow: boolean;
  readonly reason?: string;
  readonly group?: string;
}

const ANSWER = v.strictObject({
  allow: v.boolean(),
  reason: v.optional(v.pipe(v.string(), v.maxLength(LONGEST_REASON))),
  group: v.optional(v.string()),
  ...RULE_ENTRIES,
});

const TYPES: ReadonlyMap<number, string> = new Map([
  [IdType.ID_IPV4_ADDR, "ipv4"],
  [IdType.ID_FQDN, "host"],
  [IdType.ID_RFC822_ADDR, "email"],
  [IdType.ID_IPV6_ADDR, "ipv6"],
  [IdType.ID_DER_ASN1_DN, "dn"],
  [IdType.ID_KEY_ID, "keyid"],
]);

/** One line of JSON. No secret is in it: whoever is asked about has proven itself already. */
export function questionText(identity: Identity): string {
  const type = TYPES.get(identity.idType) ?? String(identity.idType);
  return `${JSON.stringify({ version: 1, identity: formatIdentity(identity), identity_type: type })}\n`;
}

/** @throws {Error} it is no answer: what it should have been, without repeating it. */
export function parseAnswer(octets: Uint8Array): PolicyAnswer {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(octets));
  } catch {
    throw new Error("the answer is not JSON");
  }
  const checked = v.safeParse(ANSWER, value);
  if (checked.success) return checked.output as PolicyAnswer;
  const [issue] = checked.issues;
  const field = issue.path?.map(({ key }) => String(key)).join(".") ?? "";
  // A field's name is the hook's own text: it goes to a log.
  throw new Error(`the answer's ${field.replace(/[^\w.]/g, "?").slice(0, 40) || "value"}: expected ${issue.expected}`);
}
