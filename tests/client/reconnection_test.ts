import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, connect, type ConnectOptions } from "../../src/client/client.ts";
import { delayBefore, type ReconnectionEvent, reconnectPolicy } from "../../src/client/reconnect_policy.ts";
import type { Session } from "../../src/client/session.ts";
import { parseSelectors } from "../../src/configuration/mod.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { MemoryClientTickets } from "../../src/store/memory_client_tickets.ts";
import { clientConfiguration, type GatewayScene, withGateway } from "./gateway_scene.ts";

/** So patient that a busy machine does not lose its gateway, and no more. */
const PATIENCE = { initialMs: 150, factor: 1, maximumMs: 150, attempts: 10, jitter: 0 };
const SOON = { initialMs: 50, factor: 1.5, maximumMs: 400, jitter: 0.5 };

interface Kept {
  readonly session: Session;
  readonly events: ReconnectionEvent[];
  readonly effects: Effect[];
  /** Resolves with the next event of a type. */
  next<Type extends ReconnectionEvent["type"]>(type: Type): Promise<Extract<ReconnectionEvent, { type: Type }>>;
}

async function keptSession({ address }: GatewayScene, options: Partial<ConnectOptions> = {}): Promise<Kept> {
  const events: ReconnectionEvent[] = [];
  const effects: Effect[] = [];
  const waiting: { readonly type: string; readonly resolve: (event: ReconnectionEvent) => void }[] = [];
  const session = await connect({
    configuration: clientConfiguration({ livenessSeconds: 0.2, retransmission: PATIENCE }),
    gateway: address,
    reconnect: SOON,
    onEffect: (effect) => void effects.push(effect),
    onReconnection: (event) => {
      events.push(event);
      for (const one of waiting.filter(({ type }) => type === event.type)) {
        waiting.splice(waiting.indexOf(one), 1);
        one.resolve(event);
      }
    },
    ...options,
  });
  return {
    session,
    events,
    effects,
    next: (type) => new Promise((resolve) => waiting.push({ type, resolve: (event) => resolve(event as never) })),
  };
}

test("a client notices by itself that its gateway is gone, tries until it is there again, and is back by its ticket", async () => {
  await withGateway(async (scene) => {
    const { session, events, effects, next } = await keptSession(scene);
    const before = session.spis;
    const lost = next("connection-lost");
    await scene.kill();
    assert.deepEqual(await lost, { type: "connection-lost", reason: "no-answer" });
    const second = next("reconnecting").then(() => next("reconnecting"));
    const { cause } = await second;
    assert.ok(cause instanceof Error);
    const back = next("connection-back");
    await scene.start();
    assert.equal((await back).resumed, true);
    assert.notDeepEqual(session.spis, before);
    assert.equal(session.resumed, true);
    assert.equal(await session.checkLiveness(), true);
    assert.deepEqual(effects.filter(({ type }) => type === "ike-sa-up").length, 2);
    await session.close();
    assert.equal(await session.closed, "deleted-by-us");
    assert.equal(events.at(-1)?.type, "connection-back");
    assert.equal(scene.gateway.establishedCount, 0);
  });
});

test("a session that is closed while its gateway is lost ends at once, and no attempt comes after it", async () => {
  await withGateway(async (scene) => {
    const { session, events, next } = await keptSession(scene);
    const trying = next("reconnecting");
    await scene.kill();
    await trying;
    await session.close();
    assert.equal(await session.closed, "deleted-by-us");
    const told = events.length;
    await scene.start();
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(events.length, told);
    assert.equal(scene.gateway.establishedCount, 0);
  });
});

test("with a bounded number of attempts the session is over after the last, with the reason why it was lost", async () => {
  await withGateway(async (scene) => {
    const { session, events } = await keptSession(scene, { reconnect: { ...SOON, attempts: 2 } });
    await scene.kill();
    assert.equal(await session.closed, "no-answer");
    assert.deepEqual(events.map(({ type }) => type), ["connection-lost", "reconnecting", "reconnecting"]);
  });
});

test("[R-6.2-1] an IKE SA that the gateway deletes does not come back", async () => {
  await withGateway(async (scene) => {
    const { session, events } = await keptSession(scene);
    await scene.gateway.deleteSa(session.spis);
    assert.equal(await session.closed, "deleted-by-peer");
    assert.deepEqual(events, []);
  });
});

test("many sessions of one client come back, each with a ticket of its own, also from a store that they share", async () => {
  await withGateway(async (scene) => {
    const client = await Client.open({ address: "127.0.0.1" });
    const tickets = new MemoryClientTickets();
    const back: Promise<void>[] = [];
    const sessions = await Promise.all(Array.from({ length: 8 }, (_, number) => {
      let isBack = () => {};
      back.push(new Promise((resolve) => isBack = resolve));
      return client.connect({
        configuration: clientConfiguration({
          identity: { idType: 2, identification: new TextEncoder().encode(`client-${number}`) },
          livenessSeconds: 0.2,
          retransmission: PATIENCE,
        }),
        gateway: scene.address,
        tickets,
        reconnect: SOON,
        onReconnection: ({ type }) => type === "connection-back" && isBack(),
      });
    }));
    await scene.kill();
    await scene.start();
    await Promise.all(back);
    assert.deepEqual(sessions.map(({ resumed }) => resumed), sessions.map(() => true));
    assert.equal(scene.told.filter(({ type }) => type === "ticket-refused").length, 0);
    await Promise.all(sessions.map((session) => session.close()));
    await client.close();
  });
});

test("[C-5.2] a client that proves itself anew makes the new IKE SA before the old one goes, says no INITIAL_CONTACT, and has one inner address on both", async () => {
  const innerAddresses = { ranges: parseSelectors("10.9.0.1-10.9.0.3") };
  await withGateway(async (scene) => {
    const { session, effects, next } = await keptSession(scene, {
      configuration: clientConfiguration({ renewal: [0.3, 0.4], livenessSeconds: 0, requestInnerAddress: true }),
    });
    const before = session.spis;
    await next("reauthenticated");
    await session.checkLiveness();
    const types = effects.map((effect) => effect.type);
    assert.ok(types.lastIndexOf("child-sa-up") < types.indexOf("ike-sa-down"), "make before break");
    const assigned = effects.filter((effect) => effect.type === "inner-address-assigned").map(({ address }) => address);
    assert.deepEqual(assigned, ["10.9.0.1", "10.9.0.1"]);
    const downs = scene.told.filter((effect) => effect.type === "ike-sa-down");
    // INITIAL_CONTACT would have ended it at once.
    assert.deepEqual(downs.map(({ spis, reason }) => [spis, reason]), [[before, "deleted-by-peer"]]);
    // Another device of the same identity, from another port, takes no address from it.
    const other = await connect({
      configuration: clientConfiguration({ requestInnerAddress: "10.9.0.1", initialContact: false }),
      gateway: scene.address,
    });
    assert.equal(other.innerAddress?.address, "10.9.0.2");
    assert.equal(session.innerAddress?.address, "10.9.0.1");
    await Promise.all([session.close(), other.close()]);
  }, { reauthenticationSeconds: 3, innerAddresses });
});

test("[R-5-7] a client proves itself anew by a full exchange before AUTH_LIFETIME is over, and deletes the old IKE SA then", async () => {
  await withGateway(async (scene) => {
    const { session, effects, next } = await keptSession(scene, {
      configuration: clientConfiguration({ renewal: [0.3, 0.4], livenessSeconds: 0 }),
    });
    const before = session.spis;
    await next("reauthenticated");
    assert.notDeepEqual(session.spis, before);
    assert.equal(session.resumed, false);
    assert.equal(await session.checkLiveness(), true);
    assert.ok(session.ticket, "the end of the old IKE SA takes nothing of the new one along");
    const downs = effects.filter((effect) => effect.type === "ike-sa-down");
    assert.deepEqual(downs.map(({ spis, reason }) => [spis, reason]), [[before, "deleted-by-us"]]);
    await session.close();
    assert.equal(scene.gateway.establishedCount, 0);
  }, { reauthenticationSeconds: 3 });
});

test("a hook that throws at a reconnection is reported, and the session is back all the same", async () => {
  await withGateway(async (scene) => {
    const faults: unknown[] = [];
    const back = Promise.withResolvers<void>();
    const { session } = await keptSession(scene, {
      onFault: (fault) => faults.push(fault),
      onReconnection: ({ type }) => {
        if (type === "connection-back") back.resolve();
        throw new Error("not my day");
      },
    });
    await scene.kill();
    await scene.start();
    await back.promise;
    assert.equal(await session.checkLiveness(), true);
    assert.equal(faults.length, 1);
    await session.close();
  });
});

test("the waits grow to their bound, with jitter, and policies that make no sense are refused", () => {
  const policy = reconnectPolicy({ initialMs: 100, factor: 2, maximumMs: 1_000, jitter: 0.5 });
  const least = (length: number) => new Uint8Array(length).fill(255);
  const most = (length: number) => new Uint8Array(length);
  assert.deepEqual([1, 2, 3, 4, 5, 60].map((attempt) => delayBefore(attempt, policy, most)), [
    100,
    200,
    400,
    800,
    1_000,
    1_000,
  ]);
  assert.deepEqual([1, 2, 5].map((attempt) => delayBefore(attempt, policy, least)), [50, 100, 500]);
  const wrong = [{ initialMs: -1 }, { factor: 0.5 }, { maximumMs: 10 }, { jitter: 2 }, { attempts: 0 }, { attempts: 1.5 }];
  for (const one of wrong) assert.throws(() => reconnectPolicy(one), RangeError);
});
