/**
 * An IKE SA that comes up at the gateway: its state, and what is told of it.
 *
 * @module
 */
import { concealedKeys } from "../../ike_sa/ike_sa_keys.ts";
import { RequestMark } from "../../message/repeated_request.ts";
import { firstAffairs } from "../../states/child_lives.ts";
import type { ComingUp } from "../../states/coming_up.ts";
import { type Effect, joinEffects } from "../../states/effect.ts";
import type { Established } from "../../states/established.ts";
import { forgetKeySource } from "../../states/first_exchange.ts";
import { encapsulatesEsp } from "../../states/peer_path.ts";
import type { ResponderContext } from "../responder_context.ts";
import type { AuthAnswer } from "./auth_answer.ts";

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
    followsRedirects: first.followsRedirects,
    upAtEpochSeconds: Math.floor(now.epochSeconds),
    resumed: resumed ? true : undefined,
    receiveWindow: {
      expectedId: up.expectedId,
      lastRequest: up.lastRequest && RequestMark.of(up.lastRequest),
      lastResponse: response,
      answeredAtMs: response && now.monotonicMs,
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
  const ofIkeSa: Effect[] = exposeKeys ? [isUp, { type: "ike-sa-keys", spis, suite, keys: concealedKeys(keys) }] : [isUp];
  const effects = joinEffects(ofIkeSa, told);
  // Last: what fails before this leaves a half-open IKE SA, which must not come up by the keys of an SK_d of zeros.
  forgetKeySource(first);
  return { kind: "established", response, next, effects };
}
