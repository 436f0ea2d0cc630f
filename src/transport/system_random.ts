/**
 * The machine's cryptographic random numbers.
 *
 * @module
 */

/** Web Crypto gives at most this many octets in one call. */
const LARGEST_DRAW = 65_536;

/** Draws are taken from a stock: one call for 32 octets costs as much as one for 4,096. */
const STOCK_LENGTH = 4_096;

let stock = new Uint8Array(0);

/** Random octets from the system's generator, in a buffer that is the caller's own. */
export function systemRandom(length: number): Uint8Array {
  if (length > STOCK_LENGTH / 4) return drawLarge(length);
  if (stock.length < length) stock = crypto.getRandomValues(new Uint8Array(STOCK_LENGTH));
  const drawn = stock.slice(0, length);
  // What was handed out must not be found a second time, neither by a later draw nor in memory.
  stock.fill(0, 0, length);
  stock = stock.subarray(length);
  return drawn;
}

function drawLarge(length: number): Uint8Array {
  const octets = new Uint8Array(length);
  for (let offset = 0; offset < length; offset += LARGEST_DRAW) {
    crypto.getRandomValues(octets.subarray(offset, offset + LARGEST_DRAW));
  }
  return octets;
}
