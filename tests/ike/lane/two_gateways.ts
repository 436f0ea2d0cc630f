/**
 * Two gateways that are told the same at the same time, with the same randomness: one by the steps alone, one by the lane and the steps. They have
 * to say and to tell the same.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KeyExchange, RandomSource } from "../../../src/crypto/key_exchange.ts";
import type { CryptoProvider } from "../../../src/crypto/provider.ts";
import { Responder, responderConfiguration, type ResponderOptions } from "../../../src/ike/responder.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import type { Datagram } from "../../../src/ike/steps/datagram.ts";
import type { Instant } from "../../../src/ike/steps/instant.ts";
import type { Step } from "../../../src/ike/steps/step.ts";
import { isolated, runWave, type WaveServices } from "../../../src/ike/steps/wave.ts";
import { type Chain, chainsOf, divided, stepsOf } from "../../../src/gateway/chains.ts";
import { MemoryTicketClaims } from "../../../src/store/memory_claims.ts";
import { MemoryRevocations } from "../../../src/store/memory_revocations.ts";
import { MemoryTicketStates } from "../../../src/store/memory_ticket_states.ts";
import { TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { fqdn, PRESHARED_KEY, START_EPOCH_SECONDS } from "../../simulation/simulation.ts";

export interface TwoGatewaysOptions {
  readonly provider: CryptoProvider;
  readonly keyExchange: KeyExchange;
  readonly gateway?: (ring: TicketKeyRing) => Partial<ResponderOptions>;
  /** Stores answer later. */
  readonly later?: boolean;
  /** What stands between one gateway and its services; made once for each of the two. */
  readonly services?: (services: WaveServices) => WaveServices;
  /** What a gateway draws in place of what it would; made once for each of the two. */
  readonly random?: (random: RandomSource) => RandomSource;
}

/** One of the two. */
export interface OneGateway {
  readonly responder: Responder;
  readonly services: WaveServices;
  readonly faults: unknown[];
  readonly hookFaults: string[];
  /** What came up, and since when it was begun, whichever came first. */
  readonly cameUp: string[];
  /** How many tickets the store of used ones was asked about. */
  readonly asked: { tickets: number };
}

export class TwoGateways {
  readonly steps: OneGateway;
  readonly lane: OneGateway;
  nowMs = 1_000;
  /** Datagrams that went through the lane. */
  taken = 0;

  constructor(options: TwoGatewaysOptions) {
    const now = () => this.now;
    this.steps = oneGateway(options, now);
    this.lane = oneGateway(options, now);
  }

  get now(): Instant {
    return { monotonicMs: this.nowMs, epochSeconds: START_EPOCH_SECONDS + this.nowMs / 1_000 };
  }

  /** Both serve a wave; their answers to each datagram, which are the same. */
  async receive(wave: readonly Datagram[]): Promise<Effect[]> {
    const { responder, services, faults } = this.lane;
    const whenFaulty = (fault: unknown) => {
      faults.push(fault);
      return [];
    };
    const chains = chainsOf(wave.map((datagram) => ({ datagram, urgency: 0, arrivedAtMs: 0 })));
    const { taken, answers, left } = divided(
      chains,
      (datagrams) => responder.receiveTogether(datagrams.map(copy), this.now, services, whenFaulty),
    );
    this.taken += taken.length;
    const told = [...await answers];
    assert.equal(told.length, taken.length);
    told.push(...await byStep(this.lane, left, this.now));
    // The steps serve the same in the same order: those of the lane first, which draw their randomness first.
    const expected = [...await byStep(this.steps, taken, this.now), ...await byStep(this.steps, left, this.now)];
    assert.deepEqual(told.map(visible), expected.map(visible));
    this.assertSame();
    return told.flat();
  }

  /** Both do something that no datagram asked for. */
  async perform(act: (responder: Responder, now: Instant) => Step<Effect[]>): Promise<Effect[]> {
    const [ofSteps, ofLane] = await Promise.all(
      [this.steps, this.lane].map(async ({ responder, services }) => (await runWave([act(responder, this.now)], services))[0]),
    );
    assert.deepEqual(visible(ofLane), visible(ofSteps));
    this.assertSame();
    return ofLane;
  }

  /** All that can be seen of both from outside. */
  assertSame(): void {
    const [ofSteps, ofLane] = [this.steps, this.lane].map(({ responder, faults, hookFaults, cameUp, asked }) => ({
      asked: asked.tickets,
      halfOpen: responder.halfOpenCount,
      resumptions: responder.halfOpen.resumptionCount,
      octets: responder.halfOpen.octets,
      up: responder.establishedCount,
      retired: responder.retiredCount,
      counters: { ...responder.firstMessageCounters },
      deadline: responder.deadline,
      fragments: responder.fragments.octets,
      faults: faults.map(String),
      hookFaults: [...hookFaults],
      cameUp: [...cameUp].sort(),
    }));
    assert.deepEqual(ofLane, ofSteps);
  }
}

function oneGateway(
  { provider, keyExchange, gateway, later = false, services = (same) => same, random: drawn = (same) => same }:
    TwoGatewaysOptions,
  now: () => Instant,
): OneGateway {
  const random = drawn(streams(7));
  const ring = TicketKeyRing.generate(new SeededRandom(5).octets, START_EPOCH_SECONDS);
  const seconds = () => now().epochSeconds;
  const hookFaults: string[] = [];
  const cameUp: string[] = [];
  const configuration = responderConfiguration({
    identity: fqdn("gateway.example"),
    presharedKeyOf: () => PRESHARED_KEY,
    ticketKeys: ring,
    ...gateway?.(ring),
  });
  const claims = new MemoryTicketClaims(seconds);
  const asked = { tickets: 0 };
  const stores: Stores = {
    claims: {
      claim: (batch) => claims.claim(batch),
      isClaimed: (batch) => {
        asked.tickets += batch.length;
        return claims.isClaimed(batch);
      },
    },
    ticketStates: new MemoryTicketStates(seconds),
    revocations: new MemoryRevocations(seconds),
  };
  return {
    responder: new Responder(configuration, random, {
      onHookFault: (hook) => hookFaults.push(hook),
      cameUp: (profile, sinceMs) => cameUp.push(`${profile} ${sinceMs}`),
    }),
    services: services({ provider, keyExchange, random, ...(later ? answeringLater(stores) : stores) }),
    faults: [],
    hookFaults,
    cameUp,
    asked,
  };
}

/** Draws of one length are a stream of their own: in which order draws of unequal lengths come says nothing. */
function streams(seed: number): RandomSource {
  const ofLength = new Map<number, SeededRandom>();
  return (length) => {
    let stream = ofLength.get(length);
    if (stream === undefined) ofLength.set(length, stream = new SeededRandom(seed + 1_000 * length));
    return stream.octets(length);
  };
}

type Stores = Pick<WaveServices, "claims" | "ticketStates" | "revocations">;

function answeringLater(stores: Stores): Stores {
  const later = <T extends object>(store: T): T =>
    new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        return async (...given: unknown[]) => {
          await Promise.resolve();
          return await member.apply(target, given);
        };
      },
    });
  return { claims: later(stores.claims), ticketStates: later(stores.ticketStates!), revocations: later(stores.revocations!) };
}

async function byStep(gateway: OneGateway, chains: readonly Chain[], now: Instant): Promise<Effect[][]> {
  const { responder, services, faults } = gateway;
  return await runWave(
    stepsOf(chains, ({ datagram }) =>
      isolated(responder.receive(copy(datagram), now), (fault) => {
        faults.push(fault);
        return [];
      })),
    services,
  );
}

/** A receiver owns its octets. */
function copy(datagram: Datagram): Datagram {
  return { ...datagram, octets: datagram.octets.slice() };
}

/** All that can be read of effects, keys by their names among it. */
export function visible(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Uint8Array) return Array.from(value, (octet) => octet.toString(16).padStart(2, "0")).join("");
  if (value instanceof Error) return String(value);
  if (Array.isArray(value)) return value.map(visible);
  if (typeof value !== "object" || value === null) return value;
  const read: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) read[name] = visible(member);
  }
  for (const name of CONCEALED) {
    if (name in value) read[name] = visible(Reflect.get(value, name));
  }
  return read;
}

const CONCEALED = ["encryptionKey", "integrityKey", "skD", "skAi", "skAr", "skEi", "skEr", "skPi", "skPr", "childSa"] as const;
