/**
 * Requests to resume that wait for policy: nothing is kept of them yet, but each holds what its step does.
 *
 * @module
 */
import type { Waiting } from "../policy/later_answers.ts";

export class WaitingRequests {
  readonly #hashes = new Set<number>();

  get count(): number {
    return this.#hashes.size;
  }

  /** Whether the request of this hash waits: a copy of it is not to ask once more. */
  has(hash: number): boolean {
    // Nearly always none waits: to look costs more than to ask that.
    return this.#hashes.size > 0 && this.#hashes.has(hash);
  }

  /** Takes note of one as long as it waits. */
  during(hash: number): Waiting {
    return { begin: () => void this.#hashes.add(hash), end: () => void this.#hashes.delete(hash) };
  }
}
