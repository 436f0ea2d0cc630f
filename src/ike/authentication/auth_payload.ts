/**
 * The AUTH payload of a shared key (RFC 7296, section 2.15); that of a certificate is made where it is signed. It stands there
 * after a resumption (RFC 5723, section 4.3.3) and after EAP (RFC 7296, section 2.16) too.
 *
 * @module
 */
import { AuthenticationMethod } from "../../wire/constants.ts";
import type { AuthenticationPayload, Payload } from "../../wire/payload.ts";
import { findPayload } from "../message/notify.ts";

/** The method that an IKE SA is said to have been authenticated by, unless it was by a certificate. */
export const AUTHENTICATION_METHOD: number = AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE;

export function authPayload(data: Uint8Array): AuthenticationPayload {
  return { type: "AUTH", method: AUTHENTICATION_METHOD, data };
}

/** Whether a method is a proof by shared key, and not by certificate; after EAP it is one too. */
export function isSharedKeyMethod(method: number): boolean {
  return method === AUTHENTICATION_METHOD;
}

/** The data of a received AUTH payload, if it is of this method. */
export function authDataOf(payloads: readonly Payload[]): Uint8Array | undefined {
  const auth = findPayload(payloads, "AUTH");
  return auth?.method === AUTHENTICATION_METHOD ? auth.data : undefined;
}
