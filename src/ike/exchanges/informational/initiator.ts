/**
 * Answers to INFORMATIONAL requests of this end's (RFC 7296, section 1.4), a ticket among them (RFC 5723, section 4.1).
 *
 * @module
 */
import type { Payload } from "../../../wire/payload.ts";
import type { Established, RequestPurpose, Transition } from "../../states/established.ts";
import type { Instant } from "../../steps/instant.ts";
import type { Step } from "../../steps/step.ts";
import { takeTicketAnswer } from "../../tickets/client_ticket.ts";
import { type EstablishedContext, prepend } from "../established_context.ts";
import { sendQueued, sendRequest } from "../requests.ts";
import { finishMobility } from "./mobility_initiator.ts";

/** An authentic answer to an INFORMATIONAL request of this end's: that it came says that the peer lives. */
export function* finishInformational(
  state: Established,
  purpose: RequestPurpose,
  payloads: readonly Payload[],
  now: Instant,
  context: EstablishedContext,
): Step<Transition> {
  const { tickets, random } = context;
  const addresses = finishMobility(state, purpose, payloads, now);
  if (addresses) {
    const { transition: { next, effects }, then } = addresses;
    const asked = then ? yield* sendRequest(next, then, now, context) : yield* sendQueued(next, now, context);
    return prepend(effects, asked);
  }
  if (purpose !== "ticket" || !tickets || state.retiredUntilMs !== undefined) return yield* sendQueued(state, now, context);
  const ticket = takeTicketAnswer(state, payloads, tickets, random, now);
  return prepend(ticket.effects, yield* sendQueued(ticket.next, now, context));
}

/**
 * The client has heard where to go. The IKE SA is its to delete, once it is up there (RFC 5685, section 5). If it is to go elsewhere by now, it is told
 * that too.
 */
export function* finishRedirect(
  state: Established,
  to: string,
  now: Instant,
  context: EstablishedContext,
): Step<Transition> {
  // Its successor tells it anew.
  if (state.retiredUntilMs !== undefined) return yield* sendQueued(state, now, context);
  const { redirectTo: _, ...told } = state;
  const transition = state.redirectTo === to
    ? yield* sendQueued(told, now, context)
    : yield* sendRequest(state, "redirect", now, context);
  return prepend([{ type: "client-redirected", to, remote: state.path.remote, proven: true }], transition);
}
