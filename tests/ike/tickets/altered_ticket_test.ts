import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadProvider } from "../../../src/providers/mod.ts";
import type { ClientTicket } from "../../../src/ticket/client_ticket.ts";
import type { Identity } from "../../../src/ticket/identity.ts";
import { makeTicketKey, TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";
import { NotifyType } from "../../../src/wire/constants.ts";
import { comesBackWith, copyOf, upAndTicket } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { notifyTypes } from "../../simulation/messages.ts";
import {
  effectsOf,
  PRESHARED_KEY,
  type SimulatedClient,
  Simulation,
  START_EPOCH_SECONDS,
} from "../../simulation/simulation.ts";
import { testEveryProvider } from "../every_provider.ts";

testEveryProvider(
  "[R-9.2-1] any altered bit of a ticket is answered with TICKET_NACK, and nothing is kept",
  async (provider) => {
    const simulation = new Simulation({ provider });
    const { ticket } = await simulation.clientWithTicket();
    const refusals = new Refusals(simulation);
    for (let bit = 0; bit < 8 * ticket.ticket.length; bit++) {
      const altered = ticket.ticket.slice();
      altered[bit >> 3] ^= 1 << (bit & 7);
      await refusals.present(altered);
    }
    refusals.assertAllAlike(8 * ticket.ticket.length);
  },
);

testEveryProvider("[R-9.2-1] every truncation of a ticket is refused, and so is every extension", async (provider) => {
  const simulation = new Simulation({ provider });
  const { ticket } = await simulation.clientWithTicket();
  const refusals = new Refusals(simulation);
  for (let length = 0; length < ticket.ticket.length; length++) {
    await refusals.present(ticket.ticket.slice(0, length));
    await refusals.present(ticket.ticket.slice(length + 1));
  }
  for (const more of [1, 16, 1000]) await refusals.present(Uint8Array.of(...ticket.ticket, ...new Uint8Array(more)));
  refusals.assertAllAlike(2 * ticket.ticket.length + 3);
});

testEveryProvider("[R-9.2-1] whatever is wrong with a ticket, the answer is the same octets", async (provider) => {
  const removed = new Set<string>();
  const presharedKeyOf = ({ identification }: Identity) =>
    removed.has(new TextDecoder().decode(identification)) ? undefined : PRESHARED_KEY;
  const simulation = new Simulation({ provider, gateway: { presharedKeyOf, maximumTicketLength: 1_000 } });
  const [used, expired, gone, fresh] = await clients(simulation, 4);
  await comesBackWith(simulation, used, copyOf(used.ticket));
  removed.add("client3.example");
  const { ticket } = fresh.ticket;
  const changed = (change: (octets: Uint8Array) => void) => {
    const copy = ticket.slice();
    change(copy);
    return copy;
  };
  const refusals = new Refusals(simulation);
  await refusals.present(used.ticket.ticket, "used");
  await refusals.present(gone.ticket.ticket, "identity-unknown");
  await refusals.present(new Uint8Array(0), "not-authentic");
  await refusals.present(new Uint8Array(ticket.length), "not-authentic");
  await refusals.present(new Uint8Array(200).fill(0xff), "not-authentic");
  await refusals.present(new Uint8Array(1_001).fill(1), "too-long");
  await refusals.present(new Uint8Array(60_000).fill(1), "too-long");
  for (const version of [0, 1, 3]) await refusals.present(changed((octets) => octets[0] = version), "not-authentic");
  await refusals.present(changed((octets) => octets.fill(0, 4, 12)), "not-authentic");
  await refusals.present(changed((octets) => octets.fill(0xab, 4, 12)), "not-authentic");
  simulation.restartGateway({ ticketKeys: TicketKeyRing.generate(simulation.random.octets, START_EPOCH_SECONDS) });
  await refusals.present(ticket, "not-authentic");
  simulation.restartGateway();
  simulation.wallClockOffsetSeconds = 3_600;
  await refusals.present(expired.ticket.ticket, "expired");
  refusals.assertAllAlike(14);
});

test("[R-9.2-1] a key with the right identity and other octets opens nothing", async () => {
  const { simulation, client } = await upAndTicket();
  const { ticket } = client.ticket;
  const impostor = { ...makeTicketKey(simulation.random.octets, START_EPOCH_SECONDS), keyId: ticket.slice(4, 12) };
  simulation.restartGateway({ ticketKeys: new TicketKeyRing([impostor], simulation.random.octets) });
  const refusals = new Refusals(simulation);
  await refusals.present(ticket, "not-authentic");
  refusals.assertAllAlike(1);
});

test("[R-9.2-1] random octets in place of a ticket are refused, whatever they are", async () => {
  const { simulation } = await upAndTicket();
  const refusals = new Refusals(simulation);
  const octets = fc.uint8Array({ maxLength: 400 });
  const withOurForm = fc.tuple(fc.constantFrom(0, 1, 2), octets).map(([version, rest]) =>
    Uint8Array.of(version, 0, 0, 0, ...rest)
  );
  let runs = 0;
  await fc.assert(fc.asyncProperty(fc.oneof(octets, withOurForm), async (ticket) => {
    runs++;
    await refusals.present(ticket);
  }));
  refusals.assertAllAlike(runs);
});

testEveryProvider("[R-6.1-3] tickets under an earlier key open until that key is forgotten", async (provider) => {
  const ring = TicketKeyRing.generate((length) => crypto.getRandomValues(new Uint8Array(length)), START_EPOCH_SECONDS);
  const simulation = new Simulation({ provider, gateway: { ticketKeys: ring } });
  const [one, other, late] = await clients(simulation, 3);
  const { keyId } = ring.current;
  ring.rotate(simulation.random.octets, START_EPOCH_SECONDS + 10);
  await comesBackWith(simulation, one, copyOf(one.ticket));
  const renewed = simulation.clients.at(-1)!;
  assert.notDeepEqual(renewed.ticket.ticket.slice(4, 12), keyId);
  assert.deepEqual(renewed.ticket.ticket.slice(4, 12), ring.current.keyId);

  ring.rotate(simulation.random.octets, START_EPOCH_SECONDS + 20);
  await comesBackWith(simulation, other, copyOf(other.ticket));
  assert.equal(ring.forgetReplacedBefore(START_EPOCH_SECONDS + 15), 1);
  const refusals = new Refusals(simulation);
  await refusals.present(late.ticket.ticket, "not-authentic");
  refusals.assertAllAlike(1);
  // The one under the key between opens still.
  await comesBackWith(simulation, renewed, copyOf(renewed.ticket));
});

test("[R-6.1-3] a key identity that the gateway does not know is refused; a shared ring opens another gateway's tickets", async () => {
  const { simulation, client } = await upAndTicket();
  const ours = TicketKeyRing.generate(simulation.random.octets, START_EPOCH_SECONDS);
  simulation.restartGateway({ ticketKeys: ours });
  const refusals = new Refusals(simulation);
  await refusals.present(client.ticket.ticket, "not-authentic");
  refusals.assertAllAlike(1);
  const shared = new Simulation({ provider: await loadProvider("ts"), gateway: { ticketKeys: ours } });
  const visitor = await shared.clientWithTicket();
  await comesBackWith(simulation, visitor, copyOf(visitor.ticket));
});

test("[R-4.3.1-2] a ticket that expired between its two exchanges is refused: by then its claim may be forgotten", async () => {
  const { simulation, client } = await upAndTicket();
  const ticket: ClientTicket = copyOf(client.ticket);
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.resume(ticket);
  simulation.wallClockOffsetSeconds = 3_600;
  const { replies: [reply], effects } = await handmade.deliver(await handmade.authRequest(exchange, ticket));
  assert.deepEqual(notifyTypes(await handmade.open(exchange, reply)), [NotifyType.AUTHENTICATION_FAILED]);
  assert.deepEqual(effectsOf(effects, "ike-sa-up"), []);
});

/** Presents tickets that have to be refused, and compares what comes back. */
class Refusals {
  readonly #simulation: Simulation;
  readonly #handmade: HandmadeClient;
  readonly #answers = new Set<string>();
  #count = 0;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.#handmade = new HandmadeClient(simulation);
  }

  async present(ticket: Uint8Array, reason?: string): Promise<void> {
    const halfOpen = this.#simulation.gateway.halfOpenCount;
    const { replies: [reply], effects } = await this.#handmade.deliver(
      this.#handmade.resumeRequest(ticket, new Uint8Array(32)),
    );
    assert.deepEqual(effects.map(({ type }) => type), ["send", "ticket-refused"]);
    if (reason !== undefined) assert.deepEqual(effectsOf(effects, "ticket-refused").map((effect) => effect.reason), [reason]);
    assert.deepEqual(notifyTypes(reply.payloads), [NotifyType.TICKET_NACK]);
    assert.equal(reply.header.responderSpi, 0n);
    assert.equal(this.#simulation.gateway.halfOpenCount, halfOpen);
    // All but SPIi, which is the request's.
    this.#answers.add(reply.octets.slice(8).toString());
    this.#count++;
  }

  assertAllAlike(count: number): void {
    assert.equal(this.#count, count);
    assert.equal(this.#answers.size, 1);
  }
}

async function clients(simulation: Simulation, count: number): Promise<SimulatedClient[]> {
  const all: SimulatedClient[] = [];
  for (let index = 0; index < count; index++) all.push(await simulation.clientWithTicket());
  return all;
}
