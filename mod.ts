/**
 * IKEv2 session resumption (RFC 5723): a gateway and a client on UDP, and what they are told and tell.
 *
 * @module
 */
export { type GatewayCounters } from "./src/gateway/counters.ts";
export { Gateway, type GatewayOptions } from "./src/gateway/gateway.ts";
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
export type { Session, SessionListener } from "./src/client/session.ts";
export {
  ConfigurationError,
  formatIdentity,
  formatSelector,
  parseEspProposal,
  parseIdentity,
  parseIkeProposal,
  parseSelector,
  parseSelectors,
} from "./src/configuration/mod.ts";
export type { KeyExchange, RandomSource } from "./src/crypto/key_exchange.ts";
export type { CryptoProvider, ProviderName } from "./src/crypto/provider.ts";
export { systemRandom } from "./src/crypto/system_random.ts";
export type { ChildSa, ChildSaKeys } from "./src/ike/child_sa.ts";
export type { Endpoint } from "./src/ike/datagram.ts";
export type { DownReason, Effect, SpiPair } from "./src/ike/effect.ts";
export {
  type InitiatorConfiguration,
  initiatorConfiguration,
  type InitiatorOptions,
} from "./src/ike/initiator_configuration.ts";
export type { Instant } from "./src/ike/instant.ts";
export type { EspProposal, IkeProposal } from "./src/ike/proposals.ts";
export {
  type ResponderConfiguration,
  responderConfiguration,
  type ResponderOptions,
} from "./src/ike/responder_configuration.ts";
export type { IkeSuite } from "./src/ike/suite.ts";
export type { RetransmissionPolicy } from "./src/ike/retransmission.ts";
export type { ClaimRequest } from "./src/ike/step.ts";
export type { TicketClaims } from "./src/ike/wave.ts";
export { loadKeyExchange, loadProvider, PROVIDER_NAMES, type ProviderChoice, ProviderError } from "./src/providers/mod.ts";
export { type IkeSaKeysEffect, KeyLog, KeyLogError, keyLogLine } from "./src/store/key_log.ts";
export { MemoryTicketClaims } from "./src/store/memory_claims.ts";
export { loadOrCreateTicketKeyRing, saveTicketKeyRing, TicketKeyFileError } from "./src/store/ticket_key_file.ts";
export type { ClientTicket } from "./src/ticket/client_ticket.ts";
export type { Identity } from "./src/ticket/identity.ts";
export { type TicketKey, TicketKeyRing } from "./src/ticket/ticket_key_ring.ts";
export type { Clock } from "./src/transport/system_clock.ts";
export type { OtherDatagramKind } from "./src/transport/udp_transport.ts";
export { TransportError } from "./src/transport/transport_error.ts";
export type { TrafficSelector } from "./src/wire/payload.ts";
