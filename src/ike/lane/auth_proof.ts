/**
 * IKE_AUTH in the lane, to the point where a client has proven itself: the keys from its ticket, its message, its AUTH, and policy's word
 * (RFC 5723, sections 5.1 and 4.3.3).
 *
 * @module
 */
import type { Authenticated } from "../../crypto/provider.ts";
import { wipe } from "../../crypto/wipe.ts";
import { OpenedState } from "../../ticket/opened_state.ts";
import { NotifyType, PayloadNumber } from "../../wire/constants.ts";
import type { Payload } from "../../wire/payload.ts";
import type { ResumptionAuthentication } from "../authentication/signed_content.ts";
import { admittedByTicket, type ProvenClient } from "../exchanges/ike_auth/responder_authentication.ts";
import { type CutKeys, cutKeys } from "../ike_sa/ike_sa_keys.ts";
import { notify } from "../message/notify.ts";
import { withSelectorsOf } from "../policy/later_answers.ts";
import { reauthenticationOf } from "../policy/reauthentication.ts";
import { lifeLimitsOf } from "../states/life_limits.ts";
import { newTicketSeries } from "../states/ticket_series.ts";
import { knownAtOnce } from "../steps/wave.ts";
import type { TicketLimits } from "../tickets/ticket_limits.ts";
import { draftTicket, NOTHING_ASKED, type StateToIssue, type TicketDraft } from "../tickets/ticket_draft.ts";
import type { AuthConclusions } from "./auth_conclusions.ts";
import type { AuthMember, OpenedMember, ProvenMember } from "./auth_member.ts";
import { serveBatch } from "../steps/batch.ts";
import type { ChildOffers } from "./child_offers.ts";
import { RFC_5723 } from "../profiles/rfc5723.ts";
import type { LaneContext } from "./lane_context.ts";
import { wayTo } from "./auth_way.ts";
import { KeysAndMessage, Proof } from "./requests_in_place.ts";
import {
  endOf,
  isSameId,
  NOWHERE,
  plainAuthRequest,
  PREFIX_LENGTH,
  TYPED_HEADER_LENGTH,
  typedContent,
  typeOf,
} from "./plain_auth_request.ts";

/**
 * Those whose messages open, and are plain inside. What opens and is not plain is left: the steps say what it is. The keys are made once, also by a
 * message that is not authentic.
 */
export function openAuthRequests(
  members: readonly AuthMember[],
  left: number[],
  offers: ChildOffers,
  { services: { provider }, sas }: LaneContext,
  conclusions: AuthConclusions,
): OpenedMember[] {
  const opened: OpenedMember[] = [];
  serveBatch(members, {
    requestOf: (member) => new KeysAndMessage(member),
    call: (requests) => provider.deriveAndOpen(requests),
    onResult: (member, { keyingMaterial, plaintext }) => {
      const { state, place } = member;
      const keys = cutKeys(keyingMaterial, state.first.suite);
      const plain = plaintext && openedMember(member, keys, plaintext, offers);
      if (plain) {
        opened.push(plain);
        return;
      }
      const next = { ...state, keys };
      if (plaintext === undefined) return conclusions.conclude(member, { kind: "ignored", reason: "not-authentic", next });
      sas.set(state.first.spis.responderSpi, next);
      left.push(place);
    },
    onFault: (member, fault, result) => {
      if (result) wipe(result.keyingMaterial);
      conclusions.fail(member, fault);
    },
  });
  return opened;
}

function openedMember(
  member: AuthMember,
  keys: CutKeys,
  plaintext: Uint8Array,
  offers: ChildOffers,
): OpenedMember | undefined {
  const { place, datagram, state, presented, oldSkD } = member;
  const request = plainAuthRequest(datagram.octets[PREFIX_LENGTH - 4], plaintext);
  if (request === undefined) return undefined;
  const choice = offers.choiceOf(plaintext, request.sa);
  if (choice === "not plain") return undefined;
  const initiatorSelectors = offers.selectorsOf(plaintext, request.initiatorSelectors, PayloadNumber.TSi);
  const responderSelectors = offers.selectorsOf(plaintext, request.responderSelectors, PayloadNumber.TSr);
  const configuration = offers.configurationOf(plaintext, request.configuration);
  if (initiatorSelectors === undefined || responderSelectors === undefined || configuration === "not plain") return undefined;
  return {
    place,
    datagram,
    state,
    presented,
    oldSkD,
    keys,
    plaintext,
    request,
    initiatorId: {
      idType: typeOf(plaintext, request.idI),
      // The octets of the message are not kept for it.
      identification: plaintext.slice(request.idI + TYPED_HEADER_LENGTH, endOf(plaintext, request.idI)),
    },
    choice,
    initiatorSelectors,
    responderSelectors,
    configuration,
  };
}

/** Those whose clients have proven themselves, and may come in. Others are refused; those of a deviating form of AUTH are left. */
export function proveClients(
  opened: readonly OpenedMember[],
  left: number[],
  context: LaneContext,
  conclusions: AuthConclusions,
): ProvenMember[] {
  const { configuration, sas, services: { provider } } = context;
  const proving = opened.filter((member) => {
    let form: ResumptionAuthentication | undefined;
    try {
      form = configuration.resumptionAuthenticationOf(member.presented.state.initiatorId);
    } catch (later) {
      conclusions.failOpened(member, later);
      return false;
    }
    if (form === undefined) conclusions.refuse(member);
    else if (form !== "rfc5723") {
      sas.set(member.state.first.spis.responderSpi, { ...member.state, keys: member.keys });
      left.push(member.place);
    }
    return form === "rfc5723";
  });
  const proven: ProvenMember[] = [];
  serveBatch(proving, {
    requestOf: (member) => new Proof(member),
    call: (requests) => provider.authenticate(requests),
    onResult: (member, inReturn) => {
      if (inReturn === undefined) return conclusions.refuse(member);
      const one = provenMember(member, inReturn, context, conclusions);
      if (one) proven.push(one);
    },
    onFault: (member, fault) => conclusions.failOpened(member, fault),
  });
  return proven;
}

/** `undefined`: it is refused, or a fault has ended it. */
function provenMember(
  member: OpenedMember,
  inReturn: Authenticated,
  context: LaneContext,
  conclusions: AuthConclusions,
): ProvenMember | undefined {
  const { admission, now } = context;
  const { state: { first: { spis } }, presented, initiatorId, datagram: { remote }, request } = member;
  let draft: TicketDraft = NOTHING_ASKED;
  try {
    const admitted = admittedByTicket(presented, initiatorId, identityAsked(member), remote, RFC_5723, context);
    // The shared key may have changed since the ticket was presented.
    const isCurrent = admitted && context.issued.credentials.isCurrent(presented.state, presented.ticketKey);
    if (admitted === undefined || isCurrent === undefined || !knownAtOnce(isCurrent, context.services)) {
      wipe(inReturn.keyingMaterial);
      conclusions.refuse(member);
      return undefined;
    }
    const { authenticationMethod, items } = admitted;
    const client = { initiatorId, inReturn, authenticationMethod, items };
    const identity = client.items.eapIdentity ?? initiatorId;
    // If it answers later, that is to be known before the ticket is claimed.
    const configuration = withSelectorsOf(identity, context.configuration);
    const way = wayTo(member, context);
    const newcomer = admission.newcomer({
      ownSpi: spis.responderSpi,
      identity,
      saysInitialContact: request.saysInitialContact,
      ticketOf: presented.state,
      remote: way.path.remote,
    });
    const reason = admission.refusalOf(newcomer);
    if (reason) {
      wipe(inReturn.keyingMaterial);
      conclusions.refuse(member, reason);
      return undefined;
    }
    const reauthenticateByMs = reauthenticationOf(configuration, now, presented.state);
    const lifeLimits = lifeLimitsOf(configuration, spis.responderSpi, now);
    const series = newTicketSeries(spis);
    const { credential } = presented.state;
    if (credential) series.credential = { ticketKey: presented.ticketKey, fingerprint: credential };
    draft = draftFor(member, client, { series, reauthenticateByMs, endsAtMs: lifeLimits.endsAtMs }, context);
    // The ticket's own fingerprint is wiped with its content.
    if (series.credential && series.credential.fingerprint === credential) {
      series.credential = { ticketKey: presented.ticketKey, fingerprint: credential.slice() };
    }
    return { opened: member, inReturn, client, way, newcomer, lifeLimits, reauthenticateByMs, series, draft, configuration };
  } catch (fault) {
    conclusions.failProven({ opened: member, inReturn, draft }, fault);
    return undefined;
  }
}

function draftFor(
  { state: { first }, presented, keys, request: { asksTicket } }: OpenedMember,
  { initiatorId, authenticationMethod, items }: ProvenClient,
  limits: TicketLimits,
  context: LaneContext,
): TicketDraft {
  if (!asksTicket) return NOTHING_ASKED;
  // One by one: an object that others are spread into grows property by property.
  const state: StateToIssue = {
    authenticatedAtEpochSeconds: items.authenticatedAtEpochSeconds,
    eapType: items.eapType,
    certificates: items.certificates,
    eapIdentity: items.eapIdentity,
    permittedAddresses: items.permittedAddresses,
    certificatesEndAtEpochSeconds: items.certificatesEndAtEpochSeconds,
    certificateNames: items.certificateNames,
    issuedToAddress: items.issuedToAddress,
    initiatorId,
    responderId: presented.state.responderId,
    initiatorSpi: first.spis.initiatorSpi,
    responderSpi: first.spis.responderSpi,
    proposal: first.suite.proposal,
    skD: keys.skD,
    authenticationMethod,
    // Room for what each ticket has of its own.
    expiresAtEpochSeconds: undefined,
    issue: undefined,
    credential: undefined,
  };
  const before = presented.state instanceof OpenedState ? presented.state : undefined;
  return knownAtOnce(draftTicket(TICKET_ASKED, state, context, limits, before), context.services);
}

const TICKET_ASKED: readonly Payload[] = [notify(NotifyType.TICKET_REQUEST)];

/** IDr, if the client says whom it wants, and not in the very octets of its ticket. */
function identityAsked(
  { plaintext, request: { idR }, presented: { state: { responderId } } }: OpenedMember,
): readonly Payload[] {
  if (idR === NOWHERE || isSameId(responderId, plaintext, idR)) return NOBODY_ELSE;
  return [{ type: "IDr", idType: typeOf(plaintext, idR), identification: typedContent(plaintext, idR) }];
}

const NOBODY_ELSE: readonly Payload[] = [];
