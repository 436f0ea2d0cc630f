/** Private values of the ECP groups (RFC 5903). @module */
import type { RandomSource } from "./key_exchange.ts";

/** Orders of the base points (RFC 5903, sections 3.1 and 3.2), most significant octet first, in hexadecimal. */
export const ECP_ORDERS_HEX = {
  19: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
  20: "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
} as const;

/** A draw is refused with a probability of 2^-32 at most: so many refusals in a row mean that the source is broken. */
const MAXIMUM_DRAWS = 16;

/**
 * A scalar from 1 to the order less 1, by drawing until one fits, so that none is more likely than another.
 *
 * @throws Error when the random source is plainly broken
 */
export function ecpPrivateValue(group: keyof typeof ECP_ORDERS_HEX, random: RandomSource): Uint8Array {
  const order = ECP_ORDERS_HEX[group];
  for (let draw = 0; draw < MAXIMUM_DRAWS; draw++) {
    const scalar = random(order.length / 2);
    if (isZero(scalar) || !isBelow(scalar, order)) continue;
    return scalar;
  }
  throw new Error("the random source gives no usable private value");
}

/** Looks at every octet. */
function isZero(scalar: Uint8Array): boolean {
  let bits = 0;
  for (const octet of scalar) bits |= octet;
  return bits === 0;
}

/** Subtracts as on paper and looks at the last borrow: the same steps for every scalar. */
function isBelow(scalar: Uint8Array, orderHex: string): boolean {
  let borrow = 0;
  for (let i = scalar.length - 1; i >= 0; i--) {
    const difference = scalar[i] - parseInt(orderHex.slice(2 * i, 2 * i + 2), 16) - borrow;
    borrow = (difference >> 8) & 1;
  }
  return borrow === 1;
}
