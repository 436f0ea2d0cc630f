/**
 * The other workers of a gateway, each with IKE SAs of its own, as one of them sees them.
 *
 * @module
 */
import type { SpiPair } from "../ike_sa/spi.ts";

/** Each call returns at once, and must not throw: what it leads to at the others comes later. */
export interface OtherWorkers {
  /** A ticket was used here, and its IKE SA is not here: where it is, it goes silently (RFC 5723, section 4.3.4). */
  resumed(old: ResumedSa): void;
}

/** An IKE SA whose ticket was used. */
export interface ResumedSa {
  readonly spis: SpiPair;
  /** The ticket, if it is known: nothing is left of it to be taken back. */
  readonly ticketId: string | undefined;
}
