/**
 * strongSwan's charon under `ike-resume load`: what a full exchange costs it, in namespaces of this bench's own.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { LoadReport } from "../../src/load/generator/load_report.ts";
import { Charon } from "../../tests/interop/charon.ts";
import { loadOnCharon } from "../../tests/interop/charon_load.ts";
import { whatIsMissing } from "../../tests/interop/environment.ts";
import { createNamespacePair, deleteNamespace } from "../../tests/interop/namespaces.ts";
import { CHARON_NEEDS } from "../../tests/interop/scene.ts";
import { GCM_X25519 } from "../../tests/interop/suites.ts";

/** Full exchanges that are under way at a time, as in a storm. */
const CLIENTS = 128;
const SECONDS = 6;

/** What is not there, and how to get it; `undefined`: all is. */
export function whyNoCharon(): string | undefined {
  return whatIsMissing(CHARON_NEEDS);
}

/** @throws {Error} a namespace or charon cannot be had, or the load came to nothing */
export async function loadCharon(jsonFile: string | undefined): Promise<LoadReport> {
  const pair = await createNamespacePair();
  const presharedKey = randomBytes(16).toString("hex");
  let charon: Charon | undefined;
  try {
    charon = await Charon.start({
      namespace: pair.theirs.name,
      localAddress: pair.theirs.address,
      remoteAddress: pair.ours.address,
      localIdentity: "theirs.example",
      remoteIdentity: "%any",
      presharedKey,
      localNetwork: pair.theirs.innerNetwork,
      remoteNetwork: pair.ours.innerNetwork,
      ikeProposal: GCM_X25519.ike,
      espProposal: GCM_X25519.esp,
      isForMany: true,
    });
    const words = ["--clients", `${CLIENTS}`, "--duration", `${SECONDS}`];
    const report = await loadOnCharon({ pair, charon, presharedKey, words });
    if (jsonFile !== undefined) writeFileSync(`${jsonFile}-charon.json`, JSON.stringify(report));
    return report;
  } finally {
    await charon?.stop();
    for (const { name } of [pair.ours, pair.theirs]) deleteNamespace(name);
  }
}
