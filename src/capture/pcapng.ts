/**
 * pcapng: blocks, of which those of packets name an interface that a block before them described (draft-ietf-opsawg-pcapng).
 *
 * @module
 */
import { type FileFault, type Frame, LARGEST_FRAME } from "./capture_file.ts";
import { type Interface, readInterface } from "./pcapng_interface.ts";

const BlockType = {
  SECTION_HEADER: 0x0a0d0d0a,
  INTERFACE: 1,
  /** Of old files. */
  PACKET: 2,
  SIMPLE_PACKET: 3,
  ENHANCED_PACKET: 6,
} as const;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Type, length, and length again at the end. */
const LEAST_BLOCK = 12;
const MOST_INTERFACES = 4_096;
/** Octets of a packet block before the packet. */
const PACKET_FIELDS = 20;
const SIMPLE_PACKET_FIELDS = 4;

/** Whether a file begins as pcapng. */
export function isPcapng(file: DataView): boolean {
  return file.byteLength >= LEAST_BLOCK && file.getUint32(0) === BlockType.SECTION_HEADER;
}

/** The packets of a pcapng file, and at its end what is wrong with it, if anything is. */
export function* readPcapng(file: Uint8Array, view: DataView): Generator<Frame | FileFault, void, undefined> {
  let little = true;
  let interfaces: Interface[] = [];
  let number = 0;
  for (let at = 0; at < file.length;) {
    const left = file.length - at;
    if (left < LEAST_BLOCK) return yield { fault: `cut off in a block, after packet ${number}` };
    if (view.getUint32(at) === BlockType.SECTION_HEADER) {
      little = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
      if (!little && view.getUint32(at + 8) !== BYTE_ORDER_MAGIC) {
        return yield { fault: `a section without its mark of the order of octets, after packet ${number}` };
      }
      interfaces = [];
    }
    const type = view.getUint32(at, little);
    const length = view.getUint32(at + 4, little);
    if (length < LEAST_BLOCK || length % 4 !== 0) {
      return yield {
        fault: `a block of ${length} octets, after packet ${number}: expected a multiple of 4, at least ${LEAST_BLOCK}`,
      };
    }
    if (length > left) return yield { fault: `cut off in a block of ${length} octets, after packet ${number}` };
    const body = new DataView(file.buffer, file.byteOffset + at + 8, length - LEAST_BLOCK);
    at += length;
    if (type === BlockType.INTERFACE) {
      if (interfaces.length === MOST_INTERFACES) return yield { fault: `more than ${MOST_INTERFACES} interfaces` };
      const one = readInterface(body, little);
      if (one === undefined) return yield { fault: `interface ${interfaces.length} is not described as it should be` };
      interfaces.push(one);
    }
    if (type !== BlockType.ENHANCED_PACKET && type !== BlockType.PACKET && type !== BlockType.SIMPLE_PACKET) continue;
    number++;
    const packet = readPacket(type, body, little, interfaces);
    if (typeof packet === "string") return yield { fault: `packet ${number}: ${packet}` };
    yield { number, ...packet };
  }
}

/** A text: what is wrong with it. */
function readPacket(
  type: number,
  body: DataView,
  little: boolean,
  interfaces: readonly Interface[],
): Omit<Frame, "number"> | string {
  const isSimple = type === BlockType.SIMPLE_PACKET;
  const fields = isSimple ? SIMPLE_PACKET_FIELDS : PACKET_FIELDS;
  if (body.byteLength < fields) return "cut off before its octets";
  const index = isSimple ? 0 : type === BlockType.PACKET ? body.getUint16(0, little) : body.getUint32(0, little);
  const at = interfaces[index];
  if (at === undefined) return `of interface ${index}, which no block before it describes`;
  const originalLength = body.getUint32(fields - 4, little);
  const kept = isSimple
    ? Math.min(originalLength, at.snapLength || originalLength, body.byteLength - fields)
    : body.getUint32(fields - 8, little);
  if (kept > LARGEST_FRAME) return `is said to have ${kept} octets, expected at most ${LARGEST_FRAME}`;
  if (kept > body.byteLength - fields) return `longer than its block, which has room for ${body.byteLength - fields} octets`;
  const ticks = isSimple ? undefined : BigInt(body.getUint32(4, little)) << 32n | BigInt(body.getUint32(8, little));
  return {
    timeNs: ticks === undefined ? undefined : at.offsetNs + ticks * 1_000_000_000n / at.ticksPerSecond,
    linkType: at.linkType,
    octets: new Uint8Array(body.buffer, body.byteOffset + fields, kept),
    originalLength,
  };
}
