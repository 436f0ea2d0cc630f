/**
 * Child SAs to be installed, and an `ip` that keeps what it is told.
 *
 * @module
 */
import { parseSelectors } from "../../src/configuration/mod.ts";
import type { InstalledChildSa } from "../../src/esp/child_sa_system.ts";
import { XfrmChildSas } from "../../src/esp/xfrm/xfrm_child_sas.ts";
import { encryptionById, integrityById } from "../../src/crypto/registry.ts";
import { type RunIp } from "../../src/esp/xfrm/ip_command.ts";
import { fqdn } from "../simulation/simulation.ts";

type Protection = InstalledChildSa["childSa"]["protection"];
type Keys = InstalledChildSa["childSa"]["inbound"];

export const GCM: Protection = { encryption: encryptionById(20)!, keyLength: 32 };
export const CBC: Protection = { encryption: encryptionById(12)!, keyLength: 32, integrity: integrityById(12)! };
export const KEYS: Keys = { encryptionKey: new Uint8Array(36).fill(0xa1), integrityKey: new Uint8Array(0) };
export const OTHER_KEYS: Keys = { encryptionKey: new Uint8Array(36).fill(0xb2), integrityKey: new Uint8Array(0) };

export function installed(
  change: Partial<InstalledChildSa> = {},
  child: Partial<InstalledChildSa["childSa"]> = {},
): InstalledChildSa {
  return {
    number: 1,
    spis: { initiatorSpi: 1n, responderSpi: 2n },
    initiatorId: fqdn("client.example"),
    responderId: fqdn("gateway.example"),
    ends: {
      local: { address: "192.0.2.1", port: 4500 },
      remote: { address: "198.51.100.7", port: 61_234 },
      udpEncapsulation: false,
    },
    receivesOnly: false,
    ...change,
    childSa: {
      inboundSpi: 0x1001,
      outboundSpi: 0x2002,
      protection: GCM,
      extendedSequenceNumbers: false,
      inbound: KEYS,
      outbound: OTHER_KEYS,
      localSelectors: parseSelectors("10.0.0.0/8"),
      remoteSelectors: parseSelectors("10.9.0.1"),
      udpEncapsulation: false,
      ...child,
    },
  };
}

export type Answer = (args: readonly string[], input: string) => { output?: string; errors?: string };

export interface RecordedIp {
  readonly run: RunIp;
  readonly calls: string[];
  readonly lines: string[];
}

/** An `ip` that keeps what it is told, and answers as it is told to. */
export function recorded(answer: Answer = () => ({})): RecordedIp {
  const calls: string[] = [];
  const lines: string[] = [];
  const run: RunIp = (args, input) => {
    const text = input === undefined ? "" : new TextDecoder().decode(input);
    calls.push(args.join(" "));
    lines.push(...text.split("\n").filter((line) => line !== ""));
    const { output = "", errors = "" } = answer(args, text);
    return Promise.resolve({ output, errors });
  };
  return { run, calls, lines };
}

export interface OpenedXfrm extends RecordedIp {
  readonly system: XfrmChildSas;
  readonly faults: string[];
  settled(): Promise<void>;
}

export async function opened(
  answer?: Answer,
  options: Partial<Parameters<typeof XfrmChildSas.open>[0]> = {},
): Promise<OpenedXfrm> {
  const ip = recorded(answer);
  const faults: string[] = [];
  const system = await XfrmChildSas.open({
    run: ip.run,
    onFault: ({ message }) => void faults.push(message),
    firstReqid: 100,
    ...options,
  });
  ip.lines.length = 0;
  const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 5));
  return { ...ip, system, faults, settled };
}
