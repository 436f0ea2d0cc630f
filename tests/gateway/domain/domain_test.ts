/**
 * Gateways of one domain, and a client whose IKE SAs two of them may have.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, type ConnectOptions } from "../../../src/client/client.ts";
import { identityKey } from "../../../src/ticket/identity.ts";
import { parseIdentity } from "../../../src/configuration/mod.ts";
import type { GatewayStore } from "../../../src/store/gateway_store.ts";
import { openRedisStore } from "../../../src/store/redis_store.ts";
import { clientConfiguration } from "../../client/gateway_scene.ts";
import { type Domain, withDomain } from "../../client/domain_scene.ts";
import { lacksRedis, RedisServer } from "../../store/redis_server.ts";
import { decodeDomainMessage, encodeDomainMessage, LONGEST_MESSAGE } from "../../../src/gateway/domain/domain_message.ts";
import { MAXIMUM_TICKET_LIFETIME_SECONDS } from "../../../src/ticket/ticket_key_policy.ts";
import { sharedDomain } from "./shared_store.ts";

const PATIENCE_MS = 30_000;
const SOON_MS = 300;
const { identity } = clientConfiguration();

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!isSo()) {
    assert.ok(performance.now() < deadline, "in time");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Whether it is so within a fraction of a second. */
async function isSoon(isSo: () => boolean): Promise<boolean> {
  const deadline = performance.now() + SOON_MS;
  while (!isSo() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
  return isSo();
}

function at({ addresses }: Domain, place: number, more: Partial<ConnectOptions> = {}): ConnectOptions {
  return { configuration: clientConfiguration(), gateway: addresses[place], ...more };
}

/** A client comes up at the first gateway, and comes back at the second while the first still has its IKE SA. */
async function comesBackElsewhere(domain: Domain): Promise<void> {
  const first = await connect(at(domain, 0));
  const ticket = first.ticket!;
  const copy = { ...ticket, ticket: ticket.ticket.slice(), skD: ticket.skD.slice() };
  first.abandon();
  assert.equal(domain.gateways[0].establishedCount, 1);
  const second = await connect(at(domain, 1, { ticket: copy }));
  assert.equal(second.resumed, true);
  await until(() => domain.gateways[0].establishedCount === 0);
  assert.equal(await second.checkLiveness(), true);
  // The ticket that the old IKE SA had is used: nothing of it is taken back, and the new one's is good.
  const third = await connect(at(domain, 2, { ticket: second.abandon()! }));
  assert.equal(third.resumed, true);
  await until(() => domain.gateways[1].establishedCount === 0);
  await third.close();
}

test("[R-4.3.4-3] an IKE SA whose client came back at another gateway of the domain goes where it is, without a word to the client", async () => {
  const shared = sharedDomain();
  await withDomain({ storeOf: shared.connect }, async (domain) => {
    await comesBackElsewhere(domain);
    const sent = domain.gateways.map(({ counters }) => counters.domain_messages_unsent_total);
    assert.deepEqual(sent, [0, 0, 0]);
  });
});

test(
  "gateways that share a Redis server tell each other so, and of the identities that were revoked",
  { skip: lacksRedis() },
  async () => {
    const server = await RedisServer.start();
    const stores: GatewayStore[] = await Promise.all([0, 1, 2].map(() => openRedisStore({ url: server.url })));
    try {
      await withDomain({ storeOf: (place) => stores[place] }, async (domain) => {
        await comesBackElsewhere(domain);
        await revokedEverywhere(domain, { isTold: true });
        // The server is gone and back: the gateways listen again.
        await server.stop();
        await server.startAgain();
        // What is told before they do is lost: then it is for the next time that a client comes back elsewhere.
        const deadline = performance.now() + PATIENCE_MS;
        do {
          assert.ok(performance.now() < deadline, "in time");
          const ticket = (await connect(at(domain, 0))).abandon();
          (await connect(at(domain, 1, { ticket }))).abandon();
        } while (!await isSoon(() => domain.gateways[0].establishedCount === 0));
      });
    } finally {
      for (const store of stores) await store.close();
      await server.remove();
    }
  },
);

test("[C-7.9] a client that says INITIAL_CONTACT at one gateway has left no IKE SA at another, and of two at once the later one stays", async () => {
  const shared = sharedDomain();
  await withDomain({ storeOf: shared.connect }, async (domain) => {
    (await connect(at(domain, 0))).abandon();
    (await connect(at(domain, 1))).abandon();
    await until(() => domain.gateways[0].establishedCount === 0);
    assert.equal(domain.gateways[1].establishedCount, 1);
    const both = await Promise.all([0, 2].map((place) => connect(at(domain, place))));
    await until(() => domain.gateways.reduce((sum, { establishedCount }) => sum + establishedCount, 0) === 1);
    both.forEach((session) => session.abandon());
  });
});

for (const fault of ["refuses", "loses"] as const) {
  test(`where the channel ${fault} messages, a gateway goes on as if it were alone, and counts what it could not say`, async () => {
    const shared = sharedDomain();
    await withDomain({ storeOf: shared.connect }, async (domain) => {
      shared.fault = fault;
      (await connect(at(domain, 0))).abandon();
      const second = await connect(at(domain, 0));
      await until(() => domain.gateways[0].establishedCount === 1);
      assert.equal(await second.checkLiveness(), true);
      assert.equal(domain.gateways[0].counters.domain_messages_unsent_total > 0, fault === "refuses");
      // After a moment it takes its own word for heard: what another gateway says from then on is later.
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      const replaced = [{ key: identityKey(identity), ownSpi: 1n, reason: "initial-contact" as const }];
      shared.say(encodeDomainMessage({ from: "00112233445566aa", number: 1, resumed: [], replaced, hasRevoked: false }));
      await until(() => domain.gateways[0].establishedCount === 0);
      second.abandon();
    });
  });
}

async function revokedEverywhere(domain: Domain, { isTold }: { readonly isTold: boolean }): Promise<void> {
  const ticket = (await connect(at(domain, 0))).abandon()!;
  await domain.gateways[0].revoke({ identity });
  if (isTold) await new Promise((resolve) => setTimeout(resolve, 500));
  else await domain.start(1);
  const refusedBefore = domain.gateways[1].counters.tickets_refused_total;
  const session = await connect(at(domain, 1, { ticket }));
  assert.equal(session.resumed, false);
  assert.equal(domain.gateways[1].counters.tickets_refused_total, refusedBefore + 1);
  session.abandon();
}

test("[R-9.8-1] the tickets of an identity that was revoked at one gateway are refused by all, at once where the channel tells", async () => {
  const shared = sharedDomain();
  await withDomain({ storeOf: shared.connect }, (domain) => revokedEverywhere(domain, { isTold: true }));
});

test("[R-9.8-1] and by a gateway that is started afterwards, whoever revoked it", async () => {
  const shared = sharedDomain();
  await withDomain({ storeOf: shared.connect }, async (domain) => {
    shared.fault = "loses";
    await domain.kill(1);
    await revokedEverywhere(domain, { isTold: false });
  });
});

test("messages of the domain that are hostile or make no sense end nothing, and are counted", async () => {
  const shared = sharedDomain();
  await withDomain({ storeOf: shared.connect }, async (domain) => {
    const session = await connect(at(domain, 0));
    const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
    const good = { version: 1, from: "00112233445566aa", number: 1, resumed: [], replaced: [], revoked: false };
    const spi = "0123456789abcdef";
    const hostile = [
      ...[new Uint8Array(0), new Uint8Array(2_000_000), Uint8Array.of(0xff, 0xfe), text(null), text([]), text({})],
      text({ ...good, version: 2 }),
      text({ ...good, from: "x" }),
      text({ ...good, number: "1" }),
      text({ ...good, resumed: [[spi]] }),
      text({ ...good, resumed: [[spi, "0", null]] }),
      text({ ...good, resumed: [[spi, spi, 7]] }),
      text({ ...good, resumed: Array.from({ length: 1_025 }, () => [spi, spi, null]) }),
      text({ ...good, replaced: [["everybody", spi, "initial-contact"]] }),
      text({ ...good, replaced: [["2:00", spi, "whim"]] }),
      text({ ...good, revoked: "yes" }),
      // In all else right, and longer than is read.
      text({ ...good, beside: "x".repeat(LONGEST_MESSAGE) }),
    ];
    for (const message of hostile) shared.say(message);
    assert.equal(domain.gateways[0].counters.domain_messages_refused_total, hostile.length);
    // Well formed, and about nobody here.
    shared.say(text({ ...good, resumed: [[spi, spi, null]], replaced: [["2:00", spi, "initial-contact"]], revoked: true }));
    assert.equal(await session.checkLiveness(), true);
    assert.equal(domain.gateways[0].counters.domain_messages_refused_total, hostile.length);
    await session.close();
  });
});

test("what is told comes to be heard as it was said", () => {
  const message = {
    from: "00112233445566aa",
    number: 7,
    resumed: [
      { spis: { initiatorSpi: 1n, responderSpi: 0xffff_ffff_ffff_ffffn }, ticketId: "00ff" },
      { spis: { initiatorSpi: 2n, responderSpi: 3n }, ticketId: undefined },
    ],
    replaced: [{ key: "2:6162", ownSpi: 9n, reason: "initial-contact" as const }],
    hasRevoked: true,
  };
  assert.deepEqual(decodeDomainMessage(encodeDomainMessage(message)), message);
});

test("an identity that cannot be revoked in the store is revoked here at once, and in the store when that is back", async () => {
  const shared = sharedDomain();
  const store = shared.connect();
  let isBroken = true;
  const { revokedIdentities } = store;
  const failing: GatewayStore = {
    ...store,
    revokedIdentities: {
      add(one) {
        if (isBroken) throw new Error("no room");
        revokedIdentities!.add(one);
      },
      all: () => revokedIdentities!.all(),
    },
  };
  await withDomain({ storeOf: () => failing }, async (domain) => {
    const ticket = (await connect(at(domain, 0))).abandon()!;
    await domain.gateways[0].revoke({ identity: parseIdentity("client@example.org") });
    assert.equal(shared.revoked.size, 0);
    const session = await connect(at(domain, 0, { ticket }));
    assert.equal(session.resumed, false);
    session.abandon();
    isBroken = false;
    await until(() => shared.revoked.size === 1);
    // No ticket lives longer, whichever gateway issued it, and when.
    const [{ untilEpochSeconds, lastExpiryEpochSeconds }] = shared.revoked.values();
    assert.equal(lastExpiryEpochSeconds - untilEpochSeconds, MAXIMUM_TICKET_LIFETIME_SECONDS);
  });
});
