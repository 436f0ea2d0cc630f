/**
 * One point: a gateway that is new, clients that come back to it, and an attack or none.
 *
 * @module
 */
import process from "node:process";
import type { GatewayProcess } from "../../src/load/gateway_process.ts";
import { toHexadecimal } from "../../src/wire/hexadecimal.ts";
import type { AttackDone } from "./attacker_protocol.ts";
import { AttackerProcess } from "./attacker_process.ts";
import { type GatewaySetting, readGateway, type Reading, startGateway } from "./gateway_under_attack.ts";
import type { LegitimateClients, Served } from "./legitimate_clients.ts";
import { loadOfOthers, readMachine } from "./machine_load.ts";

/** The first clients: they warm a gateway up, and their tickets are used from then on. */
export const WARM_UP_CLIENTS = 128;
/** The next ones: they never come back, and the attacker has their tickets. */
export const ATTACKER_TICKETS = 64;
const FIRST_CLIENT = WARM_UP_CLIENTS + ATTACKER_TICKETS;

export interface PointSetting {
  readonly gateway: GatewaySetting;
  readonly clients: LegitimateClients;
  /** Resumptions a second, for so many seconds. */
  readonly rate: number;
  readonly seconds: number;
  /** Hostile datagrams that leave before the clients come, for kinds that began before. */
  readonly datagramsBefore: number;
}

export interface AttackChoice {
  readonly kind: string;
  readonly ratio: number;
}

/** What was seen, before it is judged. */
export interface Observation {
  readonly served: Served;
  /** Resident memory before any hostile datagram, in octets. */
  readonly rssBeforeBytes: number;
  readonly before: Reading;
  readonly after: Reading;
  readonly attack: AttackDone | undefined;
  /** In cores. */
  readonly loadOfOthers: number;
  /** Between `before` and `after`, in milliseconds. */
  readonly wallMs: number;
  readonly provider: string;
}

/** How many clients need a ticket for points of this rate and length. */
export function clientsNeeded(rate: number, seconds: number): number {
  return FIRST_CLIENT + rate * seconds;
}

/** @throws {Error} the gateway or the attacker ended, or did not answer; or a gateway that nobody attacks takes a ticket not. */
export async function observe(setting: PointSetting, choice: AttackChoice | undefined): Promise<Observation> {
  const { clients, rate, seconds } = setting;
  const gateway = await startGateway(setting.gateway);
  let attacker: AttackerProcess | undefined;
  try {
    await warmUp(clients, gateway);
    const { rssBytes } = await readGateway(gateway);
    attacker = choice && await prepareAttacker(setting, choice, gateway);
    const before = await readGateway(gateway);
    const machineBefore = readMachine();
    const cpuBefore = process.cpuUsage();
    const [served, attack] = await Promise.all([
      clients.resumePaced(FIRST_CLIENT, rate * seconds, rate, gateway),
      attacker?.attack(),
    ]);
    const after = await readGateway(gateway);
    const machineAfter = readMachine();
    const { user, system } = process.cpuUsage(cpuBefore);
    const ownUs = user + system + after.cpuUs - before.cpuUs + (attack?.cpu_us ?? 0);
    return {
      served,
      rssBeforeBytes: rssBytes,
      before,
      after,
      attack,
      loadOfOthers: loadOfOthers(machineBefore, machineAfter, ownUs),
      wallMs: machineAfter.atMs - machineBefore.atMs,
      provider: gateway.provider,
    };
  } finally {
    attacker?.end();
    await gateway.kill();
  }
}

async function warmUp(clients: LegitimateClients, gateway: GatewayProcess): Promise<void> {
  for (const outcome of await clients.resume(0, WARM_UP_CLIENTS, gateway)) {
    if (!outcome.ok) throw new Error(`before the attack, a client did not come back: ${outcome.reason}`);
    if (!outcome.resumed) throw new Error("before the attack, a ticket was refused");
  }
}

function prepareAttacker(
  { gateway: { presharedKey }, clients, rate, seconds, datagramsBefore }: PointSetting,
  { kind, ratio }: AttackChoice,
  gateway: GatewayProcess,
): Promise<AttackerProcess> {
  return AttackerProcess.prepare({
    kind,
    rate: ratio * rate,
    count: ratio * rate * seconds,
    gateway: gateway.local,
    encapsulatedGateway: gateway.encapsulatedLocal,
    presharedKey: toHexadecimal(presharedKey),
    datagramsBefore,
    usedTickets: clients.tickets(0, WARM_UP_CLIENTS).map(toHexadecimal),
    goodTickets: clients.tickets(WARM_UP_CLIENTS, FIRST_CLIENT).map(toHexadecimal),
  });
}
