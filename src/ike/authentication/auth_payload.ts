/**
 * The AUTH payload, of the only method that is made and accepted here: a shared key (RFC 7296, section 2.15). It stands there
 * after a resumption (RFC 5723, section 4.3.3) and after EAP (RFC 7296, section 2.16) too.
 *
 * @module
 */
import { AuthenticationMethod } from "../../wire/constants.ts";
import type { AuthenticationPayload, Payload } from "../../wire/payload.ts";
import { findPayload } from "../message/notify.ts";

/** The method that an IKE SA is said to have been authenticated by. */
export const AUTHENTICATION_METHOD: number = AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE;

export function authPayload(data: Uint8Array): AuthenticationPayload {
  return { type: "AUTH", method: AUTHENTICATION_METHOD, data };
}

/** The data of a received AUTH payload, if it is of this method. */
export function authDataOf(payloads: readonly Payload[]): Uint8Array | undefined {
  const auth = findPayload(payloads, "AUTH");
  return auth?.method === AUTHENTICATION_METHOD ? auth.data : undefined;
}
