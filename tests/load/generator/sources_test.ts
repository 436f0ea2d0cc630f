import assert from "node:assert/strict";
import { after, test } from "node:test";
import { portRange, socketCount, sourceAddresses } from "../../../src/cli/load_source_options.ts";
import { parseIdentity } from "../../../src/configuration/mod.ts";
import { systemRandom } from "../../../src/crypto/system_random.ts";
import { Gateway } from "../../../src/gateway/gateway.ts";
import { initiatorConfiguration } from "../../../src/ike/initiator.ts";
import { responderConfiguration } from "../../../src/ike/responder.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import type { Endpoint } from "../../../src/ike/steps/datagram.ts";
import { load, type LoadOptions } from "../../../src/load/generator/load.ts";
import { socketPlaces } from "../../../src/load/generator/socket_places.ts";
import { loadKeyExchange, loadProvider } from "../../../src/providers/mod.ts";
import { TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";

const presharedKey = new TextEncoder().encode("a secret that all clients know");
const provider = await loadProvider("ts");
const keyExchange = await loadKeyExchange();
const effects: Effect[] = [];
const gateway = await Gateway.listen({
  configuration: responderConfiguration({
    identity: parseIdentity("gateway.example"),
    presharedKeyOf: () => presharedKey,
    ticketKeys: TicketKeyRing.generate(systemRandom, Math.floor(Date.now() / 1_000), { ticketLifetimeSeconds: 3_600 }),
  }),
  addresses: ["127.0.0.1"],
  port: 0,
  natPort: 0,
  transport: "dgram",
  provider,
  onEffect: (effect: Effect) => effects.push(effect),
});
after(() => gateway.close());

/** What the gateway saw of it. */
async function loaded(
  more: Partial<LoadOptions>,
): Promise<{ readonly remotes: readonly Endpoint[]; readonly encapsulated: readonly boolean[] }> {
  effects.length = 0;
  const { failed, operations, generator } = await load({
    gateway: gateway.local[0],
    encapsulatedGateway: gateway.encapsulatedLocal[0],
    addresses: ["127.0.0.1"],
    sockets: 2,
    clients: 4,
    scenario: "resume",
    shape: { model: "open", stages: [{ seconds: 0.6, from: 20, to: 20 }] },
    holdMs: 0,
    seed: 1,
    loss: 0,
    jitter: 0,
    ticketExpected: true,
    thresholds: [],
    provider,
    keyExchange,
    configurationOf: (client) =>
      initiatorConfiguration({
        identity: parseIdentity(`user-${client}@load.example`),
        presharedKey,
        livenessSeconds: 0,
        keepTicketFresh: false,
      }),
    signal: new AbortController().signal,
    ...more,
  }, { second: () => {}, note: () => {} });
  // On a machine that has much to do, some turns find no client free.
  const left = generator.turns_left_out;
  assert.equal(failed, left);
  const succeeded = (operations.full?.succeeded ?? 0) + (operations.resumption?.succeeded ?? 0);
  assert.equal(succeeded, 12 - left);
  assert.equal(operations.full?.succeeded, 4);
  return {
    remotes: effects.flatMap((effect) => effect.type === "ike-sa-up" ? [effect.remote] : []),
    encapsulated: effects.flatMap((effect) => effect.type === "child-sa-up" ? [effect.childSa.udpEncapsulation] : []),
  };
}

function textsOf(remotes: readonly Endpoint[]): readonly string[] {
  return [...new Set(remotes.map(({ address, port }) => `${address} ${port}`))].toSorted();
}

test("clients talk from the addresses and ports that were asked for, in turn", async () => {
  const from = 20_000 + 10 * Math.floor(2_000 * Math.random());
  const ports = { from, to: from + 7 };
  const { remotes, encapsulated } = await loaded({ addresses: ["127.0.0.2", "127.0.0.3"], sockets: 4, ports });
  assert.deepEqual(textsOf(remotes), [
    `127.0.0.2 ${from}`,
    `127.0.0.2 ${from + 2}`,
    `127.0.0.3 ${from}`,
    `127.0.0.3 ${from + 2}`,
  ]);
  assert.ok(encapsulated.every((each) => !each));
});

test("behind an imitated NAT both ends find it: the gateway meets the translated port that has the marker, and encapsulates ESP", async () => {
  const from = 20_000 + 10 * Math.floor(2_000 * Math.random());
  const ports = { from, to: from + 7 };
  const { remotes, encapsulated } = await loaded({ sockets: 4, ports, isBehindNat: true });
  // Each client is behind two ports: what is up is met on the second one.
  assert.deepEqual(textsOf(remotes), [1, 3, 5, 7].map((offset) => `127.0.0.1 ${from + offset}`));
  assert.ok(encapsulated.length >= 4 && encapsulated.every((each) => each));
});

test("a second load by the same seed from the same ports is not taken for repeated messages of the first", async () => {
  const from = 20_000 + 10 * Math.floor(2_000 * Math.random());
  const more = { sockets: 4, ports: { from, to: from + 7 } };
  for (const isBehindNat of [false, true]) {
    await loaded({ ...more, isBehindNat });
    await loaded({ ...more, isBehindNat });
  }
});

test("too few ports are told before the start, and places follow those of other processes", () => {
  const ports = { from: 40_000, to: 40_005 };
  assert.throws(
    () => socketPlaces({ addresses: ["127.0.0.1"], sockets: 4, ports }),
    /4 pairs of sockets at 1 addresses need more than the ports 40000 to 40005: expected at most 3 pairs, or more addresses/,
  );
  assert.throws(() => socketPlaces({ addresses: ["127.0.0.1"], sockets: 100_000 }), /need more than the ports \d+ to \d+/);
  assert.deepEqual(socketPlaces({ addresses: ["127.0.0.1"], sockets: 1, ports, firstSocket: 2 }), [
    { address: "127.0.0.1", port: 40_004, natPort: 40_005 },
  ]);
});

test("addresses, ports and sockets of a command line are taken, and what is none is refused with what is allowed", () => {
  assert.deepEqual(sourceAddresses("127.0.0.1"), ["127.0.0.1"]);
  assert.deepEqual(sourceAddresses("127.0.0.254-127.0.1.1"), ["127.0.0.254", "127.0.0.255", "127.0.1.0", "127.0.1.1"]);
  assert.deepEqual(sourceAddresses("fd00::ffff-fd00::1:0"), ["fd00::ffff", "fd00::1:0"]);
  for (
    const text of [
      "",
      "127.0.0.2-127.0.0.1",
      "127.0.0.1-::1",
      "127.0.0.1-127.0.0.2-127.0.0.3",
      "10.0.0.0-11.0.0.0",
      "localhost",
    ]
  ) {
    assert.throws(() => sourceAddresses(text), /Allowed are/, text);
  }
  assert.deepEqual(portRange("40000-49999"), { from: 40_000, to: 49_999 });
  for (const text of ["40000", "2-1", "0-5", "1-65536"]) assert.throws(() => portRange(text), /Allowed are two ports/, text);
  assert.deepEqual([socketCount("each"), socketCount("7")], ["each", 7]);
  assert.throws(() => socketCount("all"), /Allowed are whole numbers/);
});
