/**
 * A gateway whose every answer is made by hand: what a correct responder would never send. It takes the simulated gateway's place.
 *
 * @module
 */
import { authenticate } from "../../src/ike/authentication/signed_content.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { type IkeSaKeys, keysFromSharedSecret } from "../../src/ike/ike_sa/ike_sa_keys.ts";
import { type NoncePair, noncePair } from "../../src/ike/ike_sa/nonces.ts";
import { findPayload } from "../../src/ike/message/notify.ts";
import {
  chooseEsp,
  chooseIke,
  defaultEspProposals,
  defaultIkeProposals,
  type IkeProposal,
} from "../../src/ike/ike_sa/proposals.ts";
import { openMessage, type ProtectionContext, sealMessage } from "../../src/ike/message/protected_message.ts";
import { agree, generateKeyPair, type Step } from "../../src/ike/steps/step.ts";
import { type IkeSuite, ikeSuiteOf } from "../../src/ike/ike_sa/suite.ts";
import { anyIpv4Selector } from "../../src/ike/child_sa/traffic_selectors.ts";
import { runWave } from "../../src/ike/steps/wave.ts";
import type { Identity } from "../../src/ticket/identity.ts";
import { AuthenticationMethod, ExchangeType } from "../../src/wire/constants.ts";
import type { Header } from "../../src/wire/header.ts";
import { encodeMessage, type Message } from "../../src/wire/message.ts";
import type { Payload, Proposal } from "../../src/wire/payload.ts";
import { decoded } from "./messages.ts";
import {
  effectsOf,
  endpoint,
  fqdn,
  GATEWAY_ADDRESS,
  PRESHARED_KEY,
  type SimulatedClient,
  type Simulation,
} from "./simulation.ts";
import type { SpiPair } from "../../src/ike/ike_sa/spi.ts";

/** What the answer to IKE_SA_INIT shall carry instead of what is right. */
export interface InitAnswerChanges {
  readonly proposals?: (chosen: Proposal) => readonly Proposal[];
  /** What it accepts; default: what is offered by default. */
  readonly offered?: readonly IkeProposal[];
  readonly publicValue?: Uint8Array;
  readonly responderSpi?: bigint;
  readonly nonce?: Uint8Array;
  readonly extra?: readonly Payload[];
}

/** What the answer to IKE_AUTH shall carry instead of what is right. */
export interface AuthAnswerChanges {
  readonly identity?: Identity;
  readonly presharedKey?: Uint8Array;
  readonly omit?: readonly Payload["type"][];
  readonly add?: readonly Payload[];
  readonly replace?: readonly Payload[];
}

/** IKE_SA_INIT is answered. */
export interface AnsweredInit {
  readonly suite: IkeSuite;
  readonly spis: SpiPair;
  readonly nonces: NoncePair;
  readonly keys: IkeSaKeys;
  readonly response: Uint8Array;
}

/** An ESP SPI for packets to the handmade gateway. */
export const HANDMADE_GATEWAY_ESP_SPI: Uint8Array = Uint8Array.of(0, 0, 32, 0);

export class HandmadeGateway {
  readonly #simulation: Simulation;
  readonly #client: SimulatedClient;
  #sealed = 0n;

  constructor(simulation: Simulation, client: SimulatedClient) {
    this.#simulation = simulation;
    this.#client = client;
    simulation.network.interference = () => undefined;
  }

  run<T>(step: Step<T>): Promise<T> {
    return runWave([step], this.#simulation.services).then(([result]) => result);
  }

  /** What the client sent last. */
  get received(): Message {
    return decoded(this.#simulation.network.sent.at(-1)!.octets);
  }

  /** Hands octets to the client, past the network, and returns what this led to. */
  async deliver(octets: Uint8Array, port = 500): Promise<Effect[]> {
    const { happenings, address, initiator } = this.#client;
    const before = happenings.length;
    const datagram = {
      octets,
      local: endpoint(address, port),
      remote: endpoint(GATEWAY_ADDRESS, port),
      encapsulated: port === 4500,
    };
    await this.#simulation.act(this.#client, initiator.receive(datagram, this.#simulation.now));
    return happenings.slice(before).map(({ effect }) => effect);
  }

  /** An unprotected answer to what the client sent last. */
  async answerInClear(payloads: readonly Payload[], change: Partial<Header> = {}): Promise<Effect[]> {
    const { header } = this.received;
    return await this.deliver(encodeMessage({ ...header, fromInitiator: false, isResponse: true, ...change }, payloads));
  }

  /** The octets of an answer to the client's IKE_SA_INIT, and what follows from it. */
  async initAnswer(changes: InitAnswerChanges = {}): Promise<AnsweredInit> {
    const { header, payloads } = this.received;
    const offer = findPayload(payloads, "SA")!;
    const { group, keyExchangeData } = findPayload(payloads, "KE")!;
    const initiatorNonce = findPayload(payloads, "Nonce")!.nonce;
    const proposals = (changes.offered ?? defaultIkeProposals()).map((proposal) => ({
      ...proposal,
      groups: proposal.groups.filter(({ id }) => id === group),
    }));
    const chosen = chooseIke(offer.proposals, proposals)!;
    const pair = await this.run(generateKeyPair(group));
    const responderNonce = changes.nonce ?? this.#simulation.random.octets(32);
    const spis = { initiatorSpi: header.initiatorSpi, responderSpi: changes.responderSpi ?? 0x2000n };
    const answer = { ...spis, exchangeType: ExchangeType.IKE_SA_INIT, fromInitiator: false, isResponse: true, messageId: 0 };
    const response = encodeMessage(answer, [
      { type: "SA", proposals: changes.proposals?.(chosen) ?? [chosen] },
      { type: "KE", group, keyExchangeData: changes.publicValue ?? pair.publicValue },
      { type: "Nonce", nonce: responderNonce },
      ...(changes.extra ?? []),
    ]);
    const suite = ikeSuiteOf(chosen)!;
    const nonces = noncePair(initiatorNonce, responderNonce);
    const sharedSecret = (await this.run(agree({ pair, peerPublicValue: keyExchangeData })))!;
    return { suite, spis, nonces, keys: await this.run(keysFromSharedSecret(suite, sharedSecret, nonces, spis)), response };
  }

  /** Answers IKE_SA_INIT as is right: the client sends IKE_AUTH. */
  async answerInit(changes: InitAnswerChanges = {}): Promise<AnsweredInit> {
    const answered = await this.initAnswer(changes);
    const effects = await this.deliver(answered.response);
    if (effectsOf(effects, "send").length !== 1) throw new Error("the client did not go on to IKE_AUTH");
    return answered;
  }

  /** The octets of an answer to the client's IKE_AUTH, right but for the changes. */
  async authAnswer(answered: AnsweredInit, changes: AuthAnswerChanges = {}): Promise<Uint8Array> {
    const request = await this.open(answered, this.received);
    const identity = changes.identity ?? fqdn("gateway.example");
    const auth = await this.run(
      authenticate({ kind: "shared-key", presharedKey: changes.presharedKey ?? PRESHARED_KEY }, {
        prf: answered.suite.prf,
        skP: answered.keys.skPr,
        realMessage: answered.response,
        peerNonce: answered.nonces.initiatorNonce,
        identity,
      }),
    );
    const offered = findPayload(request, "SA")!.proposals;
    const right: Payload[] = [
      { type: "IDr", ...identity },
      { type: "AUTH", method: AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE, data: auth },
      { type: "SA", proposals: [chooseEsp(offered, defaultEspProposals(), HANDMADE_GATEWAY_ESP_SPI)!] },
      { type: "TSi", selectors: [anyIpv4Selector()] },
      { type: "TSr", selectors: [anyIpv4Selector()] },
    ];
    const replaced = right.map((payload) => changes.replace?.find(({ type }) => type === payload.type) ?? payload);
    const kept = replaced.filter(({ type }) => !changes.omit?.includes(type));
    return await this.seal(answered, [...kept, ...(changes.add ?? [])]);
  }

  /** IDr and AUTH: what proves the gateway, and comes before EAP. */
  async proof(answered: AnsweredInit, presharedKey: Uint8Array = PRESHARED_KEY): Promise<readonly Payload[]> {
    const identity = fqdn("gateway.example");
    const data = await this.run(
      authenticate({ kind: "shared-key", presharedKey }, {
        prf: answered.suite.prf,
        skP: answered.keys.skPr,
        realMessage: answered.response,
        peerNonce: answered.nonces.initiatorNonce,
        identity,
      }),
    );
    return [
      { type: "IDr", ...identity },
      { type: "AUTH", method: AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE, data },
    ];
  }

  /** A protected message to the client: the answer to IKE_AUTH unless the header is changed. */
  seal(answered: AnsweredInit, payloads: readonly Payload[], change: Partial<Header> = {}): Promise<Uint8Array> {
    return this.run(sealMessage(this.#protection(answered), {
      ...answered.spis,
      exchangeType: ExchangeType.IKE_AUTH,
      fromInitiator: false,
      isResponse: true,
      messageId: 1,
      ...change,
    }, payloads));
  }

  /** The payloads inside a message of the client's. */
  async open(answered: AnsweredInit, message: Message): Promise<readonly Payload[]> {
    const opened = await this.run(openMessage(this.#protection(answered), message));
    if (!opened?.ok) throw new Error("the message does not open");
    return opened.value;
  }

  /** The payloads inside a message of this gateway's own. */
  async openOwn(answered: AnsweredInit, message: Message): Promise<readonly Payload[]> {
    const opened = await this.run(openMessage({ ...this.#protection(answered), role: "initiator" }, message));
    if (!opened?.ok) throw new Error("the message does not open");
    return opened.value;
  }

  #protection({ suite, keys }: AnsweredInit): ProtectionContext {
    return { suite, keys, role: "responder", sealed: { next: this.#sealed++ }, random: this.#simulation.random.octets };
  }
}
