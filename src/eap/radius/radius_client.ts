/**
 * Several servers of RADIUS: one that does not answer is passed over for a while, where a conversation begins.
 *
 * @module
 */
import { systemRandom } from "../../crypto/system_random.ts";
import type { RadiusOptions } from "../mod.ts";
import type { Attribute } from "./radius_packet.ts";
import { type Answered, type RadiusPatience, RadiusSockets } from "./radius_socket.ts";

/** How long a server that did not answer comes last. */
const REST_MS = 30_000;

const DEFAULT_PATIENCE: RadiusPatience = { firstWaitMs: 400, tries: 2 };
/** A server that a conversation has begun with cannot be replaced: it is waited for longer. */
const MORE_TRIES = 1;

/** An answer, and the server that keeps the conversation's state. */
export interface AnsweredBy extends Answered {
  readonly server: number;
}

export class RadiusClient {
  readonly #servers: readonly { readonly sockets: RadiusSockets; readonly secret: Uint8Array; restsUntilMs: number }[];
  readonly #patience: RadiusPatience;

  constructor({ servers, firstWaitMs, tries, random = systemRandom }: RadiusOptions) {
    this.#servers = servers.map((server) => {
      const secret = server.secret.slice();
      return { sockets: new RadiusSockets({ ...server, secret }, random), secret, restsUntilMs: 0 };
    });
    this.#patience = { firstWaitMs: firstWaitMs ?? DEFAULT_PATIENCE.firstWaitMs, tries: tries ?? DEFAULT_PATIENCE.tries };
  }

  /** Asks a server that has a conversation's state, or the first that answers. `undefined`: none does. Never rejects. */
  async ask(attributes: readonly Attribute[], server?: number): Promise<AnsweredBy | undefined> {
    if (server !== undefined) {
      return await this.#askOne(server, attributes, { ...this.#patience, tries: this.#patience.tries + MORE_TRIES });
    }
    for (const index of this.#order()) {
      const answered = await this.#askOne(index, attributes, this.#patience);
      if (answered) return answered;
    }
    return undefined;
  }

  secretOf(server: number): Uint8Array {
    return this.#servers[server].secret;
  }

  close(): void {
    for (const { sockets } of this.#servers) sockets.close();
  }

  async #askOne(index: number, attributes: readonly Attribute[], patience: RadiusPatience): Promise<AnsweredBy | undefined> {
    const server = this.#servers[index];
    const answered = await server.sockets.ask(attributes, patience);
    server.restsUntilMs = answered ? 0 : performance.now() + REST_MS;
    return answered && { ...answered, server: index };
  }

  /** As they were given; those that rest come last. */
  #order(): number[] {
    const nowMs = performance.now();
    const rests = (index: number): number => this.#servers[index].restsUntilMs > nowMs ? 1 : 0;
    return [...this.#servers.keys()].sort((one, other) => rests(one) - rests(other) || one - other);
  }
}
