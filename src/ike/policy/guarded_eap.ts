/**
 * Guards what a gateway's EAP asks of the program: when a method throws, or a server that it asked, or what comes of it is no answer, its conversation
 * fails, and no other step notices.
 *
 * @module
 */
import type { Identity } from "../../ticket/identity.ts";
import type {
  EapRelay,
  EapRelayOutcome,
  EapServerChoice,
  EapServerMethod,
  EapServerOutcome,
  EapSuccess,
} from "../authentication/eap/eap_method.ts";
import type { Step } from "../steps/step.ts";
import type { EapResponderConfiguration } from "./eap_configuration.ts";
import { type Guard, isBoolean, isKeyOrNone, noAnswer, withOthers } from "./guarded_hooks.ts";

/** Octets of a Request that a message has room for beside what else it holds. */
const MOST_OCTETS = 60_000;
/** Methods of which a client may choose: each is made for each client. */
const MOST_METHODS = 16;

export function guardEap(eap: EapResponderConfiguration, guard: Guard): EapResponderConfiguration {
  return withOthers(eap, {
    admits: (identity, type) => guard.ask("eap.admits", () => eap.admits(identity, type), isBoolean, false),
    methodFor: (identity) => {
      const guarded = (choice: EapServerChoice | undefined) => choice && guardChoice(choice, guard);
      return guarded(guard.ask("eap.methodFor", () => eap.methodFor(identity), isChoiceOrNone, undefined, guarded));
    },
  });
}

function guardChoice(choice: EapServerChoice, guard: Guard): EapServerChoice {
  if ("exchange" in choice) return guardRelay(choice, guard);
  return "begin" in choice ? guardMethod(choice, guard) : choice.map((method) => guardMethod(method, guard));
}

function guardMethod(method: EapServerMethod, guard: Guard): EapServerMethod {
  return {
    type: method.type,
    begin: () => guardTurn(() => method.begin(), isOutcome, guard),
    respond: (typeData) => guardTurn(() => method.respond(typeData), isOutcome, guard),
  };
}

function guardRelay(relay: EapRelay, guard: Guard): EapRelay {
  return { kind: "relay", exchange: (packet) => guardTurn(() => relay.exchange(packet), isRelayOutcome, guard) };
}

function* guardTurn<T extends EapServerOutcome | EapRelayOutcome>(
  turn: () => Step<T>,
  isAnswer: (outcome: T) => boolean,
  guard: Guard,
): Step<T | { readonly kind: "failure" }> {
  try {
    const outcome = yield* turn();
    if (isAnswer(outcome)) return outcome;
    guard.onFault("eap.method", noAnswer("eap.method"));
  } catch (fault) {
    guard.onFault("eap.method", fault);
  }
  return { kind: "failure" };
}

function isChoiceOrNone(answer: unknown): boolean {
  if (answer === undefined) return true;
  if (Array.isArray(answer)) return answer.length >= 1 && answer.length <= MOST_METHODS && answer.every(isMethod);
  return isMethod(answer) || isRelay(answer);
}

function isMethod(answer: unknown): boolean {
  const { type, begin, respond } = answer as Partial<EapServerMethod>;
  return Number.isInteger(type) && typeof begin === "function" && typeof respond === "function";
}

function isRelay(answer: unknown): boolean {
  const { kind, exchange } = answer as Partial<EapRelay>;
  return kind === "relay" && typeof exchange === "function";
}

function isOutcome(outcome: EapServerOutcome): boolean {
  if (outcome.kind !== "request") return isEnd(outcome);
  return outcome.typeData instanceof Uint8Array && outcome.typeData.length <= MOST_OCTETS;
}

function isRelayOutcome(outcome: EapRelayOutcome): boolean {
  if (outcome.kind !== "request") return isEnd(outcome);
  return outcome.packet instanceof Uint8Array && outcome.packet.length <= MOST_OCTETS;
}

function isEnd(outcome: EapSuccess | { readonly kind: "failure" }): boolean {
  if (outcome.kind === "failure") return true;
  if (outcome.kind !== "success") return false;
  const { msk, identity, certificates, certificateNames, certificatesEndAtEpochSeconds: endsAt } = outcome;
  return isKeyOrNone(msk) && (identity === undefined || isIdentity(identity)) &&
    (certificates === undefined || certificates.every((certificate) => certificate instanceof Uint8Array)) &&
    (certificateNames === undefined || certificateNames.every((name) => name instanceof Uint8Array && name.length > 0)) &&
    (endsAt === undefined || Number.isSafeInteger(endsAt) && endsAt >= 0);
}

function isIdentity({ idType, identification }: Identity): boolean {
  return Number.isInteger(idType) && identification instanceof Uint8Array;
}
