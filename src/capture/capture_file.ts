/**
 * Files of recorded packets: pcap and pcapng, as tcpdump, dumpcap and Wireshark write them. A file is hostile: whatever stands in it, reading it
 * does bounded work, and ends with a line that says what is wrong.
 *
 * @module
 */
import { isPcap, readPcap } from "./pcap.ts";
import { isPcapng, readPcapng } from "./pcapng.ts";

/** One packet as it was recorded. */
export interface Frame {
  /** From 1, in the order of the file. */
  readonly number: number;
  /** Nanoseconds since 1970; `undefined`: the file does not tell. */
  readonly timeNs: bigint | undefined;
  /** Its first layer, by its number of LINKTYPE_. */
  readonly linkType: number;
  /** What was kept of it: a view of the file. */
  readonly octets: Uint8Array;
  /** How many octets it had. More than were kept: it was cut off. */
  readonly originalLength: number;
}

/** What is wrong with a file: nothing after it is read. */
export interface FileFault {
  readonly fault: string;
}

/** Most octets of one packet that a recorder keeps (libpcap's MAXIMUM_SNAPLEN). */
export const LARGEST_FRAME = 262_144;

const GZIP_MAGIC = 0x1f8b;

/** The packets of a file, and at its end what is wrong with it, if anything is. */
export function* framesOf(file: Uint8Array): Generator<Frame | FileFault, void, undefined> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (isPcap(view)) return yield* readPcap(file, view);
  if (isPcapng(view)) return yield* readPcapng(file, view);
  if (file.length >= 2 && view.getUint16(0) === GZIP_MAGIC) {
    return yield { fault: "it is compressed: expected it unpacked, as by gunzip" };
  }
  yield { fault: `it begins with neither of the marks of pcap and pcapng (${file.length} octets)` };
}
