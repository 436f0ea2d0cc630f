/**
 * Two rekeyings that cross, with one end made by hand: it chooses both of its nonces, and so which of the two new IKE SAs has the lowest.
 *
 * @module
 */
import type { Effect } from "../../src/ike/states/effect.ts";
import { findPayload } from "../../src/ike/message/notify.ts";
import { chooseIkeFor, defaultIkeProposals } from "../../src/ike/ike_sa/proposals.ts";
import { ikeSpiOctets, ikeSpiOf, type SpiPair } from "../../src/ike/ike_sa/spi.ts";
import { generateKeyPair, type Step } from "../../src/ike/steps/step.ts";
import { ExchangeType } from "../../src/wire/constants.ts";
import type { Header } from "../../src/wire/header.ts";
import type { Message } from "../../src/wire/message.ts";
import type { Payload } from "../../src/wire/payload.ts";
import { NEW_SPI, offerPayloads } from "./handmade_rekey.ts";
import { clientUp, handmadeUp, informationalRequest } from "./handmade_up.ts";
import { decoded } from "./messages.ts";
import { effectsOf } from "./simulation.ts";

/** Lower, and higher, than any that a random source gives. */
export const LOWEST_NONCE: Uint8Array = new Uint8Array(32);
export const HIGHEST_NONCE: Uint8Array = new Uint8Array(32).fill(0xff);

/** The handmade end's SPI of the IKE SA that the tested end offers. */
const ANSWERING_SPI = 0x8888n;

/** The tested end has offered a new IKE SA, and waits for the answer. */
export interface Crossing {
  readonly old: SpiPair;
  /** How many IKE SAs the tested end holds, those that wait for their DELETE among them. */
  held(): number;
  /** The handmade end offers one too; returns the SPIs of what comes of it. */
  offer(nonce: Uint8Array): Promise<SpiPair>;
  /** The handmade end answers the tested end's offer: the SPIs of what comes of that, and what the tested end does. */
  accept(nonce: Uint8Array): Promise<{ readonly made: SpiPair; readonly effects: readonly Effect[] }>;
  /** It answers with something else. */
  answer(payloads: readonly Payload[]): Promise<readonly Effect[]>;
  /** A request of the handmade end's on the old IKE SA, after its offer. */
  request(payloads: readonly Payload[]): Promise<readonly Effect[]>;
}

export const TESTED_ENDS = ["client", "gateway"] as const;

/** A crossing in which the client, or the gateway, is the end that is tested. */
export async function crossing(tested: (typeof TESTED_ENDS)[number]): Promise<Crossing> {
  const peer = tested === "client" ? await besideClient() : await besideGateway();
  const offer = await peer.open(peer.received);
  const send = (payloads: readonly Payload[], header: Partial<Header>) => peer.send(payloads, header);
  const response = {
    exchangeType: peer.received.header.exchangeType,
    messageId: peer.received.header.messageId,
    isResponse: true,
  };
  let nextId = peer.firstMessageId;
  return {
    old: peer.old,
    held: peer.held,
    async offer(nonce) {
      const payloads = offerPayloads(await peer.run(generateKeyPair(31)), { nonce });
      const effects = await send(payloads, {
        exchangeType: ExchangeType.CREATE_CHILD_SA,
        isResponse: false,
        messageId: nextId++,
      });
      const [{ datagram }] = effectsOf(effects, "send");
      const answer = await peer.open(decoded(datagram.octets));
      return { initiatorSpi: NEW_SPI, responderSpi: ikeSpiOf(findPayload(answer, "SA")!.proposals[0].spi)! };
    },
    async accept(nonce) {
      const { proposals } = findPayload(offer, "SA")!;
      const { group } = findPayload(offer, "KE")!;
      const pair = await peer.run(generateKeyPair(group));
      const chosen = chooseIkeFor(group, proposals, defaultIkeProposals(), ikeSpiOctets(ANSWERING_SPI))!;
      const made = { initiatorSpi: ikeSpiOf(proposals[0].spi)!, responderSpi: ANSWERING_SPI };
      const effects = await send([
        { type: "SA", proposals: [chosen] },
        { type: "Nonce", nonce },
        { type: "KE", group, keyExchangeData: pair.publicValue },
      ], response);
      return { made, effects };
    },
    answer: (payloads) => send(payloads, response),
    request: (payloads) => send(payloads, informationalRequest(nextId++)),
  };
}

/** The end that is made by hand. */
interface Peer {
  readonly old: SpiPair;
  readonly received: Message;
  readonly firstMessageId: number;
  held(): number;
  run<T>(step: Step<T>): Promise<T>;
  open(message: Message): Promise<readonly Payload[]>;
  send(payloads: readonly Payload[], header: Partial<Header>): Promise<readonly Effect[]>;
}

async function besideClient(): Promise<Peer> {
  const { simulation, client, gateway, answered } = await clientUp();
  await simulation.act(client, client.initiator.rekey(simulation.now));
  return {
    old: answered.spis,
    received: gateway.received,
    firstMessageId: 0,
    held: () => client.initiator.ownSpis.length,
    run: (step) => gateway.run(step),
    open: (message) => gateway.open(answered, message),
    send: async (payloads, header) => await gateway.deliver(await gateway.seal(answered, payloads, header)),
  };
}

async function besideGateway(): Promise<Peer> {
  const { simulation, handmade, exchange } = await handmadeUp();
  await simulation.actOnGateway(simulation.gateway.rekey(exchange.spis, simulation.now));
  return {
    old: exchange.spis,
    received: decoded(simulation.network.sent.at(-1)!.octets),
    firstMessageId: 2,
    held: () => simulation.gateway.establishedCount,
    run: (step) => handmade.run(step),
    open: (message) => handmade.open(exchange, message),
    send: async (payloads, header) => {
      const { effects } = await handmade.deliver(await handmade.seal(exchange, payloads, header.messageId, header));
      return effects;
    },
  };
}
