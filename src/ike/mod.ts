/**
 * The state machines, without I/O, clock or randomness of their own: datagrams and instants in, effects out.
 *
 * @module
 */
export type { SpiPair } from "./ike_sa/spi.ts";
export type { ChildSa, ChildSaKeys } from "./child_sa/child_sa.ts";
export type { ChildOrder } from "./exchanges/create_child_sa/child_orders.ts";
export type { ChildSaRules } from "./policy/child_sa_rules.ts";
export type { WantedTraffic } from "./states/child_affairs.ts";
export type { ChildSaUse } from "./states/child_lives.ts";
export type { Datagram, Endpoint, Path } from "./steps/datagram.ts";
export type { EapLimits } from "./authentication/eap/eap_limits.ts";
export type { EapOnly } from "./authentication/eap/eap_only.ts";
export {
  type EapPeerMethod,
  type EapRelay,
  type EapRelayOutcome,
  type EapServerChoice,
  type EapServerMethod,
  type EapServerOutcome,
  type EapSuccess,
  MSK_LENGTH,
} from "./authentication/eap/eap_method.ts";
export type { DownReason, Effect } from "./states/effect.ts";
export type { IkeSaKeys } from "./ike_sa/ike_sa_keys.ts";
export { Initiator, type WaitsFor } from "./initiator.ts";
export {
  type EapInitiatorConfiguration,
  type InitiatorConfiguration,
  initiatorConfiguration,
  type InitiatorOptions,
  type InitiatorPath,
} from "./policy/initiator_configuration.ts";
export type { InnerAddress, InnerAddressPolicy } from "./policy/inner_address.ts";
export type { Instant } from "./steps/instant.ts";
export type { AuthenticatedClient, Authorization, ResumingClient } from "./policy/authorization.ts";
export type { ClientRules, InnerAddressRule, UniqueIdentities } from "./policy/client_rules.ts";
export {
  defaultEspProposals,
  defaultIkeProposals,
  type EncryptionChoice,
  type EspProposal,
  type IkeProposal,
} from "./ike_sa/proposals.ts";
export { Responder, serialKey } from "./responder.ts";
export type { ResponderListeners } from "./responder/responder_listeners.ts";
export type { CameUp } from "./exchanges/half_open_states.ts";
export type { HookFaultListener } from "./policy/guarded_hooks.ts";
export {
  type ResponderConfiguration,
  responderConfiguration,
  type ResponderOptions,
} from "./policy/responder_configuration.ts";
export { DEFAULT_RETRANSMISSION, type RetransmissionPolicy } from "./message/retransmission.ts";
export { prf, prfPlus, verifyMac } from "./steps/step.ts";
export type {
  AgreeRequest,
  ClaimRequest,
  EncapsulateRequest,
  ReplaceRequest,
  ReplaceResult,
  Step,
  StepOperation,
  StepRequest,
  StepResult,
  StepResults,
  TicketStanding,
} from "./steps/step.ts";
export type { Awaited, Outcome, SetAside } from "./steps/awaited.ts";
export { runWave, type TicketClaims, type WaveServices } from "./steps/wave.ts";
export type { ClientTicket } from "../ticket/client_ticket.ts";
export type { Identity } from "../ticket/identity.ts";
export { makeTicketKey, type TicketKey, TicketKeyRing } from "../ticket/ticket_key_ring.ts";
export type { EapGatewayKey } from "./authentication/eap/gateway_key.ts";
export type { AdditionalChoice, AdditionalKeyExchange } from "./ike_sa/additional_key_exchange.ts";
export type { AnsweredLater, MayAnswerLater, PolicyFunction } from "./policy/later_answers.ts";
export type { MobilityRules } from "./policy/mobility_rules.ts";
export type { PeerRules } from "./policy/peer_rules.ts";
export type { RedirectRules } from "./policy/redirect_rules.ts";
export type { TicketFormatName } from "../ticket/ticket_format.ts";
export type { EapOptions, EapResponderConfiguration } from "./policy/eap_configuration.ts";
