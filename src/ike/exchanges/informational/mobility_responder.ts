/**
 * MOBIKE, the end that answers (RFC 4555, sections 3.4 to 3.9): a client that has moved, and what either end asks of the path.
 *
 * @module
 */
import { NotifyType } from "../../../wire/constants.ts";
import type { Payload } from "../../../wire/payload.ts";
import { additionalAddresses, cookieOf, isNatUnexpected } from "../../message/mobility_notifies.ts";
import { detectNat, natDetectionPayloads } from "../../message/nat_detection.ts";
import { findNotify, notify } from "../../message/notify.ts";
import type { MobilityRules } from "../../policy/mobility_rules.ts";
import type { Effect } from "../../states/effect.ts";
import type { Established } from "../../states/established.ts";
import { type Mobility, onPath } from "../../states/mobility.ts";
import { isSamePath } from "../../states/peer_path.ts";
import { type Datagram, type Endpoint, type Path, pathOf } from "../../steps/datagram.ts";

/** Whether a client that has proven itself may go on from another address. */
export type MoveRule = (state: Established, before: Endpoint, remote: Endpoint) => boolean;

/** What a gateway's configuration says of it. */
export function moveRuleOf({ authorizeMove }: MobilityRules): MoveRule | undefined {
  return authorizeMove &&
    (({ authentication: { items }, initiatorId }, before, remote) =>
      authorizeMove({ identity: items.eapIdentity ?? initiatorId, before, remote }));
}

/** What a request says of addresses, and what is answered. */
export interface MobilityAnswer {
  readonly payloads: readonly Payload[];
  /** What changes of the IKE SA. */
  readonly change: Pick<Established, "mobility"> & Partial<Pick<Established, "path" | "espOutsideUdp">>;
  readonly effects: readonly Effect[];
  /** The client is to be asked whether it is met there. */
  readonly isUnproven?: boolean;
}

/** `undefined`: the request says nothing of addresses, or MOBIKE was not agreed on. */
export function answerMobility(
  state: Established,
  payloads: readonly Payload[],
  datagram: Datagram,
  mayMove: MoveRule,
): MobilityAnswer | undefined {
  const { mobility, side, spis } = state;
  if (mobility === undefined) return undefined;
  const path = pathOf(datagram);
  const asked = (type: number) => findNotify(payloads, type) !== undefined;
  const refusal = (notifyType: number): MobilityAnswer => ({
    payloads: [notify(notifyType)],
    change: { mobility },
    effects: [{ type: "address-update-refused", spis, notifyType, local: path.local, remote: path.remote }],
  });
  // Nothing of such a message is heeded (section 3.9).
  if (isNatUnexpected(payloads, path)) return refusal(NotifyType.UNEXPECTED_NAT_DETECTED);
  const answer: Payload[] = [];
  const cookie = cookieOf(payloads);
  if (cookie) answer.push(notify(NotifyType.COOKIE2, cookie));
  const detects = asked(NotifyType.NAT_DETECTION_SOURCE_IP) && asked(NotifyType.NAT_DETECTION_DESTINATION_IP);
  if (detects) answer.push(...natDetectionPayloads(spis, path.local, path.remote));
  // They take the place of all that were told before (section 3.4).
  const told = additionalAddresses(payloads);
  if (side === "gateway" && asked(NotifyType.UPDATE_SA_ADDRESSES)) {
    if (!mayMove(state, state.path.remote, path.remote)) return refusal(NotifyType.UNACCEPTABLE_ADDRESSES);
    return {
      payloads: answer,
      ...moved(
        state,
        onPath({ ...mobility, peerAddresses: told ?? mobility.peerAddresses }, path),
        path,
        path.encapsulated && detectNat(payloads, spis, path).natDetected,
      ),
    };
  }
  if (told) return { payloads: answer, change: { mobility: { ...mobility, peerAddresses: told } }, effects: [] };
  return answer.length > 0 ? { payloads: answer, change: { mobility }, effects: [] } : undefined;
}

/** IKE goes there at once; ESP once the client has shown that it is met there: traffic must not be led to somebody else (section 3.7). */
function moved(
  { path: before, spis, espOutsideUdp }: Established,
  mobility: Mobility,
  path: Path,
  udpEncapsulation: boolean,
): Omit<MobilityAnswer, "payloads"> {
  const outside = path.encapsulated && !udpEncapsulation || undefined;
  const change = { path, espOutsideUdp: outside };
  const isSameRemote = before.remote.address === path.remote.address && before.remote.port === path.remote.port;
  if (isSameRemote && mobility.unproven === undefined) {
    const isSame = isSamePath(before, path) && outside === espOutsideUdp;
    const { local, remote } = path;
    const effects = isSame
      ? []
      : [{ type: "peer-moved", spis, before: before.remote, local, remote, udpEncapsulation } as const];
    return { change: { ...change, mobility }, effects };
  }
  const unproven = { before: mobility.unproven?.before ?? before.remote, udpEncapsulation };
  return { change: { ...change, mobility: { ...mobility, unproven } }, effects: [], isUnproven: true };
}
