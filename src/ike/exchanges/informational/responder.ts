/**
 * INFORMATIONAL requests of the peer's: liveness checks and deletes (RFC 7296, section 1.4; RFC 4718, sections 5.6 to 5.8), and tickets
 * (RFC 5723, section 4.1).
 *
 * @module
 */
import { ProtocolId } from "../../../wire/constants.ts";
import type { DeletePayload, Payload } from "../../../wire/payload.ts";
import type { ChildSa } from "../../child_sa/child_sa.ts";
import { espSpiOctets, espSpiOf } from "../../ike_sa/spi.ts";
import { redirected } from "../../message/redirect_notifies.ts";
import type { Effect } from "../../states/effect.ts";
import { withoutChildSas } from "../../states/child_affairs.ts";
import type { Established } from "../../states/established.ts";
import type { Instant } from "../../steps/instant.ts";
import type { Step } from "../../steps/step.ts";
import { ticketRefusal } from "../../tickets/ticket_request.ts";
import { reauthenticationAsked } from "../authentication_lifetime.ts";
import { remadeAfter } from "../create_child_sa/child_remake.ts";
import { denying } from "../create_child_sa/child_responder.ts";
import type { Answer, EstablishedContext } from "../established_context.ts";
import { isClosing } from "../requests.ts";

/** HDR, SK {[N,] [D,] [CP,] …} → HDR, SK {[N,] [D,] [CP,] …} (RFC 7296, section 1.4). */
export function* answerInformational(
  state: Established,
  payloads: readonly Payload[],
  now: Instant,
  context: EstablishedContext,
): Step<Answer> {
  const deleted = answerDeletes(state, payloads.filter((payload) => payload.type === "D"), now, context);
  const asked = state.side === "client" ? reauthenticationAsked(payloads, state.spis) : [];
  const sent = state.side === "client" ? redirectionAsked(state, payloads, context) : [];
  const answer = { ...deleted, effects: [...deleted.effects, ...asked, ...sent] };
  // A ticket of an IKE SA that ends, or whose place is taken, would be worth nothing. An IKE SA that this end is deleting gives
  // none either: its client could come back by it before it lets the deletion finish.
  if (answer.ends || state.retiredUntilMs !== undefined || isClosing(state)) {
    return { ...answer, payloads: [...answer.payloads, ...ticketRefusal(payloads, context.servedProfiles)] };
  }
  const ticket = context.grantTicket && (yield* context.grantTicket(payloads, state));
  return ticket ? { ...answer, ...ticket, payloads: [...answer.payloads, ...ticket.payloads] } : answer;
}

/** The gateway sends this client to another one: that it was heard is the answer (RFC 5685, section 5). */
function redirectionAsked(
  { spis, retiredUntilMs }: Established,
  payloads: readonly Payload[],
  { followRedirects }: EstablishedContext,
): Effect[] {
  const to = followRedirects && retiredUntilMs === undefined ? redirected(payloads) : undefined;
  return to === undefined ? [] : [{ type: "redirection-asked", spis, to }];
}

/**
 * Deleting the IKE SA gets an empty response (RFC 4718, section 5.8); deleting Child SAs gets this end's halves of the pairs, but for those that it
 * is deleting itself (RFC 7296, section 1.4.1).
 */
function answerDeletes(
  state: Established,
  deletes: readonly DeletePayload[],
  now: Instant,
  context: EstablishedContext,
): Answer {
  if (deletes.some(({ protocolId }) => protocolId === ProtocolId.IKE)) {
    return { payloads: [], next: state, ends: true, effects: [] };
  }
  const named = deletes.flatMap(({ protocolId, spis }) => protocolId === ProtocolId.ESP ? spis : []);
  const gone = state.childSas.filter(({ outboundSpi }) => named.some((spi) => espSpiOf(spi) === outboundSpi));
  const unknown = named.filter((spi) => state.childSas.every(({ outboundSpi }) => espSpiOf(spi) !== outboundSpi));
  const without = unknown.reduce(denying, withoutChildSas(state, gone));
  const next = remadeAfter(state, without, gone, now, context);
  const { child } = state.sendWindow.outstanding ?? {};
  const isOurs = ({ inboundSpi }: ChildSa) => child?.kind === "deletion" && child.inboundSpis.includes(inboundSpi);
  const spis = gone.filter((childSa) => !isOurs(childSa)).map(({ inboundSpi }) => espSpiOctets(inboundSpi));
  const payloads: Payload[] = spis.length === 0 ? [] : [{ type: "D", protocolId: ProtocolId.ESP, spiSize: 4, spis }];
  return { payloads, next, ends: false, effects: [] };
}
