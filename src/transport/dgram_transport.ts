/**
 * The transport that every runtime has: UDP sockets of node:dgram, one event and one call of the system for each datagram.
 *
 * @module
 */
import type { RemoteInfo, Socket } from "node:dgram";
import type { Datagram, Endpoint } from "../ike/steps/datagram.ts";
import { refuseWildcard } from "./local_address.ts";
import { classifyEncapsulated, withNonEspMarker, withoutNonEspMarker } from "./non_esp_marker.ts";
import { bindSocket, closed, endpointOf, LONGEST_DATAGRAM, octetsOf } from "./runtime_socket.ts";
import { bindSharedSocket } from "./shared_port/shared_socket.ts";
import { type SocketTransport, type TransportCounters, type TransportOptions, zeroTransportCounters } from "./transport.ts";

const KEEPALIVE = Uint8Array.of(0xff);

/** Opens a pair of sockets. The wildcard address is refused: node:dgram does not tell which address a datagram came to. */
export async function openDgramTransport(options: TransportOptions): Promise<SocketTransport> {
  refuseWildcard(options.address);
  const { address, share } = options;
  const bind = (port: number, program: Uint8Array | undefined) =>
    program === undefined ? bindSocket(address, port) : bindSharedSocket(address, port, program);
  const ike = await bind(options.port, share?.program);
  try {
    return new DgramTransport(ike, await bind(options.natPort, share?.encapsulatedProgram), options);
  } catch (error) {
    await closed(ike);
    throw error;
  }
}

class DgramTransport implements SocketTransport {
  readonly name = "dgram";
  readonly #ike: Socket;
  readonly #encapsulated: Socket;
  readonly #onError: ((error: Error) => void) | undefined;
  readonly #counters: TransportCounters = zeroTransportCounters();
  #closed = false;
  readonly local: Endpoint;
  readonly encapsulatedLocal: Endpoint;

  constructor(ike: Socket, encapsulated: Socket, options: TransportOptions) {
    this.#ike = ike;
    this.#encapsulated = encapsulated;
    const { onDatagram, onOther, onError } = options;
    this.#onError = onError;
    const local = endpointOf(ike.address());
    const encapsulatedLocal = endpointOf(encapsulated.address());
    this.local = local;
    this.encapsulatedLocal = encapsulatedLocal;
    ike.on("message", (received, from) => {
      if (this.#isRefused(received, from)) return;
      onDatagram({ octets: octetsOf(received), local, remote: endpointOf(from), encapsulated: false });
    });
    encapsulated.on("message", (received, from) => {
      if (this.#isRefused(received, from)) return;
      const octets = octetsOf(received);
      const kind = classifyEncapsulated(octets);
      if (kind === "ike") {
        const message = withoutNonEspMarker(octets);
        onDatagram({ octets: message, local: encapsulatedLocal, remote: endpointOf(from), encapsulated: true });
      } else {
        onOther?.(kind, octets, endpointOf(from));
      }
    });
    ike.on("error", (error) => onError?.(error));
    encapsulated.on("error", (error) => onError?.(error));
  }

  get counters(): Readonly<TransportCounters> {
    return this.#counters;
  }

  send({ octets, remote, encapsulated }: Datagram): void {
    if (encapsulated) this.#send(this.#encapsulated, withNonEspMarker(octets), remote);
    else this.#send(this.#ike, octets, remote);
  }

  sendKeepalive(remote: Endpoint): void {
    this.#send(this.#encapsulated, KEEPALIVE, remote);
  }

  flush(): void {}

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([closed(this.#ike), closed(this.#encapsulated)]);
  }

  #send(socket: Socket, octets: Uint8Array, { port, address }: Endpoint): void {
    if (this.#closed) return;
    try {
      socket.send(octets, port, address, this.#sent);
    } catch (error) {
      this.#sent(error instanceof Error ? error : new Error(String(error)));
    }
  }

  readonly #sent = (error: Error | null): void => {
    if (error === null) {
      this.#counters.sent++;
      return;
    }
    this.#counters.sendErrors++;
    this.#onError?.(error);
  };

  /** Counts a datagram, too. A source port of 0 leaves no port to answer to (RFC 768): its sender has raw access to the wire. */
  #isRefused({ length }: Uint8Array, { port }: RemoteInfo): boolean {
    this.#counters.received++;
    if (length > LONGEST_DATAGRAM) this.#counters.truncated++;
    return port === 0 || length > LONGEST_DATAGRAM;
  }
}
