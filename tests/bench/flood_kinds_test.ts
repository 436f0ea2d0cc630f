import assert from "node:assert/strict";
import process from "node:process";
import { test, type TestContext } from "node:test";
import { AttackerSockets } from "../../src/load/hostile/attacker_sockets.ts";
import { ATTACK_KINDS, attackKind } from "../../bench/flood/kinds.ts";
import { LegitimateClients } from "../../bench/flood/legitimate_clients.ts";
import { GATEWAY_IDENTITY } from "../../bench/flood/setting.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { responderConfiguration, type ResponderOptions } from "../../src/ike/policy/responder_configuration.ts";
import { loadKeyExchange, loadProvider } from "../../src/providers/mod.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";

const ON_LINUX = process.platform === "linux" ? {} : { skip: "other systems have one loopback address alone" };
const SHOTS = 40;
const TICKETS = 8;
const DATAGRAMS_BEFORE = 30;
const PATIENCE_MS = 10_000;

interface Attacked {
  /** What the gateway told, in a word or two each: all but what it sent. */
  readonly told: readonly string[];
  /** Of what leaves before the clients come. */
  readonly halfOpenBefore: number;
  readonly halfOpen: number;
  readonly sent: number;
  readonly answers: number;
}

/** Sends some datagrams of a kind to a gateway of its own. */
async function attacked(context: TestContext, name: string, options: Partial<ResponderOptions> = {}): Promise<Attacked> {
  const provider = await loadProvider("auto");
  const keyExchange = await loadKeyExchange();
  const presharedKey = systemRandom(32);
  const told: string[] = [];
  const tell = (effect: Effect): void => {
    if (effect.type !== "send") told.push("reason" in effect ? `${effect.type}: ${effect.reason}` : effect.type);
  };
  const gateway = await Gateway.listen({
    configuration: responderConfiguration({
      identity: parseIdentity(GATEWAY_IDENTITY),
      presharedKeyOf: () => presharedKey,
      ticketKeys: TicketKeyRing.generate(systemRandom, Math.floor(Date.now() / 1000)),
      ...options,
    }),
    addresses: ["127.0.0.1"],
    port: 0,
    natPort: 0,
    onEffect: tell,
    onFault: (fault) => told.push(`fault: ${fault}`),
  });
  const place = { local: gateway.local[0], encapsulatedLocal: gateway.encapsulatedLocal[0] };
  const clients = await LegitimateClients.open(provider, keyExchange, presharedKey);
  const sockets = new AttackerSockets(place.local);
  let counted = 0;
  context.after(async () => {
    await Promise.all([clients.close(), sockets.close(), gateway.close()]);
  });
  await clients.enrol(2 * TICKETS, place);
  await clients.resume(0, TICKETS, place);
  const receivedAtFirst = gateway.counters.received_datagrams_total;
  const attack = await attackKind(name)!.prepare({
    provider,
    keyExchange,
    gateway: place.local,
    encapsulatedGateway: place.encapsulatedLocal,
    presharedKey,
    datagramsBefore: DATAGRAMS_BEFORE,
    usedTickets: clients.tickets(0, TICKETS),
    goodTickets: clients.tickets(TICKETS, 2 * TICKETS),
    open: (address) => sockets.open(address),
    count: () => counted++,
    atEnd: (close) => context.after(close),
  });
  await quiet(() => sockets.sent + counted <= gateway.counters.received_datagrams_total - receivedAtFirst);
  told.splice(0);
  const halfOpenBefore = gateway.halfOpenCount;
  const receivedBefore = gateway.counters.received_datagrams_total;
  const sentBefore = sockets.sent + counted;
  const sent = (): number => sockets.sent + counted - sentBefore;
  const allTaken = (): boolean => gateway.counters.received_datagrams_total - receivedBefore >= sent();
  for (let index = 0; index < SHOTS; index++) {
    attack(index);
    // Answers are read, and answered, in between.
    await quiet(allTaken);
  }
  await quiet(allTaken);
  return {
    told: [...told],
    halfOpenBefore,
    halfOpen: gateway.halfOpenCount - halfOpenBefore,
    sent: sent(),
    answers: sockets.answers,
  };
}

/** Until all that was sent has been taken, and what came of it has been. */
async function quiet(allTaken: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  do await new Promise((resolve) => setTimeout(resolve, 2)); while (!allTaken() && performance.now() < end);
}

function count(told: readonly string[], word: string): number {
  return told.filter((one) => one === word).length;
}

for (const name of ["garbage", "garbage-headers"]) {
  test(`${name} leaves no trace`, ON_LINUX, async (context) => {
    const { told, halfOpen, sent } = await attacked(context, name);
    assert.ok(told.some((word) => word.startsWith("dropped: ")), `${told}`);
    assert.deepEqual(told.filter((word) => /^(ike-sa|child-sa|fault)/.test(word)), []);
    assert.deepEqual([halfOpen, sent], [0, SHOTS]);
  });
}

const INITS = ["init-curve25519", "init-p256", "init-p384", "init-modp2048"];
for (const name of [...INITS, "init-p384-many-addresses", "init-modp2048-many-addresses"]) {
  test(
    `${name} is what a client could have sent: the gateway begins an IKE SA for each, until it asks for cookies`,
    ON_LINUX,
    async (context) => {
      const { told, halfOpen, sent, answers } = await attacked(context, name, { cookieThreshold: 1_000 });
      assert.deepEqual(told, []);
      assert.equal(sent, SHOTS);
      assert.ok(halfOpen > 0 && halfOpen <= SHOTS);
      assert.ok(answers > 0);
    },
  );
}

test(
  "forged tickets are refused as not authentic, used ones as used, under one initiator SPI and under many",
  ON_LINUX,
  async (context) => {
    for (const spis of ["one-spi", "many-spis"]) {
      const forged = await attacked(context, `forged-tickets-${spis}`);
      assert.ok(count(forged.told, "ticket-refused: not-authentic") > 0, `${forged.told}`);
      const used = await attacked(context, `used-tickets-${spis}`);
      assert.ok(count(used.told, "ticket-refused: used") > 0, `${used.told}`);
      assert.equal(forged.halfOpen + used.halfOpen, 0);
    }
  },
);

const LEFT_HALF_OPEN = [
  ...["half-open", "half-open-many-addresses", "half-open-beside-clients"],
  ...["tickets-without-auth", "tickets-without-auth-beside-clients"],
];
for (const name of LEFT_HALF_OPEN) {
  test(`${name}-filled has left half-open IKE SAs behind before the attack, and goes on`, ON_LINUX, async (context) => {
    const { halfOpenBefore, halfOpen } = await attacked(context, `${name}-filled`);
    assert.ok(halfOpenBefore > 0 && halfOpen > 0);
  });
}

test("good tickets that are not followed up leave half-open IKE SAs behind", ON_LINUX, async (context) => {
  const { told, halfOpen } = await attacked(context, "tickets-without-auth");
  assert.equal(count(told, "ike-sa-up"), 0);
  assert.ok(halfOpen > 0);
});

for (const name of LEFT_HALF_OPEN) {
  test(`${name} has real addresses, which answer cookies, each with a datagram more`, ON_LINUX, async (context) => {
    const { told, halfOpen, sent } = await attacked(context, name, { cookieThreshold: 0 });
    assert.deepEqual(told, []);
    assert.ok(halfOpen > 0);
    assert.equal(sent, 2 * SHOTS);
  });
}

for (const name of ["garbage-auth", "garbage-auth-resumed"]) {
  test(`${name} reaches half-open IKE SAs, and has to be opened to be found out`, ON_LINUX, async (context) => {
    const { told, halfOpen } = await attacked(context, name, { cookieThreshold: 0 });
    assert.ok(count(told, "dropped: not-authentic") > 0, `${told}`);
    assert.ok(halfOpen > 0);
    assert.equal(count(told, "ike-sa-up"), 0);
  });
}

test("an authenticated client's fragments are taken as such, and no message comes of them", ON_LINUX, async (context) => {
  const { told, sent, answers } = await attacked(context, "authentic-fragments");
  assert.deepEqual(told, Array.from({ length: SHOTS }, () => "dropped: fragment"));
  assert.deepEqual([sent, answers], [SHOTS, 0]);
});

test("every kind has a name of its own, and is played above", () => {
  assert.equal(new Set(ATTACK_KINDS.map(({ name }) => name)).size, ATTACK_KINDS.length);
  assert.equal(ATTACK_KINDS.length, 25);
});
