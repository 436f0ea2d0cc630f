import assert from "node:assert/strict";
import { isIPv4 } from "node:net";
import { test } from "node:test";
import { addressOctets, formatAddress } from "../../../src/ike/message/address.ts";
import { repeatableRandom, runSeed } from "../../crypto/random.ts";

test("addresses become the octets that packets have, an IPv4-mapped one those of the IPv4 address", () => {
  const expected: [string, number[]][] = [
    ["0.0.0.0", [0, 0, 0, 0]],
    ["255.255.255.255", [255, 255, 255, 255]],
    ["192.0.2.1", [192, 0, 2, 1]],
    ["::ffff:192.0.2.1", [192, 0, 2, 1]],
    ["::", new Array(16).fill(0)],
    ["2001:db8::1", [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    ["64:ff9b::192.0.2.1", [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1]],
  ];
  for (const [text, octets] of expected) assert.deepEqual([...addressOctets(text)], octets, text);
});

test("octets become the one text that sockets and Linux have for an address: the longest run of zeros is left out, the first of several, never a lone one", () => {
  const expected = [
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["1:0:0:0:0:0:0:0", "1::"],
    ["0:0:0:1:0:0:0:0", "0:0:0:1::"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["ab:cd:ef:1:2:3:4:5", "ab:cd:ef:1:2:3:4:5"],
  ];
  for (const [text, shortest] of expected) assert.equal(formatAddress(addressOctets(text)), shortest);
  const random = repeatableRandom(runSeed);
  for (let times = 0; times < 2_000; times++) {
    const groups = Array.from({ length: 8 }, () => random.integer(0, 2) === 0 ? random.integer(0, 0xffff).toString(16) : "0");
    const text = new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
    assert.equal(formatAddress(addressOctets(groups.join(":"))), text, `seed ${runSeed}`);
  }
});

test("what is no address is refused, whatever it looks like", () => {
  const wrong = [
    "",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.",
    ".1.2.3",
    "1..2.3",
    "1.2.3.256",
    "1.2.3.0004",
    "1.2.3.a",
    "1.2.3.4 ",
    " 1.2.3.4",
    "1.2.3.-4",
    "1.2.3.٤",
    "localhost",
    ":",
    ":::",
    "1::2::3",
    "2001:db8::g",
    "::1.2.3",
    "::1.2.3.4.5",
    "1:2:3:4:5:6:7",
    "fe80::1%eth0",
  ];
  for (const text of wrong) assert.throws(() => addressOctets(text), RangeError, text);
});

test("texts of digits and dots are taken for IPv4 addresses where node:net takes them for such, leading zeros aside", () => {
  const random = repeatableRandom(runSeed);
  for (let times = 0; times < 20_000; times++) {
    const text = Array.from({ length: random.integer(3, 5) }, () => String(random.integer(0, 300))).join(".");
    if (isIPv4(text)) assert.equal(addressOctets(text).join("."), text);
    else assert.throws(() => addressOctets(text), RangeError, `${text}, seed ${runSeed}`);
  }
});
