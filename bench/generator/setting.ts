/**
 * Who takes part: names, keys and algorithms of the gateway and of the clients, all of it on the loopback interface.
 *
 * @module
 */
import { parseEspProposal, parseIdentity, parseIkeProposal } from "../../src/configuration/mod.ts";
import { type InitiatorConfiguration, initiatorConfiguration } from "../../src/ike/initiator.ts";
import { fromHexadecimal } from "../../src/wire/hexadecimal.ts";
import type { GeneratorSetting } from "./protocol.ts";

export const ADDRESS = "127.0.0.1";
const GATEWAY_IDENTITY = "gateway.generator.example";
const IKE_PROPOSAL = "aes256gcm16-prfsha256-x25519";
const ESP_PROPOSAL = "aes256gcm16";
/** The same objects for all clients, as the program has them. */
const IKE_PROPOSALS = [parseIkeProposal(IKE_PROPOSAL)];
const ESP_PROPOSALS = [parseEspProposal(ESP_PROPOSAL)];

/** What was lost comes again soon, and often enough that only a gateway that is gone makes a client give up. */
const RETRANSMISSION = { initialMs: 1_000, factor: 1.3, maximumMs: 2_000, attempts: 15, jitter: 0.3 };

/** @param port as `natPort`: 0 lets the system choose */
export function gatewayArguments(presharedKeyFile: string, ticketKeyFile: string, port = 0, natPort = 0): string[] {
  return [
    ...["--address", ADDRESS, "--port", `${port}`, "--nat-port", `${natPort}`, "--identity", GATEWAY_IDENTITY],
    ...["--psk-file", presharedKeyFile, "--ticket-keys", ticketKeyFile, "--ike", IKE_PROPOSAL, "--esp", ESP_PROPOSAL],
  ];
}

export function clientConfiguration(client: number, { presharedKey, name }: GeneratorSetting): InitiatorConfiguration {
  return initiatorConfiguration({
    identity: parseIdentity(`client-${client}@${name}.generator.example`),
    peerIdentity: parseIdentity(GATEWAY_IDENTITY),
    presharedKey: fromHexadecimal(presharedKey)!,
    // What clients do of their own accord once they are up is not what is measured.
    keepTicketFresh: false,
    livenessSeconds: 0,
    ikeProposals: IKE_PROPOSALS,
    espProposals: ESP_PROPOSALS,
    retransmission: RETRANSMISSION,
  });
}
