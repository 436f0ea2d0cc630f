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
  /** A client came up here in the place of all others of its identity, wherever they are. */
  replaced(others: ReplacedIdentity): void;
}

/** An identity whose IKE SAs make room for a new one, at all workers. */
export interface ReplacedIdentity {
  /** Of the identity, `identityKey`. */
  readonly key: string;
  /** The new one's SPI of this end. */
  readonly ownSpi: bigint;
  readonly reason: "initial-contact" | "replaced-by-newcomer";
}

/**
 * What workers are told of others. All of them are told of all that was replaced, in the same order: whichever of two clients that came up at once is
 * later in it stays.
 */
export interface NewsOfWorkers {
  readonly resumed: readonly ResumedSa[];
  readonly replaced: readonly ReplacedIdentity[];
  /** Whether the worker has told it itself. */
  readonly isOwn: boolean;
}

/** An IKE SA whose ticket was used. */
export interface ResumedSa {
  readonly spis: SpiPair;
  /** The ticket, if it is known: nothing is left of it to be taken back. */
  readonly ticketId: string | undefined;
}
