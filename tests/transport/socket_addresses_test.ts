import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "node:test";
import { RecentMap } from "../../src/transport/batched/recent_map.ts";
import { SocketAddresses } from "../../src/transport/batched/socket_addresses.ts";

test("an address of the system and its text lead to each other, in both families", () => {
  for (const family of [4, 6] as const) {
    const addresses = new SocketAddresses(family);
    const size = family === 4 ? 4 : 16;
    fc.assert(
      fc.property(fc.uint8Array({ minLength: size, maxLength: size }), fc.integer({ min: 0, max: 65_535 }), (octets, port) => {
        const name = new Uint8Array(addresses.length + 3);
        name[3] = family === 4 ? 2 : 10;
        name.set([port >> 8, port & 0xff], 5);
        name.set(octets, 3 + (family === 4 ? 4 : 8));
        const endpoint = addresses.endpointAt(name, 3);
        assert.equal(endpoint.port, port);
        const written = new Uint8Array(addresses.length + 3).fill(0xee, 3);
        assert.ok(addresses.write(endpoint, written, 3));
        assert.deepEqual(written, name);
      }),
    );
  }
});

test("peers are told by their text as others write it, and IPv4 behind a socket for both families as IPv4", () => {
  const endpoint = (family: 4 | 6, hexadecimal: string) => {
    const octets = Uint8Array.from(hexadecimal.match(/../g)!, (pair) => parseInt(pair, 16));
    return new SocketAddresses(family).endpointOf(octets, 0, 500).address;
  };
  assert.equal(endpoint(4, "c0000207"), "192.0.2.7");
  assert.equal(endpoint(6, "20010db8000000000000000000000001"), "2001:db8::1");
  assert.equal(endpoint(6, "00000000000000000000000000000001"), "::1");
  assert.equal(endpoint(6, "00000000000000000000ffffc0000207"), "192.0.2.7");
});

test("a link-local peer is reached over the interface that it was heard on last, and no other address has a zone", () => {
  const addresses = new SocketAddresses(6);
  const name = (address: string, zone: number) => {
    const octets = new Uint8Array(addresses.length + 4);
    addresses.write({ address, port: 500 }, octets, 4);
    octets[4 + 24] = zone;
    return octets;
  };
  const zoneOf = (address: string) => {
    const octets = new Uint8Array(addresses.length + 4).fill(0xee);
    assert.ok(addresses.write({ address, port: 4500 }, octets, 4));
    return octets[4 + 24];
  };
  assert.deepEqual(addresses.endpointAt(name("fe80::7", 3), 4), { address: "fe80::7", port: 500 });
  addresses.endpointAt(name("2001:db8::7", 9), 4);
  assert.deepEqual(["fe80::7", "fe80::8", "2001:db8::7"].map(zoneOf), [3, 0, 0]);
  addresses.endpointAt(name("fe80::7", 2), 4);
  assert.equal(zoneOf("fe80::7"), 2);
});

test("a peer that comes again is the same endpoint, and of many peers only so many are remembered", () => {
  const addresses = new SocketAddresses(4);
  const of = (number: number) => addresses.endpointOf(new Uint8Array(Uint32Array.of(number).buffer), 0, 500);
  const first = of(1);
  assert.equal(of(1), first);
  for (let number = 2; number < 40_000; number++) of(number);
  assert.notEqual(of(1), first);
  assert.deepEqual(of(1), first);
});

test("a map of what was asked for lately keeps that, forgets what was not, and never grows beyond twice its limit", () => {
  const map = new RecentMap<number, string>(10);
  map.set(0, "kept");
  for (let key = 1; key < 1_000; key++) {
    map.set(key, `${key}`);
    assert.equal(map.get(0), "kept");
    assert.ok(map.size <= 20);
  }
  assert.equal(map.get(1), undefined);
  assert.equal(map.get(999), "999");
});
