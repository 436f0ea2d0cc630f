import assert from "node:assert/strict";
import { test } from "node:test";
import { countEffect, zeroCounters } from "../../../src/gateway/counters.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import { RFC_5723 } from "../../../src/ike/profiles/rfc5723.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { GuardedStore } from "../../../src/store/guarded_store.ts";
import { memoryStore } from "../../../src/store/memory_store.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import type { ClaimRequest } from "../../../src/ike/steps/step.ts";
import type { TicketClaims } from "../../../src/ike/steps/wave.ts";
import { copyOf, resumptions } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { notifyTypes } from "../../simulation/messages.ts";
import { presents, PROFILES, profileScene, refusals, returns } from "../../simulation/profiles_scene.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";

/** In the header (RFC 7296, section 3.1). */
const EXCHANGE_TYPE_AT = 18;

for (const ticketKind of ["value", "reference"] as const) {
  test(`tickets by ${ticketKind} that are refused because the store is down are told apart from used ones`, async () => {
    let isBroken = false;
    const memory = memoryStore(() => 0);
    const through = <T>(call: () => T): T => {
      if (isBroken) throw new Error("no answer");
      return call();
    };
    const { claims, ticketStates } = memory;
    const store = new GuardedStore({
      ...memory,
      claims: {
        claim: (batch) => through(() => claims.claim(batch)),
        isClaimed: (batch) => through(() => claims.isClaimed(batch)),
      },
      ticketStates: {
        put: (batch) => through(() => ticketStates.put(batch)),
        get: (batch) => through(() => ticketStates.get(batch)),
        delete: (batch) => through(() => ticketStates.delete(batch)),
      },
    }, { monotonicMs: () => 0 });
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { ticketKind }, services: store });
    const ticket = copyOf((await simulation.clientWithTicket()).ticket);
    const client = new HandmadeClient(simulation);
    const exchange = await client.resume(copyOf(ticket));
    const auth = await client.authRequest(exchange, ticket);
    isBroken = true;

    // The store fails between the two exchanges: the client has proven itself, and may not come in.
    const late = await client.deliver(auth);
    assert.deepEqual(effectsOf(late.effects, "ike-sa-down").map(({ reason }) => reason), ["store-down"]);
    assert.deepEqual(effectsOf(late.effects, "authentication-failed"), []);
    const presented = await client.deliver(client.resumeRequest(ticket.ticket, simulation.random.octets(32)));
    assert.deepEqual(notifyTypes(presented.replies[0].payloads), [NotifyType.TICKET_NACK]);
    assert.deepEqual(effectsOf(presented.effects, "ticket-refused").map(({ reason }) => reason), ["store-down"]);
    assert.deepEqual(counted([...late.effects, ...presented.effects]), { down: 2, refused: 1 });
  });
}

/** A store of used tickets that may do what it is asked, and be unable to say so; it knows who has claimed what. */
class ForgetfulClaims implements TicketClaims {
  readonly #claimants = new Map<string, bigint | undefined>();
  isSilent = false;

  get claimants(): readonly (bigint | undefined)[] {
    return [...this.#claimants.values()];
  }

  claim(batch: readonly ClaimRequest[]): (boolean | undefined)[] {
    return batch.map(({ ticketId, claimant }) => {
      const isFree = !this.#claimants.has(ticketId);
      if (isFree) this.#claimants.set(ticketId, claimant);
      const isOwn = isFree || claimant !== undefined && this.#claimants.get(ticketId) === claimant;
      return this.isSilent ? undefined : isOwn;
    });
  }

  isClaimed(batch: readonly ClaimRequest[]): boolean[] {
    return batch.map(({ ticketId }) => this.#claimants.has(ticketId));
  }
}

for (const profile of PROFILES) {
  const presentsAlone = profile.presentation.kind === "protected-exchange";
  test(`a client whose ticket was claimed, which the store could not say, comes up by the same request, and nobody else by the ticket (${profile.name})`, async () => {
    const store = new ForgetfulClaims();
    const services = { ...memoryStore(() => 0), claims: store };
    const scene = await profileScene(profile, { gateway: { waitForStore: true }, services });
    const { simulation } = scene;
    // What it presents is taken; then it proves itself, or is heard for the first time.
    const again = await presents(scene, copyOf(scene.ticket), profile);
    store.isSilent = true;
    await simulation.run(simulation.network.nowMs + 3_000);
    assert.deepEqual(resumptions(again), presentsAlone ? [true] : []);
    assert.equal(resumedAt(simulation), 0);
    assert.deepEqual(refusals(simulation), []);
    store.isSilent = false;
    await simulation.run();
    assert.deepEqual(resumptions(again), [true]);
    assert.equal(resumedAt(simulation), 1);
    // The gateway itself has drawn the number that is asked for again: whoever presents the ticket chooses no part of it.
    const resumed = effectsOf(simulation.gatewayEffects, "ike-sa-up").filter((up) => up.resumed);
    assert.deepEqual(store.claimants, resumed.map(({ spis }) => spis.responderSpi));
    const thief = await returns(scene, copyOf(scene.ticket), profile);
    assert.deepEqual(resumptions(thief), [false]);
    assert.deepEqual([...new Set(refusals(simulation))], ["used"]);
  });

  test(`a client that presents its ticket while nobody can say whether it was used gets no answer, and comes up when somebody can (${profile.name})`, async () => {
    let isDown = false;
    const memory = memoryStore(() => 0);
    const claims: TicketClaims = {
      claim: (batch) => memory.claims.claim(batch),
      isClaimed: (batch) => isDown ? batch.map(() => "unknown" as const) : memory.claims.isClaimed(batch),
    };
    const scene = await profileScene(profile, { gateway: { waitForStore: true }, services: { ...memory, claims } });
    const { simulation } = scene;
    isDown = true;
    const again = await presents(scene, copyOf(scene.ticket), profile);
    await simulation.run(simulation.network.nowMs + 3_000);
    assert.deepEqual(again.effects.map(({ type }) => type).filter((type) => type === "ike-sa-up"), []);
    assert.deepEqual(refusals(simulation), []);
    isDown = false;
    await simulation.run();
    assert.deepEqual(resumptions(again), [true]);
  });
}

test("a client waits for the answer to IKE_AUTH as long as it is told, though it leaves a gateway that is silent from the start sooner", async () => {
  const store = new ForgetfulClaims();
  const services = { ...memoryStore(() => 0), claims: store };
  const scene = await profileScene(RFC_5723, { gateway: { waitForStore: true }, services });
  const { simulation } = scene;
  store.isSilent = true;
  const retransmission = { initialMs: 500, factor: 1, maximumMs: 500, attempts: 4, jitter: 0 };
  const patience = { retransmission, silentAttempts: 2, authAttempts: 9 };
  const again = await presents(scene, copyOf(scene.ticket), RFC_5723, patience);
  const before = simulation.network.sent.length;
  await simulation.run(simulation.network.nowMs + 20_000);
  const sent = simulation.network.sent.slice(before).map(({ octets }) => octets[EXCHANGE_TYPE_AT]);
  assert.equal(sent.filter((type) => type === ExchangeType.IKE_AUTH).length, patience.authAttempts);
  // It does not know whether the ticket was used: another gateway may still take it, and no full exchange follows here.
  assert.equal(sent.includes(ExchangeType.IKE_SA_INIT), false);
  assert.deepEqual(effectsOf(again.effects, "resumption-failed").map(({ reason }) => reason), ["no-answer"]);
});

/** How many IKE SAs the gateway has seen come up by a ticket. */
function resumedAt({ gatewayEffects }: Simulation): number {
  return effectsOf(gatewayEffects, "ike-sa-up").filter(({ resumed }) => resumed).length;
}

function counted(effects: readonly Effect[]) {
  const counters = zeroCounters();
  for (const effect of effects) countEffect(counters, effect);
  return { down: counters.tickets_refused_store_down_total, refused: counters.tickets_refused_total };
}
