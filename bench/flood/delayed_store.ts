/**
 * A memory store that answers as late as one over a network does: what waits for it, and what waits behind that, shows.
 *
 * @module
 */
import { MemoryTicketClaims } from "../../src/store/memory_claims.ts";
import { MemoryRevocations } from "../../src/store/memory_revocations.ts";

/** What a gateway asks of it about tickets by value, a whole wave at a time. */
const ASKED: readonly (readonly [prototype: object, methods: readonly string[]])[] = [
  [MemoryTicketClaims.prototype, ["claim", "isClaimed"]],
  [MemoryRevocations.prototype, ["add", "has"]],
];

/** From now on every answer of every memory store of this process comes so much later, in milliseconds. */
export function delayMemoryStores(delayMs: number): void {
  for (const [prototype, methods] of ASKED) {
    for (const name of methods) {
      const answer: (this: object, batch: unknown) => unknown = Reflect.get(prototype, name);
      Object.defineProperty(prototype, name, {
        value(this: object, batch: unknown): Promise<unknown> {
          return new Promise((resolve, reject) =>
            setTimeout(() => {
              try {
                resolve(answer.call(this, batch));
              } catch (error) {
                reject(error);
              }
            }, delayMs)
          );
        },
      });
    }
  }
}
