/**
 * Finds messages of one wave by an SPI in their headers. The same memory serves each wave: a Map would be made and thrown away for each, with a bigint
 * for each message.
 *
 * Open addressing with linear probing, in four times as many places as there are messages. Strangers may choose SPIs that all have one place: then a
 * message is compared with each before it, which a wave's bound makes cheap.
 *
 * @module
 */

/** Places that there are at least; a power of two, as every number of places. */
const FEWEST_PLACES = 128;
const PLACES_OF_A_MESSAGE = 4;
/** Kept for the next wave; a wider one is rare. */
const MOST_KEPT_PLACES = 2_048;
/** Spreads what SPIs have in common: the golden ratio of 32 bits. */
const SPREAD = 0x9e37_79b1 | 0;

export class WaveKeys {
  /** By place: which message is there, and one more; 0: the place is free. */
  #numbers = new Int32Array(FEWEST_PLACES);
  /** By place: both words of its SPI. */
  #words = new Int32Array(2 * FEWEST_PLACES);

  /** Forgets the wave before. @param messages how many there may be. */
  begin(messages: number): void {
    let places = FEWEST_PLACES;
    while (places < PLACES_OF_A_MESSAGE * messages) places *= 2;
    if (places > this.#numbers.length || this.#numbers.length > MOST_KEPT_PLACES) {
      this.#numbers = new Int32Array(places);
      this.#words = new Int32Array(2 * places);
    } else this.#numbers.fill(0);
  }

  /** The first place where the SPI at `at` may be. */
  home(octets: Uint8Array, at: number): number {
    const spread = Math.imul(word(octets, at) ^ word(octets, at + 4), SPREAD);
    return (spread ^ spread >>> 15) & this.#numbers.length - 1;
  }

  after(place: number): number {
    return place + 1 & this.#numbers.length - 1;
  }

  /** The message there; -1: none is, nor at a later place. */
  numberAt(place: number): number {
    return this.#numbers[place] - 1;
  }

  /** Whether the message there has the SPI that stands at `at`. */
  hasSpi(place: number, octets: Uint8Array, at: number): boolean {
    return this.#words[2 * place] === word(octets, at) && this.#words[2 * place + 1] === word(octets, at + 4);
  }

  put(place: number, octets: Uint8Array, at: number, number: number): void {
    this.#numbers[place] = number + 1;
    this.#words[2 * place] = word(octets, at);
    this.#words[2 * place + 1] = word(octets, at + 4);
  }
}

function word(octets: Uint8Array, at: number): number {
  return octets[at] << 24 | octets[at + 1] << 16 | octets[at + 2] << 8 | octets[at + 3];
}
