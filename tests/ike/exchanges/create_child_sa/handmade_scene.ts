/** An IKE SA between the end that is tested and one made by hand, which asks and answers as a test says. @module */
import type { ChildSa } from "../../../../src/ike/child_sa/child_sa.ts";
import type { ChildOrder } from "../../../../src/ike/exchanges/create_child_sa/child_orders.ts";
import type { InitiatorOptions } from "../../../../src/ike/initiator.ts";
import type { Effect } from "../../../../src/ike/states/effect.ts";
import type { Step } from "../../../../src/ike/steps/step.ts";
import type { Header } from "../../../../src/wire/header.ts";
import type { Message } from "../../../../src/wire/message.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { HANDMADE_ESP_SPI } from "../../../simulation/handmade_client.ts";
import { HANDMADE_GATEWAY_ESP_SPI } from "../../../simulation/handmade_gateway.ts";
import { clientUp, handmadeUp } from "../../../simulation/handmade_up.ts";
import { decoded } from "../../../simulation/messages.ts";
import { effectsOf, type Simulation } from "../../../simulation/simulation.ts";
import { type RawPayload, sealRaw } from "./raw_message.ts";

export type { RawPayload } from "./raw_message.ts";

type Stated = Pick<Header, "exchangeType" | "messageId" | "isResponse">;

export interface SentRequest {
  readonly header: Header;
  readonly payloads: readonly Payload[];
}

type Purpose = "rekey" | "close" | "checkLiveness";

/** An IKE SA that is up between the tested end and one made by hand. */
export interface HandmadeScene {
  readonly espSpi: Uint8Array;
  run<T>(step: Step<T>): Promise<T>;
  /** The tested end's Child SA. */
  readonly childSa: ChildSa;
  /** The tested end begins something about Child SAs, and gets no answer yet: the payloads of what it sends, and its header. */
  order(order: ChildOrder): Promise<SentRequest | undefined>;
  /** The tested end offers a new IKE SA, and gets no answer yet. */
  rekey(): Promise<SentRequest>;
  /** So much time passes: the new requests of the tested end, repeated ones not among them. */
  pass(ms: number): Promise<SentRequest[]>;
  /** The handmade end answers that. */
  answer(request: SentRequest, payloads: readonly (Payload | RawPayload)[]): Promise<readonly Effect[]>;
  /** The requests among what the tested end sent. */
  requestsIn(effects: readonly Effect[]): Promise<SentRequest[]>;
  /** The tested end begins something, and gets no answer; returns the exchange types of the requests that it sends. */
  begin(purpose: Purpose): Promise<number[]>;
  /** The handmade end asks, and gets an answer. */
  ask(
    payloads: readonly (Payload | RawPayload)[],
    exchangeType: number,
  ): Promise<{ answer: readonly Payload[]; effects: readonly Effect[] }>;
}

export const HANDMADE_SCENES: {
  readonly [End in "gateway" | "client"]: (options?: Partial<InitiatorOptions>) => Promise<HandmadeScene>;
} = {
  gateway: besideGateway,
  client: besideClient,
};

/** Of the options only what a gateway has too is its. */
async function besideGateway({ espProposals }: Partial<InitiatorOptions> = {}): Promise<HandmadeScene> {
  const { simulation, handmade, exchange, up } = await handmadeUp(500, espProposals && { espProposals });
  const sealed = (header: Stated, payloads: readonly (Payload | RawPayload)[]) =>
    handmade.run(sealRaw(exchange, { ...exchange.spis, fromInitiator: true, ...header }, payloads, simulation.random.octets));
  let messageId = 2;
  return {
    espSpi: HANDMADE_ESP_SPI,
    childSa: effectsOf(up, "child-sa-up")[0].childSa,
    async order(order) {
      const before = simulation.network.sent.length;
      await simulation.actOnGateway(simulation.gateway.orderChildSa(exchange.spis, order, simulation.now));
      const [sent] = simulation.network.sent.slice(before).map(({ octets }) => decoded(octets));
      return sent && { header: sent.header, payloads: await handmade.open(exchange, sent) };
    },
    async rekey() {
      const before = simulation.network.sent.length;
      await simulation.actOnGateway(simulation.gateway.rekey(exchange.spis, simulation.now));
      const sent = decoded(simulation.network.sent[before].octets);
      return { header: sent.header, payloads: await handmade.open(exchange, sent) };
    },
    pass: (ms) => newRequests(simulation, ms, (message) => handmade.open(exchange, message)),
    async answer({ header: { exchangeType, messageId } }, payloads) {
      return (await handmade.deliver(await sealed({ exchangeType, messageId, isResponse: true }, payloads))).effects;
    },
    requestsIn: (effects) => requestsIn(effects, (message) => handmade.open(exchange, message)),
    run: (step) => handmade.run(step),
    async begin(purpose) {
      const before = simulation.network.sent.length;
      await simulation.actOnGateway(simulation.gateway[purpose](exchange.spis, simulation.now));
      return simulation.network.sent.slice(before).map(({ octets }) => decoded(octets).header.exchangeType);
    },
    async ask(payloads, exchangeType) {
      const { replies: [reply], effects } = await handmade.deliver(
        await sealed({ exchangeType, messageId: messageId++, isResponse: false }, payloads),
      );
      return { answer: await handmade.open(exchange, reply), effects };
    },
  };
}

async function besideClient(options: Partial<InitiatorOptions> = {}): Promise<HandmadeScene> {
  const { simulation, client, gateway, answered, up } = await clientUp(options);
  const sealed = (header: Stated, payloads: readonly (Payload | RawPayload)[]) =>
    gateway.run(sealRaw(answered, { ...answered.spis, fromInitiator: false, ...header }, payloads, simulation.random.octets));
  let messageId = 0;
  return {
    espSpi: HANDMADE_GATEWAY_ESP_SPI,
    childSa: effectsOf(up, "child-sa-up")[0].childSa,
    async order(order) {
      const before = simulation.network.sent.length;
      await simulation.act(client, client.initiator.orderChildSa(order, simulation.now));
      const [sent] = simulation.network.sent.slice(before).map(({ octets }) => decoded(octets));
      return sent && { header: sent.header, payloads: await gateway.open(answered, sent) };
    },
    async rekey() {
      const before = simulation.network.sent.length;
      await simulation.act(client, client.initiator.rekey(simulation.now));
      const sent = decoded(simulation.network.sent[before].octets);
      return { header: sent.header, payloads: await gateway.open(answered, sent) };
    },
    pass: (ms) => newRequests(simulation, ms, (message) => gateway.open(answered, message)),
    async answer({ header: { exchangeType, messageId } }, payloads) {
      return await gateway.deliver(await sealed({ exchangeType, messageId, isResponse: true }, payloads));
    },
    requestsIn: (effects) => requestsIn(effects, (message) => gateway.open(answered, message)),
    run: (step) => gateway.run(step),
    async begin(purpose) {
      const before = simulation.network.sent.length;
      await simulation.act(client, client.initiator[purpose](simulation.now));
      return simulation.network.sent.slice(before).map(({ octets }) => decoded(octets).header.exchangeType);
    },
    async ask(payloads, exchangeType) {
      const before = simulation.network.sent.length;
      const request = { exchangeType, isResponse: false, messageId: messageId++ };
      const effects = await gateway.deliver(await sealed(request, payloads));
      // What follows the answer is the tested end's own.
      return { answer: await gateway.open(answered, decoded(simulation.network.sent[before].octets)), effects };
    },
  };
}

async function requestsIn(
  effects: readonly Effect[],
  open: (message: Message) => Promise<readonly Payload[]>,
): Promise<SentRequest[]> {
  const messages = effectsOf(effects, "send").map(({ datagram }) => decoded(datagram.octets));
  const requests = messages.filter(({ header }) => !header.isResponse);
  return await Promise.all(requests.map(async (message) => ({ header: message.header, payloads: await open(message) })));
}

async function newRequests(
  simulation: Simulation,
  ms: number,
  open: (message: Message) => Promise<readonly Payload[]>,
): Promise<SentRequest[]> {
  const { network } = simulation;
  const sent = network.sent.map(({ octets }) => decoded(octets).header);
  const known = new Set(sent.filter(({ isResponse }) => !isResponse).map(({ messageId }) => messageId));
  const before = network.sent.length;
  await simulation.run(network.nowMs + ms);
  const requests: SentRequest[] = [];
  for (const message of network.sent.slice(before).map(({ octets }) => decoded(octets))) {
    if (message.header.isResponse || known.has(message.header.messageId)) continue;
    known.add(message.header.messageId);
    requests.push({ header: message.header, payloads: await open(message) });
  }
  return requests;
}
