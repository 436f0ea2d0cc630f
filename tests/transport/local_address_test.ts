import assert from "node:assert/strict";
import { test } from "node:test";
import { addressTowards, interfaceOfRoute } from "../../src/transport/interface_address.ts";
import { TransportError } from "../../src/transport/transport_error.ts";
import { isWildcard, localAddressTowards } from "../../src/transport/local_address.ts";

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

test("of several addresses on the interface that the route goes over none is guessed", () => {
  const second = { interfaceName: "wired", address: "2001:db8::8", prefixLength: 64 };
  const other = { interfaceName: "wireless", address: "2001:db8:9::7", prefixLength: 64 };
  assert.equal(addressTowards("2001:db8:1::1", [...INTERFACES, other], "wireless"), "2001:db8:9::7");
  assert.equal(addressTowards("2001:db8:1::1", [...INTERFACES, second, other], "wired"), undefined);
});

test("the interface of a route is that of the longest prefix, then of the lowest metric, and none where the route refuses", () => {
  const table = [
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
    "wired\t00000000\t010000CB\t0003\t0\t0\t100\t00000000\t0\t0\t0",
    "wireless\t00000000\t010000CC\t0003\t0\t0\t50\t00000000\t0\t0\t0",
    "tunnel\t000200C0\t0102000A\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0",
    "*\t006433C6\t00000000\t0200\t0\t0\t0\t00FFFFFF\t0\t0\t0",
  ].join("\n");
  assert.equal(interfaceOfRoute(table, "192.0.2.1"), "tunnel");
  assert.equal(interfaceOfRoute(table, "203.0.113.1"), "wireless");
  assert.equal(interfaceOfRoute(table, "198.51.100.1"), undefined);
  assert.equal(interfaceOfRoute("", "198.51.100.1"), undefined);
});

test("the kernel is asked for the address, in both families, on every runtime", async () => {
  assert.equal(await localAddressTowards("127.0.0.77", 500), "127.0.0.1");
  assert.equal(await localAddressTowards("::1", 500), "::1");
});

test("an address stands for all of the machine however its zeros are written", () => {
  for (const address of ["0.0.0.0", "::", "0:0:0:0:0:0:0:0", "0::0", "::0.0.0.0", "::ffff:0.0.0.0"]) {
    assert.ok(isWildcard(address));
  }
  for (const address of ["0.0.0.1", "::1", "1::", "::ffff:0.0.0.1"]) assert.equal(isWildcard(address), false);
  assert.throws(() => isWildcard("fe80::1%eth0"), TransportError);
});
