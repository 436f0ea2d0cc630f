/**
 * The configurations of the two ends of a soak.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEspProposal, parseIdentity, parseIkeProposal } from "../configuration/mod.ts";
import { type InitiatorConfiguration, initiatorConfiguration } from "../ike/initiator.ts";
import type { RetransmissionPolicy } from "../ike/message/retransmission.ts";
import type { TicketKind } from "../ticket/issued_ticket.ts";
import { toHexadecimal } from "../wire/hexadecimal.ts";
import { seededRandom } from "./seeded_random.ts";

export const SOAK_ADDRESS = "127.0.0.1";

const GATEWAY_IDENTITY = "gateway.soak.example";
const IKE_PROPOSAL = "aes256gcm16-prfsha256-x25519";
const ESP_PROPOSAL = "aes256gcm16";
const PRESHARED_KEY_LENGTH = 32;
const OWNER_ONLY = 0o600;

/** A lost datagram must not stop a round for long; attempts enough that a loss alone never makes a client give up. */
const RETRANSMISSION: RetransmissionPolicy = { initialMs: 300, factor: 1.3, maximumMs: 1_000, attempts: 20, jitter: 0.3 };
/** Nobody but the gateway answers here. */
const REFUSAL_PATIENCE_MS = 50;

export interface SoakConfiguration {
  readonly clientConfiguration: (client: number) => InitiatorConfiguration;
  /** For the program; 0: a port that the system chooses. */
  readonly gatewayArguments: (port: number, natPort: number) => readonly string[];
}

/** @param folder Where the shared key is written, and the gateway keeps its ticket keys. */
export function soakConfiguration(
  { seed, tickets }: { readonly seed: number; readonly tickets: TicketKind },
  store: string,
  folder: string,
): SoakConfiguration {
  const presharedKey = seededRandom(seed, "preshared key")(PRESHARED_KEY_LENGTH);
  const presharedKeyFile = join(folder, "psk");
  writeFileSync(presharedKeyFile, `0x${toHexadecimal(presharedKey)}\n`, { mode: OWNER_ONLY });
  return {
    clientConfiguration: (client) => clientConfiguration(client, presharedKey),
    gatewayArguments: (port, natPort) => [
      ...["--address", SOAK_ADDRESS, "--port", `${port}`, "--nat-port", `${natPort}`, "--identity", GATEWAY_IDENTITY],
      ...["--psk-file", presharedKeyFile, "--ike", IKE_PROPOSAL, "--esp", ESP_PROPOSAL],
      ...["--ticket-keys", join(folder, "ticket-keys"), "--store", store, "--tickets", tickets],
    ],
  };
}

function clientConfiguration(client: number, presharedKey: Uint8Array): InitiatorConfiguration {
  return initiatorConfiguration({
    keepTicketFresh: false,
    livenessSeconds: 0,
    identity: parseIdentity(`client-${client}@soak.example`),
    peerIdentity: parseIdentity(GATEWAY_IDENTITY),
    presharedKey,
    ikeProposals: [parseIkeProposal(IKE_PROPOSAL)],
    espProposals: [parseEspProposal(ESP_PROPOSAL)],
    retransmission: RETRANSMISSION,
    refusalPatienceMs: REFUSAL_PATIENCE_MS,
  });
}
