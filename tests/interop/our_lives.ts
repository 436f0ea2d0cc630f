/**
 * Options about lifetimes and ESP as both of the project's programs hand them on, and orders about Child SAs.
 *
 * @module
 */
import { parseEspProposal, parseIkeProposal } from "../../src/configuration/mod.ts";
import type { ChildSa } from "../../src/ike/child_sa/child_sa.ts";
import type { ChildOrder } from "../../src/ike/exchanges/create_child_sa/child_orders.ts";
import type { RetransmissionPolicy } from "../../src/ike/message/retransmission.ts";
import type { ChildSaRules } from "../../src/ike/policy/child_sa_rules.ts";
import type { EspProposal, IkeProposal } from "../../src/ike/ike_sa/proposals.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import type { OurCommand } from "./our_event.ts";
import type { OurLifeOptions } from "./our_options.ts";

/** Patience for one request: charon leaves what it does not know without an answer, and that has to be seen soon here. */
export const IMPATIENT: RetransmissionPolicy = { initialMs: 300, factor: 1.5, maximumMs: 1_000, attempts: 4, jitter: 0.2 };

export function livesOf({ childLifetime, ikeLifetime, livenessSeconds, ike, esp }: OurLifeOptions): {
  readonly childSas: Partial<ChildSaRules>;
  readonly ikeSaLifetimeSeconds?: number;
  readonly livenessSeconds?: number;
  readonly retransmission?: RetransmissionPolicy;
  readonly ikeProposals?: readonly IkeProposal[];
  readonly espProposals?: readonly EspProposal[];
} {
  return {
    childSas: childLifetime === undefined ? {} : { lifetimeSeconds: childLifetime },
    ...(ikeLifetime !== undefined && { ikeSaLifetimeSeconds: ikeLifetime }),
    ...(livenessSeconds !== undefined && { livenessSeconds, retransmission: IMPATIENT }),
    ...(ike && { ikeProposals: ike.map(parseIkeProposal) }),
    ...(esp && { espProposals: esp.map(parseEspProposal) }),
  };
}

/** The Child SAs that there are, by their inbound SPIs. */
export class KnownChildSas {
  readonly #known = new Map<number, ChildSa>();

  take(effect: Effect): void {
    if (effect.type === "child-sa-up" || effect.type === "child-sa-rekeyed") {
      this.#known.set(effect.childSa.inboundSpi, effect.childSa);
    }
  }

  orderOf({ kind, inboundSpi }: Extract<OurCommand, { command: "child-sa" }>): ChildOrder {
    if (kind !== "create") return { kind, inboundSpi };
    const { localSelectors, remoteSelectors } = this.#known.get(inboundSpi)!;
    return { kind, traffic: { localSelectors, remoteSelectors } };
  }
}
