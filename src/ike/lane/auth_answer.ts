/**
 * IKE_AUTH in the lane, from the claim of the ticket on: the Child SA, the next ticket, the response, and the IKE SA that is up
 * (RFC 5723, section 4.3.3; RFC 7296, section 1.2).
 *
 * @module
 */
import { sealLaidOut } from "../../crypto/laid_out.ts";
import type { LaidOutMessage } from "../../crypto/provider.ts";
import { wipe } from "../../crypto/wipe.ts";
import { ExchangeType, NotifyType } from "../../wire/constants.ts";
import type { Payload } from "../../wire/payload.ts";
import { authPayload } from "../authentication/auth_payload.ts";
import type { ChildSa } from "../child_sa/child_sa.ts";
import { cutKeymat } from "../child_sa/child_sa_keys.ts";
import { authLifetimePayloads } from "../exchanges/authentication_lifetime.ts";
import { childSaFailed } from "../exchanges/ike_auth/first_child_sa.ts";
import { remoteSelectorsFor } from "../exchanges/ike_auth/remote_selectors.ts";
import { establishedBy } from "../exchanges/ike_auth/responder_up.ts";
import { newEspSpi } from "../ike_sa/spi.ts";
import { inFragments, isSentWhole } from "../message/fragmentation.ts";
import { layOutMessage } from "../message/laid_out_message.ts";
import type { Effect } from "../states/effect.ts";
import { encapsulatesEsp, metAt } from "../states/peer_path.ts";
import { atOnce } from "../steps/wave.ts";
import { roomBeside } from "../tickets/ticket_limits.ts";
import { finishTicket, issuedBy } from "../tickets/ticket_request.ts";
import type { Contribution } from "../tickets/ticket_draft.ts";
import { childOf } from "./auth_child.ts";
import { type AuthConclusions, protectionOf } from "./auth_conclusions.ts";
import { forget, type ProvenMember } from "./auth_member.ts";
import type { Used } from "./auth_claims.ts";
import type { ChildOffers, KnownChoice } from "./child_offers.ts";
import type { LaneContext } from "./lane_context.ts";
import { type NextTicket, plainAuthResponse } from "./plain_auth_response.ts";

/** One whose response is to be sealed. */
interface Answer {
  readonly member: ProvenMember;
  readonly childSa: ChildSa | undefined;
  readonly told: readonly Effect[];
  readonly message: LaidOutMessage;
}

/** Answers all members. `used`: what came of each ticket. */
export function answerProven(
  proven: readonly ProvenMember[],
  used: readonly Used[],
  offers: ChildOffers,
  context: LaneContext,
  conclusions: AuthConclusions,
): void {
  const answers: Answer[] = [];
  for (let index = 0; index < proven.length; index++) {
    const member = proven[index];
    const came = used[index];
    if ("fault" in came) {
      conclusions.failProven(member, came.fault);
      continue;
    }
    if (came.used !== true) {
      forget(member);
      // Somebody else was first; or the client has proven itself, and it is the store that cannot tell.
      if (came.used === undefined && context.configuration.waitForStore) conclusions.waitForStore(member.opened);
      else conclusions.refuse(member.opened, came.used === false ? undefined : "store-down");
      continue;
    }
    try {
      const { configuration } = member;
      const own = configuration === context.configuration ? context : { ...context, configuration };
      answers.push(answerOf(member, came.kept, offers, own));
    } catch (fault) {
      conclusions.failProven(member, fault);
    }
  }
  seal(answers, context, conclusions);
}

function answerOf(member: ProvenMember, kept: boolean, offers: ChildOffers, context: LaneContext): Answer {
  const { opened, way } = member;
  // Before an inner address is assigned, which may be that of an IKE SA that makes room.
  context.admission.admit(member.newcomer, context.now);
  const { choice } = opened;
  if (choice !== undefined && isOrdinary(member, context)) return ordinaryAnswer(member, choice, offers, context);
  return generalAnswer(member, kept, childOf(member, way.path, context), context);
}

/** No inner address, nothing agreed on of packets, any length, no padding, and no next ticket by reference. */
function isOrdinary(
  { opened: { configuration, state: { first }, request: { traits } }, draft }: ProvenMember,
  { remoteAddresses, configuration: { maximumResponseLength, childSas } }: LaneContext,
): boolean {
  const { blockLength } = first.suite.protection.encryption;
  return traits.length === 0 && childSas.tfcPadding && configuration === undefined && remoteAddresses.pools === undefined &&
    maximumResponseLength === undefined &&
    blockLength === 1 && draft.ticket?.content.kind !== "reference";
}

/** Nearly every response: it is written where it stands. */
function ordinaryAnswer(
  member: ProvenMember,
  choice: KnownChoice,
  offers: ChildOffers,
  context: LaneContext,
): Answer {
  const { opened, client, way: { path, payloads }, newcomer, inReturn, draft } = member;
  const { state: { first }, initiatorId } = opened;
  const { spis } = first;
  const inboundSpi = newEspSpi(context.random);
  const identity = client.items.eapIdentity ?? initiatorId;
  const selecting = { ownSpi: spis.responderSpi, identity, identityKey: newcomer.key, remote: metAt(first, path) };
  const remoteSelectors = remoteSelectorsFor(selecting, opened.initiatorSelectors, context);
  const local = offers.localSelectorsOf(opened.responderSelectors);
  if (remoteSelectors.length === 0 || local.selectors.length === 0) {
    context.remoteAddresses.release(spis.responderSpi);
    return generalAnswer(member, false, childSaFailed(first, NotifyType.TS_UNACCEPTABLE), context);
  }
  const { inbound, outbound } = cutKeymat(inReturn.keyingMaterial, choice.suite, "responder");
  const childSa: ChildSa = {
    inboundSpi,
    outboundSpi: choice.outboundSpi,
    protection: choice.suite.protection,
    extendedSequenceNumbers: choice.suite.extendedSequenceNumbers,
    inbound,
    outbound,
    localSelectors: local.selectors,
    remoteSelectors,
    udpEncapsulation: encapsulatesEsp(first, path),
  };
  let told: readonly Effect[] = [{ type: "child-sa-up", spis, childSa }];
  const { ticket: drafted, otherwise } = draft;
  let next: NextTicket = otherwise.payloads.length > 0 ? "none" : undefined;
  if (drafted?.content.kind === "value") {
    next = { request: drafted.content.request, lifetimeSeconds: drafted.lifetimeSeconds };
    told = [told[0], issuedBy(drafted)];
  }
  const child = { sa: choice.sa, inboundSpi, remoteSelectors, localSelectors: local.octets };
  const message = plainAuthResponse(member, child, payloads, next, context.now, context.messages);
  return { member, childSa, told, message };
}

/** `kept`: the store has kept the state of the next ticket, if that is one by reference. */
function generalAnswer(
  member: ProvenMember,
  kept: boolean,
  child: Contribution & { childSa?: ChildSa },
  context: LaneContext,
): Answer {
  const { configuration, now, services } = context;
  const { opened, inReturn, draft, reauthenticateByMs } = member;
  const { state: { first }, presented } = opened;
  const whenToComeAnew = authLifetimePayloads(reauthenticateByMs, now);
  const payloads: Payload[] = [
    { type: "IDr", ...presented.state.responderId },
    authPayload(inReturn.auth),
    ...child.payloads,
    ...whenToComeAnew,
    ...member.way.payloads,
  ];
  const ticket = atOnce(finishTicket(draft, kept, roomBeside(configuration, first.suite, payloads)), services);
  payloads.push(...ticket.payloads);
  const header = { ...first.spis, ...RESPONSE_HEADER };
  const message = layOutMessage(protectionOf(opened, context), header, payloads, ticket.unsealed, context.messages);
  if (child.childSa === undefined) wipe(inReturn.keyingMaterial);
  return { member, childSa: child.childSa, told: [...child.effects, ...ticket.effects], message };
}

/** The response of the first IKE_AUTH exchange. */
const RESPONSE_HEADER = { exchangeType: ExchangeType.IKE_AUTH, fromInitiator: false, isResponse: true, messageId: 1 } as const;

function seal(answers: readonly Answer[], context: LaneContext, conclusions: AuthConclusions): void {
  if (answers.length === 0) return;
  try {
    sealLaidOut(context.services.provider, answers.map(({ message }) => message));
  } catch (fault) {
    for (const { member, message } of answers) {
      wipe(message.octets);
      conclusions.failProven(member, fault);
    }
    return;
  }
  for (const answer of answers) {
    try {
      comeUp(answer, context, conclusions);
    } catch (fault) {
      conclusions.failProven(answer.member, fault);
    }
  }
}

function comeUp(
  { member, childSa, told, message }: Answer,
  context: LaneContext,
  conclusions: AuthConclusions,
): void {
  const { opened, client, way: { path, mobility }, lifeLimits, reauthenticateByMs, series } = member;
  const { datagram, state: { first, sealed }, presented, keys } = opened;
  const response = isSentWhole(first.fragments, message.octets)
    ? message.octets
    : atOnce(inFragments(protectionOf(opened, context), message.octets), context.services);
  conclusions.conclude(
    opened,
    establishedBy({
      first,
      sealed,
      keys,
      lastRequest: datagram.octets,
      expectedId: 2,
      response,
      path,
      client,
      responderId: presented.state.responderId,
      resumed: true,
      lifeLimits,
      reauthenticateByMs,
      series,
      childSa,
      mobility,
      told,
    }, context),
  );
}
