/**
 * How often a client sends its requests to a gateway that does not answer, until an IKE SA is up.
 *
 * @module
 */
import type { RetransmissionPolicy } from "../message/retransmission.ts";
import type { InitiatorConfiguration } from "./initiator_configuration.ts";

/** IKE_SESSION_RESUME, before the ticket is of no use with this gateway. */
export function resumeAttemptsOf(configuration: InitiatorConfiguration): number {
  const { retransmission, resumeAttempts = retransmission.attempts, silentAttempts = Infinity } = configuration;
  return Math.min(resumeAttempts, silentAttempts);
}

/** IKE_SA_INIT. */
export function initAttemptsOf({ retransmission, silentAttempts = Infinity }: InitiatorConfiguration): number {
  return Math.min(retransmission.attempts, silentAttempts);
}

/** What follows the first request. */
export function authRetransmissionOf({ retransmission, authAttempts }: InitiatorConfiguration): RetransmissionPolicy {
  return authAttempts === undefined ? retransmission : { ...retransmission, attempts: authAttempts };
}
