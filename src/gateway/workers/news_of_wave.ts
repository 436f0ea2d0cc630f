/**
 * What a worker has to tell of a wave to the others, in one message.
 *
 * @module
 */
import type { OtherWorkers, ReplacedIdentity, ResumedSa } from "../../ike/policy/other_workers.ts";
import { endOfTurn } from "../../transport/event_loop_turn.ts";

export class NewsOfWave implements OtherWorkers {
  readonly #tell: (resumed: readonly ResumedSa[], replaced: readonly ReplacedIdentity[]) => void;
  #resumed: ResumedSa[] = [];
  #replaced: ReplacedIdentity[] = [];

  constructor(tell: (resumed: readonly ResumedSa[], replaced: readonly ReplacedIdentity[]) => void) {
    this.#tell = tell;
  }

  resumed(old: ResumedSa): void {
    this.#soon();
    this.#resumed.push(old);
  }

  replaced(others: ReplacedIdentity): void {
    this.#soon();
    this.#replaced.push(others);
  }

  #soon(): void {
    if (this.#resumed.length + this.#replaced.length > 0) return;
    // When the wave is over: the IKE SA of a ticket goes silently, before all others of its identity go with a word.
    void endOfTurn().then(() => this.#tell(this.#resumed.splice(0), this.#replaced.splice(0)));
  }
}
