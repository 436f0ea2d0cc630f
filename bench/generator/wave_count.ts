/**
 * How many datagrams leave with a wave, on average.
 *
 * @module
 */
import type { OpenSocketTransport, SocketTransport } from "../../src/transport/transport.ts";

export class WaveCount {
  /** Opens transports as those of a fleet are. `undefined`: the fleet's way is not known. */
  readonly open: OpenSocketTransport | undefined;
  readonly #transports: SocketTransport[] = [];
  #waves = 0;
  #sentBefore = 0;

  constructor(open: OpenSocketTransport | undefined) {
    this.open = open && (async (options) => {
      const transport = await open(options);
      this.#transports.push(transport);
      // All of them are flushed after each wave.
      if (this.#transports.length === 1) this.#countFlushes(transport);
      return transport;
    });
  }

  /** Begins anew. */
  begin(): void {
    this.#waves = 0;
    this.#sentBefore = this.#sent;
  }

  /** `null`: there is nothing to tell. */
  get mean(): number | null {
    return this.#waves === 0 ? null : (this.#sent - this.#sentBefore) / this.#waves;
  }

  get #sent(): number {
    return this.#transports.reduce((sum, { counters }) => sum + counters.sent, 0);
  }

  #countFlushes(transport: SocketTransport): void {
    const flush = transport.flush.bind(transport);
    transport.flush = () => {
      this.#waves++;
      flush();
    };
  }
}
