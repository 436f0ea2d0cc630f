/**
 * A deployed peer with resumption (Libreswan 5), as recordings show it: what it sends, in its order, and what it does not understand.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  authenticate,
  type Credential,
  type SignedContent,
  verifyAuthentication,
} from "../../src/ike/authentication/signed_content.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { type IkeSaKeys, keysFromTicket } from "../../src/ike/ike_sa/ike_sa_keys.ts";
import { type NoncePair, noncePair } from "../../src/ike/ike_sa/nonces.ts";
import { findPayload, notify } from "../../src/ike/message/notify.ts";
import { chooseEsp, defaultEspProposals, offerEsp } from "../../src/ike/ike_sa/proposals.ts";
import { type IkeSuite, ikeSuiteOf } from "../../src/ike/ike_sa/suite.ts";
import { anyIpv4Selector } from "../../src/ike/child_sa/traffic_selectors.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import { AuthenticationMethod, ExchangeType, NotifyType } from "../../src/wire/constants.ts";
import { encodeMessage, type Message } from "../../src/wire/message.ts";
import type { Payload } from "../../src/wire/payload.ts";
import { sealFragments } from "./fragmenting.ts";
import { HANDMADE_ESP_SPI, HandmadeClient, type HandmadeExchange } from "./handmade_client.ts";
import { HANDMADE_GATEWAY_ESP_SPI, HandmadeGateway } from "./handmade_gateway.ts";
import { notifyData } from "./messages.ts";
import { effectsOf, fqdn, PRESHARED_KEY, type SimulatedClient, type Simulation } from "./simulation.ts";
import type { SpiPair } from "../../src/ike/ike_sa/spi.ts";

/** Octets of its ticket: a fixed structure, whatever is in it. */
export const DEPLOYED_TICKET_LENGTH = 856;
/** Octets of payloads in each of its fragments. */
const PIECE_LENGTH = 478;
const LIFETIME_SECONDS = 3_600;
const MESSAGE_ONLY: Credential = { kind: "resumption", form: "message-only" };

interface ResumedSa {
  readonly suite: IkeSuite;
  readonly spis: SpiPair;
  readonly nonces: NoncePair;
  readonly keys: IkeSaKeys;
  readonly response: Uint8Array;
}

/** It in the place of the simulated gateway, with one client. Each method answers what the client sent last. */
export class DeployedGateway {
  readonly #simulation: Simulation;
  readonly #handmade: HandmadeGateway;
  readonly #identity = fqdn("gateway.example");
  #spi = 0x7000n;

  constructor(simulation: Simulation, client: SimulatedClient) {
    this.#simulation = simulation;
    this.#handmade = new HandmadeGateway(simulation, client);
  }

  get received(): Message {
    return this.#handmade.received;
  }

  /** A full exchange, whose last answer comes in three fragments. */
  async answerFull(): Promise<Effect[]> {
    const answered = await this.#handmade.answerInit({ extra: [notify(NotifyType.IKEV2_FRAGMENTATION_SUPPORTED)] });
    const request = await this.#handmade.open(answered, this.received);
    const payloads = await this.#authPayloads({ kind: "shared-key", presharedKey: PRESHARED_KEY }, answered, request);
    const fragments = await this.#handmade.run(
      sealFragments(
        { ...answered, role: "responder", random: this.#simulation.random.octets },
        {
          ...answered.spis,
          exchangeType: ExchangeType.IKE_AUTH,
          fromInitiator: false,
          isResponse: true,
          messageId: 1,
        },
        payloads,
        PIECE_LENGTH,
      ),
    );
    assert.equal(fragments.length, 3);
    const effects: Effect[] = [];
    for (const fragment of fragments) effects.push(...await this.#handmade.deliver(fragment));
    return effects;
  }

  /** The ticket that the client presents. */
  get presentedTicket(): Uint8Array | undefined {
    const { header, payloads } = this.received;
    return header.exchangeType === ExchangeType.IKE_SESSION_RESUME ? notifyData(payloads, NotifyType.TICKET_OPAQUE) : undefined;
  }

  /** Nr and nothing else: no NAT detection, no word of fragmentation. */
  async acceptTicket({ proposal, skD }: ClientTicket): Promise<ResumedSa> {
    const { header, payloads } = this.received;
    const suite = ikeSuiteOf(proposal)!;
    const nonces = noncePair(findPayload(payloads, "Nonce")!.nonce, this.#simulation.random.octets(32));
    const spis = { initiatorSpi: header.initiatorSpi, responderSpi: this.#spi++ };
    const keys = await this.#handmade.run(keysFromTicket(suite, skD.slice(), nonces, spis));
    const response = encodeMessage({ ...header, ...spis, fromInitiator: false, isResponse: true }, [
      { type: "Nonce", nonce: nonces.responderNonce },
    ]);
    await this.#handmade.deliver(response);
    return { suite, spis, nonces, keys, response };
  }

  /** IKE_AUTH after that: takes AUTH over the message alone, and answers with such a one. */
  async answerResumedAuth(resumed: ResumedSa, resumeRequest: Uint8Array): Promise<Effect[]> {
    const request = await this.#handmade.open(resumed, this.received);
    const content: SignedContent = {
      prf: resumed.suite.prf,
      skP: resumed.keys.skPi,
      realMessage: resumeRequest,
      peerNonce: resumed.nonces.responderNonce,
      identity: findPayload(request, "IDi")!,
    };
    const { data } = findPayload(request, "AUTH")!;
    if (!(await this.#handmade.run(verifyAuthentication(MESSAGE_ONLY, content, data)))) {
      return await this.#handmade.deliver(
        await this.#handmade.seal(resumed, [notify(NotifyType.AUTHENTICATION_FAILED)]),
      );
    }
    return await this.#handmade.deliver(
      await this.#handmade.seal(resumed, await this.#authPayloads(MESSAGE_ONLY, resumed, request)),
    );
  }

  /** TICKET_NACK, with an SPI where the standard has zero. */
  refuseTicket(): Promise<Effect[]> {
    return this.#handmade.answerInClear([notify(NotifyType.TICKET_NACK)], { responderSpi: this.#spi++ });
  }

  /** Its answer to a nonce that it does not like. */
  refuseNonce(): Promise<Effect[]> {
    return this.#handmade.answerInClear([notify(NotifyType.INVALID_SYNTAX)]);
  }

  /** In its order: the ticket before IDr. */
  async #authPayloads(
    credential: Credential,
    { suite, keys, nonces, response }: Omit<ResumedSa, "spis">,
    request: readonly Payload[],
  ): Promise<Payload[]> {
    const data = await this.#handmade.run(authenticate(credential, {
      prf: suite.prf,
      skP: keys.skPr,
      realMessage: response,
      peerNonce: nonces.initiatorNonce,
      identity: this.#identity,
    }));
    const ticket = this.#simulation.random.octets(4 + DEPLOYED_TICKET_LENGTH);
    new DataView(ticket.buffer).setUint32(0, LIFETIME_SECONDS);
    const offered = findPayload(request, "SA")!.proposals;
    return [
      notify(NotifyType.TICKET_LT_OPAQUE, ticket),
      { type: "IDr", ...this.#identity },
      { type: "AUTH", method: AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE, data },
      { type: "SA", proposals: [chooseEsp(offered, defaultEspProposals(), HANDMADE_GATEWAY_ESP_SPI)!] },
      { type: "TSi", selectors: [anyIpv4Selector()] },
      { type: "TSr", selectors: [anyIpv4Selector()] },
    ];
  }
}

/** What it makes of an answer to IKE_SESSION_RESUME. */
export type DeployedVerdict = "accepted" | "refused" | "cookie" | "ignored";

/** It as a client of the simulated gateway. */
export class DeployedClient {
  readonly handmade: HandmadeClient;
  readonly #simulation: Simulation;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.handmade = new HandmadeClient(simulation);
  }

  /** Every answer but these four is passed over, and the request is sent again until the ticket expires. */
  static verdictOn({ payloads }: Message): DeployedVerdict {
    if (notifyData(payloads, NotifyType.TICKET_NACK)) return "refused";
    if (notifyData(payloads, NotifyType.COOKIE)) return "cookie";
    return findPayload(payloads, "Nonce") ? "accepted" : "ignored";
  }

  /** Ni and the ticket: no NAT detection. */
  resume(ticket: ClientTicket): Promise<HandmadeExchange> {
    return this.handmade.resume(ticket).then((exchange) => ({ ...exchange, credential: MESSAGE_ONLY }));
  }

  /** IKE_AUTH in its order, the ticket request before SAi2; what the gateway answers with. */
  async auth(
    exchange: HandmadeExchange,
    { initiatorId, responderId }: ClientTicket,
  ): Promise<{ readonly answer: readonly Payload[]; readonly effects: Effect[] }> {
    const data = await this.handmade.run(authenticate(MESSAGE_ONLY, {
      prf: exchange.suite.prf,
      skP: exchange.keys.skPi,
      realMessage: exchange.request,
      peerNonce: exchange.nonces.responderNonce,
      identity: initiatorId,
    }));
    const request = await this.handmade.seal(exchange, [
      { type: "IDi", ...initiatorId },
      { type: "IDr", ...responderId },
      { type: "AUTH", method: AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE, data },
      notify(NotifyType.TICKET_REQUEST),
      { type: "SA", proposals: offerEsp(defaultEspProposals(), HANDMADE_ESP_SPI) },
      { type: "TSi", selectors: [anyIpv4Selector()] },
      { type: "TSr", selectors: [anyIpv4Selector()] },
    ]);
    const { replies: [reply], effects } = await this.handmade.deliver(request);
    return { answer: reply ? await this.handmade.open(exchange, reply) : [], effects };
  }

  /** Whether the gateway's AUTH is the one that this client computes. */
  async believes(exchange: HandmadeExchange, answer: readonly Payload[]): Promise<boolean> {
    const auth = findPayload(answer, "AUTH");
    const identity = findPayload(answer, "IDr");
    if (!auth || !identity) return false;
    return await this.handmade.run(verifyAuthentication(MESSAGE_ONLY, {
      prf: exchange.suite.prf,
      skP: exchange.keys.skPr,
      realMessage: exchange.response,
      peerNonce: exchange.nonces.initiatorNonce,
      identity,
    }, auth.data));
  }

  /** A ticket request and its verdicts when it is sent so many times. */
  async present(ticket: Uint8Array, times: number, nonceLength = 32): Promise<DeployedVerdict[]> {
    const request = this.handmade.resumeRequest(ticket, this.#simulation.random.octets(nonceLength));
    const verdicts: DeployedVerdict[] = [];
    for (let sent = 0; sent < times; sent++) {
      const { effects, replies } = await this.handmade.deliver(request);
      if (effectsOf(effects, "send").length > 0) verdicts.push(DeployedClient.verdictOn(replies[0]));
    }
    return verdicts;
  }
}
