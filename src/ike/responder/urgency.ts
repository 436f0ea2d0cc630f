/**
 * How urgent a datagram is, judged by its header and by what is known of its SPIs alone, before any other work is done: when there is more than
 * can be served, clients that have proven something go before strangers, and a flood of one kind takes no place of another.
 *
 * @module
 */
import { EXCHANGE_TYPE_OFFSET, HEADER_LENGTH, isFromInitiator } from "../../wire/header.ts";
import { isZero, u64 } from "../../wire/numbers_in_place.ts";
import { profileOfExchange, type ResumptionProfile } from "../profiles/resumption_profile.ts";

/** From the most urgent to the least. */
export const Urgency = {
  /** On an IKE SA that is up, or that began with a ticket that opened. */
  PROVEN: 0,
  /** IKE_SESSION_RESUME. */
  RESUMPTION: 1,
  /** On an IKE SA that began with IKE_SA_INIT: mostly IKE_AUTH, which costs a Diffie-Hellman exchange. */
  FULL_EXCHANGE: 2,
  /** IKE_SA_INIT, or anything else outside an IKE SA. */
  STRANGER: 3,
  /** On an IKE SA that does not exist: it will be dropped. */
  STRAY: 4,
} as const;

export type Urgency = (typeof Urgency)[keyof typeof Urgency];

export const URGENCIES: number = Object.keys(Urgency).length;

/** What is known of an SPI of this end. */
export type Standing = "up" | "resumption" | "full exchange" | undefined;

/** `standingOf`: of an SPI of this end. `profiles`: the forms of resumption that are served. */
export function urgencyOf(
  octets: Uint8Array,
  profiles: readonly ResumptionProfile[],
  standingOf: (ownSpi: bigint) => Standing,
): Urgency {
  if (octets.length < HEADER_LENGTH) return Urgency.STRAY;
  if (isZero(octets, 8, 16)) {
    return profileOfExchange(profiles, octets[EXCHANGE_TYPE_OFFSET]) ? Urgency.RESUMPTION : Urgency.STRANGER;
  }
  switch (standingOf(u64(octets, isFromInitiator(octets) ? 8 : 0))) {
    case "up":
    case "resumption":
      return Urgency.PROVEN;
    case "full exchange":
      return Urgency.FULL_EXCHANGE;
    case undefined:
      return Urgency.STRAY;
  }
}
