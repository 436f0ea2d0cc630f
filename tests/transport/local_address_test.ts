import assert from "node:assert/strict";
import { test } from "node:test";
import { addressTowards } from "../../src/transport/interface_address.ts";
import { localAddressTowards } from "../../src/transport/local_address.ts";

const INTERFACES = [
  { interfaceName: "lo", address: "127.0.0.1", prefixLength: 8 },
  { interfaceName: "lo", address: "::1", prefixLength: 128 },
  { interfaceName: "wired", address: "192.0.2.7", prefixLength: 24 },
  { interfaceName: "wired", address: "2001:db8::7", prefixLength: 64 },
  { interfaceName: "wired", address: "fe80::7", prefixLength: 64 },
  { interfaceName: "tunnel", address: "10.0.0.1", prefixLength: 8 },
  { interfaceName: "bridge", address: "10.20.0.1", prefixLength: 20 },
];

test("a loopback gateway is reached from the loopback address, on every runtime", async () => {
  assert.equal(await localAddressTowards("127.0.0.1", 500), "127.0.0.1");
});

test("a gateway in an interface's own network is reached from that interface, the smallest network first", () => {
  assert.equal(addressTowards("192.0.2.200", INTERFACES, undefined), "192.0.2.7");
  assert.equal(addressTowards("10.20.15.255", INTERFACES, undefined), "10.20.0.1");
  assert.equal(addressTowards("10.20.16.0", INTERFACES, undefined), "10.0.0.1");
  assert.equal(addressTowards("fe80::1234", INTERFACES, undefined), "fe80::7");
});

test("a gateway beyond all networks is reached from the default route's interface, or from the only address there is", () => {
  assert.equal(addressTowards("198.51.100.1", INTERFACES, "wired"), "192.0.2.7");
  assert.equal(addressTowards("198.51.100.1", INTERFACES, undefined), undefined);
  assert.equal(addressTowards("2001:db8:1::1", INTERFACES, undefined), "2001:db8::7");
  assert.equal(addressTowards("198.51.100.1", INTERFACES.slice(0, 2), "lo"), undefined);
});
