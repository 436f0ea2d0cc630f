import assert from "node:assert/strict";
import { Socket } from "node:dgram";
import { test } from "node:test";
import { connect } from "../../src/client/client.ts";
import { AddressWatch } from "../../src/client/address_watch.ts";
import { Client } from "../../src/client/client.ts";
import { identityKey } from "../../src/ticket/identity.ts";
import { clientConfiguration, withGateway } from "./gateway_scene.ts";

/** Loopback has as many addresses as one likes. */
const ELSEWHERE = "127.0.0.77";

test("a session moves to another address of the machine and goes on there; its gateway follows, and is asked nothing else", async () => {
  await withGateway(async ({ gateway, address, told }) => {
    const session = await connect({
      configuration: clientConfiguration({ mobike: true }),
      gateway: address,
      address: "127.0.0.1",
    });
    assert.equal(session.isMobile, true);
    const { spis, childSa } = session;
    for (const to of [ELSEWHERE, "127.0.0.78", "127.0.0.78"]) {
      assert.equal(await session.move(to), true);
      assert.equal(session.localAddress, to);
      assert.equal(await session.checkLiveness(), true);
    }
    assert.equal(session.spis, spis);
    assert.equal(session.childSa, childSa);
    const moves = told.filter(({ type }) => type === "peer-moved");
    assert.ok(moves.length >= 2);
    assert.equal(gateway.counters.peers_moved_total, moves.length);
    await session.close();
    assert.equal(await session.move(), false);
  });
});

test("a session does not move where its gateway has not agreed, and its sockets stay", async () => {
  await withGateway(async ({ gateway, address }) => {
    const session = await connect({ configuration: clientConfiguration({ mobike: true }), gateway: address });
    assert.equal(session.isMobile, false);
    assert.equal(await session.move(ELSEWHERE), false);
    assert.equal(session.localAddress, "127.0.0.1");
    assert.equal(gateway.counters.peers_moved_total, 0);
    await session.close();
  }, { mobike: false });
});

test("an address that cannot be bound moves nothing, and the session goes on", async () => {
  await withGateway(async ({ address }) => {
    const session = await connect({ configuration: clientConfiguration({ mobike: true }), gateway: address });
    await assert.rejects(session.move("192.0.2.55"), { name: "TransportError" });
    assert.equal(await session.checkLiveness(), true);
    await session.close();
  });
});

test("a move that policy refuses is told to the session, and counted", async () => {
  const asked: string[] = [];
  const authorizeMove = (
    { identity, remote }: { identity: Parameters<typeof identityKey>[0]; remote: { address: string } },
  ) => {
    asked.push(`${identityKey(identity)} ${remote.address}`);
    return false;
  };
  await withGateway(async ({ gateway, address }) => {
    const configuration = clientConfiguration({ mobike: true });
    const session = await connect({ configuration, gateway: address });
    assert.equal(await session.move(ELSEWHERE), false);
    assert.deepEqual(asked, [`${identityKey(configuration.identity)} ${ELSEWHERE}`]);
    assert.equal(gateway.counters.address_updates_refused_total, 1);
    await session.close();
  }, { authorizeMove });
});

test("sessions of one client move one by one, and the others stay on its sockets", async () => {
  await withGateway(async ({ address }) => {
    const client = await Client.open({ address: "127.0.0.1" });
    const configuration = clientConfiguration({ mobike: true, initialContact: false });
    const one = await client.connect({ configuration, gateway: address });
    const other = await client.connect({ configuration, gateway: address });
    assert.equal(await one.move(ELSEWHERE), true);
    assert.equal(await one.move("127.0.0.79"), true);
    assert.equal(await other.checkLiveness(), true);
    assert.equal(other.localAddress, "127.0.0.1");
    assert.equal(await one.checkLiveness(), true);
    await Promise.all([one.close(), other.close()]);
    await client.close();
  });
});

test("sockets that a move opened are closed with the session, also those of moves at once, while its client goes on", async () => {
  await withGateway(async ({ address }) => {
    const client = await Client.open({ address: "127.0.0.1" });
    const configuration = clientConfiguration({ mobike: true, initialContact: false });
    const openSockets = boundSockets();
    const one = await client.connect({ configuration, gateway: address });
    await Promise.all([one.move(ELSEWHERE), one.move("127.0.0.79"), one.move("127.0.0.80")]);
    assert.equal(await one.checkLiveness(), true);
    await one.close();
    const late = await client.connect({ configuration, gateway: address });
    const moving = late.move(ELSEWHERE);
    late.abandon();
    assert.equal(await moving, false);
    // The sockets of a move that came too late go by themselves.
    for (let turn = 0; turn < 100 && openSockets() > 0; turn++) await new Promise((go) => setTimeout(go, 10));
    assert.equal(openSockets(), 0);
    const other = await client.connect({ configuration, gateway: address });
    assert.equal(await other.checkLiveness(), true);
    await client.close();
  });
});

/** How many of the sockets that were bound since then are open. */
function boundSockets(): () => number {
  const open = new Set<Socket>();
  const { bind } = Socket.prototype;
  Socket.prototype.bind = function (this: Socket, ...options: unknown[]) {
    open.add(this);
    this.once("close", () => open.delete(this));
    return Reflect.apply(bind, this, options);
  } as typeof bind;
  return () => open.size;
}

test("a watched session follows when the gateway is reached from elsewhere, once, and no way at all is borne", async () => {
  const reached: (string | Error)[] = ["10.0.0.1", new Error("no route"), "10.0.0.2", "10.0.0.2"];
  const moves: string[] = [];
  let current = "10.0.0.1";
  const over = Promise.withResolvers<void>();
  const watch = new AddressWatch({
    intervalSeconds: 0.001,
    reachedFrom: () => {
      const next = reached.shift();
      if (next === undefined) over.resolve();
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next ?? current);
    },
    current: () => current,
    move: (address) => {
      moves.push(address);
      current = address;
      return Promise.resolve(true);
    },
  });
  // The timer keeps no process alive.
  const alive = setInterval(() => {}, 1_000);
  await over.promise;
  watch.stop();
  clearInterval(alive);
  assert.deepEqual(moves, ["10.0.0.2"]);
});
