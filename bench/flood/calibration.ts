/**
 * At which rate clients come back, so that the clients and an attack of twenty times as many datagrams take half a core, and the gateway,
 * without an attack, a quarter of another.
 *
 * @module
 */
import { createSocket } from "node:dgram";
import process from "node:process";
import type { GatewayProcess } from "../../src/load/gateway_process.ts";
import type { LegitimateClients } from "./legitimate_clients.ts";

/** Clients that warm both ends up, and as many that are measured after them. */
const CALIBRATION_CLIENTS = 192;
const MICROSECONDS = 1_000_000;
const GENERATOR_SHARE = 0.5;
const GATEWAY_SHARE = 0.25;
const HIGHEST_RATIO = 20;
/** Sending one datagram, and taking its answer in. */
const DATAGRAMS_PER_SHOT = 2;
const LOWEST_RATE = 20;
/** Twenty times this is an attack that one machine on a slow link can make. Above it, nothing new is learnt. */
const HIGHEST_RATE = 250;
const STEP = 10;

const SENT = 2_000;
const BURST = 50;
const DATAGRAM_LENGTH = 400;

/** Microseconds of processor time. */
export interface Costs {
  readonly clientUs: number;
  readonly gatewayUs: number;
  readonly datagramUs: number;
}

/** The calibration's clients are the first ones; the gateway has not seen their tickets. */
export async function measureCosts(clients: LegitimateClients, gateway: GatewayProcess): Promise<Costs> {
  await clients.enrol(2 * CALIBRATION_CLIENTS, gateway);
  await clients.resume(0, CALIBRATION_CLIENTS, gateway);
  const gatewayBefore = await gateway.ask("cpu");
  const before = process.cpuUsage();
  await clients.resume(CALIBRATION_CLIENTS, 2 * CALIBRATION_CLIENTS, gateway);
  const { user, system } = process.cpuUsage(before);
  const gatewayAfter = await gateway.ask("cpu");
  return {
    clientUs: (user + system) / CALIBRATION_CLIENTS,
    gatewayUs: (gatewayAfter.cpu_us - gatewayBefore.cpu_us) / CALIBRATION_CLIENTS,
    datagramUs: await costOfDatagram(),
  };
}

export function rateFor({ clientUs, gatewayUs, datagramUs }: Costs): number {
  const forGenerator = GENERATOR_SHARE * MICROSECONDS / (clientUs + HIGHEST_RATIO * DATAGRAMS_PER_SHOT * datagramUs);
  const forGateway = GATEWAY_SHARE * MICROSECONDS / gatewayUs;
  const rate = Math.min(forGenerator, forGateway, HIGHEST_RATE);
  return Math.max(LOWEST_RATE, Math.floor(rate / STEP) * STEP);
}

/** Sent to a socket that nobody reads. */
async function costOfDatagram(): Promise<number> {
  const socket = createSocket({ type: "udp4", lookup: (hostname, _options, callback) => callback(null, hostname, 4) });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  const octets = new Uint8Array(DATAGRAM_LENGTH);
  const before = process.cpuUsage();
  for (let sent = 0; sent < SENT; sent += BURST) {
    for (let index = 0; index < BURST; index++) socket.send(octets, port, "127.0.0.1", () => {});
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { user, system } = process.cpuUsage(before);
  socket.close();
  return (user + system) / SENT;
}
