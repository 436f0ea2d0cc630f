/**
 * Notifies of MOBIKE (RFC 4555, section 4.2).
 *
 * @module
 */
import { NotifyType } from "../../wire/constants.ts";
import { sameOctets } from "../../wire/octets.ts";
import type { NotifyPayload, Payload } from "../../wire/payload.ts";
import type { Path } from "../steps/datagram.ts";
import { addressOctets, formatAddress } from "./address.ts";
import { findNotify, notify } from "./notify.ts";

/** Of a peer's further addresses so many are kept: the others say nothing that these do not. */
const MOST_ADDRESSES = 8;
/** Octets of COOKIE2 (section 4.2.5). */
const SHORTEST_COOKIE = 8;
const LONGEST_COOKIE = 64;
/** Octets of a COOKIE2 of this end's. */
export const COOKIE_LENGTH = 16;

/** ADDITIONAL_IP4_ADDRESS and ADDITIONAL_IP6_ADDRESS for all addresses but the one in use. */
export function additionalAddressNotifies(addresses: readonly string[], inUse: string): NotifyPayload[] {
  return addresses.filter((address) => address !== inUse).map((address) => {
    const octets = addressOctets(address);
    const { ADDITIONAL_IP4_ADDRESS, ADDITIONAL_IP6_ADDRESS } = NotifyType;
    return notify(octets.length === 4 ? ADDITIONAL_IP4_ADDRESS : ADDITIONAL_IP6_ADDRESS, octets);
  });
}

/** The addresses that take the place of all that were told before; `undefined`: nothing is said of them (section 3.4). */
export function additionalAddresses(payloads: readonly Payload[]): string[] | undefined {
  const addresses: string[] = [];
  let isSaid = false;
  for (const payload of payloads) {
    if (payload.type !== "N") continue;
    const { notifyType, data } = payload;
    if (notifyType === NotifyType.NO_ADDITIONAL_ADDRESSES) isSaid = true;
    const length = LENGTHS.get(notifyType);
    if (length === undefined) continue;
    isSaid = true;
    if (data.length !== length || addresses.length === MOST_ADDRESSES || !isHost(data)) continue;
    const address = formatAddress(data);
    if (!addresses.includes(address)) addresses.push(address);
  }
  return isSaid ? addresses : undefined;
}

/** Requests are sent there on a peer's word alone: never to groups of hosts, and to IPv4 by an IPv4 address. */
function isHost(octets: Uint8Array): boolean {
  if (octets.length === 4) return octets[0] > 0 && octets[0] < FIRST_IPV4_GROUP;
  const isLow = octets.subarray(0, 10).every((octet) => octet === 0);
  const isMapped = isLow && octets[10] === 0xff && octets[11] === 0xff;
  return octets[0] !== IPV6_GROUP && !isMapped && octets.some((octet) => octet !== 0);
}

/** 224.0.0.0: groups, then reserved ones, at last broadcast. */
const FIRST_IPV4_GROUP = 224;
/** ff00::/8. */
const IPV6_GROUP = 0xff;

const LENGTHS: ReadonlyMap<number, number> = new Map([
  [NotifyType.ADDITIONAL_IP4_ADDRESS, 4],
  [NotifyType.ADDITIONAL_IP6_ADDRESS, 16],
]);

/** COOKIE2 as it came, to be sent back so; `undefined`: none, or one of a length that is none (section 3.7). */
export function cookieOf(payloads: readonly Payload[]): Uint8Array | undefined {
  const cookie = findNotify(payloads, NotifyType.COOKIE2)?.data;
  return cookie && cookie.length >= SHORTEST_COOKIE && cookie.length <= LONGEST_COOKIE ? cookie : undefined;
}

/** N(NO_NATS_ALLOWED): addresses and ports as the sender sees them (section 4.2.6). */
export function noNatsAllowed({ local, remote }: Path): NotifyPayload {
  return notify(NotifyType.NO_NATS_ALLOWED, tupleOf(local, remote));
}

/** Whether a message says that no NAT may stand between, and one does: it came from or to elsewhere than its sender thought. */
export function isNatUnexpected(payloads: readonly Payload[], { local, remote }: Path): boolean {
  const said = findNotify(payloads, NotifyType.NO_NATS_ALLOWED)?.data;
  return said !== undefined && !sameOctets(said, tupleOf(remote, local));
}

function tupleOf(source: Path["local"], destination: Path["local"]): Uint8Array {
  const from = addressOctets(source.address);
  const to = addressOctets(destination.address);
  const ports = [source.port, destination.port].flatMap((port) => [port >> 8, port & 0xff]);
  return Uint8Array.of(...from, ...to, ...ports);
}
