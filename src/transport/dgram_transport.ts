/**
 * The transport that every runtime has: UDP sockets of node:dgram, one event and one call of the system for each datagram.
 *
 * @module
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import process from "node:process";
import type { Datagram, Endpoint } from "../ike/steps/datagram.ts";
import { enlargeReceiveBuffer } from "./deno_receive_buffer.ts";
import { addressFamily, refuseWildcard } from "./local_address.ts";
import { classifyEncapsulated, withNonEspMarker, withoutNonEspMarker } from "./non_esp_marker.ts";
import { type SocketTransport, type TransportCounters, type TransportOptions, zeroTransportCounters } from "./transport.ts";
import { TransportError } from "./transport_error.ts";

/** Sizes that the kernel's receive buffer is asked for, largest first: a mass reconnect arrives faster than it is served. */
const RECEIVE_BUFFER_SIZES = [8 << 20, 4 << 20, 2 << 20, 1 << 20, 512 << 10, 256 << 10];

/** Deno makes an array of the "receive buffer size" for each datagram: this is the longest that is accepted there. */
const DENO_DATAGRAM_SIZE = 8 << 10;

/** A received buffer with so many octets to spare is copied, not kept: IKE SAs keep messages, and bounds count messages. */
const SPARE_OCTETS = 512;

const KEEPALIVE = Uint8Array.of(0xff);

/** Opens a pair of sockets. The wildcard address is refused: node:dgram does not tell which address a datagram came to. */
export async function openDgramTransport(options: TransportOptions): Promise<SocketTransport> {
  refuseWildcard(options.address);
  const ike = await bind(options.address, options.port);
  try {
    return new DgramTransport(ike, await bind(options.address, options.natPort), options);
  } catch (error) {
    ike.close();
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
      if (this.#isRefused(from)) return;
      onDatagram({ octets: octetsOf(received), local, remote: endpointOf(from), encapsulated: false });
    });
    encapsulated.on("message", (received, from) => {
      if (this.#isRefused(from)) return;
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

  /**
   * Counts a datagram, too. A source port of 0 leaves no port to answer to (RFC 768): its sender has raw access to the wire.
   */
  #isRefused({ port }: RemoteInfo): boolean {
    this.#counters.received++;
    return port === 0;
  }
}

function bind(address: string, port: number): Promise<Socket> {
  const family = addressFamily(address);
  const socket = createSocket({
    type: family === 4 ? "udp4" : "udp6",
    // Remote addresses are always numeric: answering at once saves a turn of the event loop for every datagram sent.
    lookup: (hostname, _options, callback) => callback(null, hostname, family),
  });
  return new Promise((resolve, reject) => {
    socket.once("error", (error) => {
      socket.close();
      reject(new TransportError(`cannot listen on ${address} port ${port}: ${error.message}`));
    });
    socket.bind(port, address, () => {
      socket.removeAllListeners("error");
      setReceiveBuffer(socket);
      resolve(socket);
    });
  });
}

function setReceiveBuffer(socket: Socket): void {
  if (process.versions.deno !== undefined) {
    socket.setRecvBufferSize(DENO_DATAGRAM_SIZE);
    enlargeReceiveBuffer(socket.address().port, RECEIVE_BUFFER_SIZES[0]);
    return;
  }
  // Linux takes any size and cuts it to its limit; other systems refuse what is above theirs.
  for (const size of RECEIVE_BUFFER_SIZES) {
    try {
      socket.setRecvBufferSize(size);
      return;
    } catch {
      // Try the next smaller one; with none accepted the system's default stays.
    }
  }
}

/** A plain array over the received octets; a copy where the runtime hands over a buffer that is mostly empty. */
function octetsOf(received: Uint8Array): Uint8Array {
  if (received.buffer.byteLength > received.length + SPARE_OCTETS) return new Uint8Array(received);
  return new Uint8Array(received.buffer, received.byteOffset, received.length);
}

function endpointOf(info: RemoteInfo | { address: string; port: number }): Endpoint {
  const { address, port } = info;
  const zone = address.indexOf("%");
  return { address: zone < 0 ? address : address.slice(0, zone), port };
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
