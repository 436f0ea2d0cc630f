/**
 * Guards the functions of a configuration that are asked about a client: when one throws, or its answer or its promise's is
 * none, its client is refused, and no other step notices. Such a value must not get further than here: it would fail in a
 * batch that other clients share.
 *
 * @module
 */
import type { Identity } from "../../ticket/identity.ts";
import type { TrafficSelector } from "../../wire/payload.ts";
import type { EapServerMethod, EapServerOutcome } from "../authentication/eap/eap_method.ts";
import { RESUMPTION_AUTHENTICATIONS, type ResumptionAuthentication } from "../authentication/signed_content.ts";
import { addressOctets } from "../message/address.ts";
import { isThenable } from "../steps/hook_faults.ts";
import type { Step } from "../steps/step.ts";
import { isGatewayName } from "../message/redirect_notifies.ts";
import type { Authorization } from "./authorization.ts";
import { AnsweredLater } from "./later_answers.ts";
import type { EapResponderConfiguration } from "./eap_configuration.ts";
import type { ResponderConfiguration } from "./responder_configuration.ts";

/** Octets of a Request's Type-Data that a message has room for beside what else it holds. */
const MOST_TYPE_DATA = 60_000;

/** `hook`: the name of its option. */
export type HookFaultListener = (hook: string, fault: unknown) => void;

/** The same configuration, with functions that throw nothing but {@link AnsweredLater}. */
export function guardHooks(configuration: ResponderConfiguration, onFault: HookFaultListener): ResponderConfiguration {
  const guard = new Guard(onFault);
  const { authorize, authorizeMove, redirectFirst, redirectClient, authorizeResumption, remoteSelectorsOf, eap } =
    configuration;
  return withOthers(configuration, {
    presharedKeyOf: (identity) =>
      guard.ask("presharedKeyOf", () => configuration.presharedKeyOf(identity), isKeyOrNone, undefined),
    resumptionAuthenticationOf: (identity) =>
      guard.ask("resumptionAuthenticationOf", () => configuration.resumptionAuthenticationOf(identity), isForm, undefined),
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
    ...(eap && { eap: guardEap(eap, guard) }),
  });
}

function guardEap(eap: EapResponderConfiguration, guard: Guard): EapResponderConfiguration {
  return withOthers(eap, {
    admits: (identity) => guard.ask("eap.admits", () => eap.admits(identity), isBoolean, false),
    methodFor: (identity) => {
      const guarded = (method: EapServerMethod | undefined) => method && guardMethod(method, guard);
      return guarded(guard.ask("eap.methodFor", () => eap.methodFor(identity), isMethodOrNone, undefined, guarded));
    },
  });
}

/** The same object but for these properties. Not a copy: what is concealed in it stays where it is. */
function withOthers<T extends object>(object: T, others: Partial<T>): T {
  return Object.create(object, Object.getOwnPropertyDescriptors(others)) as T;
}

/** When a method throws, or a service that it asked, its conversation fails. */
function guardMethod(method: EapServerMethod, guard: Guard): EapServerMethod {
  return {
    type: method.type,
    begin: () => guardTurn(() => method.begin(), guard),
    respond: (typeData) => guardTurn(() => method.respond(typeData), guard),
  };
}

function* guardTurn(turn: () => Step<EapServerOutcome>, guard: Guard): Step<EapServerOutcome> {
  try {
    const outcome = yield* turn();
    if (isOutcome(outcome)) return outcome;
    guard.onFault("eap.method", noAnswer("eap.method"));
  } catch (fault) {
    guard.onFault("eap.method", fault);
  }
  return { kind: "failure" };
}

class Guard {
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
      // Asked once: a query of some libraries runs whenever its `then` is called.
      later = Promise.resolve(answer);
      // Perhaps nobody waits for it: then it must not end the process when it is rejected.
      later.catch(() => {});
    } catch (fault) {
      this.onFault(hook, fault);
      return otherwise;
    }
    throw new AnsweredLater(hook, later, (outcome) => {
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

function noAnswer(hook: string): TypeError {
  return new TypeError(`${hook}: what it returned is no answer, and was taken for a refusal`);
}

function isKeyOrNone(answer: unknown): boolean {
  return answer === undefined || answer instanceof Uint8Array;
}

function isBoolean(answer: unknown): boolean {
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

function isMethodOrNone(answer: unknown): boolean {
  if (answer === undefined) return true;
  const { type, begin, respond } = answer as Partial<EapServerMethod>;
  return Number.isInteger(type) && typeof begin === "function" && typeof respond === "function";
}

function isOutcome(outcome: EapServerOutcome): boolean {
  switch (outcome.kind) {
    case "failure":
      return true;
    case "request":
      return outcome.typeData instanceof Uint8Array && outcome.typeData.length <= MOST_TYPE_DATA;
    case "success":
      return isKeyOrNone(outcome.msk) && (outcome.identity === undefined || isIdentity(outcome.identity));
    default:
      return false;
  }
}

function isIdentity({ idType, identification }: Identity): boolean {
  return Number.isInteger(idType) && identification instanceof Uint8Array;
}
