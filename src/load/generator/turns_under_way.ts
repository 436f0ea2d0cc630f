/**
 * Turns that clients have begun and not ended.
 *
 * @module
 */
import type { LoadClient } from "./load_client.ts";
import type { LoadOutcome } from "./load_outcome.ts";
import type { Turn, UnderWay } from "./scenario.ts";

/** Told of each outcome, and how long it took from when the turn was due. */
type Take = (outcome: LoadOutcome, latencyMs: number) => void;

export class TurnsUnderWay {
  readonly #over: AbortSignal;
  readonly #take: Take;
  #count = 0;
  #none: PromiseWithResolvers<void> | undefined;
  /** What goes on when a pause is over. */
  readonly #paused = new Set<() => void>();

  /** @param over ends all pauses */
  constructor(over: AbortSignal, take: Take) {
    this.#over = over;
    this.#take = take;
    over.addEventListener("abort", () => {
      for (const goOn of this.#paused) goOn();
    }, { once: true });
  }

  /**
   * @param dueMs when it was to begin
   * @param freed told when it has ended
   */
  begin(client: LoadClient, turn: Turn, dueMs: number, freed: (client: LoadClient) => void): void {
    this.#count++;
    const underWay: UnderWay = {
      tell: (outcome) => this.#take(outcome, performance.now() - dueMs),
      pause: (milliseconds, goOn) => this.#pause(milliseconds, goOn),
      end: () => {
        this.#count--;
        freed(client);
        if (this.#count === 0) this.#none?.resolve();
      },
    };
    turn(client, underWay);
  }

  /** Resolves once no turn is under way. */
  none(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    this.#none ??= Promise.withResolvers();
    return this.#none.promise;
  }

  #pause(milliseconds: number, goOn: () => void): void {
    const ended = () => {
      clearTimeout(timer);
      if (this.#paused.delete(ended)) goOn();
    };
    const timer = setTimeout(ended, milliseconds);
    this.#paused.add(ended);
    if (this.#over.aborted) ended();
  }
}
