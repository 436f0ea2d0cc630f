/**
 * What a worker, or a gateway of a domain, has to tell the others, in few messages.
 *
 * @module
 */
import type { OtherWorkers, ReplacedIdentity, ResumedSa } from "../../ike/policy/other_workers.ts";
import { endOfTurn } from "../../transport/event_loop_turn.ts";

/** How long the old IKE SA of a client that came back may stay, in milliseconds: nobody uses it any more. */
const RESUMED_DELAY_MS = 20;
/** So many of them are told at once. */
const MOST_RESUMED = 1_024;

export class NewsOfWave implements OtherWorkers {
  readonly #tell: (resumed: readonly ResumedSa[], replaced: readonly ReplacedIdentity[]) => void;
  #resumed: ResumedSa[] = [];
  #replaced: ReplacedIdentity[] = [];
  #later: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (resumed: readonly ResumedSa[], replaced: readonly ReplacedIdentity[]) => void) {
    this.#tell = tell;
  }

  resumed(old: ResumedSa): void {
    this.#resumed.push(old);
    if (this.#resumed.length >= MOST_RESUMED) this.#tellAll();
    else this.#later ??= setTimeout(() => this.#tellAll(), RESUMED_DELAY_MS);
  }

  replaced(others: ReplacedIdentity): void {
    // When the wave is over: the IKE SA of a ticket goes silently, before all others of its identity go with a word.
    if (this.#replaced.length === 0) void endOfTurn().then(() => this.#tellAll());
    this.#replaced.push(others);
  }

  #tellAll(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    const [resumed, replaced] = [this.#resumed.splice(0), this.#replaced.splice(0)];
    if (resumed.length + replaced.length > 0) this.#tell(resumed, replaced);
  }
}
