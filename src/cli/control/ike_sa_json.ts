/**
 * IKE SAs as the control socket tells them: names and forms as those of events.
 *
 * @module
 */
import { formatSelector } from "../../configuration/mod.ts";
import type { ChildSaDescription, IkeSaDescription } from "../../gateway/ike_sa_administration.ts";
import type { Endpoint } from "../../ike/steps/datagram.ts";
import { ikeSpiDigits } from "../../wire/hexadecimal.ts";
import { espSpiDigits, identityText } from "../effect_event.ts";

/** One IKE SA of `list` and `show`. */
export interface IkeSaJson {
  readonly initiator_spi: string;
  readonly responder_spi: string;
  readonly initiator_id: string;
  readonly eap_identity?: string;
  readonly responder_id: string;
  readonly local: string;
  readonly remote: string;
  readonly udp_encapsulation: boolean;
  /** ISO 8601; `null`: not known. */
  readonly up_since: string | null;
  readonly resumed: boolean;
  /** Its client has not answered its DELETE yet. */
  readonly ending: boolean;
  readonly heard_s_ago: number;
  readonly inner_addresses: readonly string[];
  readonly child_sas: readonly ChildSaJson[];
  readonly ticket_id: string | null;
  readonly ticket_expires: string | null;
}

export interface ChildSaJson {
  readonly inbound_spi: string;
  readonly outbound_spi: string;
  readonly encryption: string;
  readonly key_bits: number;
  readonly integrity: string | null;
  readonly mode: "tunnel" | "transport";
  readonly udp_encapsulation: boolean;
  readonly local_selectors: readonly string[];
  readonly remote_selectors: readonly string[];
}

export function ikeSaJson(described: IkeSaDescription): IkeSaJson {
  const { spis, eapIdentity, upAtEpochSeconds, ticket } = described;
  return {
    initiator_spi: ikeSpiDigits(spis.initiatorSpi),
    responder_spi: ikeSpiDigits(spis.responderSpi),
    initiator_id: identityText(described.initiatorId),
    ...(eapIdentity && { eap_identity: identityText(eapIdentity) }),
    responder_id: identityText(described.responderId),
    local: endpointText(described.local),
    remote: endpointText(described.remote),
    udp_encapsulation: described.udpEncapsulation,
    up_since: timeText(upAtEpochSeconds),
    resumed: described.resumed,
    ending: described.isEnding,
    heard_s_ago: Math.floor(described.heardMsAgo / 1_000),
    inner_addresses: described.innerAddresses,
    child_sas: described.childSas.map(childSaJson),
    ticket_id: ticket?.ticketId ?? null,
    ticket_expires: timeText(ticket?.expiresAtEpochSeconds),
  };
}

function childSaJson(childSa: ChildSaDescription): ChildSaJson {
  return {
    inbound_spi: espSpiDigits(childSa.inboundSpi),
    outbound_spi: espSpiDigits(childSa.outboundSpi),
    encryption: childSa.encryption,
    key_bits: childSa.keyBits,
    integrity: childSa.integrity ?? null,
    mode: childSa.transportMode ? "transport" : "tunnel",
    udp_encapsulation: childSa.udpEncapsulation,
    local_selectors: childSa.localSelectors.map(formatSelector),
    remote_selectors: childSa.remoteSelectors.map(formatSelector),
  };
}

function endpointText({ address, port }: Endpoint): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function timeText(epochSeconds: number | undefined): string | null {
  return epochSeconds === undefined ? null : new Date(1_000 * epochSeconds).toISOString().replace(/\.\d+Z$/, "Z");
}
