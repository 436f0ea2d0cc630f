/**
 * IP addresses from their text form to the octets that NAT detection and cookies cover.
 *
 * @module
 */

/** Octets of one address are asked for several times an exchange, and a socket's own address in every one. */
const CACHED_ADDRESSES = 1024;
const cache = new Map<string, Uint8Array>();

/**
 * 4 octets for an IPv4 address, 16 for IPv6 (RFC 4291, section 2.2; no zone). An IPv4-mapped IPv6 address becomes the IPv4
 * address that it maps, as a peer sees it.
 *
 * @throws {RangeError} the text is not an IP address.
 */
export function addressOctets(address: string): Uint8Array {
  let octets = cache.get(address);
  if (octets === undefined) {
    octets = parseAddress(address);
    if (cache.size >= CACHED_ADDRESSES) cache.clear();
    cache.set(address, octets);
  }
  return octets;
}

/**
 * The part of an address that tells hosts apart: all of an IPv4 address, the first 64 bits of an IPv6 address, whose other bits
 * one host may choose as it likes (RFC 8019, section 4).
 *
 * @throws {RangeError} the text is not an IP address.
 */
export function addressPrefix(address: string): string {
  if (!address.includes(":")) return address;
  const octets = addressOctets(address);
  return octets.length === 4 ? octets.join(".") : octets.subarray(0, 8).join(":");
}

function parseAddress(address: string): Uint8Array {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  const text = mapped ? mapped[1] : address;
  const octets = text.includes(":") ? parseIpv6(text) : parseIpv4(text);
  if (octets === undefined) throw new RangeError(`address: "${address}" is not an IPv4 or IPv6 address`);
  return octets;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  const valid = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
  return valid ? Uint8Array.from(parts, Number) : undefined;
}

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
      groups.push(ipv4[0] << 8 | ipv4[1], ipv4[2] << 8 | ipv4[3]);
    }
  }
  return groups;
}
