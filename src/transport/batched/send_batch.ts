/**
 * Memory for what one `sendmmsg` takes along, at fixed places, and the sending of it: partly if need be, and past what cannot be sent.
 *
 * @module
 */
import type { Endpoint } from "../../ike/steps/datagram.ts";
import { EAGAIN, EBADF, EINTR, ENOBUFS, ENOTSOCK, MSG_DONTWAIT } from "../libc/constants.ts";
import type { Libc } from "../libc/libc.ts";
import { sourceAddressSize, writeSourceAddress } from "./ancillary_data.ts";
import { CONTROL_SIZE, HEADER_SIZE, MessageHeaders, NAME_SIZE } from "./message_headers.ts";
import type { SocketAddresses } from "./socket_addresses.ts";

/** Datagrams of one call. */
const SEND_SLOTS = 64;

/** Octets of all of them: the longest datagram there is fits three times. */
const SEND_OCTETS = 192 << 10;

/** What became of a batch that was sent. */
export interface SendOutcome {
  /** That the kernel took. */
  readonly sent: number;
  /** The system's error number for each that it refused. */
  readonly refused: readonly number[];
  /** The kernel has no room now: the rest waits for the next {@link SendBatch.flush}. */
  readonly isBlocked: boolean;
}

const NOTHING: SendOutcome = { sent: 0, refused: [], isBlocked: false };

export class SendBatch {
  readonly #libc: Libc;
  readonly #descriptor: number;
  readonly #addresses: SocketAddresses;
  readonly #data: Uint8Array = new Uint8Array(SEND_OCTETS);
  readonly #headers: MessageHeaders;
  /** Of what is gathered, the first that was not sent yet, and the end. */
  #first = 0;
  #end = 0;
  #octets = 0;

  constructor(libc: Libc, descriptor: number, addresses: SocketAddresses) {
    this.#libc = libc;
    this.#descriptor = descriptor;
    this.#addresses = addresses;
    this.#headers = new MessageHeaders(libc, SEND_SLOTS, this.#data, 0);
  }

  /** Datagrams that wait. */
  get waiting(): number {
    return this.#end - this.#first;
  }

  /** Whether there is room for a datagram of so many octets. */
  hasRoom(length: number): boolean {
    return this.#end < SEND_SLOTS && this.#octets + length <= SEND_OCTETS;
  }

  /**
   * Gathers one, for which there has to be room: `octets` behind `zeros` zero octets. False: the socket's family reaches no such address.
   *
   * @param source The address of this machine that it is to leave from. Default: the one that the socket is bound to.
   */
  add(octets: Uint8Array, zeros: number, remote: Endpoint, source?: string): boolean {
    const slot = this.#end;
    const { family, length } = this.#addresses;
    if (!this.#addresses.write(remote, this.#headers.names, slot * NAME_SIZE)) return false;
    if (source !== undefined) {
      const at = writeSourceAddress(family, this.#headers.controls, slot * CONTROL_SIZE);
      if (!this.#addresses.writeAddress(source, this.#headers.controls, at)) return false;
    }
    this.#headers.setLengths(slot, length, source === undefined ? 0 : sourceAddressSize(family));
    this.#headers.setMessage(slot, this.#octets, zeros + octets.length);
    this.#data.fill(0, this.#octets, this.#octets + zeros);
    this.#data.set(octets, this.#octets + zeros);
    this.#octets += zeros + octets.length;
    this.#end++;
    return true;
  }

  /** Sends what waits, as far as the kernel has room. */
  flush(): SendOutcome {
    if (this.#first === this.#end) return NOTHING;
    let sent = 0;
    const refused: number[] = [];
    while (this.#first < this.#end) {
      // The whole array where it can be: a view costs more than the call saves.
      const headers = this.#first === 0 ? this.#headers.octets : this.#headers.octets.subarray(this.#first * HEADER_SIZE);
      const count = this.#libc.sendmmsg(this.#descriptor, headers, this.#end - this.#first, MSG_DONTWAIT);
      if (count > 0) {
        sent += count;
        this.#first += count;
        continue;
      }
      // An error is always that of the first: one further on ends the call before it, and is told by the next.
      const error = count < 0 ? this.#libc.errorNumber() : EAGAIN;
      if (error === EINTR) continue;
      if (error === EAGAIN || error === ENOBUFS) return { sent, refused, isBlocked: true };
      const lost = error === EBADF || error === ENOTSOCK ? this.#end - this.#first : 1;
      for (let one = 0; one < lost; one++) refused.push(error);
      this.#first += lost;
    }
    this.discard();
    return { sent, refused, isBlocked: false };
  }

  /** Forgets what waits. Returns how many. */
  discard(): number {
    const { waiting } = this;
    this.#first = this.#end = this.#octets = 0;
    return waiting;
  }
}
