/**
 * New SPIs, and those that stand in messages.
 *
 * @module
 */
import { fillRandomly, type RandomSource } from "../../crypto/key_exchange.ts";
import { isZero, u64 } from "../../wire/numbers_in_place.ts";
import { passing } from "../../wire/octet_chunks.ts";
import { spiOfWorker, type SpiWorker } from "./spi_worker.ts";

/** The lowest SPI of ESP that is not reserved (RFC 4303, section 2.1). */
export const FIRST_ESP_SPI = 256;

/** A new IKE SPI: 8 random octets, never zero (RFC 7296, section 3.1). `worker`: whose it is to be, where there are several. */
export function newIkeSpi(random: RandomSource, worker?: SpiWorker): bigint {
  fillRandomly(ikeSpi, random);
  const drawn = ikeSpiView.getBigUint64(0);
  const spi = worker ? spiOfWorker(drawn, worker) : drawn;
  return spi === undefined || spi === 0n ? newIkeSpi(random, worker) : spi;
}

/** A new ESP SPI for packets to this end. */
export function newEspSpi(random: RandomSource): number {
  fillRandomly(espSpi, random);
  const spi = espSpiIn(espSpi);
  return spi < FIRST_ESP_SPI ? newEspSpi(random) : spi;
}

/**
 * Whether a peer may ask for packets under this SPI. 0 is never on the wire, and over the UDP-encapsulation port it would make
 * them look like IKE messages (RFC 3948, section 2.2); the others below 256 are reserved.
 */
export function isEspSpi(octets: Uint8Array): boolean {
  return (espSpiOf(octets) ?? 0) >= FIRST_ESP_SPI;
}

/** An ESP SPI as it stands in a proposal or a Delete payload. */
export function espSpiOctets(spi: number): Uint8Array {
  const octets = passing.take(4);
  octets[0] = spi >>> 24;
  octets[1] = spi >>> 16;
  octets[2] = spi >>> 8;
  octets[3] = spi;
  return octets;
}

/** The number that {@link espSpiOctets} wrote; `undefined` unless 4 octets. */
export function espSpiOf(octets: Uint8Array): number | undefined {
  return octets.length === 4 ? espSpiIn(octets) : undefined;
}

/** An IKE SPI as it stands in a proposal that rekeys an IKE SA. */
export function ikeSpiOctets(spi: bigint): Uint8Array {
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setBigUint64(0, spi);
  return octets;
}

/** The number that {@link ikeSpiOctets} wrote; `undefined` unless 8 octets that are not all zero (RFC 7296, section 3.1). */
export function ikeSpiOf(octets: Uint8Array): bigint | undefined {
  if (octets.length !== 8) return undefined;
  const spi = ikeSpiIn(octets);
  return spi === 0n ? undefined : spi;
}

/**
 * The SPI in a message's header that its receiver chose, by which a client finds its connection: the first in a message from
 * the original responder, else the second. 0n for octets too short to hold both.
 */
export function receiverSpi(octets: Uint8Array): bigint {
  if (octets.length <= FLAGS_OFFSET) return 0n;
  const fromInitiator = (octets[FLAGS_OFFSET] & INITIATOR_FLAG) !== 0;
  return u64(octets, fromInitiator ? 8 : 0);
}

/**
 * Datagrams with one serial key are handled one after the other: a step must not begin while another step on the same IKE SA waits
 * for its cryptography.
 *
 * @returns the responder's SPI, which stands in every message on an IKE SA; `undefined` where there is none yet. First messages wait for nothing,
 * whatever their SPIs are.
 */
export function serialKey(octets: Uint8Array): bigint | undefined {
  return isOnSa(octets) ? u64(octets, 8) : undefined;
}

/** Whether there is a responder's SPI in a message's header, as in every message on an IKE SA. */
export function isOnSa(octets: Uint8Array): boolean {
  return octets.length >= SPIS_LENGTH && !isZero(octets, 8, SPIS_LENGTH);
}

/** RFC 7296, section 3.1. */
const SPIS_LENGTH = 16;
const FLAGS_OFFSET = 19;
const INITIATOR_FLAG = 0x08;

function espSpiIn(octets: Uint8Array): number {
  return (octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3]) >>> 0;
}

function ikeSpiIn(octets: Uint8Array): bigint {
  ikeSpi.set(octets);
  return ikeSpiView.getBigUint64(0);
}

/** One view for all: to make a DataView of each would take longer than the copy. What stands there is no secret. */
const espSpi = new Uint8Array(4);
const ikeSpi = new Uint8Array(8);
const ikeSpiView = new DataView(ikeSpi.buffer);

/** The two SPIs that name an IKE SA. */
export interface SpiPair {
  /** 64 bits, never 0. */
  readonly initiatorSpi: bigint;
  /** 64 bits; 0 while there is none. */
  readonly responderSpi: bigint;
}

/** Whether both name the same IKE SA. */
export function isSamePair(one: SpiPair, other: SpiPair): boolean {
  return one.responderSpi === other.responderSpi && one.initiatorSpi === other.initiatorSpi;
}
