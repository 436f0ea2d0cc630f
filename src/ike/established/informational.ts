/**
 * INFORMATIONAL between ends that are up: liveness checks and deletes, both ways (RFC 7296, section 1.4; RFC 4718, section 5.6 to 5.8).
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import type { Header } from "../../wire/header.ts";
import type { Message } from "../../wire/message.ts";
import { sameOctets } from "../../wire/octets.ts";
import { ExchangeType, NotifyType, ProtocolId } from "../../wire/constants.ts";
import type { DeletePayload, Payload } from "../../wire/payload.ts";
import { checkRules } from "../../wire/rules.ts";
import type { Decoded } from "../../wire/wire_error.ts";
import type { ChildSa } from "../child_sa.ts";
import { wipeChildSaKeys } from "../child_sa_keys.ts";
import type { Datagram } from "../datagram.ts";
import type { Effect } from "../effect.ts";
import type { Instant } from "../instant.ts";
import { notify } from "../notify.ts";
import { identityOf, notOpened, openMessage, sealMessage } from "../protected_message.ts";
import { firstSent, type RetransmissionPolicy, sentAgain } from "../retransmission.ts";
import { espSpiOctets, espSpiOf } from "../spi.ts";
import type { Step } from "../step.ts";
import { type Established, type Path, protectionOf, type RequestPurpose, type Transition, wipeEstablished } from "./state.ts";

/** What the exchanges of an established IKE SA need from their end. */
export interface EstablishedContext {
  readonly random: RandomSource;
  readonly retransmission: RetransmissionPolicy;
}

/** A message of the peer's, request or response, on an IKE SA that is up. */
export function* receive(
  state: Established,
  message: Message,
  datagram: Datagram,
  now: Instant,
  context: EstablishedContext,
): Step<Transition> {
  return message.header.isResponse
    ? yield* receiveResponse(state, message, now, context)
    : yield* receiveRequest(state, message, datagram, context);
}

/**
 * Sends a request of this end's. Only one may wait for its answer: with one under way a deletion follows it, and a liveness check
 * would tell nothing more.
 */
export function* sendRequest(
  state: Established,
  purpose: RequestPurpose,
  now: Instant,
  context: EstablishedContext,
): Step<Transition> {
  if (state.sendWindow.outstanding !== undefined) {
    const deleteNext = state.sendWindow.deleteNext ||
      (purpose === "delete" && state.sendWindow.outstanding.purpose !== "delete");
    return { next: { ...state, sendWindow: { ...state.sendWindow, deleteNext } }, effects: [] };
  }
  const messageId = state.sendWindow.nextId;
  const payloads: Payload[] = purpose === "delete" ? [DELETE_IKE_SA] : [];
  const octets = yield* sealMessage(
    protectionOf(state, context.random),
    headerOf(state, ExchangeType.INFORMATIONAL, messageId, false),
    payloads,
  );
  const outstanding = firstSent(octets, context.retransmission, now.monotonicMs, context.random);
  return {
    next: { ...state, sendWindow: { nextId: messageId + 1, outstanding: { ...outstanding, messageId, purpose } } },
    effects: [send(octets, state.path)],
  };
}

/** The answer to an outstanding request is overdue: sends it again, or concludes that the peer is dead. */
export function timeout(state: Established, now: Instant, context: EstablishedContext): Transition {
  const waiting = state.sendWindow.outstanding;
  if (waiting === undefined || now.monotonicMs < waiting.dueAtMs) return { next: state, effects: [] };
  const again = sentAgain(waiting, context.retransmission, now.monotonicMs, context.random);
  if (again === undefined) {
    return down(state, waiting.purpose === "delete" ? "deleted-by-us" : "no-answer");
  }
  const outstanding = { ...again, messageId: waiting.messageId, purpose: waiting.purpose };
  return {
    next: { ...state, sendWindow: { ...state.sendWindow, outstanding } },
    effects: [send(waiting.octets, state.path)],
  };
}

function* receiveRequest(
  state: Established,
  message: Message,
  datagram: Datagram,
  context: EstablishedContext,
): Step<Transition> {
  const { messageId, exchangeType } = message.header;
  const { expectedId, lastRequest, lastResponse } = state.receiveWindow;
  if (messageId === expectedId - 1 && lastRequest && lastResponse && sameOctets(message.octets, lastRequest)) {
    return { next: state, effects: [send(lastResponse, replyPath(datagram))] };
  }
  if (messageId !== expectedId) return dropped(state, "message-id-outside-window");
  const protection = protectionOf(state, context.random);
  const opened = yield* openMessage(protection, message);
  if (opened === undefined) return dropped(state, notOpened(message));

  const answer = answerRequest(state, exchangeType, opened);
  const octets = yield* sealMessage(protection, headerOf(state, exchangeType, messageId, true), answer.payloads);
  const path = replyPath(datagram);
  const sent = send(octets, path);
  if (answer.ends) return prepend(sent, down(state, "deleted-by-peer"));
  const gone = state.childSas.filter((childSa) => !answer.childSas.includes(childSa));
  gone.forEach(wipeChildSaKeys);
  const next: Established = {
    ...state,
    // An authenticated request tells where a client is now, if it sits behind a NAT that moved it. The end behind the NAT does
    // not follow: a copy of a message, sent on from elsewhere, would lead it away (RFC 7296, section 2.23).
    path: path.encapsulated && state.role === "responder" ? path : state.path,
    childSas: answer.childSas,
    receiveWindow: { expectedId: expectedId + 1, lastRequest: identityOf(message, state.fragments), lastResponse: octets },
  };
  const goneEffects = gone.map((childSa): Effect => ({ type: "child-sa-down", spis: state.spis, childSa }));
  return { next, effects: [sent, ...goneEffects] };
}

interface Answer {
  readonly payloads: readonly Payload[];
  readonly childSas: readonly ChildSa[];
  /** The peer deleted the IKE SA. */
  readonly ends: boolean;
}

function answerRequest(state: Established, exchangeType: number, opened: Decoded<readonly Payload[]>): Answer {
  const refuse = (notifyType: number, data?: Uint8Array): Answer => ({
    payloads: [notify(notifyType, data)],
    childSas: state.childSas,
    ends: false,
  });
  if (!opened.ok) {
    return opened.error.kind === "critical-payload"
      ? refuse(NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD, Uint8Array.of(opened.error.payloadType ?? 0))
      : refuse(NotifyType.INVALID_SYNTAX);
  }
  if (checkRules(exchangeType, false, true, opened.value) !== undefined) return refuse(NotifyType.INVALID_SYNTAX);
  // One Child SA, made by IKE_AUTH, is all there is: RFC 7296, section 1.3 gives this answer to an end that makes no more.
  if (exchangeType === ExchangeType.CREATE_CHILD_SA) return refuse(NotifyType.NO_ADDITIONAL_SAS);
  if (exchangeType !== ExchangeType.INFORMATIONAL) return refuse(NotifyType.INVALID_SYNTAX);
  return answerDeletes(state, opened.value.filter((payload) => payload.type === "D"));
}

/** Deleting the IKE SA gets an empty response (RFC 4718, section 5.8); deleting Child SAs gets this end's halves of the pairs. */
function answerDeletes(state: Established, deletes: readonly DeletePayload[]): Answer {
  if (deletes.some(({ protocolId }) => protocolId === ProtocolId.IKE)) return { payloads: [], childSas: [], ends: true };
  const named = new Set<number | undefined>();
  for (const { protocolId, spis } of deletes) {
    if (protocolId !== ProtocolId.ESP) continue;
    for (const spi of spis) named.add(espSpiOf(spi));
  }
  const gone = state.childSas.filter(({ outboundSpi }) => named.has(outboundSpi));
  if (gone.length === 0) return { payloads: [], childSas: state.childSas, ends: false };
  const spis = gone.map(({ inboundSpi }) => espSpiOctets(inboundSpi));
  return {
    payloads: [{ type: "D", protocolId: ProtocolId.ESP, spiSize: 4, spis }],
    childSas: state.childSas.filter((childSa) => !gone.includes(childSa)),
    ends: false,
  };
}

function* receiveResponse(
  state: Established,
  message: Message,
  now: Instant,
  context: EstablishedContext,
): Step<Transition> {
  const { messageId, exchangeType } = message.header;
  const { outstanding: waiting, nextId, deleteNext } = state.sendWindow;
  if (waiting?.messageId !== messageId || exchangeType !== ExchangeType.INFORMATIONAL) {
    return dropped(state, "unexpected-response");
  }
  const opened = yield* openMessage(protectionOf(state, context.random), message);
  if (opened === undefined) return dropped(state, notOpened(message));
  if (waiting.purpose === "delete") return down(state, "deleted-by-us");
  const free: Established = { ...state, sendWindow: { nextId } };
  const alive: Effect = { type: "peer-alive", spis: state.spis };
  if (!deleteNext) return { next: free, effects: [alive] };
  return prepend(alive, yield* sendRequest(free, "delete", now, context));
}

const DELETE_IKE_SA: DeletePayload = { type: "D", protocolId: ProtocolId.IKE, spiSize: 0, spis: [] };

function down(state: Established, reason: "deleted-by-us" | "deleted-by-peer" | "no-answer"): Transition {
  wipeEstablished(state);
  return { next: undefined, effects: [{ type: "ike-sa-down", spis: state.spis, reason }] };
}

function dropped(state: Established, reason: string): Transition {
  return { next: state, effects: [{ type: "dropped", reason }] };
}

function prepend(effect: Effect, transition: Transition): Transition {
  return { next: transition.next, effects: [effect, ...transition.effects] };
}

function headerOf(state: Established, exchangeType: number, messageId: number, isResponse: boolean): Header {
  return {
    ...state.spis,
    exchangeType,
    fromInitiator: state.role === "initiator",
    isResponse,
    messageId,
  };
}

function replyPath({ local, remote, encapsulated }: Datagram): Path {
  return { local, remote, encapsulated };
}

function send(octets: Uint8Array, path: Path): Effect {
  return { type: "send", datagram: { octets, ...path } };
}
