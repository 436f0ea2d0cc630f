/**
 * Where the state of tickets by reference is kept (RFC 5723, section 6.1).
 *
 * @module
 */

/** The state of one ticket by reference. */
export interface StoredTicket {
  /** What the ticket says instead of the state: 16 random octets in hexadecimal. */
  readonly reference: string;
  /** As `encodeTicketState` wrote it. Secret: access to the store must be protected (RFC 5723, section 6.1). */
  readonly state: Uint8Array;
  /** From then on it is forgotten. */
  readonly expiresAtEpochSeconds: number;
}

/** A state; `undefined`: there is none under this reference; "unknown": the store does not tell. */
export type LoadedState = Uint8Array | undefined | "unknown";

/**
 * A batch is a wave's: a store over a network makes one round trip of it. A store that fails rejects, or answers as it is
 * configured to answer then.
 */
export interface TicketStateStore {
  /** `false` for each member that could not be kept. The states are the caller's, who wipes them: a store keeps copies, or has sent them. */
  put(batch: readonly StoredTicket[]): readonly boolean[] | Promise<readonly boolean[]>;
  /**
   * The states of references, each the caller's own to wipe; `undefined` for one that is not there, was deleted, or has expired; `"unknown"`: that
   * cannot be told now.
   */
  get(batch: readonly string[]): readonly LoadedState[] | Promise<readonly LoadedState[]>;
  /**
   * Whether each reference was there. Of two equal members only the first finds it: the one that deletes a state uses its
   * ticket. `undefined`: that cannot be told now, and the ticket is not accepted.
   */
  delete(batch: readonly string[]): readonly (boolean | undefined)[] | Promise<readonly (boolean | undefined)[]>;
}
