/**
 * The gateways of one secure domain, each of which takes back the sessions of the others: the next one is tried when one is gone.
 *
 * @module
 */
import { concealing } from "../crypto/concealed.ts";
import type { RandomSource } from "../crypto/key_exchange.ts";
import type { InitiatorConfiguration } from "../ike/policy/initiator_configuration.ts";
import type { Identity } from "../ticket/identity.ts";
import { IKE_PORT } from "../transport/ports.ts";
import { TransportError } from "../transport/transport_error.ts";
import { ConnectionError } from "./connection_error.ts";
import { type GatewayAddress, gatewayName } from "./session_options.ts";

/** How often the first message is sent to a gateway that does not answer, before the next one is tried: some 4 seconds by default. */
export const SILENT_ATTEMPTS = 4;
/** The longest pause before the next gateway, in milliseconds; drawn at random, so that clients of one gateway do not move in step. */
const LONGEST_PAUSE_MS = 1_000;
/** Gateways of one list at most. */
export const MOST_GATEWAYS = 64;

/** What one attempt at one gateway goes by. */
export interface Target {
  readonly gateway: GatewayAddress;
  readonly configuration: InitiatorConfiguration;
  /** The names of the gateways whose tickets it takes, its own first: see {@link gatewayName}. */
  readonly names: readonly string[];
}

export class GatewayList {
  /** Those of the configuration, and behind them those that the latest ticket came with. */
  #gateways: readonly GatewayAddress[];
  #stated: readonly GatewayAddress[];
  readonly #configuration: InitiatorConfiguration;
  readonly #random: RandomSource;
  readonly #longestPauseMs: number;
  /** Where the next attempt begins. */
  #next = 0;

  /** @throws {RangeError} there are too many. */
  constructor(
    gateways: readonly GatewayAddress[],
    configuration: InitiatorConfiguration,
    random: RandomSource,
    longestPauseMs: number = LONGEST_PAUSE_MS,
  ) {
    refuseMany(gateways);
    this.#gateways = gateways;
    this.#stated = gateways;
    this.#configuration = configuration;
    this.#random = random;
    this.#longestPauseMs = longestPauseMs;
  }

  /**
   * Attempts with one gateway after the other, from the one after that which was reached last, until one answers: each once.
   *
   * @throws whatever `attempt` throws, but for silence, and for a gateway without a route; {@link ConnectionError} "no-answer": all were silent.
   */
  async reach<Result>(
    attempt: (gateway: GatewayAddress, isLast: boolean) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    const gateways = this.#gateways;
    const { length } = gateways;
    const first = this.#next;
    for (let count = 1;; count++) {
      const gateway = gateways[(first + count - 1) % length];
      try {
        return await attempt(gateway, count === length);
      } catch (error) {
        if (length === 1 || signal?.aborted || !isSilence(error)) throw error;
        if (count === length) throw noneAnswers(this.#gateways, error);
        await this.#pause(signal);
      }
    }
  }

  /** An IKE SA is up with this gateway: when it is lost, the one behind it is tried first. */
  reached({ address, port }: GatewayAddress): void {
    const place = this.#gateways.findIndex((one) => one.address === address && (one.port ?? IKE_PORT) === (port ?? IKE_PORT));
    if (place >= 0) this.#next = (place + 1) % this.#gateways.length;
  }

  /**
   * The gateways of the configuration are elsewhere by now.
   *
   * @throws {RangeError} there are too many, or none.
   */
  restate(gateways: readonly GatewayAddress[]): void {
    refuseMany(gateways);
    const told = this.#gateways.slice(this.#stated.length);
    this.#stated = gateways;
    this.learn(told);
  }

  /** A gateway has told of others that take its tickets: they take the place of those that were told before. */
  learn(gateways: readonly GatewayAddress[]): void {
    const known = new Set(this.#stated.map(({ address }) => address));
    const others = gateways.filter(({ address }) => !known.has(address) && known.add(address));
    this.#gateways = [...this.#stated, ...others].slice(0, MOST_GATEWAYS);
    this.#next %= this.#gateways.length;
  }

  /** What is said to a gateway of the list, or to another one that `from` of it sends its clients to. */
  target(gateway: GatewayAddress, isLast: boolean): Target {
    const configuration = this.#configurationFor(gateway);
    const own = gatewayName(configuration, gateway);
    if (this.#gateways.length === 1) return { gateway, configuration, names: [own] };
    const all = this.#gateways.map((one) => gatewayName(this.#configurationFor(one), one));
    const identities = this.#gateways.map((one) => one.identity ?? this.#configuration.peerIdentity);
    return {
      gateway,
      configuration: concealing({
        ...configuration,
        ticketIdentities: identities.filter((identity): identity is Identity => identity !== undefined),
        ...(!isLast && { silentAttempts: SILENT_ATTEMPTS }),
      }, "presharedKey"),
      names: [...new Set([own, ...all])],
    };
  }

  /** The gateway of the list at an address that clients are sent to: a redirection names neither ports nor an identity. */
  listed(gateway: GatewayAddress): GatewayAddress {
    return this.#gateways.find(({ address }) => address === gateway.address) ?? gateway;
  }

  #configurationFor({ identity }: GatewayAddress): InitiatorConfiguration {
    if (identity === undefined) return this.#configuration;
    return concealing({ ...this.#configuration, peerIdentity: identity }, "presharedKey");
  }

  #pause(signal: AbortSignal | undefined): Promise<void> {
    const [high, low] = this.#random(2);
    const pauseMs = this.#longestPauseMs * (high << 8 | low) / 0xffff;
    return new Promise((resolve) => {
      const over = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", over);
        resolve();
      };
      const timer = setTimeout(over, pauseMs);
      signal?.addEventListener("abort", over);
    });
  }
}

function refuseMany({ length }: readonly GatewayAddress[]): void {
  if (length === 0 || length > MOST_GATEWAYS) {
    throw new RangeError(`otherGateways: ${length} gateways in all, expected 1 to ${MOST_GATEWAYS}`);
  }
}

function isSilence(error: unknown): boolean {
  return error instanceof TransportError || error instanceof ConnectionError && error.reason === "no-answer";
}

function noneAnswers(gateways: readonly GatewayAddress[], cause: unknown): ConnectionError {
  const names = gateways.map(({ address }) => address).join(", ");
  const message = `no connection: none of ${gateways.length} gateways answers: ${names}`;
  return new ConnectionError("no-answer", message, undefined, { cause });
}
