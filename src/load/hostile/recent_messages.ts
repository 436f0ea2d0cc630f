/**
 * First messages that may still be answered, by initiator SPI.
 *
 * @module
 */

/** More than are under way: the oldest make room. */
const MOST = 32_768;

export class RecentMessages {
  readonly #bySpi = new Map<bigint, Uint8Array>();

  add(message: Uint8Array): void {
    this.#bySpi.set(initiatorSpi(message), message);
    if (this.#bySpi.size <= MOST) return;
    const [oldest] = this.#bySpi.keys();
    this.#bySpi.delete(oldest);
  }

  /** The message that this answers, once. */
  take(answer: Uint8Array): Uint8Array | undefined {
    const spi = initiatorSpi(answer);
    const message = this.#bySpi.get(spi);
    this.#bySpi.delete(spi);
    return message;
  }
}

function initiatorSpi(octets: Uint8Array): bigint {
  return octets.length < 8 ? 0n : new DataView(octets.buffer, octets.byteOffset).getBigUint64(0);
}
