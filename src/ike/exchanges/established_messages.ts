/**
 * Receives requests and responses on an IKE SA that is up: checks the window, repeats answers, opens messages, and hands each
 * to its exchange.
 *
 * @module
 */
import { ExchangeType, NotifyType } from "../../wire/constants.ts";
import type { Message } from "../../wire/message.ts";
import type { Payload } from "../../wire/payload.ts";
import { checkRules } from "../../wire/rules.ts";
import type { Decoded } from "../../wire/wire_error.ts";
import { wipeChildSaKeys } from "../child_sa/child_sa_keys.ts";
import { notify } from "../message/notify.ts";
import { identityOf, notOpened, openMessage, sealMessage } from "../message/protected_message.ts";
import { repeatAnswer, RequestMark } from "../message/repeated_request.ts";
import { type Effect, sendEach } from "../states/effect.ts";
import { type Established, protectionOf, type Transition, wipeEstablished } from "../states/established.ts";
import { followed, pathAfterRequest } from "../states/peer_path.ts";
import { type Datagram, pathOf } from "../steps/datagram.ts";
import type { Instant } from "../steps/instant.ts";
import type { Step } from "../steps/step.ts";
import { ticketRefusal } from "../tickets/ticket_request.ts";
import { finishChild } from "./create_child_sa/child_outcome.ts";
import { answerChild } from "./create_child_sa/child_responder.ts";
import { answerRekey, isIkeRekey } from "./create_child_sa/responder.ts";
import { finishRekey, succeed } from "./create_child_sa/succession.ts";
import { type Answer, type EstablishedContext, headerOf, prepend } from "./established_context.ts";
import { answerFollowup } from "./ike_followup_ke/responder.ts";
import { finishInformational, finishRedirect } from "./informational/initiator.ts";
import { answerMobility } from "./informational/mobility_responder.ts";
import { answerInformational } from "./informational/responder.ts";
import { down, sendQueued, sendRequest } from "./requests.ts";

/** A message of the peer's, request or response, on an IKE SA that is up. */
export function* receive(
  state: Established,
  message: Message,
  datagram: Datagram,
  now: Instant,
  context: EstablishedContext,
): Step<Transition> {
  return message.header.isResponse
    ? yield* receiveResponse(state, message, datagram, now, context)
    : yield* receiveRequest(state, message, datagram, now, context);
}

function* receiveRequest(
  state: Established,
  message: Message,
  datagram: Datagram,
  now: Instant,
  context: EstablishedContext,
): Step<Transition> {
  const { messageId, exchangeType } = message.header;
  const { expectedId } = state.receiveWindow;
  const protection = protectionOf(state, context.random);
  if (messageId === expectedId - 1) {
    const answer = yield* repeatAnswer(message, state.receiveWindow, protection);
    if (answer) {
      const next = answer.timesRepeated === undefined
        ? state
        : { ...state, receiveWindow: { ...state.receiveWindow, ...answer } };
      return { next, effects: sendEach(answer.lastResponse, pathOf(datagram)) };
    }
  }
  if (messageId !== expectedId) return dropped(state, "message-id-outside-window");
  const opened = yield* openMessage(protection, message);
  if (opened === undefined) return dropped(state, notOpened(message));

  const answer = yield* answerRequest(state, exchangeType, opened, now, context);
  const mobility = exchangeType === ExchangeType.INFORMATIONAL && opened.ok && !answer.ends
    ? answerMobility(state, opened.value, datagram, context.mayMove ?? anyMove)
    : undefined;
  const header = headerOf(state, exchangeType, messageId, true);
  const octets = yield* sealMessage(protection, header, [...mobility?.payloads ?? [], ...answer.payloads], answer.unsealed);
  const sent = sendEach(octets, pathOf(datagram));
  if (answer.ends) return prepend(sent, yield* endedByPeer(state, now, context));
  const gone = state.childSas.filter((childSa) => !answer.next.childSas.includes(childSa));
  gone.forEach(wipeChildSaKeys);
  const moved = pathAfterRequest(state, datagram);
  const next: Established = {
    ...answer.next,
    heardAtMs: now.monotonicMs,
    path: moved.path,
    ...mobility?.change,
    receiveWindow: {
      expectedId: expectedId + 1,
      lastRequest: RequestMark.of(identityOf(message, state.fragments)),
      lastResponse: octets,
      answeredAtMs: now.monotonicMs,
    },
  };
  const goneEffects = gone.map((childSa): Effect => ({ type: "child-sa-down", spis: state.spis, childSa }));
  const effects = [...sent, ...moved.effects, ...mobility?.effects ?? [], ...goneEffects, ...answer.effects];
  if (mobility?.isUnproven) return prepend(effects, yield* sendRequest(next, "check-path", now, context));
  if (answer.made === undefined) return { next, effects };
  // This end's own offer is under way: which of the two stays is known when that is answered.
  if (next.sendWindow.outstanding?.purpose === "rekey") return { next: { ...next, crossing: answer.made }, effects };
  return prepend(effects, yield* succeed(next, { successor: answer.made.successor, byUs: false }, now, context));
}

/** A peer that deletes the IKE SA while this end's offer waits has not noticed that the offers crossed (RFC 7296, section 2.25.2). */
function* endedByPeer(state: Established, now: Instant, context: EstablishedContext): Step<Transition> {
  const { crossing } = state;
  if (crossing === undefined) return down(state, "deleted-by-peer");
  const transition = yield* succeed(state, { successor: crossing.successor, byUs: false }, now, context);
  if (transition.next) wipeEstablished(transition.next);
  const asked = transition.successor && (yield* sendQueued(transition.successor, now, context));
  return prepend(transition.effects, { next: undefined, successor: asked?.next, effects: asked?.effects ?? [] });
}

function* answerRequest(
  state: Established,
  exchangeType: number,
  opened: Decoded<readonly Payload[]>,
  now: Instant,
  context: EstablishedContext,
): Step<Answer> {
  const nothing = { payloads: [], next: state, ends: false, effects: [] };
  // A client that asks for a ticket beside what is refused gets an answer to that too (RFC 5723, section 4.1).
  const refuse = (notifyType: number, data?: Uint8Array): Answer => ({
    ...nothing,
    payloads: [notify(notifyType, data), ...(opened.ok ? ticketRefusal(opened.value, context.servedProfiles) : [])],
  });
  if (!opened.ok) {
    return opened.error.kind === "critical-payload"
      ? refuse(NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD, Uint8Array.of(opened.error.payloadType ?? 0))
      : refuse(NotifyType.INVALID_SYNTAX);
  }
  if (checkRules(exchangeType, false, true, opened.value) !== undefined) return refuse(NotifyType.INVALID_SYNTAX);
  const payloads = opened.value;
  if (exchangeType === ExchangeType.CREATE_CHILD_SA) {
    if (isIkeRekey(payloads)) return { ...nothing, ...yield* answerRekey(state, payloads, now, context) };
    const answer = yield* answerChild(state, payloads, now, context);
    return {
      ...nothing,
      ...answer,
      payloads: [...answer.payloads, ...ticketRefusal(payloads, context.servedProfiles)],
    };
  }
  if (exchangeType === ExchangeType.IKE_FOLLOWUP_KE) {
    return { ...nothing, ...yield* answerFollowup(state, payloads, now, context) };
  }
  return exchangeType === ExchangeType.INFORMATIONAL
    ? yield* answerInformational(state, payloads, now, context)
    : refuse(NotifyType.INVALID_SYNTAX);
}

const anyMove = () => true;

function* receiveResponse(
  state: Established,
  message: Message,
  datagram: Datagram,
  now: Instant,
  context: EstablishedContext,
): Step<Transition> {
  const { messageId, exchangeType } = message.header;
  const { outstanding: waiting, nextId, queued } = state.sendWindow;
  if (waiting?.messageId !== messageId || waiting.exchangeType !== exchangeType) return dropped(state, "unexpected-response");
  const opened = yield* openMessage(protectionOf(state, context.random), message);
  if (opened === undefined) return dropped(state, notOpened(message));
  if (waiting.purpose === "delete") return down(state, "deleted-by-us");
  const broken = !opened.ok || checkRules(exchangeType, true, true, opened.value) !== undefined;
  const payloads = broken ? undefined : opened.value;
  const free: Established = followed({ ...state, heardAtMs: now.monotonicMs, sendWindow: { nextId, queued } }, datagram);
  const alive: Effect = { type: "peer-alive", spis: state.spis };
  if (waiting.rekey) return prepend([alive], yield* finishRekey(free, waiting.rekey, payloads, now, context));
  if (waiting.child) return prepend([alive], yield* finishChild(free, waiting.child, payloads, now, context));
  if (waiting.redirectTo) return prepend([alive], yield* finishRedirect(free, waiting.redirectTo, now, context));
  return prepend([alive], yield* finishInformational(free, waiting.purpose, payloads ?? [], now, context));
}

function dropped(state: Established, reason: string): Transition {
  return { next: state, effects: [{ type: "dropped", reason }] };
}
