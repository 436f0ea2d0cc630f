/**
 * IKE_SA_INIT and IKE_SESSION_RESUME, which nothing protects: what is not right leaves nothing behind at a gateway, and ends no attempt of a client's.
 *
 * @module
 */
import { loadProvider } from "../../../../src/providers/mod.ts";
import { ExchangeType } from "../../../../src/wire/constants.ts";
import { encodeMessage } from "../../../../src/wire/message.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { HandmadeGateway } from "../../../simulation/handmade_gateway.ts";
import { resumingClient } from "../../../simulation/handmade_resume_answer.ts";
import { grantedTicket } from "../../../simulation/handmade_ticket.ts";
import { handmadeUp } from "../../../simulation/handmade_up.ts";
import { decoded } from "../../../simulation/messages.ts";
import { effectsOf, Simulation } from "../../../simulation/simulation.ts";
import { encodeRaw } from "../create_child_sa/raw_message.ts";
import { type Subject, testDisorders } from "./subject.ts";

const provider = await loadProvider("ts");
const STRAY: Payload = { type: "D", protocolId: 1, spiSize: 0, spis: [] };

/** A gateway that gets a first message; the `octets` would be right. */
function gatewayWith(handmade: HandmadeClient, simulation: Simulation, octets: Uint8Array): Subject {
  const { header, payloads } = decoded(octets);
  const before = simulation.gateway.halfOpenCount;
  const deliver = async (message: Uint8Array) => {
    const { effects } = await handmade.deliver(message);
    return { effects, isTaken: simulation.gateway.halfOpenCount === before + 1 };
  };
  return {
    right: payloads,
    stray: STRAY,
    deliver: (changed) => deliver(encodeRaw(header, changed)),
    goesOn: async () => (await deliver(octets)).isTaken,
  };
}

testDisorders("IKE_SA_INIT at the gateway", async () => {
  const simulation = new Simulation({ provider });
  const handmade = new HandmadeClient(simulation);
  return gatewayWith(handmade, simulation, await handmade.initRequest());
}, { passes: ["Nonce is noise"], mayTell: ["dropped", "init-refused"] });

testDisorders("IKE_SESSION_RESUME at the gateway", async () => {
  const { simulation, handmade } = await handmadeUp();
  const exchange = await handmade.init();
  const asks: Payload = { type: "N", protocolId: 0, notifyType: 16410, spi: new Uint8Array(0), data: new Uint8Array(0) };
  const { answer } = await handmade.auth(exchange, { add: [asks] });
  const { ticket } = grantedTicket(exchange, answer);
  return gatewayWith(handmade, simulation, handmade.resumeRequest(ticket, simulation.random.octets(32)));
}, {
  // Of two tickets the first counts.
  passes: ["Nonce is noise", "N stands there twice"],
  mayTell: ["dropped", "ticket-refused"],
});

interface Answered {
  readonly gateway: HandmadeGateway;
  /** Right. */
  readonly response: Uint8Array;
}

/** A client that waits for the answer to its first message. */
function clientWith({ gateway, response }: Answered): Subject {
  const { header, payloads } = decoded(response);
  const deliver = async (octets: Uint8Array) => {
    const effects = await gateway.deliver(octets);
    const sent = effectsOf(effects, "send").map(({ datagram }) => decoded(datagram.octets).header.exchangeType);
    return { effects, isTaken: sent.includes(ExchangeType.IKE_AUTH) };
  };
  return {
    right: payloads,
    stray: STRAY,
    deliver: (changed) => deliver(encodeRaw(header, changed)),
    goesOn: async () => (await deliver(response)).isTaken,
  };
}

testDisorders("the answer to IKE_SA_INIT at the client", async () => {
  const simulation = new Simulation({ provider });
  const client = simulation.addClient();
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  return clientWith({ gateway, response: (await gateway.initAnswer()).response });
}, { passes: ["Nonce is noise"], mayTell: ["dropped"] });

testDisorders("the answer to IKE_SESSION_RESUME at the client", async () => {
  const { gateway } = await resumingClient();
  const { header } = gateway.received;
  const answer = { ...header, responderSpi: 0x2000n, fromInitiator: false, isResponse: true };
  return clientWith({ gateway, response: encodeMessage(answer, [{ type: "Nonce", nonce: new Uint8Array(32).fill(7) }]) });
}, { passes: ["Nonce is noise"], mayTell: ["dropped"] });
