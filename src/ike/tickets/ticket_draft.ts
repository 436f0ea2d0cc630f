/**
 * What is decided of the answer to N(TICKET_REQUEST) before any store is asked (RFC 5723, section 4.1).
 *
 * @module
 */
import type { SealRequest } from "../../crypto/provider.ts";
import { wipe } from "../../crypto/wipe.ts";
import type { OpenedState } from "../../ticket/opened_state.ts";
import { sealTicketUnder, ticketLength } from "../../ticket/ticket_by_value.ts";
import type { TicketIssue } from "../../ticket/ticket_items.ts";
import type { TicketKey } from "../../ticket/ticket_key.ts";
import type { TicketState } from "../../ticket/ticket_state.ts";
import type { StoredTicket } from "../../ticket/ticket_state_store.ts";
import type { Payload } from "../../wire/payload.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import { notify } from "../message/notify.ts";
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import { encodeGatewayList } from "../profiles/gateway_list.ts";
import { profileOfRequest, type ResumptionProfile } from "../profiles/resumption_profile.ts";
import type { Effect } from "../states/effect.ts";
import type { TicketSeries } from "../states/ticket_series.ts";
import { isStep, type Known, type Step } from "../steps/step.ts";
import type { TicketContext } from "./ticket_context.ts";
import type { NextCredential } from "./ticket_credential.ts";
import { ownerOf, stateToStore } from "./ticket_kinds.ts";
import { ticketLifetimeOf, type TicketLimits } from "./ticket_limits.ts";

/** Payloads for the response, and what they mean for this end. */
export interface Contribution {
  readonly payloads: readonly Payload[];
  readonly effects: readonly Effect[];
}

/** The answer to a request for a ticket, before any store was asked. */
export interface TicketDraft {
  /** What is answered if no ticket is made. */
  readonly otherwise: Contribution;
  readonly ticket?: {
    readonly profile: ResumptionProfile;
    /** What is granted along with it. */
    readonly beside: readonly Payload[];
    readonly spis: SpiPair;
    readonly lifetimeSeconds: number;
    readonly expiresAtEpochSeconds: number;
    readonly owner: number;
    readonly issue: TicketIssue;
    readonly content:
      | { readonly kind: "value"; readonly request: SealRequest }
      | { readonly kind: "reference"; readonly stored: StoredTicket; readonly key: TicketKey };
  };
}

/** What a ticket says, but for what each has of its own, which is written into it. */
export type StateToIssue =
  & Omit<TicketState, "expiresAtEpochSeconds" | "issue" | "credential">
  & {
    -readonly [Name in "expiresAtEpochSeconds" | "issue" | "credential"]?: TicketState[Name];
  };

/**
 * Drafts one answer to N(TICKET_REQUEST); none without it. A step, where a fingerprint of a shared key is yet to be made.
 *
 * @param before what the client presented, whose octets are taken over where the next ticket says the same.
 */
export function draftTicket(
  payloads: readonly Payload[],
  state: StateToIssue,
  context: TicketContext,
  limits: TicketLimits,
  before?: OpenedState,
): Known<TicketDraft> {
  const { configuration, now } = context;
  const { ticketKeys } = configuration;
  const profile = profileOfRequest(configuration.profiles, payloads);
  if (profile === undefined) return NOTHING_ASKED;
  const refused = refusedBy(profile);
  if (!configuration.issueTickets) return refused;
  if (configuration.rulesOf?.(state.eapIdentity ?? state.initiatorId)?.issueTickets === false) return refused;
  const { certificatesEndAtEpochSeconds = Infinity } = state;
  const lifetimeSeconds = Math.min(
    ticketLifetimeOf(configuration, limits, now),
    profile.mostLifetimeSeconds,
    Math.floor(certificatesEndAtEpochSeconds - now.epochSeconds),
  );
  if (lifetimeSeconds < 1) return refused;
  const key = configuration.ticketKind === "reference" ? ticketKeys.current : ticketKeys.keyForSealing();
  // No key may seal another ticket.
  if (key === undefined) return refused;
  const issuing = { profile, state, before, key, lifetimeSeconds, series: limits.series };
  const credential = context.issued.credentials.next(limits.series, state, key);
  return isStep(credential) ? draftOnceKnown(issuing, credential, context) : drafted(issuing, credential, context);
}

/** What is decided of a ticket before its credential is. */
interface Issuing {
  readonly profile: ResumptionProfile;
  readonly state: StateToIssue;
  readonly before: OpenedState | undefined;
  readonly key: TicketKey;
  readonly lifetimeSeconds: number;
  readonly series: TicketSeries;
}

function* draftOnceKnown(issuing: Issuing, credential: Step<NextCredential>, context: TicketContext): Step<TicketDraft> {
  return drafted(issuing, yield* credential, context);
}

function drafted(
  { profile, state, before, key, lifetimeSeconds, series }: Issuing,
  credential: NextCredential,
  context: TicketContext,
): TicketDraft {
  const { configuration, random, now } = context;
  const refused = refusedBy(profile);
  if (credential === "changed") return refused;
  const owner = before ? before.owner : ownerOf(state);
  const issue = context.issued.rates.next(series, owner, now);
  if (issue === undefined) return refused;
  const { initiatorSpi, responderSpi } = state;
  const expiresAtEpochSeconds = Math.floor(now.epochSeconds) + lifetimeSeconds;
  state.expiresAtEpochSeconds = expiresAtEpochSeconds;
  state.issue = issue;
  state.credential = credential;
  const whole = state as StateToIssue & { expiresAtEpochSeconds: number };
  const spis = { initiatorSpi, responderSpi };
  const beside = gatewayListPayloads(profile, configuration);
  if (configuration.ticketKind === "reference") {
    const content = { kind: "reference", stored: stateToStore(whole, context), key } as const;
    return { ...refused, ticket: { profile, beside, spis, lifetimeSeconds, expiresAtEpochSeconds, owner, issue, content } };
  }
  const request = sealTicketUnder(whole, key, random, before, profile.ticketFormat);
  // A ticket that this gateway would refuse for its length helps nobody: an identity decides the length, and the client its identity.
  if (ticketLength(request) > configuration.maximumTicketLength) {
    wipe(request.plaintext);
    return refused;
  }
  return {
    otherwise: refused.otherwise,
    ticket: {
      profile,
      beside,
      spis,
      lifetimeSeconds,
      expiresAtEpochSeconds,
      owner,
      issue,
      content: { kind: "value", request },
    },
  };
}

/** The draft of no ticket where none was asked for. */
export const NOTHING_ASKED: TicketDraft = { otherwise: { payloads: [], effects: [] } };

/** The draft of no ticket where there is to be none. */
function refusedBy(profile: ResumptionProfile): TicketDraft {
  let refused = refusals.get(profile);
  if (refused === undefined) {
    refused = { otherwise: { payloads: [profile.notifies.nack], effects: [] } };
    refusals.set(profile, refused);
  }
  return refused;
}

/** The same draft each time: every draft has it beside it. */
const refusals = new WeakMap<ResumptionProfile, TicketDraft>();

/** What a store is to keep for a drafted ticket, if it is one by reference. */
export function stateOfDraft({ ticket }: TicketDraft): StoredTicket | undefined {
  return ticket?.content.kind === "reference" ? ticket.content.stored : undefined;
}

/** Wipes a drafted ticket that is not to be made. */
export function discardDraft({ ticket }: TicketDraft): void {
  if (ticket) wipe(ticket.content.kind === "value" ? ticket.content.request.plaintext : ticket.content.stored.state);
}

/** N(TICKET_GATEWAY_LIST), where the profile has it, and the gateway a list (draft-sheffer-ipsec-failover-03, section 4.1). */
function gatewayListPayloads(
  { gatewayListType }: ResumptionProfile,
  { gatewayList }: ResponderConfiguration,
): readonly Payload[] {
  if (gatewayListType === undefined || gatewayList === undefined) return NOTHING;
  return [notify(gatewayListType, encodeGatewayList(gatewayList))];
}

const NOTHING: readonly Payload[] = [];
