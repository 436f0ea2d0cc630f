/**
 * Who takes part: names, addresses and algorithms of the gateway and of its clients.
 *
 * @module
 */
import { parseEspProposal, parseIdentity, parseIkeProposal } from "../../src/configuration/mod.ts";
import type { ProviderName } from "../../src/crypto/provider.ts";
import { type InitiatorConfiguration, initiatorConfiguration } from "../../src/ike/initiator.ts";
import { type ResponderConfiguration, responderConfiguration } from "../../src/ike/responder.ts";
import type { Endpoint } from "../../src/ike/steps/datagram.ts";
import type { Identity } from "../../src/ticket/identity.ts";
import type { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { IKE_PORT, NAT_PORT } from "../../src/transport/ports.ts";

/** What a measured process is told. */
export interface GatewaySetting {
  readonly provider: ProviderName;
  /** In hexadecimal. */
  readonly presharedKey: string;
  readonly ticketKeyFile: string;
  /** Whether there is the lane for plain resumptions. Default: as the gateway has it. */
  readonly lane?: boolean;
  /** Other than by default. */
  readonly configuration?: GatewayLimits;
}

/** What a gateway may be told in JSON. */
export type GatewayLimits = Partial<Pick<ResponderConfiguration, "livenessSeconds" | "ticketsPerIkeSa">>;

export const GATEWAY_ADDRESS = "192.0.2.1";
export const GATEWAY: Endpoint = { address: GATEWAY_ADDRESS, port: IKE_PORT };
export const ENCAPSULATED_GATEWAY: Endpoint = { address: GATEWAY_ADDRESS, port: NAT_PORT };

const GATEWAY_IDENTITY = parseIdentity("gateway.pipeline.example");
const IKE_PROPOSALS = [parseIkeProposal("aes256gcm16-prfsha256-x25519")];
const ESP_PROPOSALS = [parseEspProposal("aes256gcm16")];

/** Most clients that have an address of their own in 10.0.0.0/8. */
export const MOST_CLIENTS: number = 1 << 24;

/** Where a client is: not behind a NAT. */
export function endpointOf(client: number): Endpoint {
  return { address: `10.${client >> 16 & 255}.${client >> 8 & 255}.${client & 255}`, port: IKE_PORT };
}

/** The client that is there. */
export function clientAt({ address }: Endpoint): number {
  const [, high, middle, low] = address.split(".").map(Number);
  return high << 16 | middle << 8 | low;
}

/** All as a gateway has it by default, unless it is said. */
export function gatewayConfiguration(
  presharedKey: Uint8Array,
  ticketKeys: TicketKeyRing,
  limits: GatewayLimits = {},
): ResponderConfiguration {
  return responderConfiguration({
    identity: GATEWAY_IDENTITY,
    presharedKeyOf: () => presharedKey,
    ticketKeys,
    ...limits,
  });
}

export function clientIdentity(client: number): Identity {
  return parseIdentity(`client-${client}@pipeline.example`);
}

export function clientConfiguration(client: number, presharedKey: Uint8Array): InitiatorConfiguration {
  return initiatorConfiguration({
    identity: clientIdentity(client),
    peerIdentity: GATEWAY_IDENTITY,
    presharedKey,
    ikeProposals: IKE_PROPOSALS,
    espProposals: ESP_PROPOSALS,
  });
}
