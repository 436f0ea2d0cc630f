import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Datagram } from "../../src/ike/steps/datagram.ts";
import { openDgramTransport } from "../../src/transport/dgram_transport.ts";
import { openEveryAddressTransport } from "../../src/transport/every_address_transport.ts";
import { adviceOf } from "../../src/transport/runtime_socket.ts";

const LOOK_MS = 20;

/** A machine whose addresses a test decides on. */
async function scene(wildcard: string, addresses: string[], ipv6Only = false) {
  const received: Datagram[] = [];
  const errors: Error[] = [];
  const transport = await openEveryAddressTransport({
    address: wildcard,
    ipv6Only,
    port: 0,
    natPort: 0,
    onDatagram: (datagram) => received.push(datagram),
    onError: (error) => errors.push(error),
  }, { addressesNow: () => addresses, lookMs: LOOK_MS });
  return { transport, received, errors };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

/** Sends one, and gives what comes back, if anything does before `patienceMs`. */
async function exchange(to: { readonly address: string; readonly port: number }, answer: () => void, patienceMs = 2_000) {
  const peer = createSocket(to.address.includes(":") ? "udp6" : "udp4");
  try {
    peer.send(Uint8Array.of(1, 2, 3), to.port, to.address);
    const came = once(peer, "message").then(([octets, from]) => ({ octets: [...octets], from }));
    const answering = setInterval(answer, 5);
    const found = await Promise.race([came, sleep(patienceMs, undefined)]);
    clearInterval(answering);
    return found;
  } finally {
    peer.close();
  }
}

test("each address has sockets of its own on the same ports, and an answer leaves from the address that was asked", async () => {
  const { transport, received } = await scene("0.0.0.0", ["127.0.0.1", "127.0.0.2", "::1"]);
  try {
    const { port } = transport.local;
    assert.equal(transport.local.address, "0.0.0.0");
    for (const address of ["127.0.0.1", "127.0.0.2"]) {
      const answer = () => {
        const datagram = received.pop();
        if (datagram) transport.send({ ...datagram, octets: Uint8Array.of(9) });
      };
      const found = await exchange({ address, port }, answer);
      assert.deepEqual([found?.octets, found?.from.address, found?.from.port], [[9], address, port]);
    }
    assert.deepEqual([transport.counters.received, transport.counters.sent], [2, 2]);
  } finally {
    await transport.close();
  }
});

test("the wildcard of IPv6 takes IPv4 too, unless it is to leave that to others", async () => {
  for (const [ipv6Only, expected] of [[false, 2], [true, 1]] as const) {
    const { transport, received } = await scene("::", ["::1", "127.0.0.1"], ipv6Only);
    try {
      await exchange({ address: "::1", port: transport.local.port }, () => {}, 100);
      await exchange({ address: "127.0.0.1", port: transport.local.port }, () => {}, 100);
      assert.equal(received.length, expected);
    } finally {
      await transport.close();
    }
  }
});

test("an interface stands for all of its addresses, which are sent from by their own sockets", async () => {
  const asked: (string | undefined)[] = [];
  const transport = await openEveryAddressTransport(
    { address: "eth7", port: 0, natPort: 0, onDatagram: () => {} },
    { addressesNow: (name) => (asked.push(name), ["127.0.0.1", "::1"]) },
  );
  try {
    assert.deepEqual(asked, ["eth7"]);
    assert.equal(transport.local.address, "eth7");
    assert.deepEqual(["127.0.0.1", "::1", "127.0.0.2"].map((one) => transport.serves?.(one)), [true, true, false]);
  } finally {
    await transport.close();
  }
});

test("an interface that is not there, and one of link-local addresses alone, are told from each other", async () => {
  const open = openEveryAddressTransport({ address: "no-such-one", port: 0, natPort: 0, onDatagram: () => {} });
  await assert.rejects(
    open,
    /^TransportError: cannot listen on the interface no-such-one: there is none with an address, but .*lo/,
  );
  const bare = openEveryAddressTransport(
    { address: "lo", port: 0, natPort: 0, onDatagram: () => {} },
    { addressesNow: () => [] },
  );
  await assert.rejects(bare, /the interface lo: it has link-local addresses alone/);
});

test("an address that appears later is listened on, one that goes is let go of, and what it counted stays", async () => {
  const addresses = ["127.0.0.1"];
  const { transport, received, errors } = await scene("0.0.0.0", addresses);
  try {
    const { port } = transport.local;
    addresses.push("127.0.0.3");
    await until(() => {
      const peer = createSocket("udp4");
      peer.send(Uint8Array.of(1), port, "127.0.0.3", () => peer.close());
      return received.length > 0;
    });
    assert.equal(received[0].local.address, "127.0.0.3");
    const { length } = received;
    addresses.pop();
    // Whoever binds it now finds it free.
    for (;;) {
      const taker = await openDgramTransport({ address: "127.0.0.3", port, natPort: 0, onDatagram: () => {} }).catch(() =>
        undefined
      );
      if (taker === undefined) await sleep(5);
      else {
        await taker.close();
        break;
      }
    }
    assert.ok(transport.counters.received >= length);
    const before = transport.counters.sendErrors;
    transport.send({ ...received[0], octets: Uint8Array.of(9) });
    assert.equal(transport.counters.sendErrors, before + 1);
    assert.deepEqual(errors, []);
  } finally {
    await transport.close();
  }
});

test("a port of an address that is there at the start and is taken is told, and one of a later address is tried again", async () => {
  const blocked = await openDgramTransport({ address: "127.0.0.4", port: 0, natPort: 0, onDatagram: () => {} });
  const { port } = blocked.local;
  const open = (addresses: string[]) =>
    openEveryAddressTransport(
      { address: "0.0.0.0", port, natPort: 0, onDatagram: () => {}, onError: (error) => errors.push(error) },
      { addressesNow: () => addresses, lookMs: LOOK_MS },
    );
  const errors: Error[] = [];
  await assert.rejects(open(["127.0.0.1", "127.0.0.4"]), {
    name: "TransportError",
    message: new RegExp(`127\\.0\\.0\\.4 port ${port}`),
  });
  const addresses = ["127.0.0.1"];
  const transport = await open(addresses);
  try {
    addresses.push("127.0.0.4");
    await until(() => errors.length >= 2);
    assert.match(errors[0].message, /cannot listen on 127\.0\.0\.4/);
  } finally {
    await transport.close();
    await blocked.close();
  }
});

test("addresses that cannot be asked for, and sockets that do not close, are told, and the next look goes on", async () => {
  const errors: string[] = [];
  let [looks, addresses] = [0, ["127.0.0.1", "127.0.0.2"]];
  const transport = await openEveryAddressTransport({
    address: "0.0.0.0",
    port: 0,
    natPort: 0,
    onDatagram: () => {},
    onError: ({ message }) => errors.push(message),
  }, {
    addressesNow: () => {
      if (++looks === 2) throw new Error("no netlink");
      return addresses;
    },
    openOne: async (options) => {
      const one = await openDgramTransport(options);
      const { address } = options;
      return Object.assign(Object.create(one, { counters: { get: () => one.counters } }), {
        local: one.local,
        encapsulatedLocal: one.encapsulatedLocal,
        async close() {
          await one.close();
          if (address === "127.0.0.2") throw new Error("it does not close");
        },
      });
    },
    lookMs: LOOK_MS,
  });
  try {
    await until(() => looks > 2);
    addresses = ["127.0.0.1", "127.0.0.3"];
    await until(() => transport.serves!("127.0.0.3"));
    assert.equal(transport.serves!("127.0.0.2"), false);
    assert.deepEqual(errors, ["no netlink", "it does not close"]);
  } finally {
    await transport.close();
  }
});

test("a machine without an address of the family is told so", async () => {
  await assert.rejects(scene("0.0.0.0", ["::1"]), { name: "TransportError", message: /this machine has no such address/ });
});

test("a low port that is forbidden comes with what would help, and no other refusal does", () => {
  const forbidden = Object.assign(new Error("bind EACCES 192.0.2.1:500"), { code: "EACCES" });
  assert.match(adviceOf(forbidden, 500), /CAP_NET_BIND_SERVICE.*ip_unprivileged_port_start=500/);
  assert.equal(adviceOf(forbidden, 4_500), "");
  assert.equal(adviceOf(Object.assign(new Error("bind EADDRINUSE"), { code: "EADDRINUSE" }), 500), "");
  assert.match(adviceOf(new Error("Permission denied (os error 13)"), 500), /CAP_NET_BIND_SERVICE/);
});
