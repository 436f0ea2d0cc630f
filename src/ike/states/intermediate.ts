/**
 * IKE_INTERMEDIATE, as far as it has come (RFC 9242): it stands between the first exchange and IKE_AUTH, and AUTH covers it.
 *
 * @module
 */

/** What both ends have of the exchanges so far. */
export interface IntermediateProgress {
  /** How many are over. */
  readonly done: number;
  /** IntAuth_i and IntAuth_r of the last one. */
  readonly initiator: Uint8Array;
  readonly responder: Uint8Array;
}

/** The first exchange has message ID 0, each IKE_INTERMEDIATE one more, and IKE_AUTH follows (RFC 4718, section 3.10; RFC 9242, section 3.1). */
export function firstAuthMessageId({ intermediate }: { readonly intermediate?: IntermediateProgress }): number {
  return 1 + (intermediate?.done ?? 0);
}

/** IntAuth = IntAuth_i | IntAuth_r | IKE_AUTH_MID: what AUTH covers besides (RFC 9242, section 3.3.2); `undefined`: there was no such exchange. */
export function intAuthOf(intermediate: IntermediateProgress | undefined): Uint8Array | undefined {
  if (intermediate === undefined) return undefined;
  const { initiator, responder } = intermediate;
  const intAuth = new Uint8Array(initiator.length + responder.length + 4);
  intAuth.set(initiator);
  intAuth.set(responder, initiator.length);
  new DataView(intAuth.buffer).setUint32(initiator.length + responder.length, firstAuthMessageId({ intermediate }));
  return intAuth;
}
