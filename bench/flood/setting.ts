/**
 * Who takes part: names, addresses and algorithms of gateway, clients and attackers. All of it on the loopback interface.
 *
 * @module
 */
import { parseEspProposal, parseIdentity, parseIkeProposal } from "../../src/configuration/mod.ts";
import { type InitiatorConfiguration, initiatorConfiguration } from "../../src/ike/initiator.ts";

export const GATEWAY_ADDRESS = "127.0.0.1";
export const GATEWAY_IDENTITY = "gateway.flood.example";
/** The clients come from several networks, the attackers from others. */
export const CLIENT_ADDRESSES: readonly string[] = ["127.0.1.1", "127.0.2.1", "127.0.3.1", "127.0.4.1"];
/** For attackers in the clients' own networks, behind the same NAT as it were. */
export const NEIGHBOUR_ADDRESSES: readonly string[] = ["127.0.1.66", "127.0.2.66", "127.0.3.66", "127.0.4.66"];
/** For an attacker of one address. */
export const ATTACKER_ADDRESS = "127.66.0.1";
/** For attackers of many: one each in as many networks. */
export const ATTACKER_ADDRESSES: readonly string[] = Array.from({ length: 64 }, (_, index) => `127.66.${index + 1}.1`);

const IKE_PROPOSAL = "aes256gcm16-prfsha256-x25519";
const ESP_PROPOSAL = "aes256gcm16";

/** Of a client, the attacker among them that knows the shared key. As patient as clients are by default. */
export function clientConfiguration(name: string, presharedKey: Uint8Array, exposeKeys = false): InitiatorConfiguration {
  return initiatorConfiguration({
    identity: parseIdentity(`${name}@flood.example`),
    peerIdentity: parseIdentity(GATEWAY_IDENTITY),
    presharedKey,
    // None of them stays long enough to renew its ticket, or to wonder about its gateway.
    keepTicketFresh: false,
    livenessSeconds: 0,
    ikeProposals: [parseIkeProposal(IKE_PROPOSAL)],
    espProposals: [parseEspProposal(ESP_PROPOSAL)],
    exposeKeys,
  });
}
