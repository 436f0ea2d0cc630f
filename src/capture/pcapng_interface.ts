/**
 * pcapng's description of an interface: what its packets begin with, and in what units their times are.
 *
 * @module
 */

/** What is needed of an interface to read its packets. */
export interface Interface {
  readonly linkType: number;
  /** Most octets that were kept of a packet; 0: all. */
  readonly snapLength: number;
  readonly ticksPerSecond: bigint;
  /** To be added to all times. */
  readonly offsetNs: bigint;
}

const FIELDS_LENGTH = 8;
const OPTION_HEADER_LENGTH = 4;
const Option = { END: 0, TIME_RESOLUTION: 9, TIME_OFFSET: 14 } as const;
const MICROSECONDS = 1_000_000n;
/** The finest that is taken: picoseconds, or as much in powers of two. */
const MOST_DECIMAL_DIGITS = 12;
const MOST_BINARY_DIGITS = 40;
const POWER_OF_TWO = 0x80;

/** Reads a description without its block's header; `undefined`: it is none. */
export function readInterface(body: DataView, little: boolean): Interface | undefined {
  if (body.byteLength < FIELDS_LENGTH) return undefined;
  let ticksPerSecond: bigint | undefined = MICROSECONDS;
  let offsetNs = 0n;
  for (const { code, at, length } of optionsOf(body, little)) {
    if (code === Option.TIME_RESOLUTION && length >= 1) ticksPerSecond = ticksOf(body.getUint8(at));
    if (code === Option.TIME_OFFSET && length >= 8) offsetNs = body.getBigInt64(at, little) * 1_000_000_000n;
  }
  if (ticksPerSecond === undefined) return undefined;
  return { linkType: body.getUint16(0, little), snapLength: body.getUint32(4, little), ticksPerSecond, offsetNs };
}

function* optionsOf(body: DataView, little: boolean): Generator<{ code: number; at: number; length: number }> {
  for (let at = FIELDS_LENGTH; body.byteLength - at >= OPTION_HEADER_LENGTH;) {
    const code = body.getUint16(at, little);
    const length = body.getUint16(at + 2, little);
    at += OPTION_HEADER_LENGTH;
    if (code === Option.END || length > body.byteLength - at) return;
    yield { code, at, length };
    at += Math.ceil(length / 4) * 4;
  }
}

function ticksOf(resolution: number): bigint | undefined {
  const digits = resolution & ~POWER_OF_TWO;
  if (resolution & POWER_OF_TWO) return digits > MOST_BINARY_DIGITS ? undefined : 1n << BigInt(digits);
  return digits > MOST_DECIMAL_DIGITS ? undefined : 10n ** BigInt(digits);
}
