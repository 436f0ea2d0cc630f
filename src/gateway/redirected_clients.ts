/**
 * Whom a gateway sends to another one while they are up (RFC 5685, section 5).
 *
 * @module
 */
import { isGatewayName } from "../ike/message/redirect_notifies.ts";
import type { Identity } from "../ticket/identity.ts";

/** Clients that said REDIRECT_SUPPORTED in their first message; others stay. */
export interface RedirectedClients {
  /** All that are up now, or those of one authenticated identity. */
  readonly who: Identity | "all";
  /** An IP address, or a host name of at most 253 characters. */
  readonly to: string;
}

/** @throws {RangeError} `to` is neither an IP address nor a host name. */
export function checkedRedirect(redirected: RedirectedClients): RedirectedClients {
  if (isGatewayName(redirected.to)) return redirected;
  throw new RangeError(`redirect: "${redirected.to}" is neither an IP address nor a host name`);
}
