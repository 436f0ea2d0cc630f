/**
 * Whether clients came up as they should have, with the keys that the gateway has.
 *
 * @module
 */
import { childSaFingerprint, ikeSaName } from "../../src/load/child_sa_fingerprint.ts";
import type { Outcome } from "../../src/load/client_fleet.ts";
import type { GatewayProcess } from "../../src/load/gateway_process.ts";
import type { Way } from "./returning_clients.ts";

/** Both ends had different keys. */
export class UnequalKeys extends Error {
  override readonly name = "UnequalKeys";
}

/**
 * How many came up otherwise than expected, or not at all.
 *
 * @throws {UnequalKeys} a client came up with other keys of its Child SA than the gateway has.
 */
export async function checkedLosses(gateway: GatewayProcess, outcomes: readonly Outcome[], way: Way): Promise<number> {
  const { fingerprints } = await gateway.ask("fingerprints");
  let lost = 0;
  for (const outcome of outcomes) {
    if (!outcome.ok) {
      lost++;
      continue;
    }
    const name = ikeSaName(outcome.spis);
    if (fingerprints[name] !== childSaFingerprint(outcome.childSa, "initiator")) {
      throw new UnequalKeys(`IKE SA ${name}: the gateway has other Child SA keys than the client`);
    }
    if (outcome.resumed !== (way === "resumed")) lost++;
  }
  return lost;
}
