import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { openBatchedTransport } from "../../src/transport/batched/batched_transport.ts";
import type { Libc } from "../../src/transport/libc/libc.ts";
import { descriptorsBoundTo } from "../../src/transport/own_descriptors.ts";
import { LONGEST_DATAGRAM } from "../../src/transport/runtime_socket.ts";
import { batchedTest, scene, transportTest } from "./scene.ts";

/** What UDP over IPv4 carries at most. */
const MOST_OVER_IPV4 = 65_507;
const LENGTHS = [0, 1, 2, 3, 4, 5, 27, 28, 1_472, 1_473, 8_191, 8_192, 8_193, 16_385, 16_386, 16_387, 40_000, MOST_OVER_IPV4];

transportTest(
  "datagrams of 0 to 65,507 octets come whole, or are counted as too long: alone, and many at once",
  async (open) => {
    const { transport, received, errors, send, sendOnly, until, close } = await scene(open, "127.0.0.1");
    try {
      const octetsOf = (length: number) => new Uint8Array(length).fill(length & 0xff);
      const fitting = LENGTHS.filter((length) => length <= LONGEST_DATAGRAM);
      for (const length of fitting) await send(octetsOf(length), transport.local.port);
      assert.deepEqual(received.map(({ octets }) => octets.length), fitting);
      for (const { octets } of received) assert.ok(octets.every((octet) => octet === (octets.length & 0xff)));
      received.length = 0;
      // Two at a time: a receive buffer of the usual size holds no more of the longest.
      for (let index = 0; index < LENGTHS.length; index += 2) {
        const before = transport.counters.received;
        await Promise.all(LENGTHS.slice(index, index + 2).map((length) => sendOnly(octetsOf(length), transport.local.port)));
        await until(() => transport.counters.received === before + 2);
      }
      assert.deepEqual(received.map(({ octets }) => octets.length).sort((a, b) => a - b), fitting);
      for (const { octets } of received) assert.ok(octets.every((octet) => octet === (octets.length & 0xff)));
      assert.equal(transport.counters.truncated, LENGTHS.length - fitting.length);
      assert.deepEqual(errors, []);
    } finally {
      await close();
    }
  },
);

batchedTest("a datagram beyond the length that is taken is dropped and counted, whoever has read it", async (libc) => {
  const { transport, received, sendOnly, until, close } = await scene(
    (options) => openBatchedTransport(libc, options, 1_000),
    "127.0.0.1",
  );
  try {
    for (let index = 0; index < 20; index++) await sendOnly(new Uint8Array(990 + index), transport.local.port);
    await until(() => transport.counters.received === 20);
    assert.deepEqual(received.map(({ octets }) => octets.length).sort((a, b) => a - b), [
      ...Array.from({ length: 11 }, (_, index) => 990 + index),
    ]);
    assert.equal(transport.counters.truncated, 9);
  } finally {
    await close();
  }
});

transportTest(
  "at the NAT port each of many datagrams at once is told apart: IKE, ESP, keepalives, what is none",
  async (open) => {
    const { transport, received, others, sendOnly, until, close } = await scene(open, "127.0.0.1");
    try {
      const ike = Uint8Array.of(0, 0, 0, 0, 9, 8, 7);
      const esp = Uint8Array.of(0, 0, 0, 1, 9, 8, 7);
      const kinds = [ike, esp, Uint8Array.of(0xff), Uint8Array.of(0, 0, 0, 0), Uint8Array.of(), Uint8Array.of(0xfe)];
      for (let round = 0; round < 10; round++) {
        for (const octets of kinds) await sendOnly(octets, transport.encapsulatedLocal.port);
      }
      await until(() => received.length + others.length === 60);
      assert.ok(received.every(({ octets, encapsulated }) => encapsulated && `${octets}` === "9,8,7"));
      const count = (kind: string) => others.filter((other) => other === kind).length;
      assert.deepEqual([received.length, count("esp"), count("keepalive"), count("malformed")], [10, 10, 10, 30]);
    } finally {
      await close();
    }
  },
);

transportTest("ESP is the listener's to keep: what comes after it does not change it", async (open) => {
  const kept: Uint8Array[] = [];
  const { transport, sendOnly, until, close } = await scene(
    (options) => open({ ...options, onOther: (_kind, octets) => kept.push(octets) }),
    "127.0.0.1",
  );
  try {
    for (let value = 1; value <= 40; value++) {
      await sendOnly(new Uint8Array(40).fill(value), transport.encapsulatedLocal.port);
      if (value % 8 === 0) await until(() => kept.length === value);
    }
    assert.deepEqual(kept.map((octets) => [octets[0], octets[39]]).sort(([a], [b]) => a - b), [
      ...Array.from({ length: 40 }, (_, index) => [index + 1, index + 1]),
    ]);
  } finally {
    await close();
  }
});

transportTest("what cannot be sent is counted, and takes nothing along", async (open) => {
  const { transport, peer, errors, until, close } = await scene(open, "127.0.0.1");
  try {
    const arrived: number[] = [];
    peer.on("message", (octets) => arrived.push(octets[0]));
    const remote = { address: "127.0.0.1", port: peer.address().port };
    const send = (value: number, more: object, length = 1) =>
      transport.send({
        octets: new Uint8Array(length).fill(value),
        local: transport.local,
        remote: { ...remote, ...more },
        encapsulated: false,
      });
    send(1, {});
    send(2, { port: 0 });
    send(3, {});
    send(4, { address: "::1" });
    send(5, { address: "no address" });
    send(6, {}, 65_536);
    send(7, { address: "255.255.255.255" });
    send(8, {});
    transport.flush();
    await until(() => arrived.length === 3 && transport.counters.sendErrors === 5);
    assert.deepEqual(arrived.sort(), [1, 3, 8]);
    assert.equal(errors.length, 5);
    assert.equal(transport.counters.sent, 3);
  } finally {
    await close();
  }
});

transportTest("nobody behind a port that is answered, again and again, costs nobody else anything", async (open) => {
  const { transport, received, send, answer, close } = await scene(open, "127.0.0.1");
  try {
    const gone = createSocket("udp4");
    gone.bind(0, "127.0.0.1");
    await once(gone, "listening");
    const nobody = { address: "127.0.0.1", port: gone.address().port };
    await new Promise<void>((resolve) => gone.close(() => resolve()));
    await send(Uint8Array.of(1), transport.local.port);
    const { local, remote } = received[0];
    for (let round = 0; round < 20; round++) {
      transport.send({ octets: Uint8Array.of(9), local, remote: nobody, encapsulated: false });
      transport.flush();
      assert.deepEqual((await answer({ octets: Uint8Array.of(5), local, remote, encapsulated: false })).octets, [5]);
      await send(Uint8Array.of(round), transport.local.port);
    }
    assert.equal(received.length, 21);
  } finally {
    await close();
  }
});

transportTest(
  "a transport that is closed in a flood tells nobody of anything from then on, and leaves its ports",
  async (open) => {
    const { transport, received, others, peer, errors } = await scene(open, "127.0.0.1");
    const { port } = transport.local;
    let isFlooding = true;
    const flood = async () => {
      while (isFlooding) {
        for (let index = 0; index < 20; index++) {
          peer.send(new Uint8Array(200), port, "127.0.0.1");
          peer.send(new Uint8Array(200), transport.encapsulatedLocal.port, "127.0.0.1");
        }
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    const flooding = flood();
    while (received.length < 100) await new Promise((resolve) => setTimeout(resolve, 1));
    await transport.close();
    const told = received.length + others.length;
    transport.send({
      octets: Uint8Array.of(1),
      local: transport.local,
      remote: { address: "127.0.0.1", port },
      encapsulated: false,
    });
    transport.flush();
    transport.drain?.();
    await transport.close();
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(received.length + others.length, told);
    assert.deepEqual(errors, []);
    isFlooding = false;
    await flooding;
    const next = createSocket("udp4");
    next.bind(port, "127.0.0.1");
    await once(next, "listening");
    next.close();
    peer.close();
  },
);

batchedTest("a descriptor that is closed under the transport is told as an error, and nothing breaks", async (libc) => {
  let closed: number | undefined;
  const { transport, errors, sendOnly, until, close } = await scene(
    (options) => openBatchedTransport(withoutDescriptor(libc, () => closed), options),
    "127.0.0.1",
  );
  try {
    const { address, port } = transport.local;
    const own = transport.descriptors![0];
    assert.ok(descriptorsBoundTo(address, port).includes(own));
    closed = own;
    await sendOnly(Uint8Array.of(1), port);
    await until(() => errors.length > 0);
    transport.send({ octets: Uint8Array.of(1), local: transport.local, remote: { address, port }, encapsulated: false });
    transport.flush();
    transport.drain?.();
    assert.equal(transport.counters.sendErrors, 1);
  } finally {
    await close();
    // The transport has not: the number could be another file's.
    if (closed !== undefined) assert.equal(libc.close(closed), 0);
  }
});

/**
 * A C library whose calls find a descriptor closed. It is not closed in earnest: other tests run in threads of this process, and the next of them that
 * opens a file would have its number.
 */
function withoutDescriptor(libc: Libc, closed: () => number | undefined): Libc {
  return new Proxy(libc, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (first: unknown, ...others: unknown[]) =>
        Reflect.apply(value, target, [first !== undefined && first === closed() ? NO_DESCRIPTOR : first, ...others]);
    },
  });
}

const NO_DESCRIPTOR = -1;

batchedTest("that nothing is left is told behind what came, and before the turn ends", async (libc) => {
  const order: string[] = [];
  const { transport, sendOnly, until, close } = await scene(
    (options) =>
      openBatchedTransport(libc, {
        ...options,
        onDatagram: () => {
          order.push("datagram");
          setImmediate(() => order.push("end of turn"));
        },
        onDrained: () => order.push("drained"),
      }),
    "127.0.0.1",
  );
  try {
    await sendOnly(Uint8Array.of(1), transport.local.port);
    await until(() => order.includes("end of turn"));
    assert.deepEqual(order, ["datagram", "drained", "end of turn"]);
  } finally {
    await close();
  }
});

batchedTest("what finds no room in the system is counted: all that was sent has come, or was dropped", async (libc) => {
  const { transport, until, close } = await scene((options) => openBatchedTransport(libc, options), "127.0.0.1");
  const flood = await openBatchedTransport(libc, { address: "127.0.0.1", port: 0, natPort: 0, onDatagram: () => {} });
  try {
    // Without a pause in which somebody could read: more than any receive buffer that is asked for.
    for (let index = 0; index < 900; index++) {
      flood.send({ octets: new Uint8Array(60_000), local: flood.local, remote: transport.local, encapsulated: false });
    }
    flood.flush();
    const { sent } = flood.counters;
    assert.equal(sent, 900);
    await until(() => transport.counters.received + transport.counters.droppedByKernel === sent);
    assert.ok(transport.counters.droppedByKernel > 0 && transport.counters.received > 0);
  } finally {
    await close();
    await flood.close();
  }
});

transportTest("a second port that is taken leaves the first one free", async (open) => {
  const other = createSocket("udp4");
  other.bind(0, "127.0.0.1");
  await once(other, "listening");
  const free = createSocket("udp4");
  free.bind(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address();
  await new Promise<void>((resolve) => free.close(() => resolve()));
  const natPort = other.address().port;
  await assert.rejects(open({ address: "127.0.0.1", port, natPort, onDatagram: () => {} }), { name: "TransportError" });
  const transport = await open({ address: "127.0.0.1", port, natPort: 0, onDatagram: () => {} });
  assert.equal(transport.local.port, port);
  await transport.close();
  other.close();
});
