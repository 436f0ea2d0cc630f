/**
 * User names of EAP as identities (RFC 4718, sections 3.4 and 3.5; RFC 7296, section 3.5).
 *
 * @module
 */
import type { Identity } from "../../../ticket/identity.ts";
import { IdType } from "../../../wire/constants.ts";

/** A name with a realm is ID_RFC822_ADDR, one without ID_KEY_ID: what a client says in IDi, and what policy goes by. */
export function identityOfNai(name: string): Identity {
  const idType = name.includes("@") ? IdType.ID_RFC822_ADDR : IdType.ID_KEY_ID;
  return { idType, identification: new TextEncoder().encode(name) };
}
