/**
 * One IKE_AUTH request on its way through the lane.
 *
 * @module
 */
import type { ConfigurationPayload, TrafficSelector } from "../../wire/payload.ts";
import type { Authenticated } from "../../crypto/provider.ts";
import { wipe } from "../../crypto/wipe.ts";
import type { ProvenClient } from "../exchanges/ike_auth/responder_authentication.ts";
import type { Newcomer } from "../exchanges/responder_context.ts";
import type { CutKeys } from "../ike_sa/ike_sa_keys.ts";
import type { Identity } from "../../ticket/identity.ts";
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import type { LifeLimits } from "../states/established.ts";
import type { AwaitingAuth, PresentedTicket } from "../states/responder_state.ts";
import type { TicketSeries } from "../states/ticket_series.ts";
import type { Datagram } from "../steps/datagram.ts";
import { discardDraft, type TicketDraft } from "../tickets/ticket_draft.ts";
import type { Way } from "./auth_way.ts";
import type { KnownChoice } from "./child_offers.ts";
import type { PlainAuthRequest } from "./plain_auth_request.ts";

/** A half-open IKE SA that began with a ticket, and its request. */
export interface AuthMember {
  /** Its place in the wave. */
  readonly place: number;
  readonly datagram: Datagram;
  readonly state: AwaitingAuth;
  readonly presented: PresentedTicket;
  /** SK_d of the ticket. Secret. */
  readonly oldSkD: Uint8Array;
}

/** One whose request opened, and is plain inside. */
export interface OpenedMember extends AuthMember {
  readonly keys: CutKeys;
  readonly plaintext: Uint8Array;
  readonly request: PlainAuthRequest;
  readonly initiatorId: Identity;
  readonly choice: KnownChoice | undefined;
  readonly initiatorSelectors: readonly TrafficSelector[];
  readonly responderSelectors: readonly TrafficSelector[];
  readonly configuration: ConfigurationPayload | undefined;
}

/** One whose client has proven itself and may come in, once its ticket is claimed. */
export interface ProvenMember {
  readonly opened: OpenedMember;
  readonly inReturn: Authenticated;
  readonly client: ProvenClient;
  readonly way: Way;
  readonly newcomer: Newcomer;
  readonly lifeLimits: LifeLimits;
  readonly reauthenticateByMs: number | undefined;
  readonly series: TicketSeries;
  readonly draft: TicketDraft;
  /** Has been asked about the client, which from now on waits for nothing more of policy. */
  readonly configuration: ResponderConfiguration;
}

/** Nothing is left of what was made for one that does not come up. */
export function forget({ inReturn, draft }: Pick<ProvenMember, "inReturn" | "draft">): void {
  wipe(inReturn.keyingMaterial);
  discardDraft(draft);
}
