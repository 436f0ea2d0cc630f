/**
 * The Child SAs of a session, as the effects of its initiator add up to them.
 *
 * @module
 */
import type { ChildSa } from "../ike/child_sa/child_sa.ts";
import type { Effect } from "../ike/states/effect.ts";

export class SessionChildSas {
  #inUse: readonly ChildSa[] = [];
  #main: ChildSa | undefined;
  #requests = 0;
  readonly #answers = new Map<number, (childSa: ChildSa | undefined) => void>();

  /** Those that traffic goes by, the oldest first; one that took the place of another stands where that stood. */
  get inUse(): readonly ChildSa[] {
    return this.#inUse;
  }

  /** The first one, or what took its place; where that is gone too, what it was. `undefined`: there was none. */
  get main(): ChildSa | undefined {
    return this.#main;
  }

  next(): { readonly request: number; readonly answer: Promise<ChildSa | undefined> } {
    const request = this.#requests++;
    return { request, answer: new Promise((resolve) => this.#answers.set(request, resolve)) };
  }

  take(effect: Effect): void {
    switch (effect.type) {
      case "child-sa-up":
        if (this.#main === undefined || !this.#inUse.includes(this.#main)) this.#main = effect.childSa;
        this.#inUse = [...this.#inUse, effect.childSa];
        this.#answer(effect.request, effect.childSa);
        break;
      case "child-sa-rekeyed": {
        const { old, childSa, isRedundant } = effect;
        if (isRedundant) break;
        this.#inUse = this.#inUse.includes(old)
          ? this.#inUse.map((one) => one === old ? childSa : one)
          : [...this.#inUse, childSa];
        if (this.#main === old) this.#main = childSa;
        break;
      }
      case "child-sa-down":
        this.#inUse = this.#inUse.filter((one) => one !== effect.childSa);
        if (this.#main === effect.childSa && this.#inUse.length > 0) this.#main = this.#inUse[0];
        break;
      case "child-sa-failed":
        this.#answer(effect.request, undefined);
        break;
    }
  }

  /** The session is over: what was asked for does not come any more. */
  end(): void {
    for (const request of [...this.#answers.keys()]) this.#answer(request, undefined);
  }

  #answer(request: number | undefined, childSa: ChildSa | undefined): void {
    if (request === undefined) return;
    this.#answers.get(request)?.(childSa);
    this.#answers.delete(request);
  }
}
