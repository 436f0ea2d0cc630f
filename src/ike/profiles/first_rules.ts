/**
 * Which payloads a first message, or the answer to one, may and must hold.
 *
 * @module
 */
import type { Message } from "../../wire/message.ts";
import { checkExchangeRules, checkRules } from "../../wire/rules.ts";
import type { WireError } from "../../wire/wire_error.ts";
import type { ResumptionProfile } from "./resumption_profile.ts";

/** What is wrong with it. `profile`: a ticket is presented in it, in an exchange of the profile's own. */
export function checkFirstMessage(
  { header: { exchangeType, isResponse }, payloads }: Message,
  profile: ResumptionProfile | undefined,
): WireError | undefined {
  return profile
    ? checkExchangeRules(profile.presentation.rules, isResponse, false, payloads)
    : checkRules(exchangeType, isResponse, false, payloads);
}
