/**
 * One UDP socket that is read and written in batches, by a descriptor of it that is ours alone. It knows datagrams; what they carry is for
 * its transport to say.
 *
 * @module
 */
import type { Endpoint } from "../../ike/steps/datagram.ts";
import { EAGAIN, EINTR } from "../libc/constants.ts";
import type { Libc } from "../libc/libc.ts";
import type { TransportCounters } from "../transport.ts";
import { droppedBy, isOurs } from "./descriptor.ts";
import { NAME_SIZE } from "./message_headers.ts";
import { RECEIVE_SLOTS, type ReceiveBatch } from "./receive_batch.ts";
import { SendBatch } from "./send_batch.ts";
import type { SocketAddresses } from "./socket_addresses.ts";

/** Calls of one look at the socket: what comes faster than it is read must not keep the process from all else. */
const CALLS_AT_ONCE = 16;

/** How long what the kernel has no room for waits, in milliseconds. */
const BLOCKED_MS = 1;

/** Errors that a socket may report before it gives a datagram: those of earlier ones that were sent (ip(7), "ICMP errors"). */
const PENDING_ERRORS = 8;

export interface BatchedSocketOptions {
  readonly libc: Libc;
  readonly descriptor: number;
  /** Where it is bound. */
  readonly bound: Endpoint;
  /** Whether that is the wildcard address: then each datagram names the address of this machine that it came to, or leaves from. */
  readonly isWildcard: boolean;
  readonly addresses: SocketAddresses;
  /** Shared by sockets that are not read at the same time. */
  readonly received: ReceiveBatch;
  readonly counters: TransportCounters;
  /** `octets` lie where the next datagram will: what is kept of them is to be copied. */
  readonly onReceived: (octets: Uint8Array, local: Endpoint, remote: Endpoint) => void;
  readonly onError: (error: Error) => void;
}

export class BatchedSocket {
  readonly #options: BatchedSocketOptions;
  readonly #batch: SendBatch;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #dropped = 0;
  #isClosed = false;
  /** The descriptor is no longer what it was: it must not be touched. */
  #isBroken = false;

  constructor(options: BatchedSocketOptions) {
    this.#options = options;
    this.#batch = new SendBatch(options.libc, options.descriptor, options.addresses);
  }

  /** Hands over what waits in the kernel. */
  drain(): void {
    const { received, descriptor } = this.#options;
    let errors = 0;
    for (let call = 0; call < CALLS_AT_ONCE && !received.isInUse && !this.#isClosed && !this.#isBroken; call++) {
      const count = received.receive(descriptor);
      if (count >= 0) {
        this.#handOver(count);
        if (count < RECEIVE_SLOTS) return;
        continue;
      }
      const error = this.#options.libc.errorNumber();
      if (error === EAGAIN) return;
      if (error === EINTR) continue;
      this.#fail("received", error);
      if (++errors === PENDING_ERRORS) return;
    }
  }

  /** Gathers a datagram, `octets` behind `zeros` zero octets, from `source` where the socket is bound to the wildcard. Never throws. */
  send(octets: Uint8Array, zeros: number, remote: Endpoint, source: string): void {
    if (this.#isClosed) return;
    const length = zeros + octets.length;
    if (!this.#batch.hasRoom(length)) this.flush();
    if (!this.#batch.hasRoom(length)) return this.#refuse(`no room for ${length} octets to ${remote.address}`);
    const isKnown = this.#batch.add(octets, zeros, remote, this.#options.isWildcard ? source : undefined);
    if (!isKnown) this.#refuse(`${remote.address} is no address that ${this.#options.bound.address} reaches`);
  }

  /** Sends what was gathered. */
  flush(): void {
    if (this.#batch.waiting === 0 || this.#isClosed) return;
    if (this.#isBroken) {
      this.#options.counters.sendErrors += this.#batch.discard();
      return;
    }
    const { sent, refused, isBlocked } = this.#batch.flush();
    this.#options.counters.sent += sent;
    for (const error of refused) {
      this.#options.counters.sendErrors++;
      this.#fail("sent", error);
    }
    if (!isBlocked || this.#retry !== undefined) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.flush();
    }, BLOCKED_MS);
  }

  /** Counts what the kernel has dropped since it told so with a datagram. */
  countDrops(): void {
    if (this.#isClosed || this.#isBroken) return;
    const dropped = droppedBy(this.#options.libc, this.#options.descriptor);
    if (dropped !== undefined) this.#countDropped(dropped);
  }

  /** Sends what the kernel still takes, and lets the descriptor go. */
  close(): void {
    if (this.#isClosed) return;
    this.flush();
    this.countDrops();
    clearTimeout(this.#retry);
    this.#options.counters.sendErrors += this.#batch.discard();
    this.#isClosed = true;
    if (!this.#isBroken) this.#options.libc.close(this.#options.descriptor);
  }

  #handOver(count: number): void {
    const { received, addresses, bound, isWildcard, counters, onReceived } = this.#options;
    received.isInUse = true;
    try {
      for (let slot = 0; slot < count && !this.#isClosed; slot++) {
        counters.received++;
        const ancillary = received.ancillaryDataOf(slot);
        if (ancillary?.dropped !== undefined) this.#countDropped(ancillary.dropped);
        if (received.isTruncated(slot)) {
          counters.truncated++;
          continue;
        }
        const remote = addresses.endpointAt(received.names, slot * NAME_SIZE);
        // There is no port to answer to (RFC 768): whoever sends it has raw access to the wire.
        if (remote.port === 0) continue;
        const at = isWildcard ? ancillary?.localAddressAt : undefined;
        const local = at === undefined ? bound : addresses.endpointOf(received.controls, at, bound.port);
        onReceived(received.octetsOf(slot), local, remote);
      }
    } finally {
      received.release(count);
    }
  }

  /** The kernel counts all drops of a socket in 32 bits; what a datagram tells is how it stood when that came, which may be long ago. */
  #countDropped(total: number): void {
    const more = (total - this.#dropped) | 0;
    if (more <= 0) return;
    this.#options.counters.droppedByKernel += more;
    this.#dropped = total;
  }

  #refuse(why: string): void {
    this.#options.counters.sendErrors++;
    this.#options.onError(new Error(`a datagram was not sent: ${why}`));
  }

  #fail(what: "received" | "sent", error: number): void {
    const { bound, onError, libc, descriptor } = this.#options;
    if (!isOurs(libc, descriptor)) this.#isBroken = true;
    onError(new Error(`${bound.address} port ${bound.port}: a datagram was not ${what}: error ${error} of the system`));
  }
}
