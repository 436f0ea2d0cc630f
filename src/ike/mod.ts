/**
 * The state machines, without I/O, clock or randomness of their own: datagrams and instants in, effects out.
 *
 * @module
 */
export type { ChildSa, ChildSaKeys } from "./child_sa.ts";
export type { Datagram, Endpoint } from "./datagram.ts";
export type { EapLimits } from "./eap/eap_limits.ts";
export {
  type EapPeerMethod,
  type EapServerMethod,
  type EapServerOutcome,
  type EapSuccess,
  MSK_LENGTH,
} from "./eap/eap_method.ts";
export type { DownReason, Effect, SpiPair } from "./effect.ts";
export type { IkeSaKeys } from "./ike_sa_keys.ts";
export { Initiator } from "./initiator.ts";
export {
  type EapInitiatorConfiguration,
  type InitiatorConfiguration,
  initiatorConfiguration,
  type InitiatorOptions,
  type InitiatorPath,
} from "./initiator_configuration.ts";
export type { InnerAddress, InnerAddressPolicy } from "./inner_address.ts";
export type { Instant } from "./instant.ts";
export type { AuthenticatedClient, Authorization, ResumingClient } from "./policy.ts";
export {
  defaultEspProposals,
  defaultIkeProposals,
  type EncryptionChoice,
  type EspProposal,
  type IkeProposal,
} from "./proposals.ts";
export { Responder, serialKey } from "./responder.ts";
export {
  type EapResponderConfiguration,
  type ResponderConfiguration,
  responderConfiguration,
  type ResponderOptions,
} from "./responder_configuration.ts";
export { DEFAULT_RETRANSMISSION, type RetransmissionPolicy } from "./retransmission.ts";
export { prf, prfPlus, verifyMac } from "./step.ts";
export type { AgreeRequest, ClaimRequest, Step, StepOperation, StepRequest, StepResult, StepResults } from "./step.ts";
export { runWave, type TicketClaims, type WaveServices } from "./wave.ts";
export type { ClientTicket } from "../ticket/client_ticket.ts";
export type { Identity } from "../ticket/identity.ts";
export { makeTicketKey, type TicketKey, TicketKeyRing } from "../ticket/ticket_key_ring.ts";
