/**
 * Which of several workers, each with IKE SAs of its own, a message is for: an SPI of this end carries the worker that chose it.
 *
 * A worker's SPIs are those whose lowest 32 bits are its index, modulo the number of workers. Of the 64 bits all but the logarithm of that number
 * stay random: 63 with 2 workers, 58 with 64, far more than a guess needs to be hopeless (RFC 7296, section 2.6, asks for unique ones).
 *
 * @module
 */
import type { SpiPair } from "./spi.ts";

/** More workers than that gain nothing on any machine that this runs on. */
export const MOST_WORKERS = 64;

/** One of several workers. */
export interface SpiWorker {
  /** From 0 to `count` - 1. */
  readonly index: number;
  /** 1 to {@link MOST_WORKERS}. */
  readonly count: number;
}

const LOW_WORD = 0xffff_ffffn;

/** An SPI like this one that is the worker's; `undefined` where there is none, which is nearly never: take another. */
export function spiOfWorker(spi: bigint, { index, count }: SpiWorker): bigint | undefined {
  const low = Number(spi & LOW_WORD);
  const own = low - low % count + index;
  return own > Number(LOW_WORD) ? undefined : spi - BigInt(low) + BigInt(own);
}

/** The worker that an SPI of this end is of. */
export function workerOfSpi(spi: bigint, count: number): number {
  return Number(spi & LOW_WORD) % count;
}

/** The workers that may have the IKE SA of a pair: which of the two SPIs is this end's only the IKE SA tells, since a gateway may rekey as well. */
export function workersOf({ initiatorSpi, responderSpi }: SpiPair, count: number): readonly number[] {
  return [...new Set([workerOfSpi(responderSpi, count), workerOfSpi(initiatorSpi, count)])];
}

/**
 * The worker that an IKE message is for. One on an IKE SA: by this end's SPI, which is the first in messages of the original responder, as of an
 * IKE SA that this end rekeyed, and else the second. A first message: by the initiator's SPI, so that what is sent again comes to the same.
 *
 * @param octets Without a non-ESP marker. Of what is shorter than a header any worker disposes.
 */
export function workerOfMessage(octets: Uint8Array, count: number): number {
  if (octets.length < HEADER_LENGTH) return 0;
  const view = new DataView(octets.buffer, octets.byteOffset);
  const bySecond = (octets[FLAGS_OFFSET] & INITIATOR_FLAG) !== 0 && !isFirstMessage(octets);
  return view.getUint32(bySecond ? RESPONDER_SPI_LOW : INITIATOR_SPI_LOW) % count;
}

/** Whether a message opens an IKE SA: any worker may take it. */
export function isFirstMessage(octets: Uint8Array): boolean {
  if (octets.length < HEADER_LENGTH) return false;
  return new DataView(octets.buffer, octets.byteOffset).getBigUint64(RESPONDER_SPI_HIGH) === 0n;
}

/** RFC 7296, section 3.1. */
const HEADER_LENGTH = 28;
export const INITIATOR_SPI_LOW = 4;
export const RESPONDER_SPI_HIGH = 8;
export const RESPONDER_SPI_LOW = 12;
export const FLAGS_OFFSET = 19;
export const INITIATOR_FLAG = 0x08;

/** @throws {RangeError} what is wrong. */
export function checkSpiWorker({ index, count }: SpiWorker): void {
  if (!Number.isInteger(count) || count < 1 || count > MOST_WORKERS) {
    throw new RangeError(`workers: ${count}, expected a whole number from 1 to ${MOST_WORKERS}`);
  }
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(`workers: index is ${index}, expected a whole number from 0 to ${count - 1}`);
  }
}
