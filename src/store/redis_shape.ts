/**
 * The key by which a store on a server says whose it is, and of which form: what another program or another version keeps under the same prefix
 * is neither read nor written.
 *
 * @module
 */
import type { RedisClient } from "./redis_client.ts";
import { StoreError } from "./store_error.ts";

/** The number changes with the form of what is kept. */
const SHAPE = "ike-resume store 1";

export class RedisShape {
  readonly #key: string;
  readonly #prefix: string;
  #isRight = false;
  #connections = 0;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.#key = `${prefix}shape`;
  }

  /** Whether the server that is connected was found to have the right one. */
  get isRight(): boolean {
    return this.#isRight;
  }

  /** Another server may be connected. */
  forget(): void {
    this.#isRight = false;
    this.#connections++;
  }

  /** @throws {StoreError} "version": something else is under the prefix. */
  async check(client: RedisClient): Promise<void> {
    const connection = this.#connections;
    const [, [found]] = await Promise.all([client.set(this.#key, SHAPE, { condition: "NX" }), client.mGet([this.#key])]);
    const text = found instanceof Uint8Array ? new TextDecoder().decode(found) : undefined;
    if (text !== SHAPE) {
      throw new StoreError("version", `redis: ${this.#key} is ${said(text)}, expected "${SHAPE}": ${ADVICE(this.#prefix)}`);
    }
    if (connection === this.#connections) this.#isRight = true;
  }
}

const ADVICE = (prefix: string) => `what is under ${prefix} is of another program or version; name another prefix`;

function said(text: string | undefined): string {
  return text === undefined ? "no text" : JSON.stringify(text.slice(0, 64));
}
