/**
 * A client whose every message is made by hand: what a correct initiator would never send.
 *
 * @module
 */
import { authenticate } from "../../src/ike/authentication.ts";
import type { Datagram } from "../../src/ike/datagram.ts";
import type { Effect, SpiPair } from "../../src/ike/effect.ts";
import { type IkeSaKeys, keysFromTicket, type NoncePair } from "../../src/ike/ike_sa_keys.ts";
import { findPayload, notify } from "../../src/ike/notify.ts";
import { defaultEspProposals, offerEsp } from "../../src/ike/proposals.ts";
import { openMessage, type ProtectionContext, sealMessage } from "../../src/ike/protected_message.ts";
import type { Step } from "../../src/ike/step.ts";
import { type IkeSuite, ikeSuiteOf } from "../../src/ike/suite.ts";
import { anyIpv4Selector } from "../../src/ike/traffic_selectors.ts";
import { runWave } from "../../src/ike/wave.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import { AuthenticationMethod, ExchangeType, NotifyType } from "../../src/wire/constants.ts";
import { decodeMessage, encodeMessage, type Message } from "../../src/wire/message.ts";
import type { Payload } from "../../src/wire/payload.ts";
import { effectsOf, endpoint, GATEWAY_ADDRESS, type Simulation } from "./simulation.ts";

/** IKE_SESSION_RESUME was accepted; IKE_AUTH can be made. */
export interface ResumedExchange {
  readonly suite: IkeSuite;
  readonly spis: SpiPair;
  readonly nonces: NoncePair;
  readonly keys: IkeSaKeys;
  readonly request: Uint8Array;
  readonly response: Uint8Array;
}

/** What IKE_AUTH shall carry instead of what is right. */
export interface AuthChanges {
  readonly omit?: readonly Payload["type"][];
  readonly add?: readonly Payload[];
  readonly replace?: readonly Payload[];
  /** AUTH over these octets instead of the IKE_SESSION_RESUME request. */
  readonly realMessage?: Uint8Array;
}

export class HandmadeClient {
  readonly #simulation: Simulation;
  readonly address: string;
  #spi = 0x1000n;

  constructor(simulation: Simulation, address = "203.0.113.7") {
    this.#simulation = simulation;
    this.address = address;
  }

  run<T>(step: Step<T>): Promise<T> {
    return runWave([step], this.#simulation.services).then(([result]) => result);
  }

  /** Hands octets to the gateway, past the network, and returns what it answers with and tells. */
  async deliver(octets: Uint8Array, port = 500): Promise<{ replies: Message[]; effects: Effect[] }> {
    const datagram: Datagram = {
      octets,
      local: endpoint(GATEWAY_ADDRESS, port),
      remote: endpoint(this.address, port),
      encapsulated: port === 4500,
    };
    const effects = await this.run(this.#simulation.gateway.receive(datagram, this.#simulation.now));
    const replies = effectsOf(effects, "send").map(({ datagram }) => {
      const decoded = decodeMessage(datagram.octets);
      if (!decoded.ok) throw new Error(`the gateway sent what does not decode: ${decoded.error.expected}`);
      return decoded.value;
    });
    return { replies, effects };
  }

  /** The octets of an IKE_SESSION_RESUME request. */
  resumeRequest(ticket: Uint8Array, nonce: Uint8Array, extra: readonly Payload[] = [], initiatorSpi = this.#spi++): Uint8Array {
    const header = {
      initiatorSpi,
      responderSpi: 0n,
      exchangeType: ExchangeType.IKE_SESSION_RESUME,
      fromInitiator: true,
      isResponse: false,
      messageId: 0,
    };
    return encodeMessage(header, [{ type: "Nonce", nonce }, notify(NotifyType.TICKET_OPAQUE, ticket), ...extra]);
  }

  /** Presents a ticket; fails the test when it is refused. */
  async resume(ticket: ClientTicket): Promise<ResumedExchange> {
    const initiatorNonce = this.#simulation.random.octets(32);
    const request = this.resumeRequest(ticket.ticket, initiatorNonce);
    const { replies: [reply] } = await this.deliver(request);
    const responderNonce = reply && findPayload(reply.payloads, "Nonce")?.nonce;
    if (!responderNonce) throw new Error("IKE_SESSION_RESUME was not accepted");
    const suite = ikeSuiteOf(ticket.proposal)!;
    const spis = { initiatorSpi: reply.header.initiatorSpi, responderSpi: reply.header.responderSpi };
    const nonces = { initiatorNonce, responderNonce };
    const keys = await this.run(keysFromTicket(suite, ticket.skD.slice(), nonces, spis));
    return { suite, spis, nonces, keys, request, response: reply.octets };
  }

  /** The octets of the IKE_AUTH request that follows, right but for the changes. */
  async authRequest(exchange: ResumedExchange, ticket: ClientTicket, changes: AuthChanges = {}): Promise<Uint8Array> {
    const auth = await this.run(authenticate({ kind: "resumption" }, {
      prf: exchange.suite.prf,
      skP: exchange.keys.skPi,
      realMessage: changes.realMessage ?? exchange.request,
      peerNonce: exchange.nonces.responderNonce,
      identity: ticket.initiatorId,
    }));
    const right: Payload[] = [
      { type: "IDi", ...ticket.initiatorId },
      { type: "AUTH", method: AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE, data: auth },
      { type: "SA", proposals: offerEsp(defaultEspProposals(), Uint8Array.of(0, 0, 16, 0)) },
      { type: "TSi", selectors: [anyIpv4Selector()] },
      { type: "TSr", selectors: [anyIpv4Selector()] },
    ];
    const replaced = right.map((payload) => changes.replace?.find(({ type }) => type === payload.type) ?? payload);
    const kept = replaced.filter(({ type }) => !changes.omit?.includes(type));
    return await this.seal(exchange, [...kept, ...(changes.add ?? [])]);
  }

  async seal(exchange: ResumedExchange, payloads: readonly Payload[], messageId = 1): Promise<Uint8Array> {
    const header = {
      ...exchange.spis,
      exchangeType: messageId === 1 ? ExchangeType.IKE_AUTH : ExchangeType.INFORMATIONAL,
      fromInitiator: true,
      isResponse: false,
      messageId,
    };
    return await this.run(sealMessage(this.#protection(exchange), header, payloads));
  }

  /** The payloads inside an answer of the gateway's. */
  async open(exchange: ResumedExchange, message: Message): Promise<readonly Payload[]> {
    const opened = await this.run(openMessage(this.#protection(exchange), message));
    if (!opened?.ok) throw new Error("the answer does not open");
    return opened.value;
  }

  #protection({ suite, keys }: ResumedExchange): ProtectionContext {
    return { suite, keys, role: "initiator", sealed: { next: this.#spi++ }, random: this.#simulation.random.octets };
  }
}
