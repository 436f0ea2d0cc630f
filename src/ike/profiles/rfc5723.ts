/**
 * IKEv2 session resumption as it was standardised (RFC 5723): the profile of every deployed system.
 *
 * @module
 */
import { STANDARD_FORMAT } from "../../ticket/ticket_format.ts";
import { ExchangeType, NotifyType } from "../../wire/constants.ts";
import { rulesOf } from "../../wire/rules.ts";
import { standardSkeyseedData } from "../ike_sa/ike_sa_keys.ts";
import type { ResumptionProfile } from "./resumption_profile.ts";
import { separateNotifies } from "./ticket_notifies.ts";

/** Resumption as RFC 5723 has it: the default. */
export const RFC_5723: ResumptionProfile = {
  name: "rfc5723",
  /** Section 7: the lifetime stands before the ticket in TICKET_LT_OPAQUE alone. */
  notifies: separateNotifies(
    {
      granted: NotifyType.TICKET_LT_OPAQUE,
      request: NotifyType.TICKET_REQUEST,
      ack: NotifyType.TICKET_ACK,
      nack: NotifyType.TICKET_NACK,
      presented: NotifyType.TICKET_OPAQUE,
    },
    false,
  ),
  /** Appendix A.1. */
  ticketFormat: STANDARD_FORMAT,
  mostLifetimeSeconds: Infinity,
  /** Section 4.3.2. */
  presentation: {
    kind: "own-exchange",
    exchangeType: ExchangeType.IKE_SESSION_RESUME,
    rules: rulesOf(ExchangeType.IKE_SESSION_RESUME)!,
  },
  /** Section 5.1: SKEYSEED = prf(SK_d, "Resumption" | Ni | Nr). */
  skeyseedData: standardSkeyseedData,
  /** Section 4.3.3. */
  bindsResponderId: true,
};
