/**
 * What protects the messages of one end of an IKE SA (RFC 7296, section 3.14; RFC 5282, section 3).
 *
 * @module
 */
import type { Protection } from "../../crypto/algorithms.ts";
import type { RandomSource } from "../../crypto/key_exchange.ts";
import { passing } from "../../wire/octet_chunks.ts";
import type { IkeSaKeys } from "../ike_sa/ike_sa_keys.ts";
import type { IkeSuite } from "../ike_sa/suite.ts";
import type { FragmentBuffer } from "./fragments.ts";

/** Which end of the IKE SA: the original initiator protects with SK_ei and SK_ai, the responder with SK_er and SK_ar. */
export type Role = "initiator" | "responder";

/** Counts what an end has sealed: the IV of an AEAD, which must never repeat under one key (RFC 5282, section 3). */
export interface SealCounter {
  next: bigint;
}

/** One end of an IKE SA, as far as its messages' protection goes. */
export interface ProtectionContext {
  readonly suite: IkeSuite;
  readonly keys: IkeSaKeys;
  readonly role: Role;
  readonly sealed: SealCounter;
  readonly random: RandomSource;
  /** Where received fragments wait for each other, and how long a message may be before this end cuts it; not given: the ends have not agreed on
   * fragmentation, and none is taken or sent. */
  readonly fragments?: FragmentBuffer;
}

/** The keys of the messages of this end, or of its peer. */
export function messageKeys(
  { suite, keys, role }: Pick<ProtectionContext, "suite" | "keys" | "role">,
  whose: "ours" | "theirs",
): { readonly protection: Protection; readonly encryptionKey: Uint8Array; readonly integrityKey: Uint8Array } {
  const isInitiators = (role === "initiator") === (whose === "ours");
  return {
    protection: suite.protection,
    encryptionKey: isInitiators ? keys.skEi : keys.skEr,
    integrityKey: isInitiators ? keys.skAi : keys.skAr,
  };
}

/** A counter for AEADs; for CBC, where a predictable IV is a weakness, random octets (RFC 7296, section 3.14). */
export function nextIv({ suite, sealed, random }: ProtectionContext): Uint8Array {
  const { ivLength, cipher } = suite.protection.encryption;
  if (cipher === "aes-cbc") return random(ivLength);
  const iv = passing.take(ivLength);
  counterView.setBigUint64(0, sealed.next++);
  iv.set(counterOctets, ivLength - counterOctets.length);
  return iv;
}

/** One view for all counters: a DataView of each IV would cost more than the copy of eight octets. */
const counterOctets = new Uint8Array(8);
const counterView = new DataView(counterOctets.buffer);
