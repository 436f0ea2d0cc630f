/**
 * An IKE SA that comes up at the gateway: its state, and what is told of it.
 *
 * @module
 */
import type { Identity } from "../../../ticket/identity.ts";
import type { ChildSa } from "../../child_sa/child_sa.ts";
import { concealedKeys } from "../../ike_sa/ike_sa_keys.ts";
import { RequestMark } from "../../message/repeated_request.ts";
import { firstAffairs } from "../../states/child_lives.ts";
import type { Effect } from "../../states/effect.ts";
import type { Established, LifeLimits } from "../../states/established.ts";
import { forgetKeySource } from "../../states/first_exchange.ts";
import type { Mobility } from "../../states/mobility.ts";
import { encapsulatesEsp } from "../../states/peer_path.ts";
import type { TicketSeries } from "../../states/ticket_series.ts";
import type { ResponderContext } from "../responder_context.ts";
import type { AuthAnswer } from "./auth_answer.ts";
import type { ProvenRequest } from "./responder_answer.ts";
import type { ProvenClient } from "./responder_authentication.ts";

/** What an IKE SA that comes up is made of. */
export interface ComingUp extends Pick<ProvenRequest, "first" | "sealed" | "keys" | "path"> {
  /** The octets by which the request is known when it comes again. */
  readonly lastRequest: Uint8Array;
  /** The message ID of the next request. */
  readonly expectedId: number;
  readonly response: Uint8Array;
  readonly client: Omit<ProvenClient, "inReturn">;
  readonly responderId: Identity;
  readonly resumed: boolean;
  readonly lifeLimits: LifeLimits;
  readonly reauthenticateByMs: number | undefined;
  readonly series: TicketSeries;
  readonly childSa: ChildSa | undefined;
  /** MOBIKE was agreed on. */
  readonly mobility?: Mobility;
  /** What is told of the Child SA and the ticket. */
  readonly told: readonly Effect[];
}

/** The IKE SA is up; what its keys were made of is wiped. */
export function establishedBy(
  up: ComingUp,
  { configuration: { exposeKeys, childSas }, now }: ResponderContext,
): Extract<AuthAnswer, { kind: "established" }> {
  const { first, sealed, keys, response, path, client, responderId, resumed, childSa, told } = up;
  const { initiatorId, authenticationMethod, items } = client;
  const { spis, suite } = first;
  const next: Established = {
    waitsFor: "requests",
    side: "gateway",
    role: "responder",
    spis,
    suite,
    keys,
    sealed,
    fragments: first.fragments,
    initiatorId,
    responderId,
    authentication: { method: authenticationMethod, items },
    heardAtMs: now.monotonicMs,
    silenceMs: up.lifeLimits.silenceMs,
    endsAtMs: up.lifeLimits.endsAtMs,
    reauthenticateByMs: up.reauthenticateByMs,
    ticketSeries: up.series,
    path,
    peerBehindNat: first.nat.peerBehindNat,
    // Written out: a spread would make an object that grows property by property.
    espOutsideUdp: path.encapsulated && !encapsulatesEsp(first, path) ? true : undefined,
    mobility: up.mobility,
    receiveWindow: {
      expectedId: up.expectedId,
      lastRequest: RequestMark.of(up.lastRequest),
      lastResponse: response,
      answeredAtMs: now.monotonicMs,
    },
    sendWindow: { nextId: 0 },
    childSas: childSa ? [childSa] : [],
    children: firstAffairs(childSa, childSas, now, up.lifeLimits.rekeyAtMs),
  };
  const { eapIdentity } = items;
  const { local, remote } = path;
  const isUp: Effect = eapIdentity
    ? { type: "ike-sa-up", spis, resumed, initiatorId, eapIdentity, responderId, local, remote }
    : { type: "ike-sa-up", spis, resumed, initiatorId, responderId, local, remote };
  const effects: Effect[] = exposeKeys
    ? [isUp, { type: "ike-sa-keys", spis, suite, keys: concealedKeys(keys) }, ...told]
    : [isUp, ...told];
  // Last: what fails before this leaves a half-open IKE SA, which must not come up by the keys of an SK_d of zeros.
  forgetKeySource(first);
  return { kind: "established", response, next, effects };
}
