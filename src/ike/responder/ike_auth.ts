/**
 * IKE_AUTH, responder's side: after IKE_SA_INIT (RFC 7296, section 1.2) and after IKE_SESSION_RESUME (RFC 5723, section 4.3.3).
 *
 * @module
 */
import { ExchangeType, NotifyType } from "../../wire/constants.ts";
import type { Message } from "../../wire/message.ts";
import { checkRules } from "../../wire/rules.ts";
import type { Datagram } from "../datagram.ts";
import { establishKeys } from "../first_exchange.ts";
import { notify } from "../notify.ts";
import { notOpened, openMessage } from "../protected_message.ts";
import type { Step } from "../step.ts";
import { type AuthAnswer, establish, FIRST_AUTH_MESSAGE_ID, refuse, refuseUnreadable } from "./auth_answer.ts";
import { authenticateInitiator } from "./authentication.ts";
import { beginEap } from "./eap.ts";
import type { AwaitingAuth, ResponderContext } from "./state.ts";
import { ticketRefusal } from "./ticket_request.ts";

/** HDR, SK {IDi, [IDr,] AUTH, SAi2, TSi, TSr [, N(TICKET_REQUEST)]} → HDR, SK {IDr, AUTH, SAr2, TSi, TSr [, N(TICKET_LT_OPAQUE)]}. */
export function* respondToAuth(
  state: AwaitingAuth,
  message: Message,
  datagram: Datagram,
  context: ResponderContext,
): Step<AuthAnswer> {
  const { first } = state;
  if (message.header.messageId !== FIRST_AUTH_MESSAGE_ID) {
    return { kind: "ignored", reason: "message-id-outside-window", next: state };
  }
  const keys = state.keys ?? (yield* establishKeys(first));
  if (keys === undefined) return { kind: "hopeless", reason: "public-value-unacceptable" };
  const { suite, fragments } = first;
  const protection = { suite, keys, role: "responder", sealed: state.sealed, random: context.random, fragments } as const;
  const opened = yield* openMessage(protection, message);
  if (opened === undefined) return { kind: "ignored", reason: notOpened(message), next: { ...state, keys } };
  if (!opened.ok) return yield* refuseUnreadable(message, protection, opened.error);
  const payloads = opened.value;
  if (checkRules(ExchangeType.IKE_AUTH, false, true, payloads) !== undefined) {
    return yield* refuse(message, protection, [notify(NotifyType.INVALID_SYNTAX), ...ticketRefusal(payloads)]);
  }
  const eap = yield* beginEap(state, keys, protection, message, payloads, context);
  if (eap !== undefined) return eap;
  const client = yield* authenticateInitiator(state, keys, payloads, datagram, context);
  if (client === undefined) {
    return yield* refuse(message, protection, [notify(NotifyType.AUTHENTICATION_FAILED), ...ticketRefusal(payloads)]);
  }
  const { presented, sealed } = state;
  return yield* establish(
    { first, presented, sealed, keys, protection, message, datagram, requested: payloads, client },
    context,
  );
}
