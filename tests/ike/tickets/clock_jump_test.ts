import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { SteadyTime } from "../../../src/ike/steps/steady_time.ts";
import { TemporaryFolder } from "../../../src/load/temporary_folder.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import type { GatewayStore } from "../../../src/store/gateway_store.ts";
import { memoryStore } from "../../../src/store/memory_store.ts";
import { openSqliteStore } from "../../../src/store/sqlite_store.ts";
import { BloomInvalidTicketList } from "../../../src/ticket/invalid_ticket_list.ts";
import type { Revocation } from "../../../src/ticket/revocation_store.ts";
import { copyOf, upAndTicket } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";

const HOUR = 3_600;
const JUMPS = [2 * HOUR, 365 * 86_400];
/** Enough that a store sweeps what has expired. */
const MANY = 5_000;

type OpenStore = (now: () => number) => Promise<GatewayStore>;

async function stores(body: (open: OpenStore) => Promise<void>): Promise<void> {
  const folder = new TemporaryFolder("ike-resume-jump-");
  let files = 0;
  // Time does not pass while the wall clock jumps.
  const monotonicMs = () => 0;
  try {
    await body((now) => Promise.resolve(memoryStore(now, undefined, monotonicMs)));
    await body((now) => openSqliteStore({ path: join(folder.path, `${files++}.db`), now, monotonicMs }));
  } finally {
    folder.remove();
  }
}

test("[R-4.3.1-2] a wall clock that jumps ahead and back leaves used tickets used, and fresh ones good", async () => {
  const provider = await loadProvider("ts");
  await stores(async (open) => {
    for (const jump of JUMPS) {
      const clock = { now: () => 0 };
      const store = await open(() => clock.now());
      const simulation = new Simulation({ provider, services: store });
      clock.now = () => simulation.now.epochSeconds;
      const client = new HandmadeClient(simulation);
      const isRefused = async (ticket: Ticket) => {
        const octets = client.resumeRequest(ticket.ticket, simulation.random.octets(32));
        return effectsOf((await client.deliver(octets)).effects, "ticket-refused").map(({ reason }) => reason);
      };
      const used = copyOf((await simulation.clientWithTicket()).ticket);
      const exchange = await client.resume(used);
      await client.deliver(await client.authRequest(exchange, used));
      simulation.wallClockOffsetSeconds = jump;
      await store.claims.claim(others(simulation));
      await store.revocations.add(others(simulation));
      simulation.wallClockOffsetSeconds = 0;
      assert.deepEqual(await isRefused(copyOf((await simulation.clientWithTicket()).ticket)), [], `${store.name}, ${jump} s`);
      assert.deepEqual(await isRefused(used), ["used"], `${store.name}, ${jump} s`);
      await store.close();
    }
  });
});

type Ticket = ReturnType<typeof copyOf>;

test("[R-6.1-2] states that were kept before a jump of the wall clock are there after it", async () => {
  await stores(async (open) => {
    let now = 1_700_000_000;
    const store = await open(() => now);
    const state = Uint8Array.of(7);
    await store.ticketStates.put([{ reference: "r", state, expiresAtEpochSeconds: now + HOUR }]);
    now += JUMPS[1];
    await store.ticketStates.put(Array.from({ length: MANY }, (_, index) => (
      { reference: `${index}`, state, expiresAtEpochSeconds: now + HOUR }
    )));
    await store.ticketStates.get(["r"]);
    now -= JUMPS[1];
    assert.deepEqual(await store.ticketStates.get(["r"]), [state], store.name);
    await store.close();
  });
});

test("[R-9.8-1] tickets that were revoked before a jump of the wall clock are so after it, in a pair of Bloom filters", () => {
  let now = 1_700_000_000;
  const revocation = { ticketId: "v", expiresAtEpochSeconds: now + HOUR } as Revocation;
  const time = new SteadyTime({ monotonicMs: 0, epochSeconds: now });
  const bloom = new BloomInvalidTicketList(
    { expected: 1_000, falsePositiveRate: 0.001, lifetimeSeconds: HOUR },
    () => time.at({ monotonicMs: 0, epochSeconds: now }),
  );
  bloom.add([revocation]);
  now += JUMPS[1];
  bloom.has([revocation]);
  now -= JUMPS[1];
  assert.deepEqual(bloom.has([revocation]), [true]);
});

test("[R-9.8-1] an identity whose tickets were taken back is remembered over a jump in which another's are", async () => {
  const { simulation, client } = await upAndTicket();
  const other = await simulation.clientWithTicket();
  const take = (of: typeof client) =>
    simulation.actOnGateway(simulation.gateway.revokeIdentity(of.ticket.initiatorId, simulation.now));
  const ticket = copyOf(client.ticket);
  await take(client);
  simulation.wallClockOffsetSeconds = JUMPS[1];
  await take(other);
  simulation.wallClockOffsetSeconds = 0;
  const handmade = new HandmadeClient(simulation);
  const { effects } = await handmade.deliver(handmade.resumeRequest(ticket.ticket, simulation.random.octets(32)));
  assert.deepEqual(effectsOf(effects, "ticket-refused").map(({ reason }) => reason), ["revoked"]);
});

function others(simulation: Simulation) {
  const expiresAtEpochSeconds = simulation.now.epochSeconds + HOUR;
  return Array.from({ length: MANY }, (_, index) => ({ ticketId: `other-${index}`, expiresAtEpochSeconds }));
}
