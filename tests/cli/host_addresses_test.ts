import assert from "node:assert/strict";
import { test } from "node:test";
import { atAddresses, HostNameError, isHostName } from "../../src/cli/host_addresses.ts";
import { hostAndIdentity, hostAndPort } from "../../src/cli/option_values.ts";
import { gatewayProcess } from "./gateway_process.ts";
import { run, signal } from "./command_line.ts";

const never = () => Promise.reject(new Error("asked for an address"));

test("a name becomes all of its addresses in their order, each with what was said of the name; an address is not looked up", async () => {
  const found = await atAddresses(
    [{ address: "vpn.example", port: 5 }, { address: "192.0.2.7", port: 6 }],
    (name) => Promise.resolve(name === "vpn.example" ? ["2001:db8::1", "192.0.2.1", "192.0.2.1"] : []),
  );
  assert.deepEqual(found, [
    { address: "2001:db8::1", port: 5 },
    { address: "192.0.2.1", port: 5 },
    { address: "192.0.2.7", port: 6 },
  ]);
  assert.deepEqual(await atAddresses([{ address: "2001:db8::7" }], never), [{ address: "2001:db8::7" }]);
});

test("a name without an address, and one that nobody can look up, are told in one line with the name", async () => {
  const failing = (code?: string) => () => Promise.reject(Object.assign(new Error("getaddrinfo ENOTFOUND"), { code }));
  const at = (lookUp: () => Promise<readonly string[]>) => atAddresses([{ address: "gone.example" }], lookUp);
  await assert.rejects(at(failing("ENOTFOUND")), new HostNameError("gone.example: there is no such host"));
  await assert.rejects(at(failing("EAI_AGAIN")), new HostNameError("gone.example: getaddrinfo ENOTFOUND"));
  await assert.rejects(at(() => Promise.resolve([])), new HostNameError("gone.example: it has no address"));
});

test("what is taken for a host and its port, and what is not", () => {
  const parse = hostAndPort(500);
  assert.deepEqual(parse("vpn.example.org"), { address: "vpn.example.org", port: 500 });
  assert.deepEqual(parse("vpn-1:4501"), { address: "vpn-1", port: 4501 });
  assert.deepEqual(parse("[2001:db8::1]:7"), { address: "2001:db8::1", port: 7 });
  assert.deepEqual(parse("192.0.2.1"), { address: "192.0.2.1", port: 500 });
  for (
    const text of ["", "192.0.2.300", "a b", "-a.example", "a..b", "vpn:0", "vpn:70000", `${"a".repeat(64)}.example`, "vpn:x"]
  ) {
    assert.throws(() => parse(text), /Allowed are vpn\.example\.org,/, text);
  }
  assert.equal(hostAndIdentity(500)("vpn.example:501=gw.example").address, "vpn.example");
  assert.deepEqual([isHostName("vpn"), isHostName("192.0.2.1"), isHostName("::1")], [true, false, false]);
});

test("connect --peer takes a host name, and a name that there is none of ends it with status 1", async () => {
  const gateway = await gatewayProcess("--json");
  try {
    // The later one is of no account to the first, which answers.
    const up = await gateway.connect("--peer", `localhost:${gateway.listening.port}`);
    assert.equal(up.status, 0, up.stderr);
    const words = ["connect", "--identity", "client@example.org", "--psk-file", `${gateway.folder}/psk`, "--hold", "0"];
    const named = await run(
      ...words,
      ...["--peer", `localhost:${gateway.listening.port}`, "--peer-nat-port", `${gateway.listening.nat_port}`],
    );
    assert.equal(named.status, 0, named.stderr);
    const gone = await run(...words, "--peer", "no-such-host.invalid");
    assert.equal(gone.status, 1);
    assert.match(
      gone.stderr,
      /^ike-resume connect: no-such-host\.invalid: (there is no such host|getaddrinfo|failed to lookup)/m,
    );
  } finally {
    signal(gateway.child, "SIGTERM");
    await gateway.end;
    gateway.remove();
  }
});
