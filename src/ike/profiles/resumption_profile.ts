/**
 * What tells one form of resumption from another: RFC 5723, or one of the drafts before it. Data and small functions; what ends do with them is the
 * exchanges' to say, and the same for all.
 *
 * @module
 */
import type { ExchangeRules } from "../../wire/rules.ts";
import type { SkeyseedData } from "../ike_sa/ike_sa_keys.ts";
import type { TicketNotifies } from "./ticket_notifies.ts";

export type ProfileName = "rfc5723";

export interface ResumptionProfile {
  readonly name: ProfileName;
  /** How tickets are asked for, granted, refused and presented. */
  readonly notifies: TicketNotifies;
  readonly presentation: Presentation;
  /** What SKEYSEED is made of: SKEYSEED = prf(SK_d, these octets). `nonces`: Ni | Nr. */
  readonly skeyseedData: SkeyseedData;
}

/** In which message a ticket is presented. */
export interface Presentation {
  /** An exchange of its own, in clear, with IKE_AUTH behind it. */
  readonly kind: "own-exchange";
  readonly exchangeType: number;
  readonly rules: ExchangeRules;
}

/** The profile in whose own exchange a ticket is presented, of those that are served. */
export function profileOfExchange(
  profiles: readonly ResumptionProfile[],
  exchangeType: number,
): ResumptionProfile | undefined {
  for (const profile of profiles) if (profile.presentation.exchangeType === exchangeType) return profile;
  return undefined;
}

/** The profile of which a client asks for a ticket. */
export function profileOfRequest<Payloads extends Parameters<TicketNotifies["isRequested"]>[0]>(
  profiles: readonly ResumptionProfile[],
  payloads: Payloads,
): ResumptionProfile | undefined {
  for (const profile of profiles) if (profile.notifies.isRequested(payloads)) return profile;
  return undefined;
}
