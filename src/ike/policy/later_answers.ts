/**
 * Policy that answers later: a function of the configuration may return a promise, because it asks a database. The question that needed its answer is
 * put aside until it is there, and asked again; whatever answers at once costs nothing more than before.
 *
 * @module
 */
import type { Identity } from "../../ticket/identity.ts";
import type { Outcome } from "../steps/awaited.ts";
import { outcomeOf, type Step } from "../steps/step.ts";
import type { ResponderConfiguration } from "./responder_configuration.ts";

/** The same function, which may answer by a promise. */
export type MayAnswerLater<F> = F extends (...asked: infer Asked) => infer Answer
  ? (...asked: Asked) => Answer | PromiseLike<Answer>
  : F;

/**
 * The functions that are asked about a client. One that answers by a promise keeps nobody else waiting. While IKE_AUTH waits for it, what the client
 * sends again is passed over; an IKE SA that is up waits for none, and goes by what was said before. The same client may be asked about again.
 */
export type PolicyFunction =
  | "presharedKeyOf"
  | "resumptionAuthenticationOf"
  | "authorize"
  | "authorizeResumption"
  | "remoteSelectorsOf";

/** A function answered by a promise. Thrown by guarded functions; questions to policy are asked by way of `LaterAnswers`. */
export class AnsweredLater extends Error {
  /** Tells it from other errors where `instanceof` cannot, as in logs. */
  override readonly name = "AnsweredLater";
  /** The function, by the name of its option. */
  readonly hook: string;
  /** The promise that it answered by. */
  readonly promise: PromiseLike<unknown>;
  /** The answer that counts: a refusal, where the promise came to none. Never throws. */
  readonly answerOf: (outcome: Outcome) => unknown;

  /** For guards alone. */
  constructor(hook: string, promise: PromiseLike<unknown>, answerOf: AnsweredLater["answerOf"]) {
    super(`${hook} answers later`);
    this.hook = hook;
    this.promise = promise;
    this.answerOf = answerOf;
  }
}

/** Is told while an answer is waited for. */
export interface Waiting {
  begin(): void;
  end(): void;
}

/** Questions about one client: each function is asked about it once, and what it answered later is remembered here. */
export class LaterAnswers {
  #configuration: ResponderConfiguration;
  readonly #hasTicket: boolean;
  readonly #waiting: Waiting | undefined;

  /** @param hasTicket the client's ticket has opened: see `Awaited` */
  constructor(configuration: ResponderConfiguration, hasTicket: boolean, waiting?: Waiting) {
    this.#configuration = configuration;
    this.#hasTicket = hasTicket;
    this.#waiting = waiting;
  }

  /** The configuration, whose functions answer at once what they have answered here. */
  get configuration(): ResponderConfiguration {
    return this.#configuration;
  }

  /**
   * Asks, and waits where it has to.
   *
   * @param question asked again for each function that answers later: it must change nothing before it has all answers.
   */
  *ask<T>(question: (configuration: ResponderConfiguration) => T): Step<T> {
    while (true) {
      try {
        return question(this.#configuration);
      } catch (later) {
        if (!(later instanceof AnsweredLater)) throw later;
        this.#configuration = answeredBy(this.#configuration, later.hook, yield* this.#answerOf(later));
      }
    }
  }

  *#answerOf({ hook, promise, answerOf }: AnsweredLater): Step<unknown> {
    this.#waiting?.begin();
    try {
      return answerOf(yield* outcomeOf(hook, promise, this.#hasTicket));
    } finally {
      this.#waiting?.end();
    }
  }

  /** Asks what lies behind the client now, because nothing waits once it comes up. */
  *askForSelectors(identity: Identity): Step<void> {
    this.#configuration = yield* this.ask((configuration) => withSelectorsOf(identity, configuration));
  }
}

/**
 * The same configuration, which has been asked what lies behind a client, and asks no more.
 *
 * @throws {AnsweredLater} that has to be waited for.
 */
export function withSelectorsOf(identity: Identity, configuration: ResponderConfiguration): ResponderConfiguration {
  const { remoteSelectorsOf } = configuration;
  return remoteSelectorsOf ? answeredBy(configuration, "remoteSelectorsOf", remoteSelectorsOf(identity)) : configuration;
}

/** The same configuration for a client about whom it has been asked already: the function gives the same promise, and is not called for it again. */
export function askedBefore(configuration: ResponderConfiguration, later: AnsweredLater): ResponderConfiguration {
  return withFunction(configuration, later.hook, () => {
    throw later;
  });
}

function answeredBy(configuration: ResponderConfiguration, hook: string, answer: unknown): ResponderConfiguration {
  return withFunction(configuration, hook, () => answer);
}

/** Not a copy: what is concealed in it stays where it is. */
function withFunction(configuration: ResponderConfiguration, hook: string, value: () => unknown): ResponderConfiguration {
  if (!hook.startsWith(OF_EAP)) return Object.create(configuration, { [hook]: { value, enumerable: true } });
  const eap = Object.create(configuration.eap!, { [hook.slice(OF_EAP.length)]: { value, enumerable: true } });
  return Object.create(configuration, { eap: { value: eap, enumerable: true } });
}

const OF_EAP = "eap.";
