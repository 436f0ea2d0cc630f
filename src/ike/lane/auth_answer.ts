/**
 * IKE_AUTH in the lane, from the claim of the ticket on: the Child SA, the next ticket, the response, and the IKE SA that is up
 * (RFC 5723, section 4.3.3; RFC 7296, section 1.2).
 *
 * @module
 */
import { sealLaidOut } from "../../crypto/laid_out.ts";
import type { LaidOutMessage } from "../../crypto/provider.ts";
import { wipe } from "../../crypto/wipe.ts";
import { ExchangeType } from "../../wire/constants.ts";
import type { Payload, Proposal } from "../../wire/payload.ts";
import { authPayload } from "../authentication/auth_payload.ts";
import type { ChildSa } from "../child_sa/child_sa.ts";
import { authLifetimePayloads } from "../exchanges/authentication_lifetime.ts";
import { createChildSa } from "../exchanges/ike_auth/first_child_sa.ts";
import { establishedBy } from "../exchanges/ike_auth/responder_up.ts";
import { layOutMessage } from "../message/laid_out_message.ts";
import type { Effect } from "../states/effect.ts";
import { provenPath } from "../states/peer_path.ts";
import type { Path } from "../steps/datagram.ts";
import { atOnce } from "../steps/wave.ts";
import { roomBeside } from "../tickets/ticket_limits.ts";
import { type Contribution, finishTicket } from "../tickets/ticket_request.ts";
import { type AuthConclusions, protectionOf } from "./auth_conclusions.ts";
import { forget, type ProvenMember } from "./auth_member.ts";
import type { LaneContext } from "./lane_context.ts";

/** One whose response is to be sealed. */
interface Answer {
  readonly member: ProvenMember;
  readonly path: Path;
  readonly childSa: ChildSa | undefined;
  readonly told: readonly Effect[];
  readonly message: LaidOutMessage;
}

/** `used`: whether each ticket was claimed; `undefined`: that cannot be told, and it is not accepted. */
export function answerProven(
  proven: readonly ProvenMember[],
  used: readonly (boolean | undefined)[],
  context: LaneContext,
  conclusions: AuthConclusions,
): void {
  const answers: Answer[] = [];
  for (let index = 0; index < proven.length; index++) {
    const member = proven[index];
    if (used[index] === true) {
      try {
        answers.push(answerOf(member, context));
      } catch (fault) {
        forget(member);
        conclusions.fail(member, fault);
      }
    } else {
      forget(member);
      // Somebody else was first; or the client has proven itself, and it is the store that cannot tell.
      conclusions.refuse(member, used[index] === false ? undefined : "store-down");
    }
  }
  seal(answers, context, conclusions);
}

function answerOf(member: ProvenMember, context: LaneContext): Answer {
  const { configuration, admission, now, services } = context;
  const { datagram, state: { first }, presented, newcomer, inReturn, draft, reauthenticateByMs } = member;
  const path = provenPath(first, datagram);
  // Before an inner address is assigned, which may be that of an IKE SA that makes room.
  admission.admit(newcomer, now);
  const child = childOf(member, path, context);
  const whenToComeAnew = authLifetimePayloads(reauthenticateByMs, now);
  const payloads: Payload[] = [
    { type: "IDr", ...presented.state.responderId },
    authPayload(inReturn.auth),
    ...child.payloads,
    ...whenToComeAnew,
  ];
  const ticket = atOnce(finishTicket(draft, false, roomBeside(configuration, first.suite, payloads)), services);
  payloads.push(...ticket.payloads);
  const header = { ...first.spis, ...RESPONSE_HEADER };
  const message = layOutMessage(protectionOf(member, context), header, payloads, ticket.unsealed);
  if (child.childSa === undefined) wipe(inReturn.keyingMaterial);
  return { member, path, childSa: child.childSa, told: [...child.effects, ...ticket.effects], message };
}

function childOf(member: ProvenMember, path: Path, context: LaneContext): Contribution & { childSa?: ChildSa } {
  const { state: { first }, presented, keys, choice, client, newcomer, inReturn, initiatorId } = member;
  const { initiatorSelectors, responderSelectors, configuration } = member;
  return atOnce(
    createChildSa({
      first,
      keys,
      payloads: [
        { type: "SA", proposals: NO_PROPOSALS },
        { type: "TSi", selectors: initiatorSelectors },
        { type: "TSr", selectors: responderSelectors },
        ...(configuration ? [configuration] : []),
      ],
      choice,
      keymat: inReturn.keyingMaterial,
      encapsulated: path.encapsulated,
      identity: client.items.eapIdentity ?? initiatorId,
      identityKey: newcomer.key,
      remote: path.remote,
      predecessor: context.findSa(presented.state),
    }, context),
    context.services,
  );
}

/** The response of the first IKE_AUTH exchange. */
const RESPONSE_HEADER = { exchangeType: ExchangeType.IKE_AUTH, fromInitiator: false, isResponse: true, messageId: 1 } as const;

/** What is chosen of the offer is known. */
const NO_PROPOSALS: readonly Proposal[] = [];

function seal(answers: readonly Answer[], context: LaneContext, conclusions: AuthConclusions): void {
  if (answers.length === 0) return;
  try {
    sealLaidOut(context.services.provider, answers.map(({ message }) => message));
  } catch (fault) {
    for (const { member, message } of answers) {
      forget(member);
      wipe(message.octets);
      conclusions.fail(member, fault);
    }
    return;
  }
  for (const answer of answers) comeUp(answer, context, conclusions);
}

function comeUp(
  { member, path, childSa, told, message }: Answer,
  context: LaneContext,
  conclusions: AuthConclusions,
): void {
  const { datagram, state: { first, sealed }, presented, keys, client, lifeLimits, reauthenticateByMs, series } = member;
  conclusions.conclude(
    member,
    establishedBy({
      first,
      sealed,
      keys,
      lastRequest: datagram.octets,
      expectedId: 2,
      response: message.octets,
      path,
      client,
      responderId: presented.state.responderId,
      resumed: true,
      lifeLimits,
      reauthenticateByMs,
      series,
      childSa,
      told,
    }, context),
  );
}
