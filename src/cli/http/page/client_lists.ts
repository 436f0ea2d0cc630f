/**
 * Lists of clients that people look at, a page at a time. What is not looked at any more goes.
 *
 * @module
 */
import { clearTimeout, setTimeout } from "node:timers";
import type { IkeSaAdministration, IkeSaDescription, WhichIkeSas } from "../../../gateway/ike_sa_administration.ts";

/** IKE SAs on a page. */
const PAGE_LENGTH = 50;
/** Lists that are open at once: each holds the SPIs of all IKE SAs that there were. */
const MOST_LISTS = 8;
/** Searches that are under way at once. */
const MOST_SEARCHES = 4;
/** How long a list stays open that nobody looks at, in milliseconds. */
const PATIENCE_MS = 300_000;

export interface ClientPage {
  readonly ikeSas: readonly IkeSaDescription[];
  /** Names the rest; `undefined`: this was all. */
  readonly more: string | undefined;
}

export class ClientLists {
  readonly #gateway: Pick<IkeSaAdministration, "ikeSas">;
  /** By name; the one that nobody has looked at longest comes first. */
  readonly #open = new Map<string, OpenList>();
  #opened = 0;
  #searching = 0;

  constructor(gateway: Pick<IkeSaAdministration, "ikeSas">) {
    this.#gateway = gateway;
  }

  /** Whether one more may search. */
  get hasRoom(): boolean {
    return this.#searching < MOST_SEARCHES;
  }

  /** @throws {RangeError} an address is none. */
  begin(which: WhichIkeSas): Promise<ClientPage> {
    return this.#nextPage({ name: String(++this.#opened), ikeSas: this.#gateway.ikeSas(which), waiting: [], timer: undefined });
  }

  /** @returns `undefined`: there is no such list, or no longer. */
  next(name: string): Promise<ClientPage> | undefined {
    const list = this.#open.get(name);
    if (list === undefined) return undefined;
    this.#forget(list);
    return this.#nextPage(list);
  }

  close(): void {
    for (const list of this.#open.values()) this.#giveUp(list);
  }

  async #nextPage(list: OpenList): Promise<ClientPage> {
    this.#searching++;
    try {
      let isOver = false;
      // One more than is shown: only then it is known that there is more.
      while (!isOver && list.waiting.length <= PAGE_LENGTH) {
        const { done, value } = await list.ikeSas.next();
        if (done) isOver = true;
        else list.waiting.push(...value);
      }
    } finally {
      this.#searching--;
    }
    const ikeSas = list.waiting.splice(0, PAGE_LENGTH);
    if (list.waiting.length === 0) return { ikeSas, more: undefined };
    this.#keep(list);
    return { ikeSas, more: list.name };
  }

  #keep(list: OpenList): void {
    if (this.#open.size >= MOST_LISTS) { for (const oldest of [...this.#open.values()].slice(0, 1)) this.#giveUp(oldest); }
    this.#open.set(list.name, list);
    list.timer = setTimeout(() => this.#giveUp(list), PATIENCE_MS);
    list.timer.unref();
  }

  #forget(list: OpenList): void {
    clearTimeout(list.timer);
    this.#open.delete(list.name);
  }

  #giveUp(list: OpenList): void {
    this.#forget(list);
    void list.ikeSas.return();
  }
}

interface OpenList {
  readonly name: string;
  readonly ikeSas: ReturnType<IkeSaAdministration["ikeSas"]>;
  /** Found, and not shown yet. */
  readonly waiting: IkeSaDescription[];
  timer: ReturnType<typeof setTimeout> | undefined;
}
