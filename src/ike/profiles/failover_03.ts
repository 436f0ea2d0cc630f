/**
 * draft-sheffer-ipsec-failover-03 of 2008: resumption in two messages, at any gateway of a domain. What the draft leaves open docs/profiles.md says.
 *
 * @module
 */
import { FAILOVER_03_FORMAT } from "../../ticket/ticket_format.ts";
import { isErrorNotify } from "../../wire/constants.ts";
import { type ExchangeRules, inside, MAXIMUM_NOTIFIES, nothing, outside, protectedBySk } from "../../wire/rules.ts";
import { checkNumbers } from "./private_numbers.ts";
import type { ResumptionProfile } from "./resumption_profile.ts";
import { separateNotifies } from "./ticket_notifies.ts";

/** IANA never gave the draft any numbers: these are for private use, and both ends have to have the same. */
export interface Failover03Numbers {
  /** 240 to 255. */
  readonly exchange: number;
  /** These five 40,960 to 65,535. */
  readonly opaque: number;
  /** N(TICKET_REQUEST). */
  readonly request: number;
  /** N(TICKET_ACK). */
  readonly ack: number;
  /** N(TICKET_NACK). */
  readonly nack: number;
  /** N(TICKET_GATEWAY_LIST). */
  readonly gatewayList: number;
}

/** The numbers that are taken where nobody says otherwise: of the ranges for private use. */
export const FAILOVER_03_NUMBERS: Failover03Numbers = {
  exchange: 240,
  opaque: 40_960,
  request: 40_961,
  ack: 40_962,
  nack: 40_963,
  gatewayList: 40_964,
};

/**
 * The profile, with the numbers that are not given as in {@link FAILOVER_03_NUMBERS}.
 *
 * @throws {RangeError} a number is not for private use, or there twice.
 */
export function failover03(numbers: Partial<Failover03Numbers> = {}): ResumptionProfile {
  const all = { ...FAILOVER_03_NUMBERS, ...numbers };
  const { exchange, opaque, request, ack, nack, gatewayList } = all;
  checkNumbers("failover-03", { exchange }, { opaque, request, ack, nack, gatewayList });
  return {
    name: "failover-03",
    /** Sections 4.3 and 4.4: the lifetime stands before the ticket in both directions. */
    notifies: separateNotifies({ granted: opaque, request, ack, nack, presented: opaque }, true),
    ticketFormat: FAILOVER_03_FORMAT,
    mostLifetimeSeconds: Infinity,
    presentation: { kind: "protected-exchange", exchangeType: exchange, rules: rulesWith(nack) },
    /** Section 4.6: SKEYSEED = prf(SK_d2, Ni | Nr). */
    skeyseedData: (nonces) => [nonces],
    bindsResponderId: false,
    gatewayListType: gatewayList,
  };
}

/** Section 4.2. What is refused, or asked for a cookie, holds less. */
function rulesWith(nack: number): ExchangeRules {
  return {
    request: {
      payloads: [
        outside("Nonce", 1, 1),
        outside("N", 1, MAXIMUM_NOTIFIES),
        outside("SK", 1, 1),
        inside("IDi", 1, 1),
        inside("IDr", 0, 1),
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
        inside("Nonce", 0, 1),
        inside("CP", 0, 1),
        inside("SA", 0, 1),
        inside("TSi", 0, 1),
        inside("TSr", 0, 1),
        inside("N", 0, MAXIMUM_NOTIFIES),
      ],
      suffices: (notifyType) => notifyType === nack || isErrorNotify(notifyType),
    },
  };
}
