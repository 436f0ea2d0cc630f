/**
 * A gateway sends clients that are up to another one (RFC 5685, section 5): they go by their tickets, and delete the IKE SA that they had then.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../../src/client/client.ts";
import { MOST_REDIRECTS } from "../../src/client/redirection.ts";
import type { ReconnectionEvent } from "../../src/client/reconnect_policy.ts";
import type { Session } from "../../src/client/session.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { clientConfiguration } from "./gateway_scene.ts";
import { type Domain, withDomain } from "./domain_scene.ts";

interface Up {
  readonly session: Session;
  next(type: ReconnectionEvent["type"]): Promise<ReconnectionEvent>;
}

async function up({ addresses: [first] }: Domain, followRedirects = true): Promise<Up> {
  const waiting: { readonly type: string; readonly resolve: (event: ReconnectionEvent) => void }[] = [];
  const session = await connect({
    configuration: clientConfiguration({ followRedirects }),
    gateway: first,
    reconnect: { initialMs: 10, maximumMs: 100 },
    onReconnection: (event) => {
      for (const one of waiting.splice(0)) one.type === event.type ? one.resolve(event) : waiting.push(one);
    },
  });
  return { session, next: (type) => new Promise((resolve) => waiting.push({ type, resolve })) };
}

test("a client that is up goes to the gateway that it is sent to, by its ticket, and deletes the old IKE SA: again and again", async () => {
  await withDomain({}, async (domain) => {
    const { gateways, addresses } = domain;
    const { session, next } = await up(domain);
    const before = session.spis;
    for (const [from, to] of [[0, 1], [1, 2]] as const) {
      const gone = next("redirected");
      await gateways[from].redirect({ who: "all", to: addresses[to].address });
      assert.deepEqual(await gone, { type: "redirected", to: addresses[to].address, resumed: true });
      assert.equal(await session.checkLiveness(), true);
      await waitFor(() => gateways[from].establishedCount === 0);
      assert.deepEqual(
        gateways.map(({ establishedCount }) => establishedCount),
        [0, 1, 2].map((place) => place === to ? 1 : 0),
      );
      assert.equal(gateways[from].counters.clients_redirected_total, 1);
    }
    assert.notDeepEqual(session.spis, before);
    await session.close();
    await waitFor(() => gateways.every(({ establishedCount }) => establishedCount === 0));
  });
});

test("only the identity that is named is sent, and only clients that said that they follow", async () => {
  await withDomain({}, async (domain) => {
    const { gateways: [first, second], addresses } = domain;
    const stays = await up(domain, false);
    await first.redirect({ who: "all", to: addresses[1].address });
    const follows = await up(domain);
    await first.redirect({ who: parseIdentity("nobody@example.org"), to: addresses[1].address });
    assert.equal(await stays.session.checkLiveness(), true);
    assert.equal(await follows.session.checkLiveness(), true);
    assert.equal(first.counters.clients_redirected_total, 0);
    const gone = follows.next("redirected");
    await first.redirect({ who: parseIdentity("client@example.org"), to: addresses[1].address });
    await gone;
    await waitFor(() => first.establishedCount === 1);
    assert.equal(second.establishedCount, 1);
    await Promise.all([stays.session.close(), follows.session.close()]);
  });
});

test("a gateway that cannot be had leaves the client where it is, which goes on trying", async () => {
  await withDomain({}, async (domain) => {
    const { gateways: [first, second], addresses } = domain;
    await domain.kill(1);
    const { session, next } = await up(domain);
    await first.redirect({ who: "all", to: addresses[1].address });
    await waitFor(() => first.counters.clients_redirected_total === 1);
    assert.equal(await session.checkLiveness(), true);
    assert.equal(second.establishedCount, 0);
    const gone = next("redirected");
    await domain.start(1);
    await gone;
    assert.equal(domain.gateways[1].establishedCount, 1);
    await session.close();
  });
});

test("a client on its way to a gateway that cannot be had goes where its own sends it next", async () => {
  await withDomain({}, async (domain) => {
    const { gateways: [first, , third], addresses } = domain;
    await domain.kill(1);
    const { session, next } = await up(domain);
    for (const times of [1, 2]) {
      await first.redirect({ who: "all", to: addresses[1].address });
      await waitFor(() => first.counters.clients_redirected_total === times);
    }
    const gone = next("redirected");
    await first.redirect({ who: "all", to: addresses[2].address });
    assert.deepEqual(await gone, { type: "redirected", to: addresses[2].address, resumed: true });
    assert.equal(third.establishedCount, 1);
    await waitFor(() => first.establishedCount === 0);
    assert.equal(await session.checkLiveness(), true);
    await session.close();
  });
});

test("gateways that send a client to each other over and over keep it in the end", async () => {
  await withDomain({}, async (domain) => {
    const { gateways, addresses } = domain;
    const { session, next } = await up(domain);
    for (let times = 0; times < MOST_REDIRECTS; times++) {
      const gone = next("redirected");
      await gateways[times % 2].redirect({ who: "all", to: addresses[(times + 1) % 2].address });
      await gone;
      await waitFor(() => gateways[times % 2].establishedCount === 0);
    }
    const last = gateways[MOST_REDIRECTS % 2];
    const { clients_redirected_total: before } = last.counters;
    await last.redirect({ who: "all", to: addresses[(MOST_REDIRECTS + 1) % 2].address });
    await waitFor(() => last.counters.clients_redirected_total === before + 1);
    assert.equal(await session.checkLiveness(), true);
    assert.equal(last.establishedCount, 1);
    await session.close();
  });
});

test("what is neither an address nor a host name is refused with what would be right", async () => {
  await withDomain({}, async ({ gateways: [gateway] }) => {
    await assert.rejects(() => gateway.redirect({ who: "all", to: "no such/name" }), {
      name: "RangeError",
      message: /redirect: "no such\/name" is neither an IP address nor a host name/,
    });
  });
});

async function waitFor(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
