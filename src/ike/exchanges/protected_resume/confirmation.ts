/**
 * The first message of a client on an IKE SA that a protected exchange has made (draft-sheffer-ipsec-failover-03). It is protected by keys that rest on
 * Nr: its sender has read the answer, so that it is the client, and now. Only now the ticket is used, and the old IKE SA ends (section 7.8).
 *
 * @module
 */
import { sameOctets } from "../../../wire/octets.ts";
import type { Message } from "../../../wire/message.ts";
import { isAuthentic } from "../../message/protected_message.ts";
import { FAMILIES } from "../../policy/inner_address.ts";
import { LaterAnswers } from "../../policy/later_answers.ts";
import { provenPath } from "../../states/peer_path.ts";
import type { AwaitingConfirmation } from "../../states/responder_state.ts";
import type { Datagram } from "../../steps/datagram.ts";
import type { Step } from "../../steps/step.ts";
import { useTicket } from "../../tickets/ticket_kinds.ts";
import type { AuthAnswer } from "../ike_auth/auth_answer.ts";
import { establishedBy } from "../ike_auth/responder_up.ts";
import { isStillGood } from "../presented_ticket.ts";
import type { ResponderContext } from "../responder_context.ts";

/**
 * Whether the IKE SA comes up. What the message asks for is yet to be answered.
 *
 * A client that may not come up gets no answer: its IKE SA falls silent, and the client makes another one.
 */
export function* confirm(
  state: AwaitingConfirmation,
  message: Message,
  datagram: Datagram,
  context: ResponderContext,
): Step<AuthAnswer> {
  const { first, presented, comingUp } = state;
  const { keys, sealed } = comingUp;
  const { random, now, admission } = context;
  const ignored = (reason: string): AuthAnswer => ({ kind: "ignored", reason, next: state });
  if (message.header.messageId !== 0) return ignored("message-id-outside-window");
  const protection = { suite: first.suite, keys, role: "responder", sealed, random } as const;
  if (!(yield* isAuthentic(protection, message))) return ignored("not-authentic");
  const isLate = now.epochSeconds >= presented.state.expiresAtEpochSeconds;
  const policy = new LaterAnswers(context.configuration, true);
  if (isLate || !(yield* isStillGood(presented, policy, context))) return { kind: "hopeless", reason: "ticket-expired" };
  const path = provenPath(first, datagram);
  const { initiatorId, items } = comingUp.client;
  const newcomer = admission.newcomer({
    ownSpi: first.spis.responderSpi,
    identity: items.eapIdentity ?? initiatorId,
    saysInitialContact: false,
    ticketOf: presented.state,
    remote: path.remote,
  });
  const reason = admission.refusalOf(newcomer);
  if (reason) return { kind: "hopeless", reason };
  const { used } = yield* useTicket(presented, undefined, first.spis.responderSpi);
  // Whether it was used before cannot be told: the client asks again.
  if (used === undefined) return ignored("store-down");
  if (!used) return { kind: "hopeless", reason: "ticket-used" };
  admission.admit(newcomer, now);
  if (!hasPromised(state, context)) return { kind: "hopeless", reason: "inner-address-gone" };
  return establishedBy({ ...comingUp, path }, context);
}

/** Gives the IKE SA the inner addresses that its client was told: the IKE SA before it may have had them until now. */
function hasPromised(
  { first: { spis: { responderSpi } }, presented, promised }: AwaitingConfirmation,
  { remoteAddresses: { pools }, ownSpiOf }: ResponderContext,
): boolean {
  const predecessor = ownSpiOf(presented.state);
  return promised.every((address) => {
    const pool = FAMILIES.map((family) => pools?.[family]).find((one) => one?.holds(address));
    const held = pool?.find(responderSpi) ?? pool?.assign(responderSpi, [], predecessor, { fixed: address });
    return held !== undefined && sameOctets(held, address);
  });
}
