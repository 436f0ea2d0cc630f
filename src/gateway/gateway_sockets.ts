/**
 * A gateway's sockets: one transport for each address that it listens on.
 *
 * @module
 */
import type { Datagram, Endpoint } from "../ike/steps/datagram.ts";
import { openDgramTransport } from "../transport/dgram_transport.ts";
import { IKE_PORT, NAT_PORT } from "../transport/ports.ts";
import type { OtherDatagramKind, Transport } from "../transport/transport.ts";
import type { GatewayCounters } from "./counters.ts";
import type { GatewayOptions } from "./gateway_options.ts";

export interface SocketListeners {
  readonly onDatagram: (datagram: Datagram) => void;
  /** ESP in UDP, NAT keepalives and what is neither: it is counted already. */
  readonly onOther: (kind: OtherDatagramKind, octets: Uint8Array, remote: Endpoint) => void;
  /** Called when all that waited in the kernel was handed over. */
  readonly onDrained: () => void;
}

export class GatewaySockets {
  readonly #counters: GatewayCounters;
  readonly #listeners: SocketListeners;
  readonly #transports: Transport[] = [];

  constructor(counters: GatewayCounters, listeners: SocketListeners) {
    this.#counters = counters;
    this.#listeners = listeners;
  }

  /** The IKE endpoints, in the order in which they were opened. */
  get local(): readonly Endpoint[] {
    return this.#transports.map(({ local }) => local);
  }

  /** The UDP-encapsulation endpoints, in the same order. */
  get encapsulatedLocal(): readonly Endpoint[] {
    return this.#transports.map(({ encapsulatedLocal }) => encapsulatedLocal);
  }

  /** @throws {TransportError} the address or a port cannot be listened on. */
  async open(
    address: string,
    { port = IKE_PORT, natPort = NAT_PORT, openTransport = openDgramTransport }: Pick<
      GatewayOptions,
      "port" | "natPort" | "openTransport"
    >,
  ): Promise<void> {
    const { onDatagram, onOther, onDrained } = this.#listeners;
    this.#transports.push(
      await openTransport({
        address,
        port,
        natPort,
        onDatagram,
        onOther: (kind, octets, remote) => {
          this.#countOther(kind);
          onOther(kind, octets, remote);
        },
        onDrained,
        onError: () => this.#counters.socket_errors_total++,
      }),
    );
  }

  /** Sends from the socket that its `local` names, by the end of the wave. */
  send(datagram: Datagram): void {
    for (const transport of this.#transports) {
      if (transport.local.address === datagram.local.address) return transport.send(datagram);
    }
  }

  /** Ends a wave: sends what was gathered. */
  flush(): void {
    for (const transport of this.#transports) transport.flush?.();
  }

  /** Has all that waits in the kernel handed over. False: only the runtime can read it, and has to be waited for. */
  drain(): boolean {
    for (const { drain } of this.#transports) if (drain === undefined) return false;
    for (const transport of this.#transports) transport.drain?.();
    return true;
  }

  async close(): Promise<void> {
    await Promise.all(this.#transports.splice(0).map((transport) => transport.close()));
  }

  #countOther(kind: OtherDatagramKind): void {
    if (kind === "esp") this.#counters.esp_datagrams_total++;
    else if (kind === "keepalive") this.#counters.nat_keepalives_total++;
    else this.#counters.short_datagrams_total++;
  }
}
