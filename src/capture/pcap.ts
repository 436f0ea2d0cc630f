/**
 * pcap, the older form: a header, then a record for each packet (draft-ietf-opsawg-pcap).
 *
 * @module
 */
import { type FileFault, type Frame, LARGEST_FRAME } from "./capture_file.ts";

/** The mark of each precision, in nanoseconds of a unit. */
const UNITS: ReadonlyMap<number, bigint> = new Map([[0xa1b2c3d4, 1_000n], [0xa1b23c4d, 1n]]);
const FILE_HEADER_LENGTH = 24;
const LINK_TYPE_OFFSET = 20;
/** Above these bits stand others than the link type. */
const LINK_TYPE_BITS = 0x0fff_ffff;
const RECORD_HEADER_LENGTH = 16;

/** Whether a file begins as pcap, in either order of octets. */
export function isPcap(file: DataView): boolean {
  return isLittleEndian(file) !== undefined;
}

/** The packets of a pcap file, and at its end what is wrong with it, if anything is. */
export function* readPcap(file: Uint8Array, view: DataView): Generator<Frame | FileFault, void, undefined> {
  const little = isLittleEndian(view);
  if (file.length < FILE_HEADER_LENGTH) return yield { fault: `cut off in its header, expected ${FILE_HEADER_LENGTH} octets` };
  const unitNs = UNITS.get(view.getUint32(0, little)) ?? 1n;
  const linkType = view.getUint32(LINK_TYPE_OFFSET, little) & LINK_TYPE_BITS;
  let at = FILE_HEADER_LENGTH;
  for (let number = 1; at < file.length; number++) {
    if (file.length - at < RECORD_HEADER_LENGTH) return yield { fault: `cut off in the header of packet ${number}` };
    const [seconds, fraction, kept, originalLength] = [0, 4, 8, 12].map((offset) => view.getUint32(at + offset, little));
    at += RECORD_HEADER_LENGTH;
    if (kept > LARGEST_FRAME) {
      return yield { fault: `packet ${number} is said to have ${kept} octets, expected at most ${LARGEST_FRAME}` };
    }
    if (kept > file.length - at) return yield { fault: `cut off in packet ${number}, expected ${kept} octets of it` };
    const timeNs = BigInt(seconds) * 1_000_000_000n + BigInt(fraction) * unitNs;
    yield { number, timeNs, linkType, octets: file.subarray(at, at + kept), originalLength };
    at += kept;
  }
}

function isLittleEndian(view: DataView): boolean | undefined {
  if (view.byteLength < 4) return undefined;
  if (UNITS.has(view.getUint32(0, true))) return true;
  return UNITS.has(view.getUint32(0, false)) ? false : undefined;
}
