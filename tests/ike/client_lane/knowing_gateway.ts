/**
 * A gateway made by hand that knows the tickets of twin clients, and says by them what no correct one would: its messages are authentic.
 *
 * @module
 */
import { icvLength } from "../../../src/crypto/algorithms.ts";
import { authenticate } from "../../../src/ike/authentication/signed_content.ts";
import { anyIpv4Selector } from "../../../src/ike/child_sa/traffic_selectors.ts";
import { type IkeSaKeys, keysFromTicket } from "../../../src/ike/ike_sa/ike_sa_keys.ts";
import { type NoncePair, noncePair } from "../../../src/ike/ike_sa/nonces.ts";
import { chooseEsp, defaultEspProposals } from "../../../src/ike/ike_sa/proposals.ts";
import type { SpiPair } from "../../../src/ike/ike_sa/spi.ts";
import { type IkeSuite, ikeSuiteOf } from "../../../src/ike/ike_sa/suite.ts";
import type { InitiatorOptions } from "../../../src/ike/initiator.ts";
import { findPayload } from "../../../src/ike/message/notify.ts";
import { openMessage } from "../../../src/ike/message/protected_message.ts";
import { withLifetime } from "../../../src/ike/profiles/ticket_notifies.ts";
import type { Datagram } from "../../../src/ike/steps/datagram.ts";
import type { Step } from "../../../src/ike/steps/step.ts";
import { runWave } from "../../../src/ike/steps/wave.ts";
import { loadKeyExchange, loadProvider } from "../../../src/providers/mod.ts";
import type { ClientTicket } from "../../../src/ticket/client_ticket.ts";
import { AuthenticationMethod, ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import type { Header } from "../../../src/wire/header.ts";
import { encodeMessage, encodePaddedPayloads, encodeProtectedPrefix } from "../../../src/wire/message.ts";
import type { Payload, UnknownPayload } from "../../../src/wire/payload.ts";
import { decoded } from "../../simulation/messages.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { numberOf, turned, TwinClients } from "./twin_clients.ts";

const keyExchange = await loadKeyExchange();
const provider = await loadProvider("wasm");

const TICKET_LIFETIME_SECONDS = 3_600;
const NONCE_LENGTH = 32;
const ESP_SPI = Uint8Array.of(0, 0, 32, 0);

/** What a message says inside, before it is sealed. */
export interface Inner {
  readonly firstPayload: number;
  /** The payloads, and Pad Length. */
  readonly octets: Uint8Array;
}

/** What a message says in place of what is right. */
export type Change = (payloads: readonly Payload[]) => readonly Payload[];

/** A payload of a type that nobody knows, `critical` or not. */
export const UNKNOWN: Omit<UnknownPayload, "critical"> = { type: "unknown", payloadType: 200, body: new Uint8Array(4) };
/** Nobody has drawn it. */
export const NONCE: Payload = { type: "Nonce", nonce: new Uint8Array(32).fill(7) };

/** One client whose IKE_SESSION_RESUME was answered. */
interface Answered {
  readonly suite: IkeSuite;
  readonly spis: SpiPair;
  readonly nonces: NoncePair;
  readonly response: Uint8Array;
  readonly keys: IkeSaKeys;
}

export class KnowingGateway {
  readonly #crowd: TwinClients;
  readonly #tickets: readonly ClientTicket[];
  readonly #random = new SeededRandom(77);
  readonly #answered = new Map<number, Answered>();

  /** To be made before the clients begin: of the tickets that they are going to present. */
  constructor(crowd: TwinClients) {
    this.#crowd = crowd;
    this.#tickets = crowd.clients.map(({ kept }) => ({ ...kept!, skD: kept!.skD.slice() }));
  }

  /** Answers to IKE_SESSION_RESUME, right but for what `change` makes of their payloads, and for `head`. */
  async resumed(
    sent: readonly Datagram[],
    change: (payloads: readonly Payload[], client: number) => readonly Payload[] = (payloads) => payloads,
    head: Partial<Header> = {},
  ): Promise<Datagram[]> {
    const answers: Datagram[] = [];
    for (const datagram of sent) {
      const { header, payloads } = decoded(datagram.octets);
      const client = numberOf(datagram.remote.address);
      const { proposal, skD } = this.#tickets[client];
      const suite = ikeSuiteOf(proposal)!;
      const spis = { initiatorSpi: header.initiatorSpi, responderSpi: 0x2000n + BigInt(client) };
      const right: Payload = { type: "Nonce", nonce: this.#random.octets(NONCE_LENGTH) };
      const said = change([right], client);
      const response = encodeMessage(
        {
          ...spis,
          exchangeType: ExchangeType.IKE_SESSION_RESUME,
          fromInitiator: false,
          isResponse: true,
          messageId: 0,
          ...head,
        },
        said,
      );
      const responderNonce = findPayload(said, "Nonce")?.nonce ?? right.nonce;
      const nonces = noncePair(findPayload(payloads, "Nonce")!.nonce, responderNonce);
      const keys = await this.#run(keysFromTicket(suite, skD, nonces, spis));
      this.#answered.set(client, { suite, spis, nonces, response, keys });
      answers.push(turned({ ...datagram, octets: response }));
    }
    return answers;
  }

  /** Answers to IKE_AUTH, right but for what `change` makes of their payloads, and `alter` of these as octets, and for `head`. */
  async authenticated(
    sent: readonly Datagram[],
    change: (payloads: readonly Payload[], client: number) => readonly Payload[] = (payloads) => payloads,
    alter: (inner: Inner, client: number) => Inner = (inner) => inner,
    head: Partial<Header> = {},
  ): Promise<Datagram[]> {
    const answers: Datagram[] = [];
    for (const datagram of sent) {
      const client = numberOf(datagram.remote.address);
      const payloads = change(await this.#rightAnswer(datagram, client), client);
      const inner = alter(copied(encodePaddedPayloads(payloads, 1)), client);
      answers.push(turned({ ...datagram, octets: this.#sealed(this.#answered.get(client)!, inner, head) }));
    }
    return answers;
  }

  /** Those IKE_AUTH requests that are to answers of this gateway. */
  async ownOf(sent: readonly Datagram[]): Promise<Datagram[]> {
    const own: Datagram[] = [];
    for (const datagram of sent) {
      const answered = this.#answered.get(numberOf(datagram.remote.address));
      if (answered && await this.#opened(answered, datagram.octets)) own.push(datagram);
    }
    return own;
  }

  async #rightAnswer({ octets }: Datagram, client: number): Promise<Payload[]> {
    const answered = this.#answered.get(client)!;
    const { suite, keys, nonces, response } = answered;
    const opened = await this.#opened(answered, octets);
    if (!opened?.ok) throw new Error("the IKE_AUTH request does not open");
    const identity = this.#tickets[client].responderId;
    const content = {
      prf: suite.prf,
      skP: keys.skPr,
      realMessage: response,
      peerNonce: nonces.initiatorNonce,
      identity,
    };
    const data = await this.#run(authenticate({ kind: "resumption" }, content));
    const offered = findPayload(opened.value, "SA")!.proposals;
    return [
      { type: "IDr", ...identity },
      { type: "AUTH", method: AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE, data },
      { type: "SA", proposals: [chooseEsp(offered, defaultEspProposals(), ESP_SPI)!] },
      { type: "TSi", selectors: [anyIpv4Selector()] },
      { type: "TSr", selectors: [anyIpv4Selector()] },
      ticketNotify(TICKET_LIFETIME_SECONDS, this.#random.octets(100)),
    ];
  }

  #opened({ suite, keys }: Answered, octets: Uint8Array) {
    const protection = { suite, keys, role: "responder", sealed: { next: 0n }, random: this.#random.octets } as const;
    return this.#run(openMessage(protection, decoded(octets)));
  }

  #sealed({ suite: { protection }, keys, spis }: Answered, { firstPayload, octets }: Inner, head: Partial<Header>): Uint8Array {
    const usual = { exchangeType: ExchangeType.IKE_AUTH, fromInitiator: false, isResponse: true, messageId: 1 };
    const header = { ...spis, ...usual, ...head };
    const length = protection.encryption.ivLength + octets.length + icvLength(protection);
    const [sealed] = this.#crowd.gatewayServices.provider.seal([{
      protection,
      encryptionKey: keys.skEr,
      integrityKey: keys.skAr,
      iv: this.#random.octets(protection.encryption.ivLength),
      associatedData: encodeProtectedPrefix(header, firstPayload, length).slice(),
      plaintext: octets,
    }]);
    return sealed.slice();
  }

  #run<T>(step: Step<T>): Promise<T> {
    return runWave([step], this.#crowd.gatewayServices).then(([result]) => result);
  }
}

/** Clients that hold tickets, and a gateway that knows them. */
export async function scene(
  clients: number,
  client: Partial<InitiatorOptions> = {},
): Promise<{ crowd: TwinClients; gateway: KnowingGateway }> {
  const crowd = new TwinClients({ provider, keyExchange, clients, client });
  await crowd.comeUp();
  return { crowd, gateway: new KnowingGateway(crowd) };
}

/** The same, and more. */
export function added(...more: readonly Payload[]): Change {
  return (payloads) => [...payloads, ...more];
}

/** N(TICKET_LT_OPAQUE). */
export function ticketNotify(lifetimeSeconds: number, ticket: Uint8Array): Payload {
  return {
    type: "N",
    protocolId: 0,
    spi: new Uint8Array(0),
    notifyType: NotifyType.TICKET_LT_OPAQUE,
    data: withLifetime(lifetimeSeconds, ticket).slice(),
  };
}

function copied({ firstPayload, octets }: Inner): Inner {
  return { firstPayload, octets: octets.slice() };
}
