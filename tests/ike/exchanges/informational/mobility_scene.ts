/**
 * Clients with MOBIKE (RFC 4555): whole ones, and those made by hand, which say what they like.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { InitiatorOptions } from "../../../../src/ike/initiator.ts";
import { natDetectionPayloads } from "../../../../src/ike/message/nat_detection.ts";
import { notify } from "../../../../src/ike/message/notify.ts";
import type { ResponderOptions } from "../../../../src/ike/responder.ts";
import type { Effect } from "../../../../src/ike/states/effect.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { NotifyType } from "../../../../src/wire/constants.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { HandmadeClient, type HandmadeExchange } from "../../../simulation/handmade_client.ts";
import { effectsOf, endpoint, GATEWAY_ADDRESS, type SimulatedClient, Simulation } from "../../../simulation/simulation.ts";

const { UPDATE_SA_ADDRESSES, MOBIKE_SUPPORTED } = NotifyType;
export const MOBILE: Partial<InitiatorOptions> = { mobike: true };

export interface MobileHandmade {
  readonly simulation: Simulation;
  readonly handmade: HandmadeClient;
  readonly exchange: HandmadeExchange;
}

export interface Move {
  readonly before: string;
  readonly remote: string;
  readonly udpEncapsulation: boolean;
}

/** A whole client that is up, alone at its gateway. */
export async function up(
  options: Partial<InitiatorOptions> = {},
  gateway: Partial<ResponderOptions> = {},
  provider: "ts" | "node" | "wasm" = "ts",
): Promise<{ readonly simulation: Simulation; readonly client: SimulatedClient }> {
  const simulation = new Simulation({ provider: await loadProvider(provider), gateway });
  return { simulation, client: await clientOf(simulation, options) };
}

/** A handmade client that is up with MOBIKE, on port 4500. */
export async function mobileHandmade(): Promise<MobileHandmade> {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0 } });
  const handmade = new HandmadeClient(simulation, "203.0.113.7", 4500);
  const exchange = await handmade.init();
  const { effects } = await handmade.auth(exchange, { add: [notify(MOBIKE_SUPPORTED)] });
  assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
  return { simulation, handmade, exchange };
}

/** An update of the addresses, from this one. */
export function update({ spis }: HandmadeExchange, address: string): Payload[] {
  return [notify(UPDATE_SA_ADDRESSES), ...natDetectionPayloads(spis, endpoint(address, 4500), endpoint(GATEWAY_ADDRESS, 4500))];
}

/** A handmade client's INFORMATIONAL request from an address. */
export async function ask(
  handmade: HandmadeClient,
  exchange: HandmadeExchange,
  messageId: number,
  payloads: readonly Payload[],
  address: string,
): Promise<{ readonly answer: readonly Payload[]; readonly effects: readonly Effect[] }> {
  const octets = await handmade.seal(exchange, payloads, messageId);
  const there = new HandmadeClient(handmade.handled, address, 4500);
  const { replies: [reply], effects } = await there.deliver(octets);
  return { answer: await handmade.open(exchange, reply), effects };
}

/** What was told of moves: an address and a port each, with a space between. */
export function movesOf(effects: readonly Effect[]): Move[] {
  return effectsOf(effects, "peer-moved").map(({ before, remote, udpEncapsulation }) => ({
    before: `${before.address} ${before.port}`,
    remote: `${remote.address} ${remote.port}`,
    udpEncapsulation,
  }));
}

/** One more. */
export async function clientOf(simulation: Simulation, options: Partial<InitiatorOptions>): Promise<SimulatedClient> {
  const client = simulation.addClient({ ...MOBILE, ...options });
  await simulation.start(client);
  await simulation.run();
  return client;
}
