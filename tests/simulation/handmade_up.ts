/**
 * IKE SAs that are up, with one end made by hand.
 *
 * @module
 */
import type { Effect } from "../../src/ike/states/effect.ts";
import type { InitiatorOptions } from "../../src/ike/initiator.ts";
import type { ResponderOptions } from "../../src/ike/responder.ts";
import { loadProvider } from "../../src/providers/mod.ts";
import { ExchangeType, ProtocolId } from "../../src/wire/constants.ts";
import type { Header } from "../../src/wire/header.ts";
import type { DeletePayload, Payload } from "../../src/wire/payload.ts";
import { HandmadeClient, type HandmadeExchange } from "./handmade_client.ts";
import { type AnsweredInit, HandmadeGateway } from "./handmade_gateway.ts";
import { type SimulatedClient, Simulation } from "./simulation.ts";

export const DELETE_IKE_SA: DeletePayload = { type: "D", protocolId: ProtocolId.IKE, spiSize: 0, spis: [] };

export function deleteEsp(spi: Uint8Array): DeletePayload {
  return { type: "D", protocolId: ProtocolId.ESP, spiSize: spi.length, spis: [spi] };
}

/** The header of an INFORMATIONAL request. */
export function informationalRequest(messageId: number): Partial<Header> {
  return { exchangeType: ExchangeType.INFORMATIONAL, isResponse: false, messageId };
}

/** A gateway, and a handmade client that is up; IKE_AUTH went to `port`. */
export async function handmadeUp(
  port = 500,
  options: Partial<ResponderOptions> = {},
): Promise<{ simulation: Simulation; handmade: HandmadeClient; exchange: HandmadeExchange; up: Effect[] }> {
  // Nobody answers for the client unless a test does.
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { livenessSeconds: 0, ...options } });
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.init();
  const { effects } = await handmade.deliver(await handmade.authRequest(exchange), port);
  return { simulation, handmade, exchange, up: effects };
}

/** A client that is up with a handmade gateway, whose IKE_AUTH response holds `add` too. */
export async function clientUp(options: Partial<InitiatorOptions> = {}, add: readonly Payload[] = []): Promise<
  { simulation: Simulation; client: SimulatedClient; gateway: HandmadeGateway; answered: AnsweredInit; up: Effect[] }
> {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient(options);
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  const answered = await gateway.answerInit();
  const up = await gateway.deliver(await gateway.authAnswer(answered, { add }));
  return { simulation, client, gateway, answered, up };
}
