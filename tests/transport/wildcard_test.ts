import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { openBatchedTransport } from "../../src/transport/batched/batched_transport.ts";
import type { Libc } from "../../src/transport/libc/libc.ts";
import { batchedTest, scene, wildcardTest } from "./scene.ts";

const openOn = (libc: Libc) => (options: Parameters<typeof openBatchedTransport>[1]) => openBatchedTransport(libc, options);

for (
  const [wildcard, asked] of [
    ["0.0.0.0", "127.0.0.1"],
    ["0.0.0.0", "127.0.0.2"],
    ["::", "::1"],
    // Over IPv4, which the system has as ::ffff:127.0.0.2.
    ["::", "127.0.0.2"],
  ]
) {
  wildcardTest(`on ${wildcard} a datagram to ${asked} tells that address, and is answered from it`, async (libc) => {
    const peerAddress = asked.includes(":") ? "::1" : "127.0.0.1";
    const { transport, received, peer, send, answer, close } = await scene(openOn(libc), wildcard, peerAddress);
    try {
      assert.equal(transport.local.address, wildcard);
      for (const encapsulated of [false, true]) {
        const { port } = encapsulated ? transport.encapsulatedLocal : transport.local;
        const octets = Uint8Array.of(...encapsulated ? [0, 0, 0, 0] : [], 9, 8, 7);
        await send(octets, port, asked);
        const { local, remote, ...rest } = received[received.length - 1];
        assert.deepEqual(local, { address: asked, port });
        assert.deepEqual(remote, { address: peerAddress, port: peer.address().port });
        assert.deepEqual([...rest.octets], [9, 8, 7]);
        assert.deepEqual(await answer({ ...rest, local, remote }), { octets: [...octets], address: asked, port });
      }
    } finally {
      await close();
    }
  });
}

wildcardTest("on the wildcard, many datagrams at once come in order, and a port that is taken is named", async (libc) => {
  const { transport, received, sendOnly, until, close } = await scene(openOn(libc), "0.0.0.0", "127.0.0.1");
  try {
    for (let value = 0; value < 100; value++) await sendOnly(Uint8Array.of(value), transport.local.port);
    await until(() => received.length === 100);
    assert.deepEqual(received.map(({ octets }) => octets[0]), Array.from({ length: 100 }, (_, value) => value));
    const { port } = transport.encapsulatedLocal;
    const attempt = openOn(libc)({ address: "0.0.0.0", port: 0, natPort: port, onDatagram: () => {} });
    await assert.rejects(attempt, {
      name: "TransportError",
      message: `cannot listen on 0.0.0.0 port ${port}: address already in use (EADDRINUSE)`,
    });
  } finally {
    await close();
  }
});

wildcardTest("both wildcards go together where IPv6 is to leave IPv4 alone", async (libc) => {
  const ipv4 = await scene(openOn(libc), "0.0.0.0", "127.0.0.1");
  const { port } = ipv4.transport.local;
  const { port: natPort } = ipv4.transport.encapsulatedLocal;
  const ipv6 = await scene((options) => openOn(libc)({ ...options, ipv6Only: true, port, natPort }), "::", "::1");
  try {
    await ipv4.send(Uint8Array.of(4), port);
    await ipv6.send(Uint8Array.of(6), port);
    assert.deepEqual([ipv4.received.length, ipv6.received.length], [1, 1]);
  } finally {
    await ipv4.close();
    await ipv6.close();
  }
});

const linkLocal =
  Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.filter(({ address }) => address.startsWith("fe80:")).map(({ address }) => `${address.split("%")[0]}%${name}`)
  )[0];
if (linkLocal === undefined) {
  test("batched: on :: a link-local peer is answered", (context) => context.skip("no interface has a link-local address"));
} else {
  wildcardTest("on :: a link-local peer is answered", async (libc) => {
    const { transport, received, send, answer, close } = await scene(openOn(libc), "::", linkLocal);
    try {
      const { port } = transport.local;
      await send(Uint8Array.of(1), port);
      const [{ local, remote }] = received;
      assert.equal(local.address, linkLocal.split("%")[0]);
      assert.deepEqual((await answer({ octets: Uint8Array.of(5), local, remote, encapsulated: false })).octets, [5]);
    } finally {
      await close();
    }
  });
}

wildcardTest("a transport that is closed leaves no thread waiting for its sockets", async (libc) => {
  let waiting = 0;
  const counting: NonNullable<Libc["poll"]> = async (...values) => {
    waiting++;
    return await libc.poll!(...values).finally(() => waiting--);
  };
  const { close, transport, send } = await scene(openOn({ ...libc, poll: counting }), "0.0.0.0", "127.0.0.1");
  await send(Uint8Array.of(1), transport.local.port);
  assert.equal(waiting, 1);
  await close();
  assert.equal(waiting, 0);
});

batchedTest("where nobody else can wait for it, the wildcard is refused with what would help", async (libc) => {
  const attempt = openBatchedTransport(
    { ...libc, name: "node:ffi", poll: undefined },
    { address: "0.0.0.0", port: 0, natPort: 0, onDatagram: () => {} },
  );
  await assert.rejects(attempt, {
    name: "TransportError",
    message: /wildcard address 0\.0\.0\.0 by node:ffi: it needs Deno, or the npm package koffi/,
  });
});
