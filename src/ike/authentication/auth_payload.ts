/**
 * The AUTH payload of the one method that is made and accepted here: by a shared key (RFC 7296, section 2.15), which a resumption's has for its
 * method too (RFC 5723, section 4.3.3), and EAP's (RFC 7296, section 2.16).
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

/** The data of the AUTH payload that came, if it is of this method. */
export function authDataOf(payloads: readonly Payload[]): Uint8Array | undefined {
  const auth = findPayload(payloads, "AUTH");
  return auth?.method === AUTHENTICATION_METHOD ? auth.data : undefined;
}
