/**
 * What a gateway has in common with the others of its secure domain, by way of the store that they share.
 *
 * @module
 */
import type { NewsOfWorkers } from "../../ike/policy/other_workers.ts";
import type { GatewayStore } from "../../store/gateway_store.ts";
import { DEFAULT_STORE_TIMEOUT_MS, type GuardedStore } from "../../store/guarded_store.ts";
import { LATE, within } from "../../store/patience.ts";
import { withOthers } from "../../ike/policy/guarded_hooks.ts";
import type { ResponderConfiguration } from "../../ike/responder.ts";
import type { Identity } from "../../ticket/identity.ts";
import type { GatewayOptions } from "../gateway_options.ts";
import { DomainIdentities } from "./domain_identities.ts";
import { DomainNews, type DomainNewsCounters, type Teller } from "./domain_news.ts";

/** The gateway itself. */
export interface DomainMember {
  /** Clients of this gateway came up elsewhere: `teller` where it has told that itself. */
  hear(news: NewsOfWorkers, teller?: Teller): void;
  /** Takes back the tickets of an identity, here. */
  revokeIdentityHere(identity: Identity, untilEpochSeconds: number): Promise<void>;
}

const NO_NEWS: DomainNewsCounters = { domain_messages_unsent_total: 0, domain_messages_refused_total: 0 };

export class Domain {
  readonly #guard: GuardedStore;
  readonly #news: DomainNews | undefined;
  readonly #identities: DomainIdentities | undefined;
  #member: DomainMember | undefined;

  /** `store` is behind `guard`. `onFault`: must not throw. */
  constructor(store: GatewayStore | undefined, guard: GuardedStore, onFault: (fault: unknown) => void) {
    this.#guard = guard;
    const { channel, revokedIdentities } = store ?? {};
    this.#identities = revokedIdentities && new DomainIdentities({
      store: revokedIdentities,
      revoke: async (identity, until) => await this.#member?.revokeIdentityHere(identity, until),
      onFault,
    });
    this.#news = channel && new DomainNews({
      channel,
      hear: (news, teller) => this.#member?.hear(news, teller),
      hearOfRevoked: () => void this.#identities?.look().catch(() => {}),
    });
  }

  /** What the gateway goes by: it tells the others what concerns them, where there is a way to. */
  configurationOf(
    { configuration, storeFailure }: Pick<GatewayOptions, "configuration" | "storeFailure">,
  ): ResponderConfiguration {
    if (storeFailure !== "wait" && this.#news === undefined) return configuration;
    return withOthers(configuration, {
      ...(storeFailure === "wait" && { waitForStore: true }),
      ...(this.#news && { otherWorkers: this.#news }),
    });
  }

  /** What one of several workers tells. The order of what was replaced is that of all gateways, where there are others. */
  tell(
    { resumed, replaced }: Pick<NewsOfWorkers, "resumed" | "replaced">,
    teller: Teller,
    tellHere: (news: Pick<NewsOfWorkers, "resumed" | "replaced">) => void,
  ): void {
    tellHere(this.#news ? { resumed, replaced: [] } : { resumed, replaced });
    this.#news?.tell(resumed, replaced, teller);
  }

  get counters(): DomainNewsCounters {
    return this.#news?.counters ?? NO_NEWS;
  }

  /** Resolves when the gateway knows what was revoked before it started; where that cannot be known, the store counts as down until it is. */
  async join(member: DomainMember): Promise<void> {
    this.#member = member;
    const identities = this.#identities;
    if (identities === undefined) return;
    this.#guard.beforeUp = () => identities.look();
    try {
      if (await within(identities.look(), DEFAULT_STORE_TIMEOUT_MS) !== LATE) return;
      throw new Error(`${this.#guard.name}: no answer in ${DEFAULT_STORE_TIMEOUT_MS} ms to what was revoked`);
    } catch (fault) {
      this.#guard.distrust(fault);
    }
  }

  /** Everywhere, as far as it can be: what the store does not take is tried again while the gateway runs. */
  async revokeIdentity(identity: Identity, untilEpochSeconds: number): Promise<void> {
    if (this.#identities === undefined) return await this.#member?.revokeIdentityHere(identity, untilEpochSeconds);
    await this.#identities.add(identity, untilEpochSeconds).catch((fault) => this.#guard.distrust(fault));
    await this.#news?.tellOfRevoked().catch(() => {});
  }

  close(): void {
    this.#identities?.close();
    this.#news?.close();
    this.#member = undefined;
  }
}
