/**
 * A day of a whole gateway in virtual time: users that stay, are lost, come back, prove themselves anew, and users that come once; strangers,
 * and tickets that are presented twice. Every hour is like any other, so that what grows from one to the next is what the gateway keeps too long.
 *
 * @module
 */
import { parseIdentity, parseSelectors } from "../../src/configuration/mod.ts";
import type { RandomSource } from "../../src/crypto/key_exchange.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import { responderConfiguration } from "../../src/ike/policy/responder_configuration.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import type { WaveServices } from "../../src/ike/steps/wave.ts";
import { NO_CLAIMS } from "../../src/client/no_claims.ts";
import { seededRandom } from "../../src/load/seeded_random.ts";
import { loadKeyExchange, loadProvider } from "../../src/providers/mod.ts";
import { MemoryTicketClaims } from "../../src/store/memory_claims.ts";
import { MemoryRevocations } from "../../src/store/memory_revocations.ts";
import { MemoryTicketStates } from "../../src/store/memory_ticket_states.ts";
import { ticketKeyName } from "../../src/ticket/ticket_key.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { DayClient, type DayWorld } from "./day_client.ts";
import { DayNetwork, GATEWAY_ADDRESS } from "./day_network.ts";
import { memoryInUse, turnOver } from "./memory_in_use.ts";
import { VirtualTime } from "./virtual_time.ts";

export interface DayOptions {
  readonly hours: number;
  /** Users that stay all day; as many others come once in every hour, and as many strangers. */
  readonly users: number;
  readonly seed: number;
  /** Octets that are lost with every handshake, on purpose: to see that the bound holds something. */
  readonly leak: number;
  readonly note: (line: string) => void;
}

/** How it stands at the end of an hour. */
export interface HourReport {
  readonly hour: number;
  /** Octets in use after a collection: the heap and what is beside it, of the gateway and its users together. */
  readonly octets: number;
  readonly handshakes: number;
  readonly up: number;
  readonly half_open: number;
  readonly claims: number;
  readonly revocations: number;
  readonly ticket_states: number;
  readonly ticket_keys: number;
}

export interface Day {
  readonly users: number;
  readonly hours: readonly HourReport[];
  readonly ticket_key_rotations: number;
  /** What happened, by the names of effects and the reasons of ends. */
  readonly happened: Readonly<Record<string, number>>;
  /** Everybody is gone, and every lifetime over. */
  readonly after: HourReport;
  /** Counters that say how it stands then, and are not 0. */
  readonly left: Readonly<Record<string, number>>;
  /** Used and revoked tickets whose names were given up: none, if all were forgotten in time. */
  readonly names_given_up: number;
  readonly faults: readonly string[];
}

const START_EPOCH_SECONDS = 1_700_000_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const LOSS = 0.01;
const TICKETS_OF_USER = 6;
const TICKET_LIFETIME_SECONDS = 1_800;
const KEY_ROTATION_SECONDS = 7_200;
const LIVENESS_SECONDS = 600;
const REAUTHENTICATION_SECONDS = 9_000;
const LIFETIMES = { ikeSaSeconds: 3_000, childSaSeconds: 2_400 };
/** Turns of the event loop after which a gateway has served all that it was given: nothing here is waited for longer. */
const TURNS = 3;

interface Action {
  readonly atMs: number;
  readonly act: () => unknown;
}

export async function day(options: DayOptions): Promise<Day> {
  const random = seededRandom(options.seed, "day");
  const time = new VirtualTime(START_EPOCH_SECONDS);
  const giveBack = time.take();
  const simulated = new SimulatedDay(options, random, time);
  try {
    return await simulated.run();
  } finally {
    giveBack();
    await simulated.close();
  }
}

class SimulatedDay {
  readonly #options: DayOptions;
  readonly #time: VirtualTime;
  readonly #network: DayNetwork;
  readonly #clients = new Map<string, DayClient>();
  readonly #happened: Record<string, number> = {};
  readonly #faults: string[] = [];
  readonly #leaked: Uint8Array[] = [];
  readonly #claims: MemoryTicketClaims;
  readonly #revocations: MemoryRevocations;
  readonly #states: MemoryTicketStates;
  readonly #ring: TicketKeyRing;
  /** Names of all keys that have sealed. */
  readonly #keys = new Set<string>();
  #actions: Action[] = [];
  #gateway: Gateway | undefined;
  #lastAddress = 0;

  constructor(options: DayOptions, random: RandomSource, time: VirtualTime) {
    this.#options = options;
    this.#time = time;
    this.#network = new DayNetwork(time, random, LOSS);
    const seconds = () => time.clock().epochSeconds;
    // Little more than tickets that live at once: one that is not forgotten in time makes a name be given up.
    const limit = TICKETS_OF_USER * options.users;
    this.#claims = new MemoryTicketClaims(seconds, limit);
    this.#revocations = new MemoryRevocations(seconds, limit);
    this.#states = new MemoryTicketStates(seconds);
    this.#ring = TicketKeyRing.generate(systemRandom, START_EPOCH_SECONDS, {
      rotationSeconds: KEY_ROTATION_SECONDS,
      ticketLifetimeSeconds: TICKET_LIFETIME_SECONDS,
    });
  }

  async run(): Promise<Day> {
    const world = await this.#open();
    const { users, hours: count, note } = this.#options;
    const residents = Array.from({ length: users }, (_, index) => this.#addClient(world, `resident-${index}.example`));
    residents.forEach((resident, index) => this.#at(index * 1_000, () => resident.come()));
    const hours: HourReport[] = [];
    for (let hour = 1; hour <= count; hour++) {
      this.#planHour(world, residents, hour);
      await this.#runUntil(hour * HOUR_MS);
      const report = await this.#reportOf(hour);
      hours.push(report);
      note(JSON.stringify(report));
    }
    for (const [index, resident] of residents.entries()) {
      this.#at(this.#time.nowMs + index, () => index % 2 === 0 ? resident.leave() : resident.vanish());
    }
    await this.#runUntil(this.#time.nowMs + MINUTE_MS);
    this.#clients.clear();
    await this.#runUntil(this.#time.nowMs + 3 * HOUR_MS);
    const after = await this.#reportOf(count + 3);
    note(JSON.stringify(after));
    const standing = Object.entries(this.#gateway!.counters).filter(([name, value]) => !name.endsWith("_total") && value !== 0);
    return {
      users,
      hours,
      ticket_key_rotations: this.#keys.size - 1,
      happened: this.#happened,
      after,
      left: Object.fromEntries(standing),
      names_given_up: this.#claims.namesGivenUp + this.#revocations.namesGivenUp,
      faults: this.#faults,
    };
  }

  async close(): Promise<void> {
    await this.#gateway?.close();
  }

  async #open(): Promise<DayWorld> {
    const provider = await loadProvider("auto");
    const keyExchange = await loadKeyExchange();
    const services: WaveServices = { provider, keyExchange, random: systemRandom, claims: NO_CLAIMS };
    const presharedKey = systemRandom(32);
    const gatewayIdentity = parseIdentity("gateway.example");
    this.#gateway = await Gateway.listen({
      configuration: responderConfiguration({
        identity: gatewayIdentity,
        presharedKeyOf: () => presharedKey,
        ticketKeys: this.#ring,
        ticketLifetimeSeconds: TICKET_LIFETIME_SECONDS,
        livenessSeconds: LIVENESS_SECONDS,
        reauthenticationSeconds: REAUTHENTICATION_SECONDS,
        uniqueIdentities: "replace",
        // So few that any that is not given back is soon missing.
        innerAddresses: {
          ranges: parseSelectors(`10.0.0.1-10.0.${(4 * this.#options.users) >> 8}.${4 * this.#options.users & 255}`),
        },
      }),
      addresses: [GATEWAY_ADDRESS],
      provider,
      keyExchange,
      clock: this.#time.clock,
      openTransport: this.#network.openTransport,
      store: {
        name: "memory",
        claims: this.#claims,
        revocations: this.#revocations,
        ticketStates: this.#states,
        close: () => Promise.resolve(),
      },
      onEffect: (effect) => this.#count(effect),
      onFault: (fault) => this.#faults.push(String(fault)),
    });
    return { time: this.#time, network: this.#network, services, presharedKey, gatewayIdentity, lifetimes: LIFETIMES };
  }

  #planHour(world: DayWorld, residents: readonly DayClient[], hour: number): void {
    const start = (hour - 1) * HOUR_MS;
    const minute = (minutes: number, index: number) => start + minutes * MINUTE_MS + index * 1_000;
    residents.forEach((resident, index) => {
      // Lost, and back by its ticket; deleted, whose ticket is taken back with it; rekeyed at its wish.
      const kind = (index + hour) % 3;
      const first = [() => resident.vanish(), () => resident.leave(), () => resident.rekey()][kind];
      this.#at(minute(10, index), first);
      if (kind < 2) this.#at(minute(12, index), () => resident.come());
      for (const minutes of [5, 20, 35, 50]) this.#at(minute(minutes, index), () => this.#keepUp(resident));
    });
    for (let index = 0; index < residents.length; index++) {
      const visitor = this.#addClient(world, `visitor-${hour}-${index}.example`);
      this.#at(minute(15, index), () => visitor.come());
      this.#at(minute(18, index), () => visitor.come());
      this.#at(minute(25, index), () => index % 2 === 0 ? visitor.leave() : visitor.vanish());
      const stranger = this.#addClient(world, `stranger-${hour}-${index}.example`);
      this.#at(minute(30, index), async () => {
        await stranger.come();
        stranger.vanish();
      });
    }
    // Whoever came once is forgotten, and waits for no answer any more.
    this.#at(minute(40, 0), () => {
      for (const [address, client] of this.#clients) if (!residents.includes(client)) this.#clients.delete(address);
    });
  }

  /** A user that is down comes back, and one that is to prove itself anew does so. */
  #keepUp(resident: DayClient): unknown {
    if (resident.isDueToProveItself) return resident.proveItself();
    return resident.isUp ? undefined : resident.come();
  }

  #addClient(world: DayWorld, name: string): DayClient {
    const number = this.#lastAddress++ & 0xffff;
    const address = `203.0.${number >> 8}.${number & 255}`;
    const client = new DayClient(world, parseIdentity(name), address);
    this.#clients.set(address, client);
    return client;
  }

  #at(atMs: number, act: () => unknown): void {
    this.#actions.push({ atMs, act });
    this.#actions.sort((one, other) => one.atMs - other.atMs);
  }

  async #runUntil(endMs: number): Promise<void> {
    for (;;) {
      const clients = [...this.#clients.values()];
      const next = Math.min(
        this.#network.nextArrivalMs,
        this.#time.nextTimerMs,
        this.#actions[0]?.atMs ?? Infinity,
        ...clients.map(({ deadlineMs }) => deadlineMs),
      );
      if (next > endMs) break;
      this.#time.nowMs = Math.max(this.#time.nowMs, next);
      const { nowMs } = this.#time;
      this.#time.fireDue();
      for (const datagram of this.#network.deliver()) await this.#clients.get(datagram.local.address)?.receive(datagram);
      while ((this.#actions[0]?.atMs ?? Infinity) <= nowMs) await this.#actions.shift()!.act();
      for (const client of clients) if (client.deadlineMs <= nowMs) await client.timeout();
      for (let turn = 0; turn < TURNS; turn++) await turnOver();
    }
    this.#time.nowMs = endMs;
  }

  #count(effect: Effect): void {
    if (effect.type === "dropped" || effect.type === "send") return;
    const name = effect.type === "ike-sa-down" ? `${effect.type} ${effect.reason}` : effect.type;
    this.#happened[name] = (this.#happened[name] ?? 0) + 1;
    if (effect.type === "ike-sa-up" && this.#options.leak > 0) this.#leaked.push(new Uint8Array(this.#options.leak));
  }

  async #reportOf(hour: number): Promise<HourReport> {
    const { counters } = this.#gateway!;
    this.#keys.add(ticketKeyName(this.#ring.current.keyId));
    return {
      hour,
      octets: await memoryInUse(),
      handshakes: counters.ike_sas_up_total,
      up: counters.ike_sas_established,
      half_open: counters.ike_sas_half_open,
      claims: this.#claims.size,
      revocations: this.#revocations.size,
      ticket_states: this.#states.size,
      ticket_keys: this.#ring.keys.length,
    };
  }
}
