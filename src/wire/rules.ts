/**
 * Which payloads a message may and must hold (RFC 7296, sections 1.2 to 1.5 and appendix C; RFC 5723, section 4.3), as a table.
 * The order of payloads is no rule: any is accepted (RFC 7296, section 2.5). Whether payloads fit each other is for the
 * exchanges to judge.
 *
 * @module
 */
import { ExchangeType, isErrorNotify, NotifyType } from "./constants.ts";
import { EXCHANGE_TYPE_OFFSET } from "./header.ts";
import type { Payload, PayloadType } from "./payload.ts";
import type { WireError } from "./wire_error.ts";

/** How often a payload may stand in a message. */
export interface PayloadRule {
  /** "SK" stands for SKF too. */
  readonly payload: PayloadType;
  readonly min: number;
  readonly max: number;
  /** Whether the rule is for payloads inside SK, or for those outside. */
  readonly encrypted: boolean;
}

export interface MessageRules {
  readonly payloads: readonly PayloadRule[];
  /** Whether a notify of this type completes the message, whatever else is missing: the answer is a refusal or a question. */
  readonly suffices: (notifyType: number) => boolean;
}

export interface ExchangeRules {
  readonly request: MessageRules;
  readonly response: MessageRules;
}

/** Far more notifies, certificates and deletes than peers send. */
export const MAXIMUM_NOTIFIES = 50;
const MAXIMUM_CERTIFICATES = 20;
const MAXIMUM_DELETES = 10;

const IKE_SA_INIT: ExchangeRules = {
  request: {
    payloads: [outside("SA", 1, 1), outside("KE", 1, 1), outside("Nonce", 1, 1), outside("N", 0, MAXIMUM_NOTIFIES)],
    suffices: nothing,
  },
  response: {
    payloads: [
      outside("SA", 1, 1),
      outside("KE", 1, 1),
      outside("Nonce", 1, 1),
      outside("CERTREQ", 0, MAXIMUM_CERTIFICATES),
      outside("N", 0, MAXIMUM_NOTIFIES),
    ],
    suffices: errorCookieOrRedirect,
  },
};

/** RFC 5723, section 4.3.2. Nr is missing where the gateway answers with TICKET_NACK or COOKIE. */
const IKE_SESSION_RESUME: ExchangeRules = {
  request: {
    payloads: [outside("Nonce", 1, 1), outside("N", 1, MAXIMUM_NOTIFIES)],
    suffices: nothing,
  },
  response: {
    payloads: [outside("Nonce", 1, 1), outside("N", 0, MAXIMUM_NOTIFIES)],
    suffices: (notifyType) => notifyType === NotifyType.TICKET_NACK || errorCookieOrRedirect(notifyType),
  },
};

/** Nothing is required inside: with EAP, one exchange after another holds other parts of the whole. */
const IKE_AUTH: ExchangeRules = {
  request: {
    payloads: [
      ...protectedBySk(),
      inside("IDi", 0, 1),
      inside("CERT", 0, MAXIMUM_CERTIFICATES),
      inside("CERTREQ", 0, MAXIMUM_CERTIFICATES),
      inside("IDr", 0, 1),
      inside("AUTH", 0, 1),
      inside("EAP", 0, 1),
      inside("CP", 0, 1),
      inside("SA", 0, 1),
      inside("TSi", 0, 1),
      inside("TSr", 0, 1),
      inside("N", 0, MAXIMUM_NOTIFIES),
    ],
    suffices: nothing,
  },
  response: {
    payloads: [
      ...protectedBySk(),
      inside("IDr", 0, 1),
      inside("CERT", 0, MAXIMUM_CERTIFICATES),
      inside("AUTH", 0, 1),
      inside("EAP", 0, 1),
      inside("CP", 0, 1),
      inside("SA", 0, 1),
      inside("TSi", 0, 1),
      inside("TSr", 0, 1),
      inside("N", 0, MAXIMUM_NOTIFIES),
    ],
    suffices: isErrorNotify,
  },
};

/** One additional key exchange (RFC 9242; RFC 9370, section 2.2.2). IntAuth covers nothing outside SK here, so nothing may stand there. */
const IKE_INTERMEDIATE_PAYLOADS: readonly PayloadRule[] = [
  outside("SK", 1, 1),
  inside("KE", 1, 1),
  inside("N", 0, MAXIMUM_NOTIFIES),
];

const IKE_INTERMEDIATE: ExchangeRules = {
  request: { payloads: IKE_INTERMEDIATE_PAYLOADS, suffices: nothing },
  response: { payloads: IKE_INTERMEDIATE_PAYLOADS, suffices: isErrorNotify },
};

/** One additional key exchange after CREATE_CHILD_SA, which a notify says (RFC 9370, section 2.2.4). */
const IKE_FOLLOWUP_KE_PAYLOADS: readonly PayloadRule[] = [
  ...protectedBySk(),
  inside("KE", 1, 1),
  inside("N", 0, MAXIMUM_NOTIFIES),
];

const IKE_FOLLOWUP_KE: ExchangeRules = {
  request: { payloads: IKE_FOLLOWUP_KE_PAYLOADS, suffices: nothing },
  response: { payloads: IKE_FOLLOWUP_KE_PAYLOADS, suffices: isErrorNotify },
};

const CREATE_CHILD_SA_PAYLOADS: readonly PayloadRule[] = [
  ...protectedBySk(),
  inside("SA", 1, 1),
  inside("Nonce", 1, 1),
  inside("KE", 0, 1),
  inside("TSi", 0, 1),
  inside("TSr", 0, 1),
  inside("CP", 0, 1),
  inside("N", 0, MAXIMUM_NOTIFIES),
];

const CREATE_CHILD_SA: ExchangeRules = {
  request: { payloads: CREATE_CHILD_SA_PAYLOADS, suffices: nothing },
  response: { payloads: CREATE_CHILD_SA_PAYLOADS, suffices: isErrorNotify },
};

const INFORMATIONAL_PAYLOADS: readonly PayloadRule[] = [
  ...protectedBySk(),
  inside("N", 0, MAXIMUM_NOTIFIES),
  inside("D", 0, MAXIMUM_DELETES),
  inside("CP", 0, 1),
];

/** Outside an IKE SA, in either direction: an error alone (RFC 7296, section 1.5). */
const INFORMATIONAL: ExchangeRules = {
  request: { payloads: INFORMATIONAL_PAYLOADS, suffices: isErrorNotify },
  response: { payloads: INFORMATIONAL_PAYLOADS, suffices: isErrorNotify },
};

const EXCHANGES: ReadonlyMap<number, ExchangeRules> = new Map([
  [ExchangeType.IKE_SA_INIT, IKE_SA_INIT],
  [ExchangeType.IKE_AUTH, IKE_AUTH],
  [ExchangeType.CREATE_CHILD_SA, CREATE_CHILD_SA],
  [ExchangeType.INFORMATIONAL, INFORMATIONAL],
  [ExchangeType.IKE_SESSION_RESUME, IKE_SESSION_RESUME],
  [ExchangeType.IKE_INTERMEDIATE, IKE_INTERMEDIATE],
  [ExchangeType.IKE_FOLLOWUP_KE, IKE_FOLLOWUP_KE],
]);

/** The rules of an exchange, by its number. `undefined`: it is none of the registry's that are known here. */
export function rulesOf(exchangeType: number): ExchangeRules | undefined {
  return EXCHANGES.get(exchangeType);
}

/**
 * Checks which payloads a message holds. Vendor IDs and unknown payloads are allowed everywhere.
 *
 * @param encrypted false for the payloads of the message itself (SK among them), true for those inside SK
 * @returns what is wrong, of kind "rule"; its offset is 0, because a payload that is missing stands nowhere
 */
export function checkRules(
  exchangeType: number,
  isResponse: boolean,
  encrypted: boolean,
  payloads: readonly Payload[],
): WireError | undefined {
  const exchange = rulesOf(exchangeType);
  if (exchange === undefined) {
    return { kind: "rule", payload: "header", offset: EXCHANGE_TYPE_OFFSET, expected: "exchange type 34 to 38, 43 or 44" };
  }
  return checkExchangeRules(exchange, isResponse, encrypted, payloads);
}

/** As {@link checkRules}, by the rules of an exchange. */
export function checkExchangeRules(
  exchange: ExchangeRules,
  isResponse: boolean,
  encrypted: boolean,
  payloads: readonly Payload[],
): WireError | undefined {
  const rules = isResponse ? exchange.response : exchange.request;
  const counts = new Map<PayloadType, number>();
  for (const payload of payloads) {
    const type = ruledAs(payload);
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  let ruled = (counts.get("V") ?? 0) + (counts.get("unknown") ?? 0);
  let missing: PayloadRule | undefined;
  for (const rule of rules.payloads) {
    if (rule.encrypted !== encrypted) continue;
    const found = counts.get(rule.payload) ?? 0;
    if (found > rule.max) return broken(rule.payload, `at most ${rule.max}, not ${found}`);
    if (found < rule.min) missing ??= rule;
    ruled += found;
  }
  if (ruled !== payloads.length) return broken(notAllowed(rules, encrypted, payloads), "no such payload in this message");
  if (missing !== undefined && !isSufficient(rules, payloads)) return broken(missing.payload, `at least ${missing.min}`);
  return undefined;
}

/** The first payload that no rule knows. */
function notAllowed(rules: MessageRules, encrypted: boolean, payloads: readonly Payload[]): PayloadType {
  const allowed = rules.payloads.filter((rule) => rule.encrypted === encrypted).map((rule) => rule.payload);
  const stray = payloads.find((payload) => ![...allowed, "V", "unknown"].includes(ruledAs(payload)));
  return stray?.type ?? "unknown";
}

function isSufficient(rules: MessageRules, payloads: readonly Payload[]): boolean {
  return payloads.some((payload) => payload.type === "N" && rules.suffices(payload.notifyType));
}

function ruledAs(payload: Payload): PayloadType {
  return payload.type === "SKF" ? "SK" : payload.type;
}

function broken(payload: PayloadType, expected: string): WireError {
  return { kind: "rule", payload, offset: 0, expected };
}

/** A payload that stands outside SK. */
export function outside(payload: PayloadType, min: number, max: number): PayloadRule {
  return { payload, min, max, encrypted: false };
}

/** A payload that stands inside SK. */
export function inside(payload: PayloadType, min: number, max: number): PayloadRule {
  return { payload, min, max, encrypted: true };
}

/** Notifies may stand outside SK; an error among them may stand alone where SK is not possible. */
export function protectedBySk(): readonly PayloadRule[] {
  return [outside("SK", 1, 1), outside("N", 0, MAXIMUM_NOTIFIES)];
}

export function nothing(): boolean {
  return false;
}

function errorCookieOrRedirect(notifyType: number): boolean {
  return isErrorNotify(notifyType) || notifyType === NotifyType.COOKIE || notifyType === NotifyType.REDIRECT;
}
