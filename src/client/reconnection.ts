/**
 * Keeps a session up: comes back to a gateway that was lost, by ticket where there is one, and proves itself anew before the gateway ends the IKE SA.
 *
 * @module
 */
import type { RandomSource } from "../crypto/key_exchange.ts";
import type { DownReason, Effect } from "../ike/states/effect.ts";
import { delayBefore, type ReconnectionEvent, type ReconnectPolicy } from "./reconnect_policy.ts";
import type { Link, Session } from "./session.ts";

/** Options of one attempt. */
export interface AttemptOptions {
  /** By a full exchange beside this IKE SA, over its sockets (RFC 7296, section 2.8.3). */
  readonly beside?: Link;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
  /** Called with the effects of the new IKE SA. */
  readonly watch: (effect: Effect) => void;
}

export interface ReconnectionOptions {
  readonly policy: ReconnectPolicy;
  readonly random: RandomSource;
  readonly attempt: (options: AttemptOptions) => Promise<Link>;
  readonly tell: (event: ReconnectionEvent) => void;
}

export class Reconnection {
  readonly #options: ReconnectionOptions;
  readonly #stopped = new AbortController();
  readonly #closed = Promise.withResolvers<DownReason>();
  #session: Session | undefined;
  #isReauthenticating = false;

  constructor(options: ReconnectionOptions) {
    this.#options = options;
  }

  /** Resolves when the session is over for good. */
  get closed(): Promise<DownReason> {
    return this.#closed.promise;
  }

  /** From now on the session is kept up. */
  keep(session: Session): void {
    this.#session = session;
    this.#follow(session.link);
  }

  /** The session does not come back any more. */
  stop(): void {
    this.#stopped.abort();
  }

  /** Takes an effect of an IKE SA of the session's. */
  watch(effect: Effect): void {
    if (effect.type === "reauthentication-due" && !this.#isReauthenticating) void this.#reauthenticate();
  }

  #follow(link: Link): void {
    void link.state.closed.then((reason) => this.#ended(link, reason));
  }

  async #ended(link: Link, reason: DownReason): Promise<void> {
    // Another IKE SA has taken its place.
    if (link !== this.#session?.link) return;
    // A gateway that ends an IKE SA for want of reauthentication means only that: the session may come back.
    const isLost = reason === "no-answer" || reason === "deleted-by-peer" && this.#isReauthenticating;
    if (!isLost || this.#stopped.signal.aborted) return this.#closed.resolve(reason);
    this.#options.tell({ type: "connection-lost", reason });
    const back = await this.#attempt((): boolean => true, undefined);
    if (back === undefined) return this.#closed.resolve(this.#stopped.signal.aborted ? "deleted-by-us" : reason);
    this.#options.tell({ type: "connection-back", attempt: back.attempt, resumed: back.link.state.up.resumed });
  }

  /** A new full exchange, then the old IKE SA is deleted: its Child SA serves until the new one is there. */
  async #reauthenticate(): Promise<void> {
    const old = this.#session?.link;
    if (old === undefined || old.state.down) return;
    this.#isReauthenticating = true;
    const made = await this.#attempt(() => !old.state.down, old);
    this.#isReauthenticating = false;
    if (made === undefined) return;
    if (!old.state.down) old.driver.act(old.driven, { type: "close" });
    this.#options.tell({ type: "reauthenticated" });
  }

  /** Attempts, one after the other, as long as they are wanted. */
  async #attempt(
    isWanted: () => boolean,
    beside: Link | undefined,
  ): Promise<{ readonly link: Link; readonly attempt: number } | undefined> {
    const { policy, random, attempt, tell } = this.#options;
    const { signal } = this.#stopped;
    let cause: unknown;
    for (let number = 1; number <= policy.attempts && isWanted() && !signal.aborted; number++) {
      // A reauthentication need not wait: its moment was already drawn at random.
      const delayMs = beside && number === 1 ? 0 : delayBefore(number, policy, random);
      if (!beside) tell({ type: "reconnecting", attempt: number, delayMs, ...(cause !== undefined && { cause }) });
      await pause(delayMs, signal);
      if (!isWanted() || signal.aborted) return undefined;
      try {
        const link = await attempt({ beside, signal, watch: (effect) => this.watch(effect) });
        this.#session!.adopt(link);
        this.#follow(link);
        if (signal.aborted) link.driver.act(link.driven, { type: "close" });
        return { link, attempt: number };
      } catch (error) {
        cause = error;
      }
    }
    return undefined;
  }
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, delayMs);
    signal.addEventListener("abort", over);
  });
}
