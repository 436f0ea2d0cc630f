import assert from "node:assert/strict";
import { test } from "node:test";
import { Reader } from "../../src/wire/reader.ts";

test("After the first error nothing remains, reads give nothing, and the first error stays", () => {
  const reader = new Reader(Uint8Array.of(1, 2, 3), 0, "first");
  assert.equal(reader.u16(), 0x0102);
  assert.equal(reader.u16(), 0);
  const { error } = reader;
  assert.deepEqual(error && [error.kind, error.payload, error.offset], ["truncated", "first", 2]);
  reader.structure = "second";
  assert.equal(reader.remaining, 0);
  assert.equal(reader.u8(), 0);
  assert.equal(reader.octets(1).length, 0);
  reader.leave(reader.enter(1));
  reader.fail("bad-value", "anything");
  assert.equal(reader.error, error);
});

test("A negative length, as a wrong length field gives, is an error and moves nothing", () => {
  for (
    const read of [
      (reader: Reader) => reader.skip(-1),
      (reader: Reader) => reader.octets(-1),
      (reader: Reader) => reader.enter(-1),
    ]
  ) {
    const reader = new Reader(Uint8Array.of(1, 2, 3), 2, "any");
    read(reader);
    assert.equal(reader.error?.kind, "truncated");
    assert.equal(reader.position, 2);
    assert.equal(reader.remaining, 0);
  }
});

test("What is entered must be read to its end before it is left", () => {
  const reader = new Reader(new Uint8Array(4), 0, "any");
  const outer = reader.enter(3);
  reader.skip(2);
  reader.leave(outer);
  assert.deepEqual([reader.error?.kind, reader.error?.offset], ["bad-length", 2]);
});
