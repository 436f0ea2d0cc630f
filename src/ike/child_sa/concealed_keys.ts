/**
 * Keys of a Child SA as they lie in memory: cut from one KEYMAT, and hidden from print and JSON.
 *
 * @module
 */
import { encryptionKeyLength, integrityKeyLength, type Protection } from "../../crypto/algorithms.ts";
import { CONCEALED, printingAs } from "../../crypto/concealed.ts";
import type { ChildSaKeys } from "./child_sa.ts";

/** The keys of both directions, as views of KEYMAT. */
export interface ChildSaKeyPair {
  readonly inbound: ChildSaKeys;
  readonly outbound: ChildSaKeys;
}

/** Where KEYMAT of a Child SA lies. */
export interface KeymatPlace {
  readonly keymat: Uint8Array;
  readonly start: number;
  /** The keys of packets to this end come first. */
  readonly isInboundFirst: boolean;
}

/**
 * Keys of one direction that no print and no JSON shows: octets are read by name alone. Not an object literal with hidden properties, because one
 * for each direction is made in every resumption.
 */
export class ConcealedKeys implements ChildSaKeys {
  #keymat: Uint8Array;
  #start: number;
  readonly #encryptionLength: number;
  readonly #integrityLength: number;

  static {
    Object.defineProperties(this.prototype, printingAs(() => CONCEALED));
  }

  private constructor(keymat: Uint8Array, start: number, encryptionLength: number, integrityLength: number) {
    this.#keymat = keymat;
    this.#start = start;
    this.#encryptionLength = encryptionLength;
    this.#integrityLength = integrityLength;
  }

  /** The keys of both directions. */
  static pair({ keymat, start, isInboundFirst }: KeymatPlace, protection: Protection): ChildSaKeyPair {
    const encryptionLength = encryptionKeyLength(protection);
    const integrityLength = integrityKeyLength(protection);
    const first = new ConcealedKeys(keymat, start, encryptionLength, integrityLength);
    const second = new ConcealedKeys(keymat, start + first.#length, encryptionLength, integrityLength);
    return isInboundFirst ? { inbound: first, outbound: second } : { inbound: second, outbound: first };
  }

  /**
   * Puts the keys of a Child SA where they take least room for hours. Whoever has them finds them in their new place; the old one is wiped. Keys whose
   * octets were read stay where they are: whoever read them may look at them until the Child SA is gone.
   *
   * @returns `undefined`: they are not of the kind that {@link ConcealedKeys.pair} makes, and stay where they are.
   */
  static settle({ inbound, outbound }: ChildSaKeyPair): KeymatPlace | undefined {
    if (!(inbound instanceof ConcealedKeys && outbound instanceof ConcealedKeys)) return undefined;
    const isInboundFirst = inbound.#start < outbound.#start;
    const first = isInboundFirst ? inbound : outbound;
    const second = isInboundFirst ? outbound : inbound;
    const keymat = first.#keymat;
    const start = first.#start;
    const length = first.#length;
    if (second.#keymat !== keymat || second.#start !== start + length) return undefined;
    // No KEYMAT is so long: it is there already.
    if (keymat.length === SETTLED_LENGTH || READ_KEYMATS.has(keymat)) return { keymat, start, isInboundFirst };
    const chunk = settledChunk(2 * length);
    const settledStart = settled.used - 2 * length;
    // As a rule there is nothing beside the keys: no view is needed to copy from.
    chunk.set(keymat.length === 2 * length ? keymat : keymat.subarray(start, start + 2 * length), settledStart);
    keymat.fill(0, start, start + 2 * length);
    first.#keymat = second.#keymat = chunk;
    first.#start = settledStart;
    second.#start = settledStart + length;
    return { keymat: chunk, start: settledStart, isInboundFirst };
  }

  /** A view each time: as long as a Child SA lives nobody but its owner asks, who does once. */
  get encryptionKey(): Uint8Array {
    return this.#read(this.#start, this.#encryptionLength);
  }

  get integrityKey(): Uint8Array {
    if (this.#integrityLength === 0) return NO_KEY;
    return this.#read(this.#start + this.#encryptionLength, this.#integrityLength);
  }

  wipe(): void {
    this.#keymat.fill(0, this.#start, this.#start + this.#length);
  }

  get #length(): number {
    return this.#encryptionLength + this.#integrityLength;
  }

  #read(start: number, length: number): Uint8Array {
    if (this.#keymat.length !== SETTLED_LENGTH) READ_KEYMATS.add(this.#keymat);
    return this.#keymat.subarray(start, start + length);
  }
}

const NO_KEY = new Uint8Array(0);

/** Of these somebody has views: they are not put anywhere else. */
const READ_KEYMATS = new WeakSet<Uint8Array>();

/** Wipes both directions of {@link ConcealedKeys.pair}. */
export function wipeKeymat({ keymat, start }: KeymatPlace, protection: Protection): void {
  keymat.fill(0, start, start + 2 * (encryptionKeyLength(protection) + integrityKeyLength(protection)));
}

/**
 * Where keys are for hours: KEYMAT of many Child SAs, one behind the other. No place is used again, so that whoever was given keys sees zeros once they
 * are wiped, and never those of another Child SA.
 */
const SETTLED_LENGTH = 8_192;
const settled = { chunk: new Uint8Array(0), used: SETTLED_LENGTH };

/** Takes so many octets, and gives the chunk that they are in: they end where it is used up to. */
function settledChunk(length: number): Uint8Array {
  if (settled.used + length > SETTLED_LENGTH) {
    settled.chunk = new Uint8Array(SETTLED_LENGTH);
    settled.used = 0;
  }
  settled.used += length;
  return settled.chunk;
}
