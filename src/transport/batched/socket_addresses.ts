/**
 * Addresses of the kernel, which are octets, and endpoints, whose addresses are text. A peer sends several datagrams, so what was worked out last is
 * kept: the text is made once for a peer and not for a datagram.
 *
 * @module
 */
import { addressOctets, formatAddress } from "../../ike/message/address.ts";
import type { Endpoint } from "../../ike/steps/datagram.ts";
import { AF_INET, AF_INET6 } from "../libc/constants.ts";
import { RecentMap } from "./recent_map.ts";

/** Octets of a `sockaddr_in` and a `sockaddr_in6`, and where the address stands in them. */
const IPV4 = { length: 16, offset: 4 } as const;
const IPV6 = { length: 28, offset: 8 } as const;

/** Where a `sockaddr_in6` has the zone of a link-local address, as 32 bits: the number of an interface. */
const ZONE = 24;

/** Peers and addresses that are remembered. */
const REMEMBERED = 8192;

/** ::ffff:0:0/96 (RFC 4291, section 2.5.5.2): a socket for both families has IPv4 peers there. */
const MAPPED_PREFIX = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

/** Those of sockets of one family. */
export class SocketAddresses {
  readonly family: 4 | 6;
  readonly #endpoints = new RecentMap<number | string, Endpoint>(REMEMBERED);
  readonly #octets = new RecentMap<string, Uint8Array>(REMEMBERED);
  /** Where link-local peers were heard last: without it they are not reached (RFC 4007, section 6), and texts of addresses have none. */
  readonly #zones = new RecentMap<string, number>(REMEMBERED);

  constructor(family: 4 | 6) {
    this.family = family;
  }

  /** Octets of a `sockaddr` of this family. */
  get length(): number {
    return this.family === 4 ? IPV4.length : IPV6.length;
  }

  /** The endpoint that a `sockaddr` names. An IPv4-mapped address becomes the IPv4 address that it maps, as NAT detection has it. */
  endpointAt(names: Uint8Array, at: number): Endpoint {
    const port = names[at + 2] << 8 | names[at + 3];
    const endpoint = this.endpointOf(names, at + (this.family === 4 ? IPV4 : IPV6).offset, port);
    if (this.family === 6 && isLinkLocal(names, at + IPV6.offset)) {
      this.#zones.set(endpoint.address, viewOf(names).getUint32(at + ZONE, true));
    }
    return endpoint;
  }

  /** The endpoint of an address of this family that stands in octets, and a port. */
  endpointOf(octets: Uint8Array, at: number, port: number): Endpoint {
    const key = this.family === 4 ? keyOfIpv4(octets, at, port) : keyOfIpv6(octets, at, port);
    return this.#endpoints.get(key) ?? this.#endpoints.set(key, this.#newEndpoint(octets, at, port));
  }

  /** Writes the `sockaddr` of an endpoint. False: it is none that this family reaches. */
  write({ address, port }: Endpoint, names: Uint8Array, at: number): boolean {
    const { offset, length } = this.family === 4 ? IPV4 : IPV6;
    names.fill(0, at, at + length);
    names[at] = this.family === 4 ? AF_INET : AF_INET6;
    names[at + 2] = port >> 8;
    names[at + 3] = port & 0xff;
    if (!this.writeAddress(address, names, at + offset)) return false;
    if (this.family === 6 && isLinkLocal(names, at + offset)) {
      viewOf(names).setUint32(at + ZONE, this.#zones.get(address) ?? 0, true);
    }
    return true;
  }

  /** Writes the octets of an address as this family has them. False: it has none. */
  writeAddress(address: string, octets: Uint8Array, at: number): boolean {
    const known = this.#octets.get(address) ?? this.#octets.set(address, this.#familyOctets(address));
    octets.set(known, at);
    return known.length > 0;
  }

  #newEndpoint(octets: Uint8Array, at: number, port: number): Endpoint {
    const isIpv4 = this.family === 4 || isMapped(octets, at);
    const end = at + (this.family === 4 ? 4 : 16);
    return { address: formatAddress(octets.subarray(isIpv4 ? end - 4 : at, end)), port };
  }

  /** Empty for an address that is none, or of a family that is not reached. */
  #familyOctets(address: string): Uint8Array {
    let octets: Uint8Array;
    try {
      octets = addressOctets(address);
    } catch {
      return NONE;
    }
    if (this.family === 4) return octets.length === 4 ? octets : NONE;
    if (octets.length === 16) return octets;
    const mapped = new Uint8Array(16);
    mapped.set(MAPPED_PREFIX);
    mapped.set(octets, MAPPED_PREFIX.length);
    return mapped;
  }
}

const NONE = new Uint8Array(0);

/** 48 bits: a number holds them. */
function keyOfIpv4(octets: Uint8Array, at: number, port: number): number {
  return ((octets[at] << 24 | octets[at + 1] << 16 | octets[at + 2] << 8 | octets[at + 3]) >>> 0) * 0x1_0000 + port;
}

function keyOfIpv6(octets: Uint8Array, at: number, port: number): string {
  let key = String.fromCharCode(port);
  for (let index = at; index < at + 16; index += 2) key += String.fromCharCode(octets[index] << 8 | octets[index + 1]);
  return key;
}

/** fe80::/10 (RFC 4291, section 2.5.6). */
function isLinkLocal(octets: Uint8Array, at: number): boolean {
  return octets[at] === 0xfe && (octets[at + 1] & 0xc0) === 0x80;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function isMapped(octets: Uint8Array, at: number): boolean {
  for (let index = 0; index < MAPPED_PREFIX.length; index++) if (octets[at + index] !== MAPPED_PREFIX[index]) return false;
  return true;
}
