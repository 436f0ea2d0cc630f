/**
 * Notifies of redirection (RFC 5685, sections 3, 6 and 9).
 *
 * @module
 */
import { NotifyType } from "../../wire/constants.ts";
import { sameOctets } from "../../wire/octets.ts";
import type { NotifyPayload, Payload } from "../../wire/payload.ts";
import { addressOctets, formatAddress } from "./address.ts";
import { findNotify, notify } from "./notify.ts";

/** GW Identity Type (section 9.2). */
const IDENTITY_TYPE = { IPV4: 1, IPV6: 2, FQDN: 3 } as const;
const LONGEST_IDENTITY = 255;
/** Type and length. */
const HEADER_LENGTH = 2;
/** A host name as resolvers take it. */
const HOST_NAME = /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

/** What a client says in its first message: that it follows, and by whom it was sent here. */
export function redirectSupport(redirectedFrom: string | undefined): NotifyPayload {
  return redirectedFrom === undefined
    ? notify(NotifyType.REDIRECT_SUPPORTED)
    : notify(NotifyType.REDIRECTED_FROM, identityData(redirectedFrom));
}

/** Whether a client that sent this first message follows, and who sent it here. */
export function redirectSupportOf(payloads: readonly Payload[]): { readonly redirectedFrom?: string } | undefined {
  const from = findNotify(payloads, NotifyType.REDIRECTED_FROM);
  if (from === undefined) return findNotify(payloads, NotifyType.REDIRECT_SUPPORTED) && {};
  const gateway = readIdentity(from.data)?.gateway;
  return gateway === undefined ? {} : { redirectedFrom: gateway };
}

/**
 * N(REDIRECT) to another gateway.
 *
 * @param gateway an IP address, or a host name.
 * @param nonce of the client, in the answer to a first message: it shows that the answer is one to that message.
 * @throws {RangeError} it is neither.
 */
export function redirect(gateway: string, nonce?: Uint8Array): NotifyPayload {
  return notify(NotifyType.REDIRECT, identityData(gateway, nonce));
}

/** The gateway that an answer to a first message leads to; `undefined`: none, or the answer is not one to the message with this nonce. */
export function redirectedByFirst(payloads: readonly Payload[], nonce: Uint8Array): string | undefined {
  const read = readIdentity(findNotify(payloads, NotifyType.REDIRECT)?.data);
  return read && sameOctets(read.rest, nonce) ? read.gateway : undefined;
}

/** Why an answer to a first message is dropped that has not what it should: it may lead elsewhere, where nobody has said that he follows. */
export function uselessAnswer(payloads: readonly Payload[]): "redirect-not-followed" | "malformed" {
  return findNotify(payloads, NotifyType.REDIRECT) ? "redirect-not-followed" : "malformed";
}

/** The gateway that a protected message leads to. */
export function redirected(payloads: readonly Payload[]): string | undefined {
  return readIdentity(findNotify(payloads, NotifyType.REDIRECT)?.data)?.gateway;
}

/** Whether a text is what a client can be sent to. */
export function isGatewayName(text: string): boolean {
  return identityOf(text) !== undefined;
}

function identityData(gateway: string, behind: Uint8Array = new Uint8Array(0)): Uint8Array {
  const identity = identityOf(gateway);
  if (identity === undefined) throw new RangeError(`redirect: "${gateway}" is neither an IP address nor a host name`);
  const data = new Uint8Array(HEADER_LENGTH + identity.octets.length + behind.length);
  data.set([identity.type, identity.octets.length]);
  data.set(identity.octets, HEADER_LENGTH);
  data.set(behind, HEADER_LENGTH + identity.octets.length);
  return data;
}

function identityOf(gateway: string): { readonly type: number; readonly octets: Uint8Array } | undefined {
  try {
    const octets = addressOctets(gateway);
    return { type: octets.length === 4 ? IDENTITY_TYPE.IPV4 : IDENTITY_TYPE.IPV6, octets };
  } catch {
    const octets = new TextEncoder().encode(gateway);
    return HOST_NAME.test(gateway) && octets.length <= LONGEST_IDENTITY ? { type: IDENTITY_TYPE.FQDN, octets } : undefined;
  }
}

function readIdentity(data: Uint8Array | undefined): { readonly gateway: string; readonly rest: Uint8Array } | undefined {
  if (data === undefined || data.length < HEADER_LENGTH || data.length < HEADER_LENGTH + data[1]) return undefined;
  const octets = data.subarray(HEADER_LENGTH, HEADER_LENGTH + data[1]);
  const gateway = textOf(data[0], octets);
  return gateway === undefined ? undefined : { gateway, rest: data.subarray(HEADER_LENGTH + data[1]) };
}

function textOf(type: number, octets: Uint8Array): string | undefined {
  switch (type) {
    case IDENTITY_TYPE.IPV4:
      return octets.length === 4 ? formatAddress(octets) : undefined;
    case IDENTITY_TYPE.IPV6:
      return octets.length === 16 ? formatAddress(octets) : undefined;
    case IDENTITY_TYPE.FQDN: {
      const name = String.fromCharCode(...octets);
      return HOST_NAME.test(name) ? name : undefined;
    }
    default:
      return undefined;
  }
}
