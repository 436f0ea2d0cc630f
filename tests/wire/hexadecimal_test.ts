import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { ikeSpiDigits, isIkeSpiDigits, toHexadecimal } from "../../src/wire/hexadecimal.ts";

test("octets of every length have two digits each, also where the runtime writes none", () => {
  for (let length = 0; length < 70; length++) {
    const octets = Uint8Array.from({ length }, (_, index) => 7 * length + 37 * index);
    const expected = Buffer.from(octets).toString("hex");
    assert.equal(toHexadecimal(octets), expected);
    // As in Node 24.
    assert.equal(toHexadecimal(Object.assign(octets, { toHex: undefined })), expected);
  }
});

test("an SPI has sixteen digits, and is told from others by them", () => {
  for (const spi of [0n, 1n, 0x0123_4567_89ab_cdefn, 0xffff_ffff_ffff_fffen]) {
    const digits = spi.toString(16).padStart(16, "0");
    assert.equal(ikeSpiDigits(spi), digits);
    const octets = Uint8Array.of(9, ...Buffer.from(digits, "hex"), 9);
    assert.ok(isIkeSpiDigits(digits, octets, 1));
    for (const other of [undefined, "", digits.slice(1), `${digits}0`, digits.toUpperCase(), ikeSpiDigits(spi ^ 16n)]) {
      assert.equal(isIkeSpiDigits(other, octets, 1), other === digits);
    }
  }
});
