/**
 * The transport of batches, on Linux: `recvmmsg` of all that waits, `sendmmsg` of all that a wave answers, by foreign functions.
 *
 * The runtime tells that something came by handing over the first datagram of it, which it has read from its own socket; the rest is read from a
 * second descriptor of that socket, in the same turn of the event loop. For the wildcard address, where each datagram has to name the address
 * that it came to, the sockets are our own, and another thread tells that they can be read.
 *
 * @module
 */
import type { RemoteInfo } from "node:dgram";
import type { Datagram, Endpoint } from "../../ike/steps/datagram.ts";
import type { Libc } from "../libc/libc.ts";
import { addressFamily, isWildcard } from "../local_address.ts";
import { classifyEncapsulated, NON_ESP_MARKER_LENGTH } from "../non_esp_marker.ts";
import { closed, endpointOf, LONGEST_DATAGRAM } from "../runtime_socket.ts";
import { type SocketTransport, type TransportCounters, type TransportOptions, zeroTransportCounters } from "../transport.ts";
import { TransportError } from "../transport_error.ts";
import { BatchedSocket } from "./batched_socket.ts";
import { type BoundSocket, openOwnSocket, openRuntimeSocket } from "./bound_socket.ts";
import { type PollWatch, watchByPoll } from "./poll_watch.ts";
import { ReceiveBatch } from "./receive_batch.ts";
import { SocketAddresses } from "./socket_addresses.ts";

const KEEPALIVE = Uint8Array.of(0xff);

/** Told of what came to a socket: its octets lie where the next ones will. */
type OnReceived = (octets: Uint8Array, local: Endpoint, remote: Endpoint) => void;

/**
 * @param longest Octets of the longest datagram that is taken.
 * @throws {TransportError} a port cannot be bound, or the sockets cannot be read by descriptor.
 */
export async function openBatchedTransport(
  libc: Libc,
  options: TransportOptions,
  longest: number = LONGEST_DATAGRAM,
): Promise<SocketTransport> {
  const { address, port, natPort, ipv6Only = false, share } = options;
  const addresses = new SocketAddresses(addressFamily(address));
  if (isWildcard(address) && libc.poll === undefined) {
    throw new TransportError(
      `cannot listen on the wildcard address ${address} by ${libc.name}: it needs Deno, or the npm package koffi`,
    );
  }
  const open = async (atPort: number, program: Uint8Array | undefined) =>
    isWildcard(address)
      ? openOwnSocket(libc, { address, port: atPort }, addresses, ipv6Only, program)
      : await openRuntimeSocket(libc, { address, port: atPort }, addresses, program);
  const ike = await open(port, share?.program);
  try {
    return new BatchedTransport(libc, options, addresses, longest, ike, await open(natPort, share?.encapsulatedProgram));
  } catch (error) {
    libc.close(ike.descriptor);
    if (ike.runtime) await closed(ike.runtime);
    throw error;
  }
}

class BatchedTransport implements SocketTransport {
  readonly name = "batched";
  readonly local: Endpoint;
  readonly encapsulatedLocal: Endpoint;
  readonly descriptors: readonly number[];
  readonly #counters: TransportCounters = zeroTransportCounters();
  readonly #options: TransportOptions;
  readonly #longest: number;
  readonly #bound: readonly BoundSocket[];
  readonly #ike: BatchedSocket;
  readonly #encapsulated: BatchedSocket;
  readonly #watch: PollWatch | undefined;
  #isClosed = false;

  constructor(
    libc: Libc,
    options: TransportOptions,
    addresses: SocketAddresses,
    longest: number,
    ike: BoundSocket,
    encapsulated: BoundSocket,
  ) {
    this.#options = options;
    this.#longest = longest;
    this.#bound = [ike, encapsulated];
    this.descriptors = this.#bound.map(({ descriptor }) => descriptor);
    this.local = ike.local;
    this.encapsulatedLocal = encapsulated.local;
    const received = new ReceiveBatch(libc, longest);
    const read = ({ descriptor, local, runtime }: BoundSocket, onReceived: OnReceived) => {
      const isAny = runtime === undefined;
      const onError = (error: Error) => options.onError?.(error);
      const counters = this.#counters;
      const socket = new BatchedSocket(
        { libc, descriptor, bound: local, isWildcard: isAny, addresses, received, counters, onReceived, onError },
      );
      runtime?.on("error", onError);
      runtime?.on("message", (first, from) => {
        if (this.#isClosed) return;
        if (this.#isTaken(first, from)) onReceived(first, local, endpointOf(from));
        socket.drain();
        options.onDrained?.();
      });
      return socket;
    };
    this.#ike = read(ike, (octets, local, remote) => {
      options.onDatagram({ octets: new Uint8Array(octets), local, remote, encapsulated: false });
    });
    this.#encapsulated = read(encapsulated, (octets, local, remote) => this.#takeEncapsulated(octets, local, remote));
    if (ike.runtime !== undefined || libc.poll === undefined) return;
    this.#watch = watchByPoll(libc, libc.poll, [ike.descriptor, encapsulated.descriptor], () => {
      this.drain();
      options.onDrained?.();
    });
  }

  get counters(): Readonly<TransportCounters> {
    this.#ike.countDrops();
    this.#encapsulated.countDrops();
    return this.#counters;
  }

  send({ octets, local, remote, encapsulated }: Datagram): void {
    if (encapsulated) this.#encapsulated.send(octets, NON_ESP_MARKER_LENGTH, remote, local.address);
    else this.#ike.send(octets, 0, remote, local.address);
  }

  sendKeepalive(remote: Endpoint): void {
    this.#encapsulated.send(KEEPALIVE, 0, remote, this.encapsulatedLocal.address);
  }

  flush(): void {
    this.#ike.flush();
    this.#encapsulated.flush();
  }

  drain(): void {
    this.#ike.drain();
    this.#encapsulated.drain();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.flush();
    await this.#watch?.stop();
    this.#ike.close();
    this.#encapsulated.close();
    await Promise.all(this.#bound.map(({ runtime }) => runtime && closed(runtime)));
  }

  #takeEncapsulated(received: Uint8Array, local: Endpoint, remote: Endpoint): void {
    const kind = classifyEncapsulated(received);
    if (kind !== "ike") return this.#options.onOther?.(kind, new Uint8Array(received), remote);
    const octets = new Uint8Array(received.subarray(NON_ESP_MARKER_LENGTH));
    this.#options.onDatagram({ octets, local, remote, encapsulated: true });
  }

  /** Counts what the runtime has read, too; as {@link BatchedSocket.drain} does. */
  #isTaken({ length }: Uint8Array, { port }: RemoteInfo): boolean {
    this.#counters.received++;
    if (length > this.#longest) this.#counters.truncated++;
    return port !== 0 && length <= this.#longest;
  }
}
