/**
 * What a gateway lets clients that move do (MOBIKE, RFC 4555).
 *
 * @module
 */
import type { Identity } from "../../ticket/identity.ts";
import { addressOctets } from "../message/address.ts";
import type { Endpoint } from "../steps/datagram.ts";

/** A client on its way to another address. */
export interface ClientMove {
  /** The identity that policy is about. */
  readonly identity: Identity;
  /** Where it was. */
  readonly before: Endpoint;
  /** Where it is going on from. */
  readonly remote: Endpoint;
}

/** Whether clients move, and from where (RFC 4555). */
export interface MobilityRules {
  /** Whether clients that ask for MOBIKE may move from address to address with their IKE SA. Default true. */
  readonly mobike: boolean;
  /** Addresses at which this gateway is met as well, which clients with MOBIKE are told of; the one in use is left out. At most 8; default: none. */
  readonly additionalAddresses: readonly string[];
  /**
   * Policy's word on a client that says by MOBIKE that it goes on from another address; `false`: UNACCEPTABLE_ADDRESSES. Not given: all may. It must be
   * quick.
   */
  readonly authorizeMove?: (move: ClientMove) => boolean;
}

export const DEFAULT_MOBILITY_RULES: MobilityRules = { mobike: true, additionalAddresses: [] };

const MOST_ADDRESSES = 8;

/** @throws {RangeError} an address that is none, or too many. */
export function checkMobilityRules({ additionalAddresses }: MobilityRules): void {
  for (const address of additionalAddresses) addressOctets(address);
  if (additionalAddresses.length > MOST_ADDRESSES) {
    throw new RangeError(
      `responder configuration: ${additionalAddresses.length} additionalAddresses, expected at most ${MOST_ADDRESSES}`,
    );
  }
}
