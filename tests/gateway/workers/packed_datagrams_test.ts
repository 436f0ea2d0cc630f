import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "node:test";
import { DatagramPacker, unpack } from "../../../src/gateway/workers/packed_datagrams.ts";
import type { Datagram } from "../../../src/ike/steps/datagram.ts";

const endpoint = fc.record({ address: fc.ipV4(), port: fc.nat(65_535) }, { noNullPrototype: true });
const datagram: fc.Arbitrary<Datagram> = fc.record({
  octets: fc.uint8Array({ maxLength: 100 }),
  local: endpoint,
  remote: endpoint,
  encapsulated: fc.boolean(),
}, { noNullPrototype: true });

test("datagrams cross the threads as they were, in order, each with octets of its own", () => {
  const packer = new DatagramPacker();
  fc.assert(
    fc.property(fc.array(datagram), (datagrams) => {
      for (const each of datagrams) packer.add(each);
      assert.equal(packer.count, datagrams.length);
      const packed = packer.take();
      assert.equal(packer.count, 0);
      const arrived = unpack(structuredClone(packed, { transfer: [packed.octets.buffer] }));
      assert.deepEqual(arrived, datagrams);
      // One that is kept must not keep all that came with it.
      for (const { octets } of arrived) assert.equal(octets.buffer.byteLength, octets.length);
    }),
  );
});
