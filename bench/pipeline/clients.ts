/**
 * Clients that have a ticket each, and come back with it: whole initiators, in another process than the gateway.
 *
 * @module
 */
import { NO_CLAIMS } from "../../src/client/no_claims.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Initiator, type InitiatorConfiguration, type InitiatorPath } from "../../src/ike/initiator.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import type { Instant } from "../../src/ike/steps/instant.ts";
import type { Step } from "../../src/ike/steps/step.ts";
import { runWave, type WaveServices } from "../../src/ike/steps/wave.ts";
import { loadKeyExchange, loadProvider } from "../../src/providers/mod.ts";
import { type ClientTicket, copyOfTicket } from "../../src/ticket/client_ticket.ts";
import { type Clock, systemClock } from "../../src/transport/system_clock.ts";
import { decodeMessage } from "../../src/wire/message.ts";
import { childSaTexts, ChildSaWriter, type ClientMessage } from "./records.ts";
import { clientConfiguration, ENCAPSULATED_GATEWAY, endpointOf, GATEWAY } from "./setting.ts";

/** A client did not get what it came for, or other keys than the gateway has. */
export class WrongResumption extends Error {
  override readonly name = "WrongResumption";
}

const CHILD_SA_ROOM = 1 << 10;

/** What a client is under way to. */
export class Attempt {
  readonly client: number;
  readonly initiator: Initiator;
  readonly path: InitiatorPath;
  /** For the client no time goes by: however long the machine takes, it does not give up, and what it waits is not measured. */
  readonly now: Instant;
  resumed: boolean | undefined;
  /** Name and keys of its Child SA, as this end has them. */
  childSa: readonly [name: string, keys: string] | undefined;
  /** The ticket that it got. */
  ticket: ClientTicket | undefined;
  /** What it has last sent. */
  message: Uint8Array | undefined;
  /** What it was last answered. */
  answer: Uint8Array | undefined;
  /** Why it has dropped that. */
  dropped: string | undefined;

  constructor(client: number, configuration: InitiatorConfiguration, ticket: ClientTicket | undefined, now: Instant) {
    this.client = client;
    this.now = now;
    const local = endpointOf(client);
    this.path = { local, remote: GATEWAY, encapsulatedLocal: local, encapsulatedRemote: ENCAPSULATED_GATEWAY };
    this.initiator = new Initiator(configuration, this.path, systemRandom, ticket && copyOfTicket(ticket));
  }
}

/** What is known of why a client did not go on. */
export function answeredBy({ answer, dropped }: Attempt): string {
  const decoded = answer && decodeMessage(answer);
  const payloads = decoded?.ok ? decoded.value.payloads : [];
  const notifies = payloads.flatMap((payload) => payload.type === "N" ? [payload.notifyType] : []);
  return `answered by ${answer?.length ?? 0} octets with notifies ${notifies.join(", ") || "none"}` +
    (dropped === undefined ? "" : `, which it dropped: ${dropped}`);
}

export class Clients {
  readonly #services: WaveServices;
  readonly #presharedKey: Uint8Array;
  readonly #clock: Clock;
  readonly #writer = new ChildSaWriter(CHILD_SA_ROOM);

  static async open(presharedKey: Uint8Array, clock: Clock = systemClock): Promise<Clients> {
    const provider = await loadProvider("auto");
    const services = { provider, keyExchange: await loadKeyExchange(), random: systemRandom, claims: NO_CLAIMS };
    return new Clients(services, presharedKey, clock);
  }

  private constructor(services: WaveServices, presharedKey: Uint8Array, clock: Clock) {
    this.#services = services;
    this.#clock = clock;
    this.#presharedKey = presharedKey;
  }

  /** Begins, with a ticket or without. Their first messages are made, and not sent. */
  async begin(holders: readonly { readonly client: number; readonly ticket?: ClientTicket }[]): Promise<Attempt[]> {
    const now = this.#clock();
    const attempts = holders.map(({ client, ticket }) =>
      new Attempt(client, clientConfiguration(client, this.#presharedKey), ticket, now)
    );
    await this.#run(attempts, ({ initiator }) => initiator.start(now));
    return attempts;
  }

  /** Takes an answer to each of them. @throws {WrongResumption} one of them has none. */
  async receive(attempts: readonly Attempt[], answers: readonly ClientMessage[]): Promise<void> {
    const byClient = new Map(answers.map(({ client, octets }) => [client, octets]));
    await this.#run(attempts, (attempt) => {
      const { client, initiator, now, path: { local, remote } } = attempt;
      const octets = byClient.get(client);
      if (octets === undefined) throw new WrongResumption(`client ${client}: it got no answer`);
      attempt.answer = octets;
      return initiator.receive({ octets, local, remote, encapsulated: false }, now);
    });
  }

  async #run(attempts: readonly Attempt[], begin: (attempt: Attempt) => Step<Effect[]>): Promise<void> {
    const effects = await runWave(attempts.map(begin), this.#services);
    for (const [index, attempt] of attempts.entries()) {
      attempt.message = undefined;
      for (const effect of effects[index]) this.#take(attempt, effect);
    }
  }

  #take(attempt: Attempt, effect: Effect): void {
    switch (effect.type) {
      case "send":
        attempt.message = effect.datagram.octets;
        break;
      case "dropped":
        attempt.dropped = effect.reason;
        break;
      case "ike-sa-up":
        attempt.resumed = effect.resumed;
        break;
      case "child-sa-up":
        this.#writer.write(effect.spis, effect.childSa);
        [attempt.childSa] = childSaTexts(this.#writer.take(), "initiator");
        break;
      case "ticket-received":
        attempt.ticket = copyOfTicket(effect.ticket);
        break;
      case "resumption-failed":
      case "ike-sa-down":
        throw new WrongResumption(`client ${attempt.client}: ${effect.type}, ${effect.reason}`);
    }
  }
}
