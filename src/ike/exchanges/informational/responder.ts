/**
 * INFORMATIONAL requests of the peer's: liveness checks and deletes (RFC 7296, section 1.4; RFC 4718, sections 5.6 to 5.8), and tickets
 * (RFC 5723, section 4.1).
 *
 * @module
 */
import { ProtocolId } from "../../../wire/constants.ts";
import type { DeletePayload, Payload } from "../../../wire/payload.ts";
import { espSpiOctets, espSpiOf } from "../../ike_sa/spi.ts";
import type { Established } from "../../states/established.ts";
import type { Step } from "../../steps/step.ts";
import { ticketRefusal } from "../../tickets/ticket_request.ts";
import { reauthenticationAsked } from "../authentication_lifetime.ts";
import type { Answer, EstablishedContext } from "../established_context.ts";
import { isClosing } from "../requests.ts";

/** HDR, SK {[N,] [D,] [CP,] …} → HDR, SK {[N,] [D,] [CP,] …} (RFC 7296, section 1.4). */
export function* answerInformational(
  state: Established,
  payloads: readonly Payload[],
  context: EstablishedContext,
): Step<Answer> {
  const deleted = answerDeletes(state, payloads.filter((payload) => payload.type === "D"));
  const asked = state.side === "client" ? reauthenticationAsked(payloads, state.spis) : [];
  const answer = { ...deleted, effects: [...deleted.effects, ...asked] };
  // A ticket of an IKE SA that ends, or whose place is taken, would be worth nothing. An IKE SA that this end is deleting gives
  // none either: its client could come back by it before it lets the deletion finish.
  if (answer.ends || state.retiredUntilMs !== undefined || isClosing(state)) {
    return state.side === "gateway" ? { ...answer, payloads: [...answer.payloads, ...ticketRefusal(payloads)] } : answer;
  }
  const ticket = context.grantTicket && (yield* context.grantTicket(payloads, state));
  return ticket ? { ...answer, ...ticket, payloads: [...answer.payloads, ...ticket.payloads] } : answer;
}

/** Deleting the IKE SA gets an empty response (RFC 4718, section 5.8); deleting Child SAs gets this end's halves of the pairs. */
function answerDeletes(state: Established, deletes: readonly DeletePayload[]): Answer {
  if (deletes.some(({ protocolId }) => protocolId === ProtocolId.IKE)) {
    return { payloads: [], childSas: [], ends: true, effects: [] };
  }
  const named = new Set<number | undefined>();
  for (const { protocolId, spis } of deletes) {
    if (protocolId !== ProtocolId.ESP) continue;
    for (const spi of spis) named.add(espSpiOf(spi));
  }
  const gone = state.childSas.filter(({ outboundSpi }) => named.has(outboundSpi));
  if (gone.length === 0) return { payloads: [], childSas: state.childSas, ends: false, effects: [] };
  const spis = gone.map(({ inboundSpi }) => espSpiOctets(inboundSpi));
  return {
    payloads: [{ type: "D", protocolId: ProtocolId.ESP, spiSize: 4, spis }],
    childSas: state.childSas.filter((childSa) => !gone.includes(childSa)),
    ends: false,
    effects: [],
  };
}
