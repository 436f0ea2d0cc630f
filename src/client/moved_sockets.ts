/**
 * Sockets that sessions of a client moved to: each session has one pair at most, until it moves again or is over.
 *
 * @module
 */
import { localAddressTowards } from "../transport/local_address.ts";
import { IKE_PORT, NAT_PORT } from "../transport/ports.ts";
import type { SocketTransport } from "../transport/transport.ts";
import { type DrivenInitiator, type InitiatorDriver, pathOf, type SocketOptions } from "./initiator_driver.ts";
import type { GatewayAddress } from "./session_options.ts";
import type { SessionState } from "./session_state.ts";

export class MovedSockets {
  readonly #driver: InitiatorDriver;
  readonly #options: SocketOptions;
  readonly #transports = new Map<SessionState, SocketTransport>();

  /** @param options those of the client's own sockets. */
  constructor(driver: InitiatorDriver, options: SocketOptions) {
    this.#driver = driver;
    this.#options = options;
  }

  /**
   * Opens sockets of another address, the one that the gateway is reached from if none is stated, and has the IKE SA go on over them.
   *
   * @throws {TransportError} there is no route to the gateway, or the address cannot be bound.
   */
  async move(state: SessionState, driven: DrivenInitiator, gateway: GatewayAddress, stated?: string): Promise<void> {
    const { port = IKE_PORT, natPort = NAT_PORT } = gateway;
    const address = stated ?? await localAddressTowards(gateway.address, port);
    // The ports of the same address are taken already.
    const ports = address === driven.transport.local.address ? { port: 0, natPort: 0 } : {};
    const transport = await this.#driver.openSocket({ ...this.#options, address, ...ports });
    if (state.down) return await this.#driver.closeSocket(transport);
    const path = pathOf(transport, { address: gateway.address, port }, { address: gateway.address, port: natPort });
    this.#driver.act(driven, { type: "move", transport, path });
    const before = this.#transports.get(state);
    this.#transports.set(state, transport);
    if (before) await this.#driver.closeSocket(before);
  }

  /** The session is over. */
  async leave(state: SessionState): Promise<void> {
    const transport = this.#transports.get(state);
    this.#transports.delete(state);
    if (transport) await this.#driver.closeSocket(transport);
  }
}
