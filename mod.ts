/**
 * IKEv2 session resumption (RFC 5723): a gateway and a client on UDP, and what they are told and tell.
 *
 * @module
 */
export type {
  CertificateAuthentication,
  CertificateClaim,
  CertificateCredential,
  CertificateVerdict,
  ChainVerdict,
  NamedCertificate,
  PresentedChain,
  ProvenCertificate,
  Signature,
} from "./src/ike/authentication/certificate_authentication.ts";
export {
  type EapTls,
  EapTlsError,
  type EapTlsOptions,
  loadEapTls,
  loadMschapv2,
  loadRadius,
  type Mschapv2,
  type PasswordLookup,
  type Radius,
  type RadiusOptions,
  type RadiusServer,
} from "./src/eap/mod.ts";
export { identityOfNai } from "./src/ike/authentication/eap/nai.ts";
export { CertificateError } from "./src/certificates/certificate_error.ts";
export {
  type CertificateOptions,
  type CredentialOptions,
  type Encoded,
  type GivenRevocations,
  loadCertificates,
  type LoadedCertificates,
  type OcspResponseHook,
} from "./src/certificates/options.ts";
export type { SpiPair } from "./src/ike/ike_sa/spi.ts";
export { type GatewayCounters } from "./src/gateway/counters.ts";
export type { DomainNewsCounters } from "./src/gateway/domain/domain_news.ts";
export type { RevokedTickets } from "./src/gateway/gateway_options.ts";
export type { RedirectedClients } from "./src/gateway/redirected_clients.ts";
export { Gateway, type GatewayOptions } from "./src/gateway/gateway.ts";
export type { Draining } from "./src/gateway/draining.ts";
export type {
  ChildSaDescription,
  IkeSaAdministration,
  IkeSaDescription,
  WhichIkeSas,
} from "./src/gateway/ike_sa_administration.ts";
export { GatewayWorkers } from "./src/gateway/workers/gateway_workers.ts";
export type {
  GatewayWorkersCounters,
  GatewayWorkersOptions,
  WorkerChange,
} from "./src/gateway/workers/gateway_workers_options.ts";
export { isGatewayWorker } from "./src/gateway/workers/is_gateway_worker.ts";
export { serveGatewayWorker } from "./src/gateway/workers/serve_gateway_worker.ts";
export type {
  GatewayWorkerContext,
  GatewayWorkerOptions,
  MakeGatewayWorkerOptions,
} from "./src/gateway/workers/worker_options.ts";
export { GatewayWorkerError } from "./src/gateway/workers/gateway_worker_error.ts";
export {
  Client,
  type ClientOptions,
  connect,
  type ConnectOptions,
  type GatewayAddress,
  type SessionOptions,
} from "./src/client/client.ts";
export type { SocketOptions } from "./src/client/initiator_driver.ts";
export { ConnectionError } from "./src/client/connection_error.ts";
export type { ReconnectionEvent, ReconnectPolicy } from "./src/client/reconnect_policy.ts";
export type { Session, SessionListener } from "./src/client/session.ts";
export { TicketStoreTimeoutError } from "./src/client/stored_ticket.ts";
export { type CarriedReport, CarriedReports, type CarriedReportsOptions } from "./src/esp/carried_reports.ts";
export type { CarriedTraffic, ChildSaSystem, EspEnds, InstalledChildSa } from "./src/esp/child_sa_system.ts";
export { type ChildSaCarried, InstalledChildSas } from "./src/esp/installed_child_sas.ts";
export { type RunCommand, UpdownCommand, type UpdownEvent, type UpdownOptions } from "./src/esp/updown_command.ts";
export type { RunIp } from "./src/esp/xfrm/ip_command.ts";
export type { XfrmMarks } from "./src/esp/xfrm/lines.ts";
export { XfrmChildSas, type XfrmOptions } from "./src/esp/xfrm/xfrm_child_sas.ts";
export type { ClientMove } from "./src/ike/policy/mobility_rules.ts";
export type { ArrivingClient, RedirectableClient } from "./src/ike/policy/redirect_rules.ts";
export type { ClosedByUsing } from "./src/transport/closed_by_using.ts";
export { leaveEspToKernel } from "./src/transport/esp_in_udp.ts";
export {
  ConfigurationError,
  formatIdentity,
  formatSelector,
  parseEspProposal,
  parseIdentity,
  parseIkeProposal,
  parsePresharedKey,
  parseProfile,
  parseProfiles,
  parseSelector,
  parseSelectors,
} from "./src/configuration/mod.ts";
export type { KeyExchange, RandomSource } from "./src/crypto/key_exchange.ts";
export type { CryptoProvider, ProviderName } from "./src/crypto/provider.ts";
export { systemRandom } from "./src/crypto/system_random.ts";
export type { ChildSa, ChildSaKeys } from "./src/ike/child_sa/child_sa.ts";
export type { ChildOrder } from "./src/ike/exchanges/create_child_sa/child_orders.ts";
export { failover03, type Failover03Numbers, FAILOVER_03_NUMBERS } from "./src/ike/profiles/failover_03.ts";
export { resumption00, type Resumption00Numbers, RESUMPTION_00_NUMBERS } from "./src/ike/profiles/resumption_00.ts";
export type { ProfileName, ResumptionProfile } from "./src/ike/profiles/resumption_profile.ts";
export { RFC_5723 } from "./src/ike/profiles/rfc5723.ts";
export type { ChildSaRules } from "./src/ike/policy/child_sa_rules.ts";
export type { WantedTraffic } from "./src/ike/states/child_affairs.ts";
export type { ChildSaUse } from "./src/ike/states/child_lives.ts";
export type { Endpoint } from "./src/ike/steps/datagram.ts";
export type { DownReason, Effect } from "./src/ike/states/effect.ts";
export { type EventObject, eventOf, formatEvent } from "./src/cli/effect_event.ts";
export {
  type InitiatorConfiguration,
  initiatorConfiguration,
  type InitiatorOptions,
} from "./src/ike/policy/initiator_configuration.ts";
export { HookError } from "./src/ike/steps/hook_faults.ts";
export type { InnerAddress, InnerAddressPolicy } from "./src/ike/policy/inner_address.ts";
export type { FirstMessageCounters } from "./src/ike/exchanges/first_message_counters.ts";
export type { Instant } from "./src/ike/steps/instant.ts";
export type { AuthenticatedClient, Authorization, ResumingClient } from "./src/ike/policy/authorization.ts";
export type { ClientRules, InnerAddressRule, UniqueIdentities } from "./src/ike/policy/client_rules.ts";
export type { EspProposal, IkeProposal } from "./src/ike/ike_sa/proposals.ts";
export {
  type ResponderConfiguration,
  responderConfiguration,
  type ResponderOptions,
} from "./src/ike/policy/responder_configuration.ts";
export type { IkeSuite } from "./src/ike/ike_sa/suite.ts";
export type { RetransmissionPolicy } from "./src/ike/message/retransmission.ts";
export type { ClaimRequest } from "./src/ike/steps/step.ts";
export type { TicketClaims } from "./src/ike/steps/wave.ts";
export { loadKeyExchange, loadProvider, PROVIDER_NAMES, type ProviderChoice, ProviderError } from "./src/providers/mod.ts";
export type { DisposableStore, EpochSeconds, GatewayStore } from "./src/store/gateway_store.ts";
export type { RevokedIdentity, RevokedIdentityStore, StoreChannel } from "./src/store/store_channel.ts";
export type { StoreChange, StoreFailurePolicy } from "./src/store/guarded_store.ts";
export type { StoreCounters } from "./src/store/store_counters.ts";
export type { GatewayHistograms, HistogramsBy } from "./src/gateway/gateway_histograms.ts";
export type { HistogramCounts } from "./src/gateway/histogram.ts";
export { type IkeSaKeysEffect, KeyLog, KeyLogError, keyLogLine } from "./src/store/key_log.ts";
export { MemoryTicketClaims } from "./src/store/memory_claims.ts";
export { memoryStore } from "./src/store/memory_store.ts";
export { openStore } from "./src/store/open_store.ts";
export { openRedisStore, type RedisStoreOptions } from "./src/store/redis_store.ts";
export { openSqliteStore, type SqliteStoreOptions } from "./src/store/sqlite_store.ts";
export { StoreError, type StoreErrorKind } from "./src/store/store_error.ts";
export { FileWatch } from "./src/store/file_watch.ts";
export { type FollowOptions, followTicketKeyFile, followTicketMasterFile } from "./src/store/followed_ticket_keys.ts";
export { loadOrCreateTicketKeyRing, saveTicketKeyRing, TicketKeyFileError } from "./src/store/ticket_key_file.ts";
export { readTicketMasters } from "./src/store/ticket_master_file.ts";
export { ClientTicketFile, type ClientTicketFileOptions } from "./src/store/client_ticket_file.ts";
export { ClientTicketFileError } from "./src/store/client_ticket_file_error.ts";
export { ClientTicketFolder } from "./src/store/client_ticket_folder.ts";
export { MemoryClientTickets } from "./src/store/memory_client_tickets.ts";
export { DEFAULT_SCRYPT_COST, Passphrase, type ScryptCost, type SealedText } from "./src/store/passphrase.ts";
export type { ClientTicket } from "./src/ticket/client_ticket.ts";
export type { ClientTicketKey, ClientTicketStore } from "./src/ticket/client_ticket_store.ts";
export type { ResumptionAuthentication } from "./src/ike/authentication/signed_content.ts";
export { type Identity, identityKey, sameIdentity } from "./src/ticket/identity.ts";
export type { BloomChoice, RevocationChoice } from "./src/ticket/invalid_ticket_list.ts";
export type { IssuedTicket, TicketKind } from "./src/ticket/issued_ticket.ts";
export type { Revocation, RevocationStore } from "./src/ticket/revocation_store.ts";
export type { LoadedState, StoredTicket, TicketStateStore } from "./src/ticket/ticket_state_store.ts";
export type { TicketName } from "./src/ticket/ticket_name.ts";
export { derivedTicketKeyRing, type DerivedTicketKeysOptions, type MasterSecret } from "./src/ticket/derived_ticket_keys.ts";
export type { TicketAlgorithm, TicketKey } from "./src/ticket/ticket_key.ts";
export type { TicketKeyPolicy } from "./src/ticket/ticket_key_policy.ts";
export { TicketKeyRing, type TicketKeySource } from "./src/ticket/ticket_key_ring.ts";
export type { TransportName } from "./src/transport/open_transport.ts";
export type { Clock } from "./src/transport/system_clock.ts";
export type {
  OpenTransport,
  OtherDatagramKind,
  Transport,
  TransportCounters,
  TransportListeners,
  TransportOptions,
} from "./src/transport/transport.ts";
export { TransportError } from "./src/transport/transport_error.ts";
export type { TrafficSelector } from "./src/wire/payload.ts";
