/**
 * What a gateway does for clients that ask for more than the base protocol: that move, that may be sent elsewhere, that want no Child SA yet.
 *
 * @module
 */
import { checkMobilityRules, DEFAULT_MOBILITY_RULES, type MobilityRules } from "./mobility_rules.ts";
import type { RedirectRules } from "./redirect_rules.ts";

/** What a gateway does for clients that ask for it, beside IKE SAs and Child SAs. */
export interface PeerRules extends MobilityRules, RedirectRules {
  /** Say in IKE_SA_INIT that IKE SAs come up without a Child SA, for clients that ask for none (RFC 6023). Default true. */
  readonly childless: boolean;
}

export const DEFAULT_PEER_RULES: PeerRules = { ...DEFAULT_MOBILITY_RULES, childless: true, redirectsPerSecond: 100 };

/** @throws {RangeError} what is out of range. */
export function checkPeerRules(rules: PeerRules): void {
  checkMobilityRules(rules);
}
