/**
 * A gateway's sockets: one transport for each address that it listens on.
 *
 * @module
 */
import { isIPv4 } from "node:net";
import type { Datagram, Endpoint } from "../ike/steps/datagram.ts";
import { isInterfaceName, isWildcard } from "../transport/local_address.ts";
import { chooseTransport } from "../transport/open_transport.ts";
import { IKE_PORT, NAT_PORT } from "../transport/ports.ts";
import type { OpenTransport, OtherDatagramKind, Transport } from "../transport/transport.ts";
import type { GatewayCounters } from "./counters.ts";
import type { GatewayOptions } from "./gateway_options.ts";

/** What of a gateway's options its sockets are opened by. */
export type SocketOptions = Pick<GatewayOptions, "addresses" | "port" | "natPort" | "transport" | "openTransport">;

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
  /** Transports of wildcard addresses, by family. */
  readonly #wildcards: { 4?: Transport; 6?: Transport } = {};
  #isClosed = false;

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

  /** The kinds of transport, in the same order. */
  get kinds(): readonly string[] {
    return this.#transports.map(({ name }) => name ?? "given");
  }

  /** What the transports have counted, also once they are closed. */
  get counters(): Pick<GatewayCounters, "kernel_dropped_datagrams_total" | "truncated_datagrams_total"> {
    const sum = (counter: "droppedByKernel" | "truncated") =>
      this.#transports.reduce((total, { counters }) => total + (counters?.[counter] ?? 0), 0);
    return { kernel_dropped_datagrams_total: sum("droppedByKernel"), truncated_datagrams_total: sum("truncated") };
  }

  /** @throws {TransportError} an address or a port cannot be listened on, or the transport that was asked for cannot be had. */
  async open(options: SocketOptions): Promise<void> {
    const openTransport = options.openTransport ?? chooseTransport(options.transport ?? "auto");
    const ipv6Only = options.addresses.some((address) => isIPv4(address));
    for (const address of options.addresses) {
      if (!this.#isClosed) await this.#open(address, ipv6Only, openTransport, options);
    }
  }

  async #open(
    address: string,
    ipv6Only: boolean,
    openTransport: OpenTransport,
    { port = IKE_PORT, natPort = NAT_PORT }: SocketOptions,
  ): Promise<void> {
    const { onDatagram, onOther, onDrained } = this.#listeners;
    const transport = await openTransport({
      address,
      ipv6Only,
      port,
      natPort,
      onDatagram,
      onOther: (kind, octets, remote) => {
        this.#countOther(kind);
        onOther(kind, octets, remote);
      },
      onDrained,
      onError: () => this.#counters.socket_errors_total++,
    });
    // Whoever wanted it has given up meanwhile.
    if (this.#isClosed) return await transport.close();
    this.#transports.push(transport);
    if (!isInterfaceName(address) && isWildcard(address)) this.#wildcards[isIPv4(address) ? 4 : 6] = transport;
  }

  /** Sends from the socket that its `local` names, by the end of the wave. */
  send(datagram: Datagram): void {
    if (!this.#isClosed) this.#transportOf(datagram.local.address)?.send(datagram);
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
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all(this.#transports.map((transport) => transport.close()));
  }

  /** The transport of an address: its own where it has one, that of its interface, and else that of the wildcard. */
  #transportOf(address: string): Transport | undefined {
    for (const transport of this.#transports) if (transport.local.address === address) return transport;
    for (const transport of this.#transports) if (transport.serves?.(address)) return transport;
    return address.includes(":") ? this.#wildcards[6] : this.#wildcards[4] ?? this.#wildcards[6];
  }

  #countOther(kind: OtherDatagramKind): void {
    if (kind === "esp") this.#counters.esp_datagrams_total++;
    else if (kind === "keepalive") this.#counters.nat_keepalives_total++;
    else this.#counters.short_datagrams_total++;
  }
}
