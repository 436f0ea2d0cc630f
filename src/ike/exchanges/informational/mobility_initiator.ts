/**
 * MOBIKE, the end that asks (RFC 4555, sections 3.5, 3.7 and 3.8): a client tells where it is, and looks whether a NAT has moved it; a gateway
 * looks whether the client is met where it said.
 *
 * @module
 */
import { equalInConstantTime } from "../../../crypto/constant_time.ts";
import type { RandomSource } from "../../../crypto/key_exchange.ts";
import { isErrorNotify, NotifyType } from "../../../wire/constants.ts";
import { sameOctets } from "../../../wire/octets.ts";
import type { Payload } from "../../../wire/payload.ts";
import { COOKIE_LENGTH, cookieOf, noNatsAllowed } from "../../message/mobility_notifies.ts";
import { detectNat, natDetectionPayloads } from "../../message/nat_detection.ts";
import { findNotify, notify } from "../../message/notify.ts";
import { ended } from "../../states/ending.ts";
import type { Established, RequestPurpose, Transition } from "../../states/established.ts";
import { tellsOf } from "../../states/mobility.ts";
import type { Instant } from "../../steps/instant.ts";

/** A request of these is about addresses; the state knows by what it asked. */
export interface MobilityRequest {
  readonly state: Established;
  readonly payloads: readonly Payload[];
}

/** The payloads of a request of this end's that has to do with addresses; `undefined`: it has not. */
export function mobilityRequest(
  state: Established,
  purpose: RequestPurpose,
  random: RandomSource,
  refuseNats: boolean,
): MobilityRequest | undefined {
  const { mobility, path, spis, side } = state;
  if (mobility === undefined) return undefined;
  const detection = () => refuseNats ? [noNatsAllowed(path)] : natDetectionPayloads(spis, path.local, path.remote);
  switch (purpose) {
    case "liveness":
      // Nothing is changed by it: it shows whether a NAT has moved this end.
      return side === "client" && path.encapsulated ? { state, payloads: detection() } : undefined;
    case "update-addresses":
      return {
        state: { ...state, mobility: { ...mobility, asked: { path } } },
        payloads: [notify(NotifyType.UPDATE_SA_ADDRESSES), ...detection()],
      };
    case "check-path": {
      const cookie = random(COOKIE_LENGTH);
      return {
        state: { ...state, mobility: { ...mobility, asked: { path, cookie } } },
        payloads: [notify(NotifyType.COOKIE2, cookie)],
      };
    }
    default:
      return undefined;
  }
}

/** What an answer says of addresses. `then`: what is to be asked next. */
export interface MobilityOutcome {
  readonly transition: Transition & { readonly next: Established };
  readonly then?: RequestPurpose;
}

/** The answer to a request of this end's; `undefined`: it does not concern addresses. */
export function finishMobility(
  state: Established,
  purpose: RequestPurpose,
  payloads: readonly Payload[],
  now: Instant,
): MobilityOutcome | undefined {
  const { mobility } = state;
  if (mobility === undefined) return undefined;
  switch (purpose) {
    case "liveness":
      return seenElsewhere(state, payloads);
    case "update-addresses":
      return updated(state, payloads);
    case "check-path":
      return checked(state, payloads, now);
    default:
      return undefined;
  }
}

function seenElsewhere(state: Established, payloads: readonly Payload[]): MobilityOutcome | undefined {
  const seenAs = findNotify(payloads, NotifyType.NAT_DETECTION_DESTINATION_IP)?.data;
  if (seenAs === undefined || state.side !== "client") return undefined;
  const before = state.mobility?.seenAs;
  const transition = { next: { ...state, mobility: { ...state.mobility!, seenAs } }, effects: [] };
  // Behind a NAT the first answer tells nothing: the gateway may have seen this end elsewhere before, and so it is told once.
  const isSame = before ? sameOctets(before, seenAs) : !detectNat(payloads, state.spis, state.path).selfBehindNat;
  return isSame ? { transition } : { transition, then: "update-addresses" };
}

/** One whose path has changed since it was sent is told anew: the gateway may have taken any of its copies (section 3.6). */
function updated(state: Established, payloads: readonly Payload[]): MobilityOutcome {
  const { spis, path, mobility } = state;
  const { asked, ...rest } = mobility!;
  const again = asked && !tellsOf(asked, path) ? { then: "update-addresses" } as const : {};
  for (const payload of payloads) {
    if (payload.type !== "N" || !isErrorNotify(payload.notifyType)) continue;
    const { notifyType } = payload;
    const refused = { type: "address-update-refused", spis, notifyType, local: path.local, remote: path.remote } as const;
    return { transition: { next: { ...state, mobility: rest }, effects: [refused] }, ...again };
  }
  const udpEncapsulation = path.encapsulated && detectNat(payloads, spis, path).natDetected;
  const seenAs = findNotify(payloads, NotifyType.NAT_DETECTION_DESTINATION_IP)?.data;
  const next: Established = {
    ...state,
    mobility: seenAs ? { ...rest, seenAs } : rest,
    espOutsideUdp: path.encapsulated && !udpEncapsulation || undefined,
  };
  if ("then" in again) return { transition: { next, effects: [] }, ...again };
  const { local, remote } = path;
  return { transition: { next, effects: [{ type: "addresses-updated", spis, local, remote, udpEncapsulation }] } };
}

/** Another COOKIE2 than was sent says that the peer does not keep to the protocol: the IKE SA is closed (section 3.7). */
function checked(state: Established, payloads: readonly Payload[], now: Instant): MobilityOutcome {
  const { spis, path, mobility } = state;
  const { asked, unproven, ...rest } = mobility!;
  const cookie = cookieOf(payloads);
  if (!asked?.cookie || !cookie || !equalInConstantTime(cookie, asked.cookie)) {
    const { next, effects } = ended(state, "protocol-error", now);
    return { transition: { next: next!, effects } };
  }
  // It has moved on meanwhile: what was shown is of where it was, or of where the cookie was sent again to.
  if (!tellsOf(asked, path)) {
    return { transition: { next: { ...state, mobility: { ...rest, unproven } }, effects: [] }, then: "check-path" };
  }
  const { local, remote } = path;
  const moved = unproven &&
    { type: "peer-moved", spis, before: unproven.before, local, remote, udpEncapsulation: unproven.udpEncapsulation } as const;
  return { transition: { next: { ...state, mobility: rest }, effects: moved ? [moved] : [] } };
}
