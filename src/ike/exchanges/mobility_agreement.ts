/**
 * MOBIKE is agreed on in IKE_AUTH (RFC 4555, section 3.1), where both ends say so beside the first Child SA.
 *
 * @module
 */
import { NotifyType } from "../../wire/constants.ts";
import { decodeMessage } from "../../wire/message.ts";
import type { NotifyPayload, Payload } from "../../wire/payload.ts";
import { additionalAddresses, additionalAddressNotifies, noNatsAllowed } from "../message/mobility_notifies.ts";
import { findNotify, notify } from "../message/notify.ts";
import type { InitiatorConfiguration } from "../policy/initiator_configuration.ts";
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import type { FirstExchange } from "../states/first_exchange.ts";
import type { Mobility } from "../states/mobility.ts";
import type { Path } from "../steps/datagram.ts";

/** What a client says in its first IKE_AUTH request. */
export function mobilityOffer({ mobike, refuseNats }: InitiatorConfiguration, path: Path): NotifyPayload[] {
  return [...(mobike ? [notify(NotifyType.MOBIKE_SUPPORTED)] : []), ...(refuseNats ? [noNatsAllowed(path)] : [])];
}

/** Whether a gateway agrees, by the payloads of the client's first IKE_AUTH request. */
export function agreesOnMobility(requested: readonly Payload[], { mobike }: ResponderConfiguration): boolean {
  return mobike && findNotify(requested, NotifyType.MOBIKE_SUPPORTED) !== undefined;
}

/** What a gateway that agrees says in the last response, and keeps. */
export function mobilityAnswer(
  requested: readonly Payload[],
  configuration: ResponderConfiguration,
  path: Path,
): MobilityAnswer {
  return agreesOnMobility(requested, configuration) ? mobilityAgreed(requested, configuration, path) : NOTHING_AGREED;
}

export interface MobilityAnswer {
  readonly payloads: readonly NotifyPayload[];
  /** `undefined`: MOBIKE is not agreed on. */
  readonly mobility?: Mobility;
}

export const NOTHING_AGREED: MobilityAnswer = { payloads: [] };

/** The same, where it is known that both ends agree. `requested`: what the client says of its further addresses is among it. */
export function mobilityAgreed(
  requested: readonly Payload[],
  configuration: ResponderConfiguration,
  { local }: Path,
): MobilityAnswer {
  const others = additionalAddressNotifies(configuration.additionalAddresses, local.address);
  return {
    payloads: [notify(NotifyType.MOBIKE_SUPPORTED), ...others],
    mobility: { peerAddresses: additionalAddresses(requested) ?? [] },
  };
}

/** What a client keeps when the gateway agrees. */
export function agreedMobility(
  answer: readonly Payload[],
  { mobike, startOnNatPort }: InitiatorConfiguration,
  { responderMessage }: FirstExchange,
): Mobility | undefined {
  if (!mobike || findNotify(answer, NotifyType.MOBIKE_SUPPORTED) === undefined) return undefined;
  // A NAT has another port for each of this end's: that of another one tells nothing.
  const first = startOnNatPort ? decodeMessage(responderMessage) : undefined;
  const seenAs = first?.ok ? findNotify(first.value.payloads, NotifyType.NAT_DETECTION_DESTINATION_IP)?.data : undefined;
  return { peerAddresses: additionalAddresses(answer) ?? [], ...(seenAs && { seenAs }) };
}
