/**
 * IKE_AUTH, responder's side: after IKE_SA_INIT (RFC 7296, section 1.2) and after IKE_SESSION_RESUME (RFC 5723, section 4.3.3).
 *
 * @module
 */
import { ExchangeType, NotifyType } from "../../../wire/constants.ts";
import type { Message } from "../../../wire/message.ts";
import type { Payload } from "../../../wire/payload.ts";
import { checkExchangeRules, type ExchangeRules, rulesOf } from "../../../wire/rules.ts";
import type { Decoded } from "../../../wire/wire_error.ts";
import { keysFromTicketAndOpened, wipeIkeSaKeys } from "../../ike_sa/ike_sa_keys.ts";
import { type NoncePair, noncePair } from "../../ike_sa/nonces.ts";
import { isNatUnexpected } from "../../message/mobility_notifies.ts";
import { findPayload, notify } from "../../message/notify.ts";
import { notOpened, openedPayloads, openMessage, type ProtectionContext } from "../../message/protected_message.ts";
import { LaterAnswers } from "../../policy/later_answers.ts";
import { piggybackRulesOf } from "../../profiles/resumption_profile.ts";
import { establishKeys, type FirstExchange, NONCE_LENGTH } from "../../states/first_exchange.ts";
import { firstAuthMessageId } from "../../states/intermediate.ts";
import { provenPath } from "../../states/peer_path.ts";
import type { AwaitingAuth, PresentedTicket } from "../../states/responder_state.ts";
import type { Datagram } from "../../steps/datagram.ts";
import type { Step } from "../../steps/step.ts";
import { ticketRefusal } from "../../tickets/ticket_request.ts";
import { agreesOnMobility } from "../mobility_agreement.ts";
import { isStillGood } from "../presented_ticket.ts";
import type { ResponderContext } from "../responder_context.ts";
import { chooseChildSa } from "./first_child_sa.ts";
import type { AuthAnswer, RefusedClaim } from "./auth_answer.ts";
import { establish } from "./responder_answer.ts";
import { claimOf, refuse, refuseClaim, refuseUnreadable } from "./responder_refusal.ts";
import { authenticateInitiator, forgetKeymat, keymatGuarded } from "./responder_authentication.ts";
import { isByCertificate } from "./responder_certificate.ts";
import { beginEap } from "./responder_eap.ts";

/** HDR, SK {IDi, [CERT+,] [IDr,] AUTH, SAi2, TSi, TSr [, N(TICKET_REQUEST)]} → HDR, SK {IDr, [CERT+,] AUTH, SAr2, TSi, TSr [, N(TICKET_LT_OPAQUE)]}. */
export function* respondToAuth(
  state: AwaitingAuth,
  message: Message,
  datagram: Datagram,
  context: ResponderContext,
): Step<AuthAnswer> {
  const { first, presented } = state;
  const isDue = first.suite.additional.length === 0 || presented || first.intermediate?.done === first.suite.additional.length;
  if (message.header.messageId !== firstAuthMessageId(first) || !isDue) {
    return { kind: "ignored", reason: "message-id-outside-window", next: state };
  }
  const begun = yield* beginProtection(state, message, context);
  if (begun === undefined) return { kind: "hopeless", reason: "public-value-unacceptable" };
  let isAnswered = false;
  try {
    const answer = yield* answerOpened(state, message, datagram, begun, context);
    isAnswered = true;
    return answer;
  } finally {
    // A fault, or the end of the gateway while this step waits: no state has the keys.
    if (!isAnswered && state.keys === undefined) wipeIkeSaKeys(begun.protection.keys);
  }
}

function* answerOpened(
  state: AwaitingAuth,
  message: Message,
  datagram: Datagram,
  { protection, opened }: Begun,
  context: ResponderContext,
): Step<AuthAnswer> {
  const { first, presented, sealed } = state;
  const { keys } = protection;
  if (opened === undefined) return { kind: "ignored", reason: notOpened(message), next: { ...state, keys } };
  if (!opened.ok) return yield* refuseUnreadable(message, protection, opened.error);
  const payloads = opened.value;
  const piggyback = piggybackOf(first, message);
  if (checkExchangeRules(piggyback ?? rulesOf(ExchangeType.IKE_AUTH)!, false, true, payloads) !== undefined) {
    return yield* refuse(message, protection, [
      notify(NotifyType.INVALID_SYNTAX),
      ...ticketRefusal(payloads, context.configuration.profiles),
    ]);
  }
  if (isNatUnexpected(payloads, datagram)) {
    return yield* refuse(message, protection, [
      notify(NotifyType.UNEXPECTED_NAT_DETECTED),
      ...ticketRefusal(payloads, context.configuration.profiles),
    ]);
  }
  const policy = new LaterAnswers(context.configuration, presented !== undefined);
  const eap = yield* beginEap(state, keys, protection, message, payloads, policy, context);
  if (eap !== undefined) return eap;
  const childSaChoice = chooseChildSa(payloads, context.configuration);
  const childNonces = piggyback && childNoncesOf(payloads, context);
  const path = provenPath(first, datagram, agreesOnMobility(payloads, context.configuration));
  const client = yield* authenticateInitiator(
    { first, presented, keys, remote: datagram.remote, payloads, childSaChoice, childNonces },
    policy,
    context,
  );
  if (client === undefined || !("initiatorId" in client)) {
    const claim = claimOf(methodOf(presented, payloads, context), findPayload(payloads, "IDi"), client?.reason);
    return yield* refuseClaim(message, protection, payloads, claim, context);
  }
  yield* keymatGuarded(client.inReturn, policy.askForSelectors(client.items.eapIdentity ?? client.initiatorId));
  // No other IKE SA is to end in its favour.
  if (presented && !(yield* keymatGuarded(client.inReturn, isStillGood(presented, policy, context)))) {
    forgetKeymat(client.inReturn);
    return yield* refuseClaim(message, protection, payloads, claimOf("ticket", client.initiatorId), context);
  }
  const unanswered = presented && { ...state, keys };
  const proven = { first, presented, unanswered, sealed, keys, protection, message, path, client, childSaChoice, childNonces };
  return yield* establish({ ...proven, requested: payloads }, { ...context, configuration: policy.configuration });
}

/** The rules of IKE_AUTH in CREATE_CHILD_SA, where it came so. */
function piggybackOf({ keySource }: FirstExchange, { header }: Message): ExchangeRules | undefined {
  return header.exchangeType === ExchangeType.CREATE_CHILD_SA && keySource.kind === "ticket"
    ? piggybackRulesOf(keySource.profile)
    : undefined;
}

/** Ni2 and Nr2 of a Child SA whose CREATE_CHILD_SA proves its client. */
function childNoncesOf(payloads: readonly Payload[], { random }: ResponderContext): NoncePair {
  return noncePair(findPayload(payloads, "Nonce")!.nonce, random(NONCE_LENGTH));
}

/** A client that leaves out AUTH asks for EAP (RFC 7296, section 2.16). */
function methodOf(
  presented: PresentedTicket | undefined,
  payloads: readonly Payload[],
  context: ResponderContext,
): RefusedClaim["method"] {
  if (presented) return "ticket";
  if (findPayload(payloads, "AUTH") === undefined) return "eap";
  return isByCertificate(payloads, context) ? "certificate" : "shared-key";
}

/** What protects a message, and what it holds; `undefined`: it does not open. */
interface Begun {
  readonly protection: ProtectionContext;
  readonly opened: Decoded<readonly Payload[]> | undefined;
}

/**
 * The keys, which are made for a message that is not authentic too, and what the message holds. `undefined`: no keys can be
 * made. With a ticket, one request gives both.
 */
function* beginProtection(
  state: AwaitingAuth,
  message: Message,
  { random }: ResponderContext,
): Step<Begun | undefined> {
  const { first, sealed } = state;
  const { suite, nonces, spis, keySource, fragments } = first;
  const beside = { suite, role: "responder", sealed, random, fragments } as const;
  const encrypted = findPayload(message.payloads, "SK");
  if (state.keys === undefined && keySource.kind === "ticket" && encrypted !== undefined) {
    const whole = { sealed: message.octets, associatedDataLength: encrypted.offset };
    const { keys, plaintext } = yield* keysFromTicketAndOpened(
      suite,
      keySource.oldSkD,
      nonces,
      spis,
      whole,
      keySource.profile.skeyseedData,
    );
    return {
      protection: { ...beside, keys },
      opened: plaintext && openedPayloads(encrypted, plaintext, message, fragments),
    };
  }
  const keys = state.keys ?? (yield* establishKeys(first));
  if (keys === undefined) return undefined;
  const protection = { ...beside, keys };
  return { protection, opened: yield* openMessage(protection, message) };
}
