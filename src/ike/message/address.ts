/**
 * IP addresses from their text form to the octets that NAT detection and cookies cover, and back.
 *
 * @module
 */

/** IPv6 addresses that were parsed last: one is asked for several times an exchange, and a socket's own in every one. */
const CACHED_ADDRESSES = 1024;
const cache = new Map<string, Uint8Array>();

/**
 * A new array each time: 4 octets for an IPv4 address, 16 for IPv6 (RFC 4291, section 2.2; no zone). An IPv4-mapped IPv6 address becomes the IPv4
 * address that it maps, as a peer sees it.
 *
 * @throws {RangeError} the text is not an IP address.
 */
export function addressOctets(address: string): Uint8Array {
  const ipv4 = parseIpv4(address);
  if (ipv4 !== undefined) return octetsOf(ipv4);
  return parsed(address).slice();
}

/** 4 octets in dotted form; 16 in the form of RFC 5952, section 4, as sockets and Linux have it, with no dots at its end. */
export function formatAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join(".");
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const groups = Array.from({ length: octets.length / 2 }, (_, index) => view.getUint16(2 * index).toString(16));
  // The longest run of zeros is left out, the first of several such; a lone zero is not.
  let [start, length] = [0, 1];
  for (let from = 0; from < groups.length; from++) {
    let end = from;
    while (groups[end] === "0") end++;
    if (end - from > length) [start, length] = [from, end - from];
    from = end;
  }
  return length === 1 ? groups.join(":") : `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}

/**
 * Writes what {@link addressOctets} gives into other octets.
 *
 * @returns how many octets: 4 or 16.
 * @throws {RangeError} the text is not an IP address.
 */
export function writeAddress(address: string, into: Uint8Array, offset: number): number {
  const ipv4 = parseIpv4(address);
  if (ipv4 !== undefined) {
    writeIpv4(ipv4, into, offset);
    return 4;
  }
  const octets = parsed(address);
  into.set(octets, offset);
  return octets.length;
}

/**
 * Writes an IPv4 address as 4 octets.
 *
 * @returns false: the text is none, or not as four octets joined by dots give it. Nothing is written.
 */
export function writeIpv4Text(text: string, into: Uint8Array, offset: number): boolean {
  const address = parseIpv4(text);
  if (address === undefined || text.length !== ipv4TextLength(address)) return false;
  writeIpv4(address, into, offset);
  return true;
}

/**
 * The part of an address that tells hosts apart: all of an IPv4 address, the first 64 bits of an IPv6 address, whose other bits
 * one host may choose as it likes (RFC 8019, section 4).
 *
 * @throws {RangeError} the text is not an IP address.
 */
export function addressPrefix(address: string): AddressPrefix {
  const ipv4 = parseIpv4(address);
  if (ipv4 !== undefined) return ipv4;
  const octets = parsed(address);
  return octets.length === 4 ? numberOf(octets) : octets.subarray(0, 8).join(":");
}

/** A name for maps: an IPv4 address as a number of 32 bits, since a text that was just made is looked for in a map at many times the cost. */
export type AddressPrefix = number | string;

function parsed(address: string): Uint8Array {
  let octets = cache.get(address);
  if (octets === undefined) {
    octets = parseAddress(address);
    if (cache.size >= CACHED_ADDRESSES) cache.clear();
    cache.set(address, octets);
  }
  return octets;
}

function parseAddress(address: string): Uint8Array {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  const text = mapped ? mapped[1] : address;
  const ipv4 = parseIpv4(text);
  const octets = ipv4 === undefined ? parseIpv6(text) : octetsOf(ipv4);
  if (octets === undefined) throw new RangeError(`address: "${address}" is not an IPv4 or IPv6 address`);
  return octets;
}

/** Four decimal numbers of one to three digits, as one of 32 bits: read as they come, since every exchange asks for several addresses. */
function parseIpv4(text: string): number | undefined {
  const { length } = text;
  if (length < 7 || length > 15) return undefined;
  let address = 0;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code === DOT) {
      if (digits === 0 || ++dots > 3) return undefined;
      address = address << 8 | part;
      part = digits = 0;
    } else {
      if (code < ZERO || code > NINE || ++digits > 3) return undefined;
      part = 10 * part + code - ZERO;
      if (part > 255) return undefined;
    }
  }
  if (dots !== 3 || digits === 0) return undefined;
  return address << 8 | part;
}

/** Without zeros in front of a number. */
function ipv4TextLength(address: number): number {
  let length = 3;
  for (let shift = 24; shift >= 0; shift -= 8) {
    const part = address >>> shift & 0xff;
    length += part > 99 ? 3 : part > 9 ? 2 : 1;
  }
  return length;
}

function numberOf(octets: Uint8Array): number {
  return octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3];
}

function octetsOf(ipv4: number): Uint8Array {
  const octets = new Uint8Array(4);
  writeIpv4(ipv4, octets, 0);
  return octets;
}

function writeIpv4(ipv4: number, into: Uint8Array, offset: number): void {
  into[offset] = ipv4 >>> 24;
  into[offset + 1] = ipv4 >>> 16;
  into[offset + 2] = ipv4 >>> 8;
  into[offset + 3] = ipv4;
}

const [DOT, ZERO, NINE] = [0x2e, 0x30, 0x39];

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(ipv6Groups);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...(tail ?? [])];
  const octets = new Uint8Array(16);
  const view = new DataView(octets.buffer);
  groups.forEach((group, index) => view.setUint16(2 * index, group));
  return octets;
}

/** The 16-bit groups of one half of an address; a dotted IPv4 ending counts as two. */
function ipv6Groups(half: string): number[] | undefined {
  if (half === "") return [];
  const groups: number[] = [];
  for (const part of half.split(":")) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(parseInt(part, 16));
    } else {
      const ipv4 = parseIpv4(part);
      if (ipv4 === undefined) return undefined;
      groups.push(ipv4 >>> 16, ipv4 & 0xffff);
    }
  }
  return groups;
}
