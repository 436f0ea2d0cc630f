/**
 * Steps that wait for what the program or another thread has promised: a function of the configuration that asks a database, a signature. Each leaves
 * its wave and goes on between two others, once there is an outcome, so that no other client waits.
 *
 * @module
 */
import type { Effect } from "../ike/states/effect.ts";
import { type Awaited, type Outcome, resumed, type SetAside, settled } from "../ike/steps/awaited.ts";
import type { Step } from "../ike/steps/step.ts";
import { LATE, within } from "../store/patience.ts";

/** How long a step waits, in milliseconds, where the program does not say. */
const DEFAULT_POLICY_TIMEOUT_MS = 3_000;

/** Steps that wait at once: each holds some kilobytes. Beyond them nobody waits, and the client is refused. */
const MOST_ASIDE = 4_096;
/** Of them, those that only clients have whose ticket has opened: policy is asked about strangers before they have proven anything. */
const KEPT_FOR_TICKETS = 1_024;

const LONGEST_TIMEOUT_MS = 60_000;

export class StepsAside {
  readonly #timeoutMs: number;
  readonly #goOn: (step: Step<Effect[]>) => void;
  readonly #waiting = new Set<Step<Effect[]>>();
  /** Those that found no place, until they are told so in their turn. */
  readonly #refused = new Set<Step<Effect[]>>();
  #isClosed = false;

  /**
   * @param goOn Has the rest of a step run, in its turn.
   * @throws {RangeError} the time is out of range.
   */
  constructor(timeoutMs: number = DEFAULT_POLICY_TIMEOUT_MS, goOn: (step: Step<Effect[]>) => void) {
    if (!(timeoutMs >= 1 && timeoutMs <= LONGEST_TIMEOUT_MS)) {
      throw new RangeError(`gateway: policyTimeoutMs is ${timeoutMs}, expected 1 to ${LONGEST_TIMEOUT_MS}`);
    }
    this.#timeoutMs = timeoutMs;
    this.#goOn = goOn;
  }

  /** How many wait, for an outcome or their turn. */
  get count(): number {
    return this.#waiting.size;
  }

  /** Takes a step out of its wave. What it has to say it says later. */
  readonly take: SetAside<Effect[]> = (step, awaited) => {
    // Also where nobody waits for it: a promise that is rejected and has no listener ends the process.
    const settling = settled(awaited);
    if (this.#isClosed) {
      step.return(NO_EFFECTS);
      return NO_EFFECTS;
    }
    const isRoom = this.#waiting.size < (awaited.hasTicket ? MOST_ASIDE : MOST_ASIDE - KEPT_FOR_TICKETS);
    const places = isRoom ? this.#waiting : this.#refused;
    places.add(step);
    const outcome = isRoom
      ? this.#outcomeOf(awaited, settling)
      : Promise.resolve(failed(awaited, "too much is waited for already"));
    void outcome.then((result) => {
      if (places.has(step)) this.#goOn(resumedInTurn(step, result, places));
    });
    return NO_EFFECTS;
  };

  /** Ends what waits, and what is yet to be set aside, without a word to anyone. */
  close(): void {
    this.#isClosed = true;
    for (const places of [this.#waiting, this.#refused]) {
      for (const step of places) step.return(NO_EFFECTS);
      places.clear();
    }
  }

  async #outcomeOf(awaited: Awaited, settling: Promise<Outcome>): Promise<Outcome> {
    const outcome = await within(settling, this.#timeoutMs);
    return outcome === LATE ? failed(awaited, `no answer within ${this.#timeoutMs} ms`) : outcome;
  }
}

const NO_EFFECTS: Effect[] = [];

/** Until its turn comes it waits still, and may be ended. */
function* resumedInTurn(step: Step<Effect[]>, result: Outcome, places: Set<Step<Effect[]>>): Step<Effect[]> {
  return places.delete(step) ? yield* resumed(step, result) : NO_EFFECTS;
}

function failed({ what }: Awaited, why: string): Outcome {
  return { kind: "failed", fault: new Error(`${what}: ${why}`) };
}
