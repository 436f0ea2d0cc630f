/**
 * What a step has to wait for that neither a provider nor a store gives: a function of the program's that answers by a promise, or a signature that
 * another thread makes. The step can be set aside meanwhile, so that nobody else waits.
 *
 * @module
 */
import type { Step, StepResult } from "./step.ts";

/** What is waited for. */
export interface Awaited {
  /** Its name, for people. */
  readonly what: string;
  /** What is waited for. */
  readonly promise: PromiseLike<unknown>;
  /** For a client whose ticket has opened: strangers cannot take all places of those that wait. */
  readonly hasTicket: boolean;
}

/** What came of it. */
export type Outcome<T = unknown> =
  | { readonly kind: "answered"; readonly value: T }
  | { readonly kind: "failed"; readonly fault: unknown };

/** A step that may go on later, and what it waits for. Returns what stands in the place of its result until then. */
export type SetAside<T> = (step: Step<T>, awaited: Awaited) => T;

/** Waits for as long as it takes. Never rejects, even if what was promised has a `then` that throws. */
export function settled({ promise }: Awaited): Promise<Outcome> {
  return Promise.resolve(promise).then<Outcome, Outcome>(
    (value) => ({ kind: "answered", value }),
    (fault) => ({ kind: "failed", fault }),
  );
}

/** The rest of a step that was set aside, now that there is a result for it. Ends with this one, wherever that is ended. */
export function* resumed<T>(step: Step<T>, result: StepResult): Step<T> {
  try {
    let progress = step.next(result);
    while (!progress.done) {
      let next: StepResult;
      try {
        next = yield progress.value;
      } catch (fault) {
        progress = step.throw(fault);
        continue;
      }
      progress = step.next(next);
    }
    return progress.value;
  } finally {
    // Nothing, where it is over. Nobody asks for its result.
    step.return(undefined as unknown as T);
  }
}
