/**
 * The runs: gateways of each provider, and of each checkout, in turn.
 *
 * @module
 */
import type { ProviderName } from "../../src/crypto/provider.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import type { Starter } from "../runtimes.ts";
import type { Clients } from "./clients.ts";
import { GatewayProcess } from "./gateway_process.ts";
import { COMPARED_WAVE, type Options } from "./options.ts";
import { type Cost, resumeAll, type TicketHolder } from "./pass.ts";
import { meanProfile } from "./profile.ts";
import type { Allocations, Hello, Profile } from "./protocol.ts";

/** After so many clients from the start of a process the cost so far is taken. */
export const COLD_COUNTS: readonly number[] = [64, 256, 1_000];

/** Passes after the cold one that do not count. */
const WARM_UP_PASSES = 1;

/** A checkout, and how its gateway is started. */
export interface Checkout {
  readonly name: "change" | "base";
  readonly starter: Starter;
}

export interface MeasureSetting extends Pick<Options, "providers" | "waves" | "lane" | "steady" | "processes" | "passes"> {
  readonly clients: Clients;
  /** One for each client. */
  readonly tickets: readonly ClientTicket[];
  readonly presharedKey: string;
  readonly ticketKeyFile: string;
  /** The one that is asked about first. */
  readonly checkouts: readonly Checkout[];
  readonly note: (line: string) => void;
  /** Told of the samples, before there is any: they come one by one. */
  readonly onBegin?: (samples: readonly Sample[]) => void;
}

/** Microseconds a resumption. */
export interface Sample {
  readonly checkout: Checkout["name"];
  readonly provider: ProviderName;
  readonly wave: number;
  /** Of which process, and which pass there. Samples of one round are neighbours in time. */
  readonly round: string;
  readonly threadUs: number;
  readonly processUs: number;
}

export interface Measured {
  readonly hello: Hello;
  readonly samples: readonly Sample[];
  /** By provider, then by count: of the first checkout, one of each process. */
  readonly cold: ReadonlyMap<ProviderName, ReadonlyMap<number, readonly number[]>>;
  /** Of the first checkout and the first provider. */
  readonly profile: Profile;
  readonly allocations: Allocations;
  /** Members of a wave as the gateway made them, on average over all passes, of the first provider. */
  readonly meanWave: number;
}

interface Contestant {
  readonly checkout: Checkout["name"];
  readonly provider: ProviderName;
  readonly gateway: GatewayProcess;
  readonly holders: readonly TicketHolder[];
}

/** @throws {WrongResumption} a client did not come back as it should. @throws {GatewayProcessError} a gateway could not be measured. */
export async function measureAll(setting: MeasureSetting): Promise<Measured> {
  const samples: Sample[] = [];
  const cold = new Map<ProviderName, Map<number, number[]>>(setting.providers.map((provider) => [provider, new Map()]));
  let hello: Hello | undefined;
  let profile: Profile | undefined;
  let allocations: Allocations | undefined;
  let meanWave = 0;
  setting.onBegin?.(samples);
  for (let index = 1; index <= setting.processes; index++) {
    setting.note(`process ${index} of ${setting.processes}`);
    const contestants: Contestant[] = [];
    try {
      for (const provider of setting.providers) {
        for (const checkout of inTurn(setting.checkouts, index)) {
          contestants.push(await startCold(checkout, provider, setting, cold));
        }
      }
      const first = contestants.find(({ checkout, provider }) =>
        checkout === setting.checkouts[0].name && provider === setting.providers[0]
      )!;
      hello ??= first.gateway.hello;
      for (let pass = -WARM_UP_PASSES; pass < setting.passes; pass++) {
        for (const provider of setting.providers) {
          for (const wave of provider === setting.providers[0] ? setting.waves : [COMPARED_WAVE]) {
            const rivals = contestants.filter((contestant) => contestant.provider === provider);
            for (const rival of inTurn(rivals, pass + WARM_UP_PASSES)) {
              const cost = await onePass(rival, wave, setting);
              if (pass < 0) continue;
              samples.push({ checkout: rival.checkout, provider, wave, round: `${index} ${pass}`, ...cost });
            }
          }
        }
      }
      // Last: it leaves nothing as it was.
      if (index === setting.processes) {
        meanWave = await meanWaveOf(first, setting);
        profile = await profileOf(first, setting);
        allocations = await allocationsOf(first, setting);
      }
    } finally {
      await Promise.all(contestants.map(({ gateway }) => gateway.end()));
    }
  }
  if (!hello || !profile || !allocations) throw new RangeError("no process was to be measured");
  return { hello, samples, cold, profile, allocations, meanWave };
}

async function startCold(
  checkout: Checkout,
  provider: ProviderName,
  { clients, tickets, checkouts, presharedKey, ticketKeyFile, lane }: MeasureSetting,
  cold: ReadonlyMap<ProviderName, Map<number, number[]>>,
): Promise<Contestant> {
  const gateway = await GatewayProcess.start(checkout.starter, { provider, presharedKey, ticketKeyFile, lane });
  const holders = tickets.map((ticket, client) => ({ client, ticket }));
  const contestant = { checkout: checkout.name, provider, gateway, holders };
  const marks = COLD_COUNTS.filter((count) => count <= tickets.length);
  const { marked } = await resumeAll({ clients, gateway, holders, burst: COMPARED_WAVE, marks });
  if (checkout !== checkouts[0]) return contestant;
  const byCount = cold.get(provider)!;
  for (const [count, { processUs }] of marked) byCount.set(count, [...byCount.get(count) ?? [], processUs / count]);
  return contestant;
}

async function onePass(contestant: Contestant, wave: number, setting: MeasureSetting): Promise<Cost> {
  await beforePass(contestant, setting);
  return await resumeInOne(contestant, wave, setting);
}

/** A new gateway, unless the one that is there is to stay. */
async function beforePass({ gateway }: Contestant, { steady }: MeasureSetting): Promise<void> {
  if (!steady) await gateway.tell({ command: "restart" });
}

async function resumeInOne({ gateway, holders }: Contestant, wave: number, { clients }: MeasureSetting): Promise<Cost> {
  const { cost } = await resumeAll({ clients, gateway, holders, burst: wave });
  return { threadUs: cost.threadUs / holders.length, processUs: cost.processUs / holders.length };
}

/** How the gateway itself cuts waves, at those at which providers are compared. */
async function meanWaveOf(contestant: Contestant, setting: MeasureSetting): Promise<number> {
  await beforePass(contestant, setting);
  const before = await countersOf(contestant);
  await resumeInOne(contestant, COMPARED_WAVE, setting);
  const after = await countersOf(contestant);
  const counted = (name: string): number => after[name] - before[name];
  return counted("received_datagrams_total") / counted("waves_total");
}

async function countersOf({ gateway }: Contestant): Promise<Readonly<Record<string, number>>> {
  const told = await gateway.tell<{ readonly counters: Readonly<Record<string, number>> }>({ command: "counters" });
  return told.header.counters;
}

/** The mean of several passes. What a gateway leaves behind when another takes its place is none of it. */
async function profileOf(contestant: Contestant, setting: MeasureSetting): Promise<Profile> {
  const { gateway } = contestant;
  const profiles: Profile[] = [];
  for (let pass = 0; pass < setting.passes; pass++) {
    await beforePass(contestant, setting);
    await gateway.tell({ command: "profile" });
    await resumeInOne(contestant, COMPARED_WAVE, setting);
    profiles.push((await gateway.tell<{ readonly profile: Profile }>({ command: "profiled" })).header.profile);
  }
  return meanProfile(profiles);
}

async function allocationsOf(contestant: Contestant, setting: MeasureSetting): Promise<Allocations> {
  const { gateway, holders } = contestant;
  await beforePass(contestant, setting);
  await gateway.tell({ command: "sample-allocations" });
  await resumeInOne(contestant, COMPARED_WAVE, setting);
  const sampled = { command: "allocations-sampled", resumptions: holders.length } as const;
  return (await gateway.tell<{ readonly allocations: Allocations }>(sampled)).header.allocations;
}

/** Another one first each time. */
function inTurn<Item>(items: readonly Item[], turn: number): Item[] {
  return items.map((_, index) => items[(index + turn) % items.length]);
}
