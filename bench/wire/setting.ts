/**
 * Who takes part: names, keys and algorithms of gateways and clients, all of it on the loopback interface.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEspProposal, parseIdentity, parseIkeProposal } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { type InitiatorConfiguration, initiatorConfiguration } from "../../src/ike/initiator.ts";
import type { RetransmissionPolicy } from "../../src/ike/message/retransmission.ts";
import { toHexadecimal } from "../../src/wire/hexadecimal.ts";

/** The program that is measured, in a checkout. */
export const PROGRAM_SOURCE = "src/cli/main.ts";
export const ADDRESS = "127.0.0.1";

const GATEWAY_IDENTITY = "gateway.wire.example";
const IKE_PROPOSAL = "aes256gcm16-prfsha256-x25519";
const ESP_PROPOSAL = "aes256gcm16";
const PRESHARED_KEY_LENGTH = 32;
const PRESHARED_KEY_FILE = "psk";
const TICKET_KEY_FILE = "ticket-keys";
const OWNER_ONLY = 0o600;

/** What was lost comes again soon, and often enough that only a gateway that is gone makes a client give up. */
const RETRANSMISSION: RetransmissionPolicy = { initialMs: 1_000, factor: 1.3, maximumMs: 2_000, attempts: 15, jitter: 0.3 };

/** Which gateway: one combination of what is compared. */
export interface GatewayChoice {
  readonly provider: string;
  /** `undefined`: whatever it takes by itself. */
  readonly transport: string | undefined;
  readonly workers: number;
}

/** The files that all gateways of a run of the bench share, so that each takes the others' tickets. */
export class SharedSecrets {
  readonly #folder: string;
  readonly #presharedKey = systemRandom(PRESHARED_KEY_LENGTH);

  constructor(folder: string) {
    this.#folder = folder;
    const line = `0x${toHexadecimal(this.#presharedKey)}\n`;
    writeFileSync(join(folder, PRESHARED_KEY_FILE), line, { mode: OWNER_ONLY });
  }

  /** @param port as `natPort`: 0 lets the system choose */
  gatewayArguments({ provider }: GatewayChoice, port: number, natPort: number): string[] {
    return [
      ...["--address", ADDRESS, "--port", `${port}`, "--nat-port", `${natPort}`, "--identity", GATEWAY_IDENTITY],
      ...["--psk-file", join(this.#folder, PRESHARED_KEY_FILE), "--ticket-keys", join(this.#folder, TICKET_KEY_FILE)],
      ...["--ike", IKE_PROPOSAL, "--esp", ESP_PROPOSAL, "--provider", provider],
    ];
  }

  clientConfiguration(client: number): InitiatorConfiguration {
    return initiatorConfiguration({
      identity: parseIdentity(`client-${client}@wire.example`),
      peerIdentity: parseIdentity(GATEWAY_IDENTITY),
      presharedKey: this.#presharedKey,
      // What clients do of their own accord once they are up is not what is measured.
      keepTicketFresh: false,
      livenessSeconds: 0,
      ikeProposals: [parseIkeProposal(IKE_PROPOSAL)],
      espProposals: [parseEspProposal(ESP_PROPOSAL)],
      retransmission: RETRANSMISSION,
    });
  }
}
