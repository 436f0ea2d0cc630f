/**
 * Identities of which an administrator took back all tickets, for all gateways that share a store, and for as long as those tickets live.
 *
 * @module
 */
import { type Identity, identityKey } from "../../ticket/identity.ts";
import type { RevokedIdentity, RevokedIdentityStore } from "../../store/store_channel.ts";
import { MAXIMUM_TICKET_LIFETIME_SECONDS } from "../../ticket/ticket_key_policy.ts";
import { fromHexadecimal } from "../../wire/hexadecimal.ts";
import { isIdentityKey } from "./domain_message.ts";

/** How often they are looked up, in milliseconds: gateways without a channel learn of them so, and of what a channel has lost. */
const LOOK_INTERVAL_MS = 5_000;
/** Identities that are known at a time; more are looked up, and told as a fault. */
const MOST_IDENTITIES = 100_000;

export interface DomainIdentitiesOptions {
  readonly store: RevokedIdentityStore;
  /** Refuses the tickets that were issued until then. */
  readonly revoke: (identity: Identity, untilEpochSeconds: number) => Promise<void>;
  readonly onFault: (fault: unknown) => void;
}

export class DomainIdentities {
  readonly #options: DomainIdentitiesOptions;
  /** Until when each is revoked here. */
  readonly #known = new Map<string, number>();
  /** Those that the store does not have yet. */
  readonly #owed = new Map<string, RevokedIdentity>();
  readonly #timer: ReturnType<typeof setInterval>;
  #looking: Promise<void> | undefined;

  constructor(options: DomainIdentitiesOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.look().catch(() => {}), LOOK_INTERVAL_MS);
  }

  /** Here at once, and then in the store: resolves when it is there, and rejects where it cannot be yet, which is tried again. */
  async add(identity: Identity, untilEpochSeconds: number): Promise<void> {
    const key = identityKey(identity);
    this.#known.set(key, Math.max(untilEpochSeconds, this.#known.get(key) ?? 0));
    await this.#options.revoke(identity, untilEpochSeconds);
    // Tickets of the others, and those of before, may live longer than those that are issued here now.
    const lastExpiryEpochSeconds = untilEpochSeconds + MAXIMUM_TICKET_LIFETIME_SECONDS;
    const owed = this.#owed.get(key);
    if (owed === undefined || owed.untilEpochSeconds < untilEpochSeconds) {
      this.#owed.set(key, { key, untilEpochSeconds, lastExpiryEpochSeconds });
    }
    await this.#pay();
  }

  /** Looks up what was revoked elsewhere. Rejects when the store cannot be asked. */
  look(): Promise<void> {
    return this.#looking ??= this.#lookOnce().finally(() => this.#looking = undefined);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #lookOnce(): Promise<void> {
    await this.#pay();
    const all = await this.#options.store.all();
    if (all.length > MOST_IDENTITIES) {
      this.#options.onFault(new Error(`the store has ${all.length} revoked identities, expected ${MOST_IDENTITIES} at most`));
    }
    const keys = new Set(all.map(({ key }) => key));
    for (const key of this.#known.keys()) if (!keys.has(key) && !this.#owed.has(key)) this.#known.delete(key);
    for (const { key, untilEpochSeconds } of all) {
      if (untilEpochSeconds <= (this.#known.get(key) ?? -Infinity)) continue;
      const identity = identityOf(key);
      if (identity === undefined) continue;
      this.#known.set(key, untilEpochSeconds);
      await this.#options.revoke(identity, untilEpochSeconds);
    }
  }

  async #pay(): Promise<void> {
    for (const [key, owed] of this.#owed) {
      await this.#options.store.add(owed);
      if (this.#owed.get(key) === owed) this.#owed.delete(key);
    }
  }
}

function identityOf(key: string): Identity | undefined {
  if (!isIdentityKey(key)) return undefined;
  const at = key.indexOf(":");
  const identification = fromHexadecimal(key.slice(at + 1));
  return identification && { idType: Number(key.slice(0, at)), identification };
}
