/**
 * Counters of a gateway. Those that end in `_total` only grow, the others say how it stands; names follow the Prometheus habit.
 *
 * @module
 */
import type { FirstMessageCounters } from "../ike/exchanges/first_message_counters.ts";
import type { Responder } from "../ike/responder.ts";
import type { DownReason, Effect } from "../ike/states/effect.ts";
import type { DomainNewsCounters } from "./domain/domain_news.ts";
import type { StoreCounters } from "../store/store_counters.ts";

/** All counters of a gateway; `docs/watching.md` has them by the question that they answer. */
export interface GatewayCounters extends StoreCounters, FirstMessageCounters, DomainNewsCounters {
  /** Datagrams that came, NAT keepalives and those that were dropped among them. */
  received_datagrams_total: number;
  /** Datagrams that were sent. */
  sent_datagrams_total: number;
  /** Octets that are held in fragments of incomplete messages. */
  fragment_octets: number;
  /** IKE SAs that had to give such fragments up, because all together held too much. */
  fragments_given_up_total: number;
  /** Datagrams, and what timers and the program have asked for, that wait for their wave. */
  queue_waiting: number;
  /** Steps that wait for what the program has promised, its policy or a signature, beside the waves. */
  steps_set_aside: number;
  /** Datagrams that came when the queue of their urgency was full. */
  queue_dropped_datagrams_total: number;
  /** Those of them that were no message on an IKE SA and no request to resume: IKE_SA_INIT, as a rule. */
  queue_dropped_first_messages_total: number;
  /** Datagrams shorter than an IKE header. */
  short_datagrams_total: number;
  /** Datagrams of one octet 0xFF (RFC 3948, section 2.3), which are dropped. */
  nat_keepalives_total: number;
  /** Datagrams on the port of UDP encapsulation that are ESP and not IKE (RFC 3948, section 2.2). */
  esp_datagrams_total: number;
  /** Errors of sockets, one for each that the system told. */
  socket_errors_total: number;
  /** Datagrams that found no room in the system's receive buffer, as far as it tells: with the transport `batched` alone. */
  kernel_dropped_datagrams_total: number;
  /** Datagrams longer than any that is accepted. */
  truncated_datagrams_total: number;
  /** Waves that were run: datagrams and calls of the program that were served together. */
  waves_total: number;
  /** Datagrams, or whole waves, that a programmer's error or a failed store ended. */
  wave_faults_total: number;
  /** Calls of the program's functions that threw, or returned something that is no answer. */
  hook_faults_total: number;
  /** IKE SAs that are up now: `ike_sas_up_total` less `ike_sas_down_total`. */
  ike_sas_established: number;
  /** IKE SAs whose client has not proven itself yet. */
  ike_sas_half_open: number;
  /** Those of them that began with a ticket. */
  half_open_resumptions: number;
  /** Octets of messages that half-open IKE SAs keep. */
  half_open_octets: number;
  /** IKE SAs that came up, whatever the way; rekeyed ones are none. */
  ike_sas_up_total: number;
  /** Those of them that came by a ticket. */
  ike_sas_resumed_total: number;
  /** IKE SAs that were up, and are no more. */
  ike_sas_down_total: number;
  /** IKE SAs that never came up, because the client did not prove itself, or may not come in. */
  ike_sas_failed_total: number;
  /** How often a client was turned away because of `ikeSaLimit` or `uniqueIdentities`: its first message dropped, or its IKE_AUTH refused. */
  ike_sas_beyond_limit_total: number;
  /** IKE SAs that either end rekeyed. One that took the place of another counts neither as up nor as down. */
  ike_sas_rekeyed_total: number;
  /** Clients that went on from another address or port: NATs moved them, or they said so by MOBIKE. */
  peers_moved_total: number;
  /** Clients that were sent to another gateway, before or after they had proven themselves. */
  clients_redirected_total: number;
  /** Clients that wanted to go on from an address that policy does not take, or behind a NAT that they do not. */
  address_updates_refused_total: number;
  /** Child SAs that came up beside others or with an IKE SA. */
  child_sas_up_total: number;
  /** Child SAs that were asked for and did not come up. */
  child_sas_failed_total: number;
  /** Child SAs that either end rekeyed. One that took the place of another does not count as up. */
  child_sas_rekeyed_total: number;
  /** Child SAs that either end deleted, those included whose place another had taken; not those that went with their IKE SA. */
  child_sas_down_total: number;
  /** Tickets that clients were given. */
  tickets_issued_total: number;
  /** Tickets that were presented and not taken, whatever the reason. */
  tickets_refused_total: number;
  /** Tickets refused while the store was down, when presented, which count above too, or when they were to be used. */
  tickets_refused_store_down_total: number;
  /** Tickets taken back, because their IKE SA was deleted or got another ticket, or by command. */
  tickets_revoked_total: number;
  /** Tickets that could not be taken back, and are good until they expire. */
  tickets_not_revoked_total: number;
  /** IKE_SA_INIT requests that were refused with a notify. */
  inits_refused_total: number;
  /** Messages that got no answer, whatever the reason: the sum of the following, and of what is no fault, such as fragments that wait. */
  dropped_messages_total: number;
  /**
   * Dropped: longer than any that is needed (`maximumTicketLength`, `too-long` in events). A peer that sends such never comes
   * up.
   */
  oversized_messages_total: number;
  /** Dropped: no message, or one that breaks the rules of its exchange. */
  malformed_messages_total: number;
  /** Dropped: on an IKE SA that does not exist, as after a restart. */
  unknown_sa_messages_total: number;
  /** Dropped: on an IKE SA, but not under its keys. */
  unauthentic_messages_total: number;
}

export function zeroCounters(): GatewayCounters {
  return {
    received_datagrams_total: 0,
    sent_datagrams_total: 0,
    fragment_octets: 0,
    fragments_given_up_total: 0,
    queue_waiting: 0,
    steps_set_aside: 0,
    queue_dropped_datagrams_total: 0,
    queue_dropped_first_messages_total: 0,
    short_datagrams_total: 0,
    nat_keepalives_total: 0,
    esp_datagrams_total: 0,
    socket_errors_total: 0,
    kernel_dropped_datagrams_total: 0,
    truncated_datagrams_total: 0,
    waves_total: 0,
    wave_faults_total: 0,
    hook_faults_total: 0,
    ike_sas_established: 0,
    ike_sas_half_open: 0,
    ike_sas_up_total: 0,
    ike_sas_resumed_total: 0,
    ike_sas_down_total: 0,
    ike_sas_failed_total: 0,
    ike_sas_beyond_limit_total: 0,
    ike_sas_rekeyed_total: 0,
    peers_moved_total: 0,
    clients_redirected_total: 0,
    address_updates_refused_total: 0,
    child_sas_up_total: 0,
    child_sas_failed_total: 0,
    child_sas_rekeyed_total: 0,
    child_sas_down_total: 0,
    tickets_issued_total: 0,
    tickets_refused_total: 0,
    tickets_refused_store_down_total: 0,
    tickets_revoked_total: 0,
    tickets_not_revoked_total: 0,
    inits_refused_total: 0,
    dropped_messages_total: 0,
    oversized_messages_total: 0,
    malformed_messages_total: 0,
    unknown_sa_messages_total: 0,
    unauthentic_messages_total: 0,
    half_open_resumptions: 0,
    half_open_octets: 0,
    cookies_asked_total: 0,
    first_messages_repeated_total: 0,
    half_open_expired_total: 0,
    half_open_evicted_total: 0,
    half_open_refused_total: 0,
    store_owed_writes: 0,
    store_failures_total: 0,
    store_unasked_requests_total: 0,
    domain_messages_unsent_total: 0,
    domain_messages_refused_total: 0,
    store_double_claims_total: 0,
    store_names_given_up_total: 0,
  };
}

/** @internal The counters of the responder itself, and how it stands. */
export function countersOf(
  { fragments, halfOpen, halfOpenCount, establishedCount, firstMessageCounters }: Responder,
): Partial<GatewayCounters> {
  return {
    ...firstMessageCounters,
    fragment_octets: fragments.octets,
    fragments_given_up_total: fragments.givenUp,
    half_open_resumptions: halfOpen.resumptionCount,
    half_open_octets: halfOpen.octets,
    ike_sas_established: establishedCount,
    ike_sas_half_open: halfOpenCount,
  };
}

/** Counts one effect of the responder. */
export function countEffect(counters: GatewayCounters, effect: Effect): void {
  switch (effect.type) {
    case "send":
      counters.sent_datagrams_total++;
      break;
    case "ike-sa-up":
      counters.ike_sas_up_total++;
      if (effect.resumed) counters.ike_sas_resumed_total++;
      break;
    case "ike-sa-down":
      if (isNeverUp(effect.reason)) counters.ike_sas_failed_total++;
      else counters.ike_sas_down_total++;
      if (effect.reason === "store-down") counters.tickets_refused_store_down_total++;
      if (LIMITS.has(effect.reason)) counters.ike_sas_beyond_limit_total++;
      break;
    case "ike-sa-rekeyed":
      counters.ike_sas_rekeyed_total++;
      break;
    case "peer-moved":
      counters.peers_moved_total++;
      break;
    case "client-redirected":
      counters.clients_redirected_total++;
      break;
    case "address-update-refused":
      counters.address_updates_refused_total++;
      break;
    case "child-sa-up":
      counters.child_sas_up_total++;
      break;
    case "child-sa-failed":
      counters.child_sas_failed_total++;
      break;
    case "child-sa-rekeyed":
      counters.child_sas_rekeyed_total++;
      break;
    case "child-sa-down":
      counters.child_sas_down_total++;
      break;
    case "ticket-issued":
      counters.tickets_issued_total++;
      break;
    case "ticket-revoked":
      counters.tickets_revoked_total++;
      break;
    case "ticket-not-revoked":
      counters.tickets_not_revoked_total++;
      break;
    case "ticket-refused":
      counters.tickets_refused_total++;
      if (effect.reason === "store-down") counters.tickets_refused_store_down_total++;
      break;
    case "init-refused":
      counters.inits_refused_total++;
      break;
    case "dropped":
      countDrop(counters, effect.reason);
      if (effect.reason === "ike-sa-limit") counters.ike_sas_beyond_limit_total++;
      break;
  }
}

function countDrop(counters: GatewayCounters, reason: string): void {
  counters.dropped_messages_total++;
  if (reason === "too-long") counters.oversized_messages_total++;
  else if (reason === "no-such-sa") counters.unknown_sa_messages_total++;
  else if (reason === "not-authentic") counters.unauthentic_messages_total++;
  else if (reason.startsWith("malformed") || BEYOND_SENSE.has(reason)) counters.malformed_messages_total++;
}

/** Reasons for which well-formed messages count as malformed: values that no peer has. */
const BEYOND_SENSE: ReadonlySet<string> = new Set(["zero-spi", "nonce-too-short", "public-value-unacceptable"]);

/** Whether a reason ends an IKE SA that never was up, as these always do at a gateway. */
function isNeverUp(reason: DownReason): boolean {
  return reason === "authentication-failed" || reason === "redirected" || reason === "store-down" || LIMITS.has(reason);
}

const LIMITS: ReadonlySet<DownReason> = new Set(["identity-in-use", "ike-sa-limit"]);
