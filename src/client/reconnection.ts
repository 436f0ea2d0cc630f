/**
 * Keeps a session up: comes back to a gateway that was lost, by ticket where there is one, and proves itself anew before the gateway ends the IKE SA.
 *
 * @module
 */
import type { RandomSource } from "../crypto/key_exchange.ts";
import type { DownReason, Effect } from "../ike/states/effect.ts";
import { delayBefore, type ReconnectionEvent, type ReconnectPolicy } from "./reconnect_policy.ts";
import { MOST_REDIRECTS } from "./redirection.ts";
import type { Link, Session } from "./session.ts";

/** Options of one attempt. */
export interface AttemptOptions {
  /** By a full exchange beside this IKE SA, over its sockets (RFC 7296, section 2.8.3). */
  readonly beside?: Link;
  /** The gateway of this IKE SA sends the client to another one (RFC 5685, section 5). */
  readonly sent?: { readonly from: Link; readonly to: string };
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
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

/** The client is on its way to another gateway. */
interface Detour {
  readonly to: string;
  /** Aborted when it is sent elsewhere meanwhile. */
  readonly left: AbortController;
  /** Where to then. */
  next: string | undefined;
}

/** MAX_REDIRECTS within REDIRECT_LOOP_DETECT_PERIOD (RFC 5685, section 5). */
const LOOP_PERIOD_MS = 300_000;

export class Reconnection {
  readonly #options: ReconnectionOptions;
  readonly #stopped = new AbortController();
  readonly #closed = Promise.withResolvers<DownReason>();
  #session: Session | undefined;
  /** A new IKE SA is being made in the place of the one that is up. */
  #isReplacing = false;
  /** The other gateway that it is made with. */
  #detour: Detour | undefined;
  /** When gateways have sent the client elsewhere of late. */
  #sentAtMs: readonly number[] = [];

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
    if (effect.type === "redirection-asked" && this.#detour) return turn(this.#detour, effect.to);
    if (this.#isReplacing) return;
    if (effect.type === "reauthentication-due") void this.#reauthenticate();
    if (effect.type === "redirection-asked") void this.#goElsewhere(effect.to);
  }

  #follow(link: Link): void {
    void link.state.closed.then((reason) => this.#ended(link, reason));
  }

  async #ended(link: Link, reason: DownReason): Promise<void> {
    // Another IKE SA has taken its place.
    if (link !== this.#session?.link) return;
    // A gateway that ends an IKE SA for want of reauthentication means only that: the session may come back.
    const isLost = reason === "no-answer" || reason === "deleted-by-peer" && this.#isReplacing;
    if (!isLost || this.#stopped.signal.aborted) return this.#closed.resolve(reason);
    this.#options.tell({ type: "connection-lost", reason });
    const back = await this.#attempt((): boolean => true, {});
    if (back === undefined) return this.#closed.resolve(this.#stopped.signal.aborted ? "deleted-by-us" : reason);
    this.#options.tell({ type: "connection-back", attempt: back.attempt, resumed: back.link.state.up.resumed });
  }

  /** A new full exchange, then the old IKE SA is deleted: its Child SA serves until the new one is there. */
  async #reauthenticate(): Promise<void> {
    const old = this.#session?.link;
    if (old && await this.#replace(old, { beside: old })) this.#options.tell({ type: "reauthenticated" });
  }

  /**
   * A new IKE SA with the other gateway, by ticket if that may be, then the old one is deleted (RFC 5685, section 5). Gateways that send the client
   * round and round are left where it is: one of them will keep it.
   */
  async #goElsewhere(to: string): Promise<void> {
    const old = this.#session?.link;
    const now = this.#options.nowMs();
    const lately = this.#sentAtMs.filter((atMs) => now - atMs < LOOP_PERIOD_MS);
    if (old === undefined || lately.length >= MOST_REDIRECTS) return;
    this.#sentAtMs = [...lately, now];
    const detour: Detour = { to, left: new AbortController(), next: undefined };
    this.#detour = detour;
    const signal = AbortSignal.any([this.#stopped.signal, detour.left.signal]);
    const made = await this.#replace(old, { sent: { from: old, to } }, signal);
    this.#detour = undefined;
    if (made) this.#options.tell({ type: "redirected", to, resumed: made.state.up.resumed });
    else if (detour.next !== undefined) await this.#goElsewhere(detour.next);
  }

  async #replace(
    old: Link,
    how: Pick<AttemptOptions, "beside" | "sent">,
    signal?: AbortSignal,
  ): Promise<Link | undefined> {
    if (old.state.down) return undefined;
    this.#isReplacing = true;
    const made = await this.#attempt(() => !old.state.down, how, signal);
    this.#isReplacing = false;
    if (made && !old.state.down) old.driver.act(old.driven, { type: "close" });
    return made?.link;
  }

  /** Attempts, one after the other, as long as they are wanted. */
  async #attempt(
    isWanted: () => boolean,
    how: Pick<AttemptOptions, "beside" | "sent">,
    signal: AbortSignal = this.#stopped.signal,
  ): Promise<{ readonly link: Link; readonly attempt: number } | undefined> {
    const { policy, random, attempt, tell } = this.#options;
    let cause: unknown;
    for (let number = 1; number <= policy.attempts && isWanted() && !signal.aborted; number++) {
      const isReplacing = how.beside !== undefined || how.sent !== undefined;
      // A reauthentication need not wait: its moment was already drawn at random. Nor need one that is sent elsewhere: the gateway keeps the pace.
      const delayMs = isReplacing && number === 1 ? 0 : delayBefore(number, policy, random);
      if (!isReplacing) tell({ type: "reconnecting", attempt: number, delayMs, ...(cause !== undefined && { cause }) });
      await pause(delayMs, signal);
      if (!isWanted() || signal.aborted) return undefined;
      try {
        const link = await attempt({ ...how, signal, watch: (effect) => this.watch(effect) });
        this.#session!.adopt(link);
        this.#follow(link);
        if (this.#stopped.signal.aborted) link.driver.act(link.driven, { type: "close" });
        return { link, attempt: number };
      } catch (error) {
        cause = error;
      }
    }
    return undefined;
  }
}

/** The gateway, which may not be where it was said to be, is left for the one that was said last. */
function turn(detour: Detour, to: string): void {
  if (to === (detour.next ?? detour.to)) return;
  detour.next = to;
  detour.left.abort();
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
