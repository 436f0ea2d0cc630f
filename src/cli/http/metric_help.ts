/**
 * What each counter of a gateway counts, in the words that Prometheus shows.
 *
 * @module
 */
import type { GatewayCounters } from "../../gateway/counters.ts";

/** Names as in `Gateway.counters`. */
export const COUNTER_HELP: { readonly [Name in keyof GatewayCounters]: string } = {
  received_datagrams_total: "Datagrams received",
  sent_datagrams_total: "Datagrams sent",
  fragment_octets: "Octets held in fragments of incomplete messages",
  fragments_given_up_total: "IKE SAs that had to give fragments up, because all together held too much",
  queue_dropped_datagrams_total: "Datagrams dropped because the queue of their urgency was full",
  queue_dropped_first_messages_total: "Those of the dropped datagrams that were first messages, such as IKE_SA_INIT",
  short_datagrams_total: "Datagrams shorter than an IKE header",
  nat_keepalives_total: "NAT keepalives received",
  esp_datagrams_total: "ESP in UDP received",
  socket_errors_total: "Errors of sockets",
  kernel_dropped_datagrams_total: "Datagrams that found no room in the system's receive buffer",
  truncated_datagrams_total: "Datagrams longer than any that is accepted",
  waves_total: "Waves served",
  wave_faults_total: "Datagrams or waves lost by a programmer's error or a failed store",
  hook_faults_total: "Calls of the program's functions that threw or gave no answer",
  ike_sas_established: "IKE SAs that are up",
  ike_sas_half_open: "IKE SAs whose client has not proven itself yet",
  half_open_resumptions: "Half-open IKE SAs that began with a ticket",
  half_open_octets: "Octets of messages that half-open IKE SAs keep",
  ike_sas_up_total: "IKE SAs that came up",
  ike_sas_resumed_total: "IKE SAs that came up by a ticket",
  ike_sas_down_total: "IKE SAs that were up, and ended",
  ike_sas_failed_total: "IKE SAs that never came up",
  ike_sas_beyond_limit_total: "Clients turned away because of a limit",
  ike_sas_rekeyed_total: "IKE SAs rekeyed",
  peers_moved_total: "Clients that went on from another address or port",
  clients_redirected_total: "Clients sent to another gateway",
  address_updates_refused_total: "Address updates refused",
  child_sas_up_total: "Child SAs that came up",
  child_sas_failed_total: "Child SAs that could not be made",
  child_sas_rekeyed_total: "Child SAs rekeyed",
  child_sas_down_total: "Child SAs deleted",
  tickets_issued_total: "Tickets issued",
  tickets_refused_total: "Presented tickets refused",
  tickets_refused_store_down_total: "Tickets refused because the store was down",
  tickets_revoked_total: "Tickets taken back",
  tickets_not_revoked_total: "Tickets that could not be taken back",
  inits_refused_total: "IKE_SA_INIT requests refused with a notify",
  dropped_messages_total: "Messages that got no answer",
  oversized_messages_total: "Messages dropped because they were too long",
  malformed_messages_total: "Messages dropped because they were none, or broke the rules of their exchange",
  unknown_sa_messages_total: "Messages dropped because their IKE SA does not exist",
  unauthentic_messages_total: "Messages dropped because they were not under the keys of their IKE SA",
  cookies_asked_total: "First messages that were asked for a cookie",
  first_messages_repeated_total: "First messages that came again, and were answered as before",
  half_open_expired_total: "Half-open IKE SAs whose time was over",
  half_open_evicted_total: "Half-open IKE SAs that made room for others",
  half_open_refused_total: "First messages dropped because half-open IKE SAs had no room",
  store_failures_total: "Calls that the store failed or did not answer in time",
  store_unasked_requests_total: "Requests answered without the store",
  domain_messages_unsent_total: "Messages to the other gateways of the domain that could not be sent",
  domain_messages_refused_total: "Messages of the domain that made no sense",
  store_double_claims_total: "Tickets accepted while the store was down that somebody else had claimed",
  store_names_given_up_total: "Used and revoked tickets no longer kept by name, because a list was full",
};

/** Those that only a gateway of several workers has, and what the program itself counts. */
export const FURTHER_HELP: { readonly [name: string]: string } = {
  worker_restarts_total: "Workers that died, and were started again",
  handed_over_datagrams_total: "Datagrams that the main thread has handed to a worker",
  output_lines_left_out_total: "Lines of the log that nobody read, and were left out",
  key_log_lines_lost_total: "Lines of the key log that could not be written",
};
