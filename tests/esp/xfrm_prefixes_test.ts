import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSelectors } from "../../src/configuration/mod.ts";
import { prefixesOf } from "../../src/esp/xfrm/prefixes.ts";

test("prefixes are all of a range, nothing else, and as few as can be", () => {
  const ipv4 = (number: number) => Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
  fc.assert(fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), (one, other) => {
    const [first, last] = one < other ? [one, other] : [other, one];
    let at = first;
    const prefixes = prefixesOf(ipv4(first), ipv4(last));
    for (const prefix of prefixes) {
      const [{ startAddress, endAddress }] = parseSelectors(prefix);
      const numberOf = (octets: Uint8Array) => octets.reduce((sum, octet) => 256 * sum + octet, 0);
      assert.equal(numberOf(startAddress), at);
      at = numberOf(endAddress) + 1;
    }
    assert.equal(at, last + 1);
    assert.ok(prefixes.length <= 62);
  }));
  assert.deepEqual(prefixesOf(ipv4(0), ipv4(0xffffffff)), ["0.0.0.0/0"]);
  const [ipv6] = parseSelectors("2001:db8::/32");
  assert.deepEqual(prefixesOf(ipv6.startAddress, ipv6.endAddress), ["2001:db8::/32"]);
  const [any6] = parseSelectors("::/0");
  assert.deepEqual(prefixesOf(any6.startAddress, any6.endAddress), ["::/0"]);
});
