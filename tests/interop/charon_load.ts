/**
 * `ike-resume load` against charon, each in a namespace of its own: full exchanges, since charon has no resumption.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { LoadReport } from "../../src/load/generator/load_report.ts";
import type { Charon } from "./charon.ts";
import { attempt } from "./command.ts";
import type { NamespacePair } from "./namespaces.ts";
import { makeTemporaryFolder, removeTemporaryFolder } from "./temporary_folder.ts";

const PROGRAM = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

export interface CharonLoad {
  readonly pair: NamespacePair;
  readonly charon: Charon;
  readonly presharedKey: string;
  /** `--rate` and what else says what is done. */
  readonly words: readonly string[];
}

/** @throws {Error} it did not end with a report, and what it said instead */
export async function loadOnCharon({ pair, charon, presharedKey, words }: CharonLoad): Promise<LoadReport> {
  const folder = makeTemporaryFolder("charon-load");
  try {
    const psk = join(folder, "psk");
    writeFileSync(psk, `${presharedKey}\n`, { mode: 0o600 });
    const load = ["load", pair.theirs.address, "--psk-file", psk, "--scenario", "full", "--no-ticket", "--json", ...words];
    const proposals = ["--ike", "aes256gcm16-prfsha256-x25519", "--esp", "aes256gcm16"];
    const networks = ["--local-ts", pair.ours.innerNetwork, "--remote-ts", pair.theirs.innerNetwork];
    const { status, stdout, stderr } = await attempt("ip", [
      ...["netns", "exec", pair.ours.name, process.execPath, "run", "-A", "--quiet", PROGRAM],
      ...[...load, ...proposals, ...networks, "--gateway-process", `${charon.pid}`],
    ], { timeoutMs: 120_000 });
    if (stdout === "") throw new Error(`load ended with status ${status} and without a report: ${stderr}`);
    return JSON.parse(stdout);
  } finally {
    removeTemporaryFolder(folder);
  }
}
