/**
 * Who answers a first message: IKE_SA_INIT, and each way to present a ticket.
 *
 * @module
 */
import type { Message } from "../../wire/message.ts";
import type { CookieJar } from "../message/cookie.ts";
import type { Waiting } from "../policy/later_answers.ts";
import type { PresentedInInit, ResumptionProfile } from "../profiles/resumption_profile.ts";
import type { Datagram } from "../steps/datagram.ts";
import type { Step } from "../steps/step.ts";
import type { FirstAnswer } from "./first_response.ts";
import { respondToInit } from "./ike_sa_init/responder.ts";
import { respondToInitWithTicket } from "./ike_sa_init/ticket_responder.ts";
import { respondToResume } from "./ike_session_resume/responder.ts";
import { respondToProtected } from "./protected_resume/responder.ts";
import type { ResponderContext } from "./responder_context.ts";

/** How a ticket is presented in a message, if one is. */
export interface PresentedIn {
  /** In an exchange of the profile's own. */
  readonly profile: ResumptionProfile | undefined;
  readonly inInit: PresentedInInit | undefined;
}

/**
 * @param waiting is told while policy is waited for.
 * @param cookies where a cookie has to come inside SK.
 */
export function answerFirst(
  message: Message,
  datagram: Datagram,
  { profile, inInit }: PresentedIn,
  waiting: Waiting,
  cookies: CookieJar | false,
  context: ResponderContext,
): Step<FirstAnswer> {
  if (inInit) return respondToInitWithTicket(message, datagram, inInit, waiting, context);
  if (profile === undefined) return respondToInit(message, datagram, context);
  return profile.presentation.kind === "protected-exchange"
    ? respondToProtected(message, datagram, profile, waiting, cookies, context)
    : respondToResume(message, datagram, profile, waiting, context);
}
