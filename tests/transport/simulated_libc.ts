/**
 * A C library without a system behind it: one socket whose datagrams, errors and room a test decides. It follows the pointers of the structures
 * that it is given, as the kernel does, and refuses those that lead nowhere.
 *
 * @module
 */
import assert from "node:assert/strict";
import { EAGAIN, SO_MEMINFO } from "../../src/transport/libc/constants.ts";
import type { Libc } from "../../src/transport/libc/libc.ts";

export interface SimulatedDatagram {
  readonly octets: Uint8Array;
  /** The `sockaddr` of its sender. */
  readonly name: Uint8Array;
  readonly control?: Uint8Array;
  /** Length and flags as the kernel tells them, where they are not what the octets say. */
  readonly flags?: number;
}

export interface SentDatagram {
  readonly octets: Uint8Array;
  readonly name: Uint8Array;
  readonly control: Uint8Array;
}

const HEADER = 64;
const PAGE = 0x1_0000_0000n;

export class SimulatedLibc implements Libc {
  readonly name = "simulation";
  /** Datagrams and errors that the next calls bring, in order. */
  readonly incoming: (SimulatedDatagram | number)[] = [];
  readonly sent: SentDatagram[] = [];
  /** What becomes of a datagram that is sent: 0 takes it, all else is an error. */
  verdict: (datagram: SentDatagram) => number = () => 0;
  /** Datagrams that one call takes at most. */
  most: number = Infinity;
  /** Datagrams that the socket has dropped. */
  dropped = 0;
  /** Whether the descriptor is still the one that was opened. */
  isOurs = true;
  readonly closed: number[] = [];
  sendCalls = 0;
  receiveCalls = 0;
  #error = 0;
  readonly #arrays: Uint8Array[] = [];

  addressOf(octets: Uint8Array): bigint {
    this.#arrays.push(octets);
    return BigInt(this.#arrays.length) * PAGE;
  }

  errorNumber(): number {
    return this.#error;
  }

  recvmmsg(_descriptor: number, headers: Uint8Array, count: number): number {
    this.receiveCalls++;
    const [first] = this.incoming;
    if (first === undefined || typeof first === "number") {
      this.incoming.shift();
      return this.#fail(first ?? EAGAIN);
    }
    let slot = 0;
    for (; slot < count && typeof this.incoming[0] === "object"; slot++) {
      const { octets, name, control = new Uint8Array(0), flags } = this.incoming.shift() as SimulatedDatagram;
      const header = new DataView(headers.buffer, headers.byteOffset + slot * HEADER, HEADER);
      const message = this.#vector(header);
      message.set(octets.subarray(0, message.length));
      this.#at(header, 0, header.getUint32(8, true)).set(name);
      this.#at(header, 32, header.getUint32(40, true)).set(control);
      header.setUint32(8, name.length, true);
      header.setUint32(40, control.length, true);
      header.setInt32(48, flags ?? (octets.length > message.length ? 0x20 : 0), true);
      header.setUint32(56, Math.min(octets.length, message.length), true);
    }
    return slot;
  }

  sendmmsg(_descriptor: number, headers: Uint8Array, count: number): number {
    this.sendCalls++;
    for (let slot = 0; slot < count; slot++) {
      if (slot >= this.most) return slot;
      const header = new DataView(headers.buffer, headers.byteOffset + slot * HEADER, HEADER);
      const datagram = {
        octets: this.#vector(header).slice(),
        name: this.#at(header, 0, header.getUint32(8, true)).slice(),
        control: this.#at(header, 32, header.getUint32(40, true)).slice(),
      };
      const error = this.verdict(datagram);
      if (error !== 0) return slot > 0 ? slot : this.#fail(error);
      this.sent.push(datagram);
    }
    return count;
  }

  getsockopt(_descriptor: number, _level: number, option: number, value: Uint8Array): number {
    if (option === SO_MEMINFO) new DataView(value.buffer).setUint32(32, this.dropped, true);
    else value[0] = this.isOurs ? 1 : 0;
    return 0;
  }

  close(descriptor: number): number {
    this.closed.push(descriptor);
    return 0;
  }

  readonly socket: () => number = unexpected;
  readonly bind: () => number = unexpected;
  readonly connect: () => number = unexpected;
  readonly getsockname: () => number = unexpected;
  readonly setsockopt: () => number = unexpected;
  readonly duplicate: () => number = unexpected;
  readonly shutdown: () => number = unexpected;

  #fail(error: number): number {
    this.#error = error;
    return -1;
  }

  #vector(header: DataView): Uint8Array {
    assert.equal(header.getBigUint64(24, true), 1n, "one vector a message");
    const vector = this.#at(header, 16, 16);
    const view = new DataView(vector.buffer, vector.byteOffset, 16);
    return this.#at(view, 0, Number(view.getBigUint64(8, true)));
  }

  /** The octets that a pointer leads to. */
  #at(view: DataView, at: number, length: number): Uint8Array {
    const pointer = view.getBigUint64(at, true);
    const array = this.#arrays[Number(pointer / PAGE) - 1];
    const offset = Number(pointer % PAGE);
    assert.ok(array !== undefined && offset + length <= array.length, `a pointer to ${length} octets that are not there`);
    return array.subarray(offset, offset + length);
  }
}

function unexpected(): number {
  throw new Error("a call that reading and writing does not need");
}
