import assert from "node:assert/strict";
import { test } from "node:test";
import { loadProvider } from "../../../src/providers/mod.ts";
import { derivedTicketKeyRing } from "../../../src/ticket/derived_ticket_keys.ts";
import { makeTicketKey, TICKET_ALGORITHMS, type TicketAlgorithm } from "../../../src/ticket/ticket_key.ts";
import { TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";
import { CLOCK_SKEW_SECONDS } from "../../../src/ticket/ticket_key_schedule.ts";
import { NotifyType } from "../../../src/wire/constants.ts";
import { comesBackWith, copyOf } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { notifyTypes } from "../../simulation/messages.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { effectsOf, Simulation, START_EPOCH_SECONDS } from "../../simulation/simulation.ts";
import { testEveryProvider } from "../every_provider.ts";

const { octets: random } = new SeededRandom(53);
const LIFETIME = 3_600;

for (const algorithm of TICKET_ALGORITHMS) {
  testEveryProvider(
    `[R-6.1-1] [R-6.1-3] a client resumes with a ticket under ${algorithm}, whatever provider sealed it`,
    async (provider) => {
      const ring = ringOf(algorithm);
      const simulation = new Simulation({ provider, gateway: { ticketKeys: ring } });
      const [client, other] = [await simulation.clientWithTicket(), await simulation.clientWithTicket()];
      assert.deepEqual(client.ticket.ticket.slice(4, 12), ring.current.keyId);
      await comesBackWith(simulation, client, copyOf(client.ticket));
      const elsewhere = new Simulation({ provider: await loadProvider("ts"), seed: 2, gateway: { ticketKeys: ring } });
      await comesBackWith(elsewhere, other, copyOf(other.ticket));
    },
  );

  testEveryProvider(
    `[R-9.2-1] under ${algorithm} every bad ticket gets the same answer: altered, under no known key, all zero`,
    async (provider) => {
      const simulation = new Simulation({ provider, gateway: { ticketKeys: ringOf(algorithm) } });
      const { ticket } = (await simulation.clientWithTicket()).ticket;
      const bad = Array.from({ length: ticket.length }, (_, index) => changed(ticket, (octets) => octets[index] ^= 0x20));
      bad.push(changed(ticket, (octets) => octets.fill(0, 4, 12)), changed(ticket, (octets) => octets.fill(0xab, 4, 12)));
      bad.push(new Uint8Array(ticket.length), Uint8Array.of(1, ...new Uint8Array(ticket.length - 1)));
      for (let cut = 1; cut <= 33; cut++) bad.push(ticket.slice(0, -cut));
      const handmade = new HandmadeClient(simulation);
      const answers = new Set<string>();
      for (const presented of bad) {
        const { replies: [reply], effects } = await handmade.deliver(handmade.resumeRequest(presented, new Uint8Array(32)));
        assert.deepEqual(notifyTypes(reply.payloads), [NotifyType.TICKET_NACK]);
        assert.deepEqual(effectsOf(effects, "ticket-refused").map(({ reason }) => reason), ["not-authentic"]);
        answers.add(reply.octets.slice(8).toString());
      }
      assert.equal(answers.size, 1);
      assert.equal(simulation.gateway.halfOpenCount, 0);
    },
  );
}

testEveryProvider(
  "[R-6.1-3] tickets under three keys of three algorithms all open at one gateway, and each is renewed under the current key",
  async (provider) => {
    const keys = TICKET_ALGORITHMS.map((algorithm, index) => makeTicketKey(random, START_EPOCH_SECONDS + index, algorithm));
    const clients = [];
    for (const key of keys) {
      const simulation = new Simulation({ provider, gateway: { ticketKeys: new TicketKeyRing([key], random) } });
      clients.push(await simulation.clientWithTicket());
    }
    const ring = new TicketKeyRing(keys, random);
    ring.advance(START_EPOCH_SECONDS + 10);
    const gateway = new Simulation({ provider, seed: 9, gateway: { ticketKeys: ring } });
    gateway.wallClockOffsetSeconds = 10;
    for (const client of clients) {
      await comesBackWith(gateway, client, copyOf(client.ticket));
      assert.deepEqual(gateway.clients.at(-1)!.ticket.ticket.slice(4, 12), keys[2].keyId);
    }
  },
);

testEveryProvider(
  "[R-6.1-3] a ticket sealed under a key derived at one gateway opens at another, also after the epoch turned",
  async (provider) => {
    const secret = random(32);
    const ring = (now: number) =>
      derivedTicketKeyRing(
        provider,
        { masters: [{ secret, algorithm: "chacha20poly1305" }], epochSeconds: 4 * LIFETIME, ticketLifetimeSeconds: LIFETIME },
        random,
        now,
      );
    const a = new Simulation({ provider, seed: 1, gateway: { ticketKeys: ring(START_EPOCH_SECONDS) } });
    const client = await a.clientWithTicket();
    const b = new Simulation({ provider, seed: 2, gateway: { ticketKeys: ring(START_EPOCH_SECONDS - 100 * LIFETIME) } });
    const epochs = new Set<string>();
    for (let minutes = 0; minutes < 55; minutes += 5) {
      b.wallClockOffsetSeconds = 60 * minutes;
      const visitor = minutes === 0 ? client : b.clients.at(-1)!;
      await comesBackWith(b, visitor, copyOf(visitor.ticket));
    }
    for (let hours = 1; hours < 12; hours++) {
      // A clock that is behind and one that is ahead, hour by hour.
      a.wallClockOffsetSeconds = hours * LIFETIME - CLOCK_SKEW_SECONDS;
      b.wallClockOffsetSeconds = hours * LIFETIME;
      const [fromA, fromB] = [await a.clientWithTicket(), await b.clientWithTicket()];
      epochs.add(fromB.ticket.ticket.slice(4, 12).toString());
      await comesBackWith(b, fromA, copyOf(fromA.ticket));
      await comesBackWith(a, fromB, copyOf(fromB.ticket));
    }
    assert.ok(epochs.size >= 3, `${epochs.size} epochs`);
  },
);

test("[R-9.5-1] a gateway whose key has sealed all it may, and has no other, answers TICKET_NACK and goes on", async () => {
  const provider = await loadProvider("ts");
  const ring = new TicketKeyRing([makeTicketKey(random, START_EPOCH_SECONDS)], random, { sealLimit: 2 });
  const simulation = new Simulation({ provider, gateway: { ticketKeys: ring } });
  const [first] = [await simulation.clientWithTicket(), await simulation.clientWithTicket()];
  const late = await simulation.clientWithTicket();
  assert.equal(late.initiator.waitsFor, "requests");
  assert.throws(() => late.ticket, /has no ticket/);
  assert.deepEqual(effectsOf(late.effects, "ticket-not-granted").length, 1);
  // What was sealed opens still.
  await comesBackWith(simulation, first, copyOf(first.ticket));
});

test("[R-6.1-3] as time passes a gateway seals under new keys by itself, and refuses tickets only when they have expired", async () => {
  const provider = await loadProvider("ts");
  const ring = TicketKeyRing.generate(random, START_EPOCH_SECONDS, {
    rotationSeconds: 4 * LIFETIME,
    ticketLifetimeSeconds: LIFETIME,
  });
  const simulation = new Simulation({ provider, gateway: { ticketKeys: ring } });
  const keys = new Set<string>();
  let client = await simulation.clientWithTicket();
  for (let step = 1; step <= 40; step++) {
    simulation.wallClockOffsetSeconds = step * (LIFETIME - 60);
    await comesBackWith(simulation, client, copyOf(client.ticket));
    client = simulation.clients.at(-1)!;
    keys.add(client.ticket.ticket.slice(4, 12).toString());
    assert.ok(ring.keys.length <= 2);
  }
  assert.ok(keys.size >= 9, `${keys.size} keys`);
});

function ringOf(algorithm: TicketAlgorithm): TicketKeyRing {
  return new TicketKeyRing([makeTicketKey(random, START_EPOCH_SECONDS, algorithm)], random);
}

function changed(ticket: Uint8Array, change: (octets: Uint8Array) => void): Uint8Array {
  const copy = ticket.slice();
  change(copy);
  return copy;
}
