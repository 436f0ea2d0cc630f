/** Private values of the ECP groups (RFC 5903). @module */
import type { RandomSource } from "./key_exchange.ts";

/** Orders of the base points (RFC 5903, sections 3.1 to 3.3), most significant octet first, in hexadecimal. */
export const ECP_ORDERS_HEX = {
  19: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
  20: "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
  21:
    "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
} as const;

/** The first octet of an order of 521 bits has one bit: the others of a draw are cut off. */
const FIRST_OCTET_MASKS = { 19: 0xff, 20: 0xff, 21: 0x01 } as const;

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
    scalar[0] &= FIRST_OCTET_MASKS[group];
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
