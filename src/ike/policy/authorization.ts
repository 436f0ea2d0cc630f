/**
 * What a gateway's own policy is asked about a client that has proven itself, and about one that comes back with a ticket.
 *
 * @module
 */
import type { Identity } from "../../ticket/identity.ts";
import type { Endpoint } from "../steps/datagram.ts";

/** A client that has proven itself in IKE_AUTH. */
export interface AuthenticatedClient {
  /**
   * The identity that policy is about: the one that EAP authenticated, where it differs from IDi (RFC 5723, section 5, note 1).
   */
  readonly identity: Identity;
  /** IDi. */
  readonly initiatorId: Identity;
  /** AUTH method (RFC 7296, section 3.8). */
  readonly authenticationMethod: number;
  /** The EAP method, where there was one (RFC 3748, section 5). */
  readonly eapType?: number;
  /** Seconds since 1970. */
  readonly authenticatedAtEpochSeconds: number;
  /**
   * X.509 certificates, DER: of a client that proved itself by one, those from its own up to its authority, checked. Of others what they sent, in
   * their order: nothing here has looked into that.
   */
  readonly certificates: readonly Uint8Array[];
  /** Seconds since 1970, where the client proved itself by a certificate: the first of them ends then, and no ticket lives longer. */
  readonly certificatesEndAtEpochSeconds?: number;
  /** What tickets remember of these certificates, to look for them on lists of revoked ones. Opaque. */
  readonly certificateNames?: readonly Uint8Array[];
  /** Where it comes from: behind a NAT, the NAT's address. */
  readonly remote: Endpoint;
}

/** What policy grants, and wants remembered. */
export interface Authorization {
  /**
   * Certificates to be kept in the client's tickets, DER, for those who need them after the IKE SA is up (RFC 5723, section 5, note 2). They
   * make tickets as much longer: see `maximumTicketLength`.
   */
  readonly certificates?: readonly Uint8Array[];
  /**
   * The addresses that the client may come from, in text form: iPAddress of its certificate, where that has to match (RFC 5723, section 5,
   * note 3). Checked at once, and at each resumption. Not given: from any.
   */
  readonly permittedAddresses?: readonly string[];
}

/** A client that presents a ticket, as the ticket tells of it. */
export interface ResumingClient {
  /** As in {@link AuthenticatedClient}. */
  readonly identity: Identity;
  /** IDi of the ticket's IKE SA (RFC 5723, section 5). */
  readonly initiatorId: Identity;
  /** IDr of the ticket's IKE SA. */
  readonly responderId: Identity;
  /** As in {@link AuthenticatedClient}, of the full exchange. */
  readonly authenticationMethod: number;
  /** As in {@link AuthenticatedClient}, of the full exchange. */
  readonly eapType?: number;
  /** Seconds since 1970, of the full exchange at the head of the chain of tickets. `undefined`: the ticket does not tell. */
  readonly authenticatedAtEpochSeconds?: number;
  /** The certificates that {@link Authorization} had kept. */
  readonly certificates: readonly Uint8Array[];
  /** Where the ticket came from now. */
  readonly remote: Endpoint;
}
