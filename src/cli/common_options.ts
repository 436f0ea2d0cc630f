/**
 * Options that `gateway` and `connect` share.
 *
 * @module
 */
import type { Command } from "commander";
import { parseEspProposal, parseIdentity, parseIkeProposal, parseSelectors } from "../configuration/mod.ts";
import type { EspProposal, IkeProposal } from "../ike/ike_sa/proposals.ts";
import type { ProviderChoice } from "../providers/mod.ts";
import { KeyLog, KeyLogError } from "../store/key_log.ts";
import type { Identity } from "../ticket/identity.ts";
import type { TrafficSelector } from "../wire/payload.ts";
import { addProofOptions, type ProofOptions } from "./certificate_options.ts";
import { UsageError } from "./exit_status.ts";
import { configured, providerChoice, repeated, wholeNumber } from "./option_values.ts";

export interface CommonOptions extends ProofOptions {
  readonly identity: Identity;
  readonly ike?: readonly IkeProposal[];
  readonly esp?: readonly EspProposal[];
  readonly localTs?: readonly TrafficSelector[];
  readonly remoteTs?: readonly TrafficSelector[];
  readonly fragmentSize?: number;
  readonly provider: ProviderChoice;
  readonly keyLog?: string;
  readonly json?: boolean;
}

export function addCommonOptions(command: Command): Command {
  command
    .requiredOption(
      "--identity <id>",
      "who this end is: a host name (also @name), user@host, an IP address, keyid:…, or a distinguished name, such as dn:CN=gateway,O=Example",
      configured(parseIdentity),
    );
  return addProofOptions(command)
    .option(
      "--ike <proposal>",
      "IKE algorithms, such as aes256gcm16-prfsha256-x25519, or …-x25519-ke1_mlkem768 with ML-KEM besides (may be repeated)",
      repeated(configured(parseIkeProposal)),
    )
    .option(
      "--esp <proposal>",
      "ESP algorithms, such as aes256gcm16, aes256-sha256, or, with perfect forward secrecy, aes256gcm16-x25519 or aes256gcm16-x25519-ke1_mlkem768 (may be repeated)",
      repeated(configured(parseEspProposal)),
    )
    .option("--local-ts <selectors>", "networks behind this end, with commas between", configured(parseSelectors))
    .option("--remote-ts <selectors>", "networks behind the other end, with commas between", configured(parseSelectors))
    .option(
      "--fragment-size <octets>",
      "longest IP packet; a longer message goes out in fragments, smaller ones where these do not get through (default: 1280)",
      wholeNumber(576, 65_535),
    )
    .option("--provider <name>", "cryptography: auto, wasm, node or ts", providerChoice, "auto" as const)
    .option(
      "--key-log <file>",
      "append IKE SA keys for Wireshark's ikev2_decryption_table (whoever has them reads the traffic)",
    )
    .option("--json", "events as JSON, one object a line, on standard output");
}

/** Proposals and selectors that were given; what was not is left to the defaults of the state machines. */
export function statedConfiguration({ ike, esp, localTs, remoteTs, fragmentSize }: CommonOptions): {
  readonly ikeProposals?: readonly IkeProposal[];
  readonly espProposals?: readonly EspProposal[];
  readonly localSelectors?: readonly TrafficSelector[];
  readonly remoteSelectors?: readonly TrafficSelector[];
  readonly fragmentSize?: number;
} {
  return {
    ...(ike && { ikeProposals: ike }),
    ...(esp && { espProposals: esp }),
    ...(localTs && { localSelectors: localTs }),
    ...(remoteTs && { remoteSelectors: remoteTs }),
    ...(fragmentSize !== undefined && { fragmentSize }),
  };
}

/**
 * The key log that was asked for, if one was. A disk that is full or stalls is complained of, and no more.
 *
 * @throws {UsageError} its file cannot be opened.
 */
export function openKeyLog({ keyLog }: CommonOptions, complain: (line: string) => void): KeyLog | undefined {
  try {
    return keyLog === undefined ? undefined : new KeyLog(keyLog, {
      onFault: ({ message }) => complain(`${message}: keys are lost until it can`),
      onRecovery: (lost) => complain(`key log: ${keyLog} is written again, the keys of ${lost} IKE SAs were lost`),
    });
  } catch (error) {
    if (error instanceof KeyLogError) throw new UsageError(`--key-log: ${error.message}`);
    throw error;
  }
}
