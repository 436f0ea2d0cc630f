/**
 * What gateways of a domain have in common beside tickets: a channel by which they tell each other what happened, and the identities whose
 * tickets were all taken back.
 *
 * @module
 */

/** Every gateway hears every message, its own among them, all in the same order as long as one server carries them. A message may be lost. */
export interface StoreChannel {
  /** Rejects when it could not be said. */
  publish(message: Uint8Array): Promise<void>;
  /** To be called once. From then on the channel connects by itself, over and over, until the store is closed. `listener` must not throw. */
  subscribe(listener: (message: Uint8Array) => void): void;
}

/** An identity whose tickets were taken back. */
export interface RevokedIdentity {
  /** As `identityKey` says. */
  readonly key: string;
  /** Tickets issued until then are meant, in seconds since 1970. */
  readonly untilEpochSeconds: number;
  /** None of them expires later. */
  readonly lastExpiryEpochSeconds: number;
}

/** They outlive the process. An entry is forgotten some time after its last ticket has expired. */
export interface RevokedIdentityStore {
  /** Adds one; of two with the same key the later counts. */
  add(revoked: RevokedIdentity): void | Promise<void>;
  /** Those that have not expired. */
  all(): readonly RevokedIdentity[] | Promise<readonly RevokedIdentity[]>;
}
