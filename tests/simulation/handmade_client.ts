/**
 * A client whose every message is made by hand: what a correct initiator would never send.
 *
 * @module
 */
import type { KeyPair } from "../../src/crypto/key_exchange.ts";
import { authenticate, type Credential } from "../../src/ike/authentication/signed_content.ts";
import type { Datagram } from "../../src/ike/steps/datagram.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { type IkeSaKeys, keysFromSharedSecret, keysFromTicket } from "../../src/ike/ike_sa/ike_sa_keys.ts";
import { type NoncePair, noncePair } from "../../src/ike/ike_sa/nonces.ts";
import { findPayload, notify } from "../../src/ike/message/notify.ts";
import { defaultEspProposals, defaultIkeProposals, offerEsp, offerIke } from "../../src/ike/ike_sa/proposals.ts";
import { openMessage, type ProtectionContext, sealMessage } from "../../src/ike/message/protected_message.ts";
import { agree, generateKeyPair, type Step } from "../../src/ike/steps/step.ts";
import { type IkeSuite, ikeSuiteOf } from "../../src/ike/ike_sa/suite.ts";
import { anyIpv4Selector } from "../../src/ike/child_sa/traffic_selectors.ts";
import { runWave, type WaveServices } from "../../src/ike/steps/wave.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import type { Identity } from "../../src/ticket/identity.ts";
import { AuthenticationMethod, ExchangeType, NotifyType } from "../../src/wire/constants.ts";
import type { Header } from "../../src/wire/header.ts";
import { encodeMessage, type Message } from "../../src/wire/message.ts";
import type { Payload, Proposal } from "../../src/wire/payload.ts";
import { decoded } from "./messages.ts";
import { effectsOf, endpoint, fqdn, GATEWAY_ADDRESS, PRESHARED_KEY, type Simulation } from "./simulation.ts";
import type { SpiPair } from "../../src/ike/ike_sa/spi.ts";

/** The first exchange was accepted; IKE_AUTH can be made. */
export interface HandmadeExchange {
  readonly suite: IkeSuite;
  readonly spis: SpiPair;
  readonly nonces: NoncePair;
  readonly keys: IkeSaKeys;
  readonly request: Uint8Array;
  readonly response: Uint8Array;
  readonly credential: Credential;
}

/** What IKE_SA_INIT shall carry instead of what is right. */
export interface InitChanges {
  readonly initiatorSpi?: bigint;
  readonly responderSpi?: bigint;
  readonly messageId?: number;
  readonly proposals?: readonly Proposal[];
  readonly pair?: KeyPair;
  readonly publicValue?: Uint8Array;
  readonly nonce?: Uint8Array;
  readonly first?: readonly Payload[];
  readonly extra?: readonly Payload[];
}

/** What IKE_AUTH shall carry instead of what is right. */
export interface AuthChanges {
  readonly omit?: readonly Payload["type"][];
  readonly add?: readonly Payload[];
  readonly replace?: readonly Payload[];
  /** AUTH over these octets instead of the first request. */
  readonly realMessage?: Uint8Array;
}

/** An ESP SPI for packets to the handmade client. */
export const HANDMADE_ESP_SPI: Uint8Array = Uint8Array.of(0, 0, 16, 0);
export const HANDMADE_IDENTITY: Identity = fqdn("handmade.example");

const CURVE25519_GROUP = 31;

/** Who hands datagrams to a gateway, and what messages are made with. */
export type Handled = Pick<Simulation, "services" | "random" | "receive">;

export class HandmadeClient {
  readonly #simulation: Handled;
  readonly address: string;
  readonly port: number;
  #spi = 0x1000n;

  constructor(simulation: Handled, address = "203.0.113.7", port = 500) {
    this.#simulation = simulation;
    this.address = address;
    this.port = port;
  }

  /** The gateway that it is of: another client may speak for this one from elsewhere. */
  get handled(): Handled {
    return this.#simulation;
  }

  run<T>(step: Step<T>, services: WaveServices = this.#simulation.services): Promise<T> {
    return runWave([step], services).then(([result]) => result);
  }

  /** As the gateway will see it. */
  datagram(octets: Uint8Array, port: number = this.port): Datagram {
    return {
      octets,
      local: endpoint(GATEWAY_ADDRESS, port),
      remote: endpoint(this.address, port),
      encapsulated: port === 4500,
    };
  }

  /** Hands octets to the gateway, past the network, and returns what it answers with and tells. */
  async deliver(octets: Uint8Array, port: number = this.port): Promise<{ replies: Message[]; effects: Effect[] }> {
    const effects = await this.#simulation.receive(this.datagram(octets, port));
    const replies = effectsOf(effects, "send").map(({ datagram }) => decoded(datagram.octets));
    return { replies, effects };
  }

  /** The octets of an IKE_SA_INIT request. */
  async initRequest(changes: InitChanges = {}): Promise<Uint8Array> {
    const pair = changes.pair ?? await this.keyPair();
    const header = {
      initiatorSpi: changes.initiatorSpi ?? this.#spi++,
      responderSpi: changes.responderSpi ?? 0n,
      exchangeType: ExchangeType.IKE_SA_INIT,
      fromInitiator: true,
      isResponse: false,
      messageId: changes.messageId ?? 0,
    };
    return encodeMessage(header, [
      ...(changes.first ?? []),
      { type: "SA", proposals: changes.proposals ?? offerIke(defaultIkeProposals()) },
      { type: "KE", group: pair.group, keyExchangeData: changes.publicValue ?? pair.publicValue },
      { type: "Nonce", nonce: changes.nonce ?? this.#simulation.random.octets(32) },
      ...(changes.extra ?? []),
    ]);
  }

  /** A key pair of a group: Curve25519 unless said otherwise. */
  keyPair(group: number = CURVE25519_GROUP): Promise<KeyPair> {
    return this.run(generateKeyPair(group));
  }

  /** Makes an IKE_SA_INIT exchange; fails the test when it is refused. */
  async init(changes: InitChanges = {}, presharedKey: Uint8Array = PRESHARED_KEY): Promise<HandmadeExchange> {
    const pair = changes.pair ?? await this.keyPair();
    const initiatorNonce = changes.nonce ?? this.#simulation.random.octets(32);
    const request = await this.initRequest({ ...changes, pair, nonce: initiatorNonce });
    const { replies: [reply] } = await this.deliver(request);
    const answer = reply && findPayload(reply.payloads, "SA");
    if (!answer) throw new Error("IKE_SA_INIT was not accepted");
    const suite = ikeSuiteOf(answer.proposals[0])!;
    const spis = { initiatorSpi: reply.header.initiatorSpi, responderSpi: reply.header.responderSpi };
    const nonces = noncePair(initiatorNonce, findPayload(reply.payloads, "Nonce")!.nonce);
    const peerPublicValue = findPayload(reply.payloads, "KE")!.keyExchangeData;
    // A public value that is none leads nowhere: what is sealed under these keys opens nowhere either.
    const sharedSecret = changes.publicValue ? new Uint8Array(32) : await this.run(agree({ pair, peerPublicValue }));
    const keys = await this.run(keysFromSharedSecret(suite, sharedSecret!, nonces, spis));
    return { suite, spis, nonces, keys, request, response: reply.octets, credential: { kind: "shared-key", presharedKey } };
  }

  /** The octets of an IKE_SESSION_RESUME request. */
  resumeRequest(
    ticket: Uint8Array,
    nonce: Uint8Array,
    extra: readonly Payload[] = [],
    initiatorSpi: bigint = this.#spi++,
  ): Uint8Array {
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
  async resume(ticket: ClientTicket): Promise<HandmadeExchange> {
    const initiatorNonce = this.#simulation.random.octets(32);
    const request = this.resumeRequest(ticket.ticket, initiatorNonce);
    const { replies: [reply] } = await this.deliver(request);
    const responderNonce = reply && findPayload(reply.payloads, "Nonce")?.nonce;
    if (!responderNonce) throw new Error("IKE_SESSION_RESUME was not accepted");
    const suite = ikeSuiteOf(ticket.proposal)!;
    const spis = { initiatorSpi: reply.header.initiatorSpi, responderSpi: reply.header.responderSpi };
    const nonces = noncePair(initiatorNonce, responderNonce);
    const keys = await this.run(keysFromTicket(suite, ticket.skD.slice(), nonces, spis));
    return { suite, spis, nonces, keys, request, response: reply.octets, credential: { kind: "resumption" } };
  }

  /** The octets of the IKE_AUTH request that follows, right but for the changes. */
  async authRequest(
    exchange: HandmadeExchange,
    { initiatorId }: Pick<ClientTicket, "initiatorId"> = { initiatorId: HANDMADE_IDENTITY },
    changes: AuthChanges = {},
  ): Promise<Uint8Array> {
    return await this.seal(exchange, await this.authPayloads(exchange, initiatorId, changes));
  }

  /** What stands inside that request. */
  async authPayloads(
    exchange: HandmadeExchange,
    initiatorId: Identity = HANDMADE_IDENTITY,
    changes: AuthChanges = {},
  ): Promise<readonly Payload[]> {
    const auth = await this.run(authenticate(exchange.credential, {
      prf: exchange.suite.prf,
      skP: exchange.keys.skPi,
      realMessage: changes.realMessage ?? exchange.request,
      peerNonce: exchange.nonces.responderNonce,
      identity: initiatorId,
    }));
    const right: Payload[] = [
      { type: "IDi", ...initiatorId },
      { type: "AUTH", method: AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE, data: auth },
      { type: "SA", proposals: offerEsp(defaultEspProposals(), HANDMADE_ESP_SPI) },
      { type: "TSi", selectors: [anyIpv4Selector()] },
      { type: "TSr", selectors: [anyIpv4Selector()] },
    ];
    const replaced = right.map((payload) => changes.replace?.find(({ type }) => type === payload.type) ?? payload);
    const kept = replaced.filter(({ type }) => !changes.omit?.includes(type));
    return [...kept, ...(changes.add ?? [])];
  }

  /** Makes the IKE_AUTH exchange, and returns the payloads inside its answer. */
  async auth(
    exchange: HandmadeExchange,
    changes: AuthChanges = {},
  ): Promise<{ answer: readonly Payload[]; effects: Effect[] }> {
    const { replies: [reply], effects } = await this.deliver(await this.authRequest(exchange, undefined, changes));
    return { answer: await this.open(exchange, reply), effects };
  }

  /** An IKE SA that is up: IKE_SA_INIT and IKE_AUTH. */
  async up(): Promise<HandmadeExchange> {
    const exchange = await this.init();
    const { effects } = await this.auth(exchange);
    if (effectsOf(effects, "ike-sa-up").length !== 1) throw new Error("IKE_AUTH did not succeed");
    return exchange;
  }

  async seal(
    exchange: HandmadeExchange,
    payloads: readonly Payload[],
    messageId = 1,
    change: Partial<Header> = {},
  ): Promise<Uint8Array> {
    const header = {
      ...exchange.spis,
      exchangeType: messageId === 1 ? ExchangeType.IKE_AUTH : ExchangeType.INFORMATIONAL,
      fromInitiator: true,
      isResponse: false,
      messageId,
      ...change,
    };
    return await this.run(sealMessage(this.#protection(exchange), header, payloads));
  }

  /** The payloads inside an answer of the gateway's. */
  async open(exchange: HandmadeExchange, message: Message): Promise<readonly Payload[]> {
    const opened = await this.run(openMessage(this.#protection(exchange), message));
    if (!opened?.ok) throw new Error("the answer does not open");
    return opened.value;
  }

  #protection({ suite, keys }: HandmadeExchange): ProtectionContext {
    return { suite, keys, role: "initiator", sealed: { next: this.#spi++ }, random: this.#simulation.random.octets };
  }
}
