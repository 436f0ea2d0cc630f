/**
 * Where a gateway of several workers listens.
 *
 * @module
 */
import type { Endpoint } from "../../ike/steps/datagram.ts";

/** The two endpoints of one address. */
export interface Place {
  readonly local: Endpoint;
  readonly encapsulatedLocal: Endpoint;
}
