/**
 * Gateways of one secure domain, and a client that has a list of them.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, type ConnectOptions } from "../../src/client/client.ts";
import { GatewayList, MOST_GATEWAYS } from "../../src/client/gateway_list.ts";
import { ConnectionError } from "../../src/client/connection_error.ts";
import { parseIdentity, parseSelectors } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import type { ReconnectionEvent } from "../../src/client/reconnect_policy.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { MemoryClientTickets } from "../../src/store/memory_client_tickets.ts";
import { memoryStore } from "../../src/store/memory_store.ts";
import { type Domain, withDomain } from "./domain_scene.ts";
import { clientConfiguration } from "./gateway_scene.ts";

const SOON = { initialMs: 50, factor: 1, maximumMs: 50, attempts: 30, jitter: 0 };
const PATIENCE = { initialMs: 150, factor: 1, maximumMs: 150, attempts: 14, jitter: 0 };

/** Options of a client that knows all gateways of a domain, each with its identity where they have their own. */
function optionsFor({ addresses, identities }: Domain, more: Partial<ConnectOptions> = {}): ConnectOptions {
  const [gateway, ...otherGateways] = addresses.map((address, place) => ({
    ...address,
    ...(identities && { identity: identities[place] }),
  }));
  return {
    configuration: clientConfiguration({ peerIdentity: identities?.[0], retransmission: SOON }),
    gateway,
    otherGateways,
    ...more,
  };
}

const NAMED = ["one.example", "two.example", "three.example"].map(parseIdentity);

for (const [named, identities] of [["with an identity each", NAMED], ["without any", undefined]] as const) {
  test(`[B-5-2] a client whose gateway is gone resumes at the next of its list, ${named}`, async () => {
    await withDomain({ identities }, async (domain) => {
      const tickets = new MemoryClientTickets();
      const options = optionsFor(domain, { tickets });
      (await connect(options)).abandon();
      await domain.kill(0);
      const session = await connect(options);
      assert.equal(session.resumed, true);
      assert.equal(await session.checkLiveness(), true);
      assert.equal(domain.gateways[1].counters.ike_sas_resumed_total, 1);
      // RFC 5723, section 4.3.3: IDr is that of the ticket, whichever gateway it is.
      assert.deepEqual(session.peerIdentity, identities?.[0] ?? parseIdentity("gateway.example"));
      session.abandon();
      await domain.kill(1);
      const third = await connect(options);
      assert.equal(third.resumed, true);
      await third.close();
    });
  });
}

test("a full exchange with the next gateway of a list requires that one's identity, not the first one's", async () => {
  await withDomain({ identities: NAMED }, async (domain) => {
    await domain.kill(0);
    const session = await connect(optionsFor(domain));
    assert.equal(session.resumed, false);
    assert.deepEqual(session.peerIdentity, NAMED[1]);
    await session.close();
    const [first, second] = domain.addresses;
    const wrong = { ...second, identity: NAMED[2] };
    await assert.rejects(connect({ ...optionsFor(domain), gateway: first, otherGateways: [wrong] }), {
      name: "ConnectionError",
    });
  });
});

test("[R-4.3.2-9] a ticket is presented to no gateway that is not in its client's list", async () => {
  await withDomain({}, async (domain) => {
    const [gateway, other] = domain.addresses;
    const tickets = new MemoryClientTickets();
    const configuration = clientConfiguration({ peerIdentity: undefined, retransmission: SOON });
    (await connect({ configuration, gateway, tickets })).abandon();
    const session = await connect({ configuration, gateway: other, tickets });
    assert.equal(session.resumed, false);
    await session.close();
  });
});

test("[R-9.10-3] of a ticket handed in by its owner no two gateways see copies at once, and it is spent where it was used", async () => {
  await withDomain({}, async (domain) => {
    const told: Effect[] = [];
    const ticket = (await connect(optionsFor(domain))).abandon()!;
    await domain.kill(0);
    const session = await connect(optionsFor(domain, { ticket, onEffect: (effect) => void told.push(effect) }));
    assert.equal(session.resumed, true);
    assert.ok(ticket.skD.every((octet) => octet === 0));
    const types = told.map(({ type }) => type);
    assert.ok(types.indexOf("ike-sa-down") < types.indexOf("ike-sa-up"), "the attempt with the first is over before");
    await session.close();
  });
});

test("a session that comes back goes to the gateway behind the one that it has lost, and round the list", async () => {
  await withDomain({ identities: NAMED }, async (domain) => {
    const events: ReconnectionEvent[] = [];
    let isBack = () => {};
    const session = await connect(optionsFor(domain, {
      configuration: clientConfiguration({ peerIdentity: NAMED[0], livenessSeconds: 0.2, retransmission: PATIENCE }),
      reconnect: { initialMs: 20, maximumMs: 50 },
      onReconnection: (event) => {
        events.push(event);
        if (event.type === "connection-back") isBack();
      },
    }));
    for (const [lost, next] of [[0, 1], [1, 2], [2, 0]]) {
      const back = new Promise<void>((resolve) => isBack = resolve);
      await domain.kill(lost);
      await back;
      assert.equal(domain.gateways[next].establishedCount, 1);
      assert.equal(session.resumed, true);
      await domain.start(lost);
    }
    await session.close();
  });
});

test("where none of a list answers the error says so, and names all of them", async () => {
  await withDomain({}, async (domain) => {
    for (const place of domain.addresses.keys()) await domain.kill(place);
    await assert.rejects(connect(optionsFor(domain)), {
      name: "ConnectionError",
      reason: "no-answer",
      message: "no connection: none of 3 gateways answers: 127.0.0.1, 127.0.0.2, 127.0.0.3",
    });
  });
});

test("gateways of a list that send a client round are left after a few times, and the next of the list is not asked either", async () => {
  const ring = ["127.0.0.2", "127.0.0.1", "127.0.0.1"];
  await withDomain({ redirectTo: ring }, async (domain) => {
    const configuration = clientConfiguration({ peerIdentity: undefined, followRedirects: true, retransmission: SOON });
    await assert.rejects(connect(optionsFor(domain, { configuration })), {
      reason: "redirected",
      message: /redirected 6 times/,
    });
    assert.equal(domain.gateways[2].counters.clients_redirected_total, 0);
  });
});

test("a gateway that refuses is the last that is asked: its word is that of the domain", async () => {
  await withDomain({}, async (domain) => {
    const configuration = clientConfiguration({ presharedKey: new TextEncoder().encode("another"), retransmission: SOON });
    await assert.rejects(connect(optionsFor(domain, { configuration })), { reason: "authentication-failed" });
    assert.equal(domain.gateways[1].counters.received_datagrams_total, 0);
  });
});

test("the pause before the next gateway is drawn at random, the gateways are taken in turn, and too long a list is refused", async () => {
  const gateways = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map((address) => ({ address }));
  const list = new GatewayList(gateways, clientConfiguration(), systemRandom, 0);
  const tried: [string, boolean][] = [];
  const silent = (gateway: { address: string }, isLast: boolean) => {
    tried.push([gateway.address, isLast]);
    return Promise.reject(new ConnectionError("no-answer", "silence"));
  };
  await assert.rejects(list.reach(silent), { reason: "no-answer" });
  list.reached({ address: "192.0.2.2", port: 500 });
  await assert.rejects(list.reach(silent), { reason: "no-answer" });
  assert.deepEqual(tried, [
    ["192.0.2.1", false],
    ["192.0.2.2", false],
    ["192.0.2.3", true],
    ["192.0.2.3", false],
    ["192.0.2.1", false],
    ["192.0.2.2", true],
  ]);
  const drawn: number[] = [];
  const random = (length: number) => {
    drawn.push(length);
    return new Uint8Array(length);
  };
  await assert.rejects(new GatewayList(gateways, clientConfiguration(), random).reach(silent));
  assert.deepEqual(drawn, [2, 2]);
  const many = Array.from({ length: MOST_GATEWAYS + 1 }, () => gateways[0]);
  assert.throws(() => new GatewayList(many, clientConfiguration(), systemRandom), RangeError);
});

for (const ticketKind of ["value", "reference"] as const) {
  test(`[B-5-1] gateways of a domain that share a store take back each other's sessions, once between them, by tickets by ${ticketKind}`, async () => {
    await withDomain({ store: memoryStore(), configurationOf: () => ({ ticketKind }) }, async (domain) => {
      const options = optionsFor(domain);
      const ticket = (await connect(options)).abandon()!;
      const copy = { ...ticket, ticket: ticket.ticket.slice(), skD: ticket.skD.slice() };
      await domain.kill(0);
      const first = await connect({ ...options, ticket });
      assert.equal(first.resumed, true);
      assert.equal(domain.gateways[1].counters.ike_sas_resumed_total, 1);
      first.abandon();
      await domain.kill(1);
      const second = await connect({ ...options, ticket: copy });
      assert.equal(second.resumed, false);
      assert.equal(domain.gateways[2].counters.tickets_refused_total, 1);
      await second.close();
    });
  });
}

test("[B-5-2] a gateway with a pool of its own gives another inner address to a session that it takes back", async () => {
  const pools = ["10.1.0.1-10.1.0.9", "10.2.0.1-10.2.0.9", "10.3.0.1-10.3.0.9"];
  const configurationOf = (place: number) => ({ innerAddresses: { ranges: parseSelectors(pools[place]) } });
  await withDomain({ configurationOf }, async (domain) => {
    const configuration = clientConfiguration({ peerIdentity: undefined, requestInnerAddress: true, retransmission: SOON });
    const options = optionsFor(domain, { configuration });
    const first = await connect(options);
    assert.equal(first.innerAddress?.address, "10.1.0.1");
    const ticket = first.abandon()!;
    await domain.kill(0);
    const second = await connect({ ...options, ticket });
    assert.equal(second.resumed, true);
    assert.equal(second.innerAddress?.address, "10.2.0.1");
    await second.close();
  });
});

test("a session that is lost asks where its gateways are by now; no answer, a wrong one and a fault leave them as they were", async () => {
  await withDomain({}, async ({ addresses: [first, second, third], kill }) => {
    const answers = [
      () => Promise.reject(new Error("no name server")),
      () => Promise.resolve([]),
      () => Promise.resolve([second, third]),
    ];
    const faults: unknown[] = [];
    const back = Promise.withResolvers<void>();
    const session = await connect({
      configuration: clientConfiguration({ livenessSeconds: 0.2, retransmission: PATIENCE }),
      gateway: first,
      reconnect: SOON,
      lookUpGateways: () => (answers.shift() ?? (() => Promise.resolve([second])))(),
      onFault: (fault) => faults.push(fault),
      onReconnection: ({ type }) => type === "connection-back" && back.resolve(),
    });
    try {
      assert.equal(answers.length, 3, "asked for while its gateway was there");
      await kill(0);
      await back.promise;
      assert.equal(answers.length, 0);
      assert.equal(session.resumed, true);
      assert.equal(await session.checkLiveness(), true);
      assert.match(String(faults[0]), /lookUpGateways threw: no name server/);
    } finally {
      await session.close();
    }
  });
});

test("gateways that were told with a ticket stay behind those that were looked up anew", async () => {
  const list = new GatewayList([{ address: "192.0.2.1" }], clientConfiguration(), systemRandom, 0);
  list.learn([{ address: "192.0.2.8" }, { address: "192.0.2.9" }]);
  list.restate([{ address: "192.0.2.8" }, { address: "192.0.2.2" }]);
  const asked: string[] = [];
  await assert.rejects(list.reach(({ address }) => {
    asked.push(address);
    return Promise.reject(new ConnectionError("no-answer", "silent"));
  }));
  assert.deepEqual(asked, ["192.0.2.8", "192.0.2.2", "192.0.2.9"]);
});
