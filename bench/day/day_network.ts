/**
 * A network in memory on virtual time, that loses some datagrams: one gateway, and clients by their addresses.
 *
 * @module
 */
import type { RandomSource } from "../../src/crypto/key_exchange.ts";
import type { Datagram } from "../../src/ike/steps/datagram.ts";
import type { Transport, TransportOptions } from "../../src/transport/transport.ts";
import type { VirtualTime } from "./virtual_time.ts";

export const GATEWAY_ADDRESS = "192.0.2.1";
const DELAY_MS = 20;
const OCTET_VALUES = 256;

interface UnderWay {
  readonly atMs: number;
  readonly datagram: Datagram;
}

export class DayNetwork {
  readonly #time: VirtualTime;
  readonly #random: RandomSource;
  readonly #loss: number;
  #underWay: UnderWay[] = [];
  #gateway: TransportOptions | undefined;

  /** `loss`: the share of datagrams that is lost, below 1. */
  constructor(time: VirtualTime, random: RandomSource, loss: number) {
    this.#time = time;
    this.#random = random;
    this.#loss = loss;
  }

  /** When the next datagram arrives. All take the same time, so that they arrive as they were sent. */
  get nextArrivalMs(): number {
    return this.#underWay[0]?.atMs ?? Infinity;
  }

  send({ octets, local, remote, encapsulated }: Datagram): void {
    if (this.#random(1)[0] < this.#loss * OCTET_VALUES) return;
    // Whoever made the octets may use them again, as with a socket.
    const datagram = { octets: octets.slice(), local: remote, remote: local, encapsulated };
    this.#underWay.push({ atMs: this.#time.nowMs + DELAY_MS, datagram });
  }

  /** Hands the gateway what has arrived for it, and returns what has arrived for clients. */
  deliver(): readonly Datagram[] {
    const { nowMs } = this.#time;
    const arrived = this.#underWay.filter(({ atMs }) => atMs <= nowMs).map(({ datagram }) => datagram);
    if (arrived.length === 0) return arrived;
    this.#underWay = this.#underWay.slice(arrived.length);
    const toGateway = arrived.filter(({ local }) => local.address === GATEWAY_ADDRESS);
    for (const datagram of toGateway) this.#gateway?.onDatagram(datagram);
    if (toGateway.length > 0) this.#gateway?.onDrained?.();
    return arrived.filter(({ local }) => local.address !== GATEWAY_ADDRESS);
  }

  /** The gateway's transport on it. */
  readonly openTransport = (options: TransportOptions): Promise<Transport> => {
    this.#gateway = options;
    const { address, port, natPort } = options;
    return Promise.resolve({
      name: "memory",
      local: { address, port },
      encapsulatedLocal: { address, port: natPort },
      send: (datagram) => this.send(datagram),
      close: () => {
        this.#gateway = undefined;
        return Promise.resolve();
      },
    });
  };
}
