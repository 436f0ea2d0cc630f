/**
 * Which clients a gateway sends to another one (RFC 5685).
 *
 * @module
 */
import type { Identity } from "../../ticket/identity.ts";
import type { Endpoint } from "../steps/datagram.ts";

/** A first message, of which nothing is proven yet. */
export interface ArrivingClient {
  /** Where it comes from. */
  readonly remote: Endpoint;
  /** It presents a ticket, which is not looked at yet. */
  readonly resumes: boolean;
  /** The gateway that has sent it here, in text form, as it says itself. */
  readonly redirectedFrom?: string;
}

/** A client that has proven itself. */
export interface RedirectableClient {
  /** The identity that policy is about. */
  readonly identity: Identity;
  /** Where it comes from. */
  readonly remote: Endpoint;
  /** It came by a ticket. */
  readonly resumed: boolean;
}

/**
 * Only clients that say REDIRECT_SUPPORTED are asked about. Each answer is an IP address or a host name of at most 255 octets; `undefined`: the client
 * stays. Both must be quick; one that throws keeps the client.
 */
export interface RedirectRules {
  /** Asked at IKE_SA_INIT and IKE_SESSION_RESUME, before anything else is done: the answer is not signed. A ticket is not used by it. */
  readonly redirectFirst?: (client: ArrivingClient) => string | undefined;
  /** Asked at IKE_AUTH: both ends have proven themselves. No IKE SA comes up; a ticket that was presented stays good. */
  readonly redirectClient?: (client: RedirectableClient) => string | undefined;
  /** How many clients that are up are told a second where to go, when `redirect` sends them to another gateway: 1 to 1,000,000; default 100. */
  readonly redirectsPerSecond: number;
  /**
   * It is about to end, and its clients are to go to this gateway: a first message that is not sent elsewhere gets no answer, and who was half-open
   * and comes up yet is told to go. A gateway that is drained says so itself.
   */
  readonly leavesTo?: string;
}
