/**
 * Secrets that one state of the initiator needed and the next does not: wiped as soon as nobody can ask for them.
 *
 * @module
 */
import { wipeKeyPair } from "../../crypto/key_exchange.ts";
import type { ClientTicket } from "../../ticket/client_ticket.ts";
import { wipe } from "../../crypto/wipe.ts";
import { wipeSubsetKeys } from "../ike_sa/subset_keys.ts";
import { wipeIkeSaKeys } from "../ike_sa/ike_sa_keys.ts";
import { wipeAdditional } from "./followup.ts";
import type { AwaitingAuthResponse, InitiatorState } from "./initiator_state.ts";

/** Private values, keys of candidates, what EAP has made, and the initiator's own copy of the SK_d of the ticket that it resumes with. */
export function forgetSecrets(before: InitiatorState, next: InitiatorState): void {
  if (before === next) return;
  const kept = secretsOf(next);
  for (const [secret, forget] of secretsOf(before)) {
    if (!kept.has(secret)) forget();
  }
}

/** Each secret by the object that holds it, and how it is wiped. */
function secretsOf(state: InitiatorState): ReadonlyMap<object, () => void> {
  switch (state.waitsFor) {
    case "IKE_SA_INIT response":
      return new Map([
        ...state.forms.map(({ pair }) => [pair, () => wipeKeyPair(pair)] as const),
        ...secretsOfTicket(state.ticket),
        ...state.candidates.flatMap(secretsOfCandidate),
      ]);
    case "IKE_SESSION_RESUME response": {
      const { ticket: { skD }, protection } = state;
      return new Map<object, () => void>([
        [skD, () => wipe(skD)],
        ...(protection ? [[protection.keys, () => wipeSubsetKeys(protection.keys)] as const] : []),
        ...state.candidates.flatMap(secretsOfCandidate),
      ]);
    }
    case "IKE_AUTH response":
      return new Map(secretsOfCandidate(state));
    case "requests":
      // An established IKE SA wipes its secrets itself; these keys may be those of the candidate before it.
      return new Map([[state.keys, () => {}]]);
    case "start":
    case "nothing":
      return new Map();
  }
}

function secretsOfCandidate({ keys, eap, ticket, exchanging }: AwaitingAuthResponse): (readonly [object, () => void])[] {
  const msk = eap?.success?.msk;
  return [
    [keys, () => wipeIkeSaKeys(keys)],
    ...(exchanging ? [[exchanging.pair, () => wipeAdditional(exchanging.pair)] as const] : []),
    ...(msk ? [[msk, () => wipe(msk)] as const] : []),
    ...secretsOfTicket(ticket),
  ];
}

function secretsOfTicket(ticket: ClientTicket | undefined): (readonly [object, () => void])[] {
  return ticket ? [[ticket.skD, () => wipe(ticket.skD)]] : [];
}
