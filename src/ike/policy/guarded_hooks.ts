/**
 * Guards the functions of a configuration that are asked about a client: when one throws, or its answer or its promise's is
 * none, its client is refused, and no other step notices. Such a value must not get further than here: it would fail in a
 * batch that other clients share.
 *
 * @module
 */
import type { Identity } from "../../ticket/identity.ts";
import type { TrafficSelector } from "../../wire/payload.ts";
import { RESUMPTION_AUTHENTICATIONS, type ResumptionAuthentication } from "../authentication/signed_content.ts";
import { addressOctets } from "../message/address.ts";
import { isThenable } from "../steps/hook_faults.ts";
import { isGatewayName } from "../message/redirect_notifies.ts";
import type { Authorization } from "./authorization.ts";
import { areRulesOrNone, CLOSED_RULES } from "./client_rules.ts";
import { AnsweredLater } from "./later_answers.ts";
import { guardEap } from "./guarded_eap.ts";
import type { ResponderConfiguration } from "./responder_configuration.ts";

/** `hook`: the name of its option. */
export type HookFaultListener = (hook: string, fault: unknown) => void;

/** The same configuration, with functions that throw nothing but {@link AnsweredLater}. */
export function guardHooks(configuration: ResponderConfiguration, onFault: HookFaultListener): ResponderConfiguration {
  const guard = new Guard(onFault);
  const { authorize, authorizeMove, redirectFirst, redirectClient, authorizeResumption, remoteSelectorsOf, rulesOf, eap } =
    configuration;
  // Every resumption asks these several times: no function is made for that.
  const presharedKeyOf = (identity: Identity) => configuration.presharedKeyOf(identity);
  const resumptionAuthenticationOf = (identity: Identity) => configuration.resumptionAuthenticationOf(identity);
  return withOthers(configuration, {
    presharedKeyOf: (identity) => guard.askOf("presharedKeyOf", presharedKeyOf, identity, isKeyOrNone, undefined),
    resumptionAuthenticationOf: (identity) =>
      guard.askOf("resumptionAuthenticationOf", resumptionAuthenticationOf, identity, isForm, undefined),
    ...(authorize && {
      authorize: (client) => guard.ask("authorize", () => authorize(client), isAuthorization, undefined),
    }),
    ...(authorizeResumption && {
      authorizeResumption: (client) => guard.ask("authorizeResumption", () => authorizeResumption(client), isBoolean, false),
    }),
    ...(redirectFirst && {
      redirectFirst: (client) => guard.askAtOnce("redirectFirst", () => redirectFirst(client), isGatewayOrNone, undefined),
    }),
    ...(redirectClient && {
      redirectClient: (client) => guard.askAtOnce("redirectClient", () => redirectClient(client), isGatewayOrNone, undefined),
    }),
    ...(authorizeMove && {
      authorizeMove: (move) => guard.askAtOnce("authorizeMove", () => authorizeMove(move), isBoolean, false),
    }),
    ...(remoteSelectorsOf && {
      remoteSelectorsOf: (identity) =>
        guard.ask("remoteSelectorsOf", () => remoteSelectorsOf(identity), areSelectorsOrNone, NO_SELECTORS),
    }),
    ...(rulesOf && {
      rulesOf: (identity) => guard.askAtOnce("rulesOf", () => rulesOf(identity), areRulesOrNone, CLOSED_RULES),
    }),
    ...(eap && { eap: guardEap(eap, guard) }),
  });
}

/** The same object but for these properties. Not a copy: what is concealed in it stays where it is. */
export function withOthers<T extends object>(object: T, others: Partial<T>): T {
  return Object.create(object, Object.getOwnPropertyDescriptors(others)) as T;
}

/** Asks the functions of a configuration, and judges what they answer. */
export class Guard {
  readonly onFault: HookFaultListener;

  constructor(onFault: HookFaultListener) {
    this.onFault = onFault;
  }

  /**
   * @param finish What is made of an answer that comes later: of one at once the caller makes it.
   * @throws {AnsweredLater} it answered by a promise.
   */
  ask<Answer>(
    hook: string,
    call: () => Answer,
    isAnswer: (answer: unknown) => boolean,
    otherwise: Answer,
    finish: (answer: Answer) => Answer = (answer) => answer,
  ): Answer {
    let later: Promise<unknown>;
    try {
      const answer = call();
      if (!isThenable(answer)) return this.#judged(hook, answer, isAnswer, otherwise);
      later = askedOnce(answer);
    } catch (fault) {
      this.onFault(hook, fault);
      return otherwise;
    }
    throw this.#answeredLater(hook, later, isAnswer, otherwise, finish);
  }

  /** As {@link ask}, of a function of one argument. */
  askOf<Asked, Answer>(
    hook: string,
    call: (asked: Asked) => Answer,
    asked: Asked,
    isAnswer: (answer: unknown) => boolean,
    otherwise: Answer,
  ): Answer {
    let later: Promise<unknown>;
    try {
      const answer = call(asked);
      if (!isThenable(answer)) return this.#judged(hook, answer, isAnswer, otherwise);
      later = askedOnce(answer);
    } catch (fault) {
      this.onFault(hook, fault);
      return otherwise;
    }
    throw this.#answeredLater(hook, later, isAnswer, otherwise, (answer) => answer);
  }

  #answeredLater<Answer>(
    hook: string,
    later: Promise<unknown>,
    isAnswer: (answer: unknown) => boolean,
    otherwise: Answer,
    finish: (answer: Answer) => Answer,
  ): AnsweredLater {
    return new AnsweredLater(hook, later, (outcome) => {
      if (outcome.kind === "failed") this.onFault(hook, outcome.fault);
      return outcome.kind === "failed" ? otherwise : finish(this.#judged(hook, outcome.value as Answer, isAnswer, otherwise));
    });
  }

  /** The same of a function that has to answer at once: a promise is no answer. */
  askAtOnce<Answer>(hook: string, call: () => Answer, isAnswer: (answer: unknown) => boolean, otherwise: Answer): Answer {
    try {
      return this.ask(hook, call, isAnswer, otherwise);
    } catch {
      this.onFault(hook, noAnswer(hook));
      return otherwise;
    }
  }

  #judged<Answer>(hook: string, answer: Answer, isAnswer: (answer: unknown) => boolean, otherwise: Answer): Answer {
    try {
      if (isAnswer(answer)) return answer;
      this.onFault(hook, noAnswer(hook));
    } catch (fault) {
      this.onFault(hook, fault);
    }
    return otherwise;
  }
}

/** A query of some libraries runs whenever its `then` is called. */
function askedOnce(answer: unknown): Promise<unknown> {
  const later = Promise.resolve(answer);
  // Perhaps nobody waits for it: then it must not end the process when it is rejected.
  later.catch(() => {});
  return later;
}

export function noAnswer(hook: string): TypeError {
  return new TypeError(`${hook}: what it returned is no answer, and was taken for a refusal`);
}

export function isKeyOrNone(answer: unknown): boolean {
  return answer === undefined || answer instanceof Uint8Array;
}

export function isBoolean(answer: unknown): boolean {
  return typeof answer === "boolean";
}

function isGatewayOrNone(answer: unknown): boolean {
  return answer === undefined || typeof answer === "string" && isGatewayName(answer);
}

function isForm(answer: unknown): boolean {
  return answer === undefined || RESUMPTION_AUTHENTICATIONS.includes(answer as ResumptionAuthentication);
}

/** A missing answer must not be taken for `undefined`, which grants a client the address that it comes from. */
const NO_SELECTORS: readonly TrafficSelector[] = [];

function areSelectorsOrNone(answer: unknown): boolean {
  if (answer === undefined) return true;
  return Array.isArray(answer) &&
    (answer as readonly Partial<TrafficSelector>[]).every(({ startAddress, endAddress }) =>
      startAddress instanceof Uint8Array && endAddress instanceof Uint8Array && startAddress.length === endAddress.length
    );
}

/** Throws when an address is not valid. */
function isAuthorization(answer: unknown): boolean {
  if (answer === undefined) return true;
  if (typeof answer !== "object" || answer === null || isThenable(answer)) return false;
  const { certificates, permittedAddresses } = answer as Authorization;
  permittedAddresses?.forEach(addressOctets);
  return certificates === undefined || certificates.every((certificate) => certificate instanceof Uint8Array);
}
