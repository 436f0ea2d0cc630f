/**
 * TICKET_GATEWAY_LIST (draft-sheffer-ipsec-failover-03, section 4.5): the gateways that take a client's ticket.
 *
 * Each is ID type | reserved | length in two octets | identification. What stands in it is believed only where it stood inside SK.
 *
 * @module
 */
import type { Identity } from "../../ticket/identity.ts";
import { IdType } from "../../wire/constants.ts";
import { Reader } from "../../wire/reader.ts";
import { Writer } from "../../wire/writer.ts";

/** More than a client would ever try. */
export const MOST_GATEWAYS = 32;

/** RFC 1035, section 2.3.4. */
const LONGEST_NAME = 255;
const ENTRY_HEADER_LENGTH = 4;

/** @throws {RangeError} no gateway, too many, one of another ID type, or of a length that this type does not have. */
export function encodeGatewayList(gateways: readonly Identity[]): Uint8Array {
  checkGatewayList(gateways);
  const length = gateways.reduce((sum, { identification }) => sum + ENTRY_HEADER_LENGTH + identification.length, 0);
  const writer = new Writer(length);
  for (const { idType, identification } of gateways) {
    writer.u8(idType, "gateway list: ID type");
    writer.u8(0, "gateway list: reserved");
    writer.u16(identification.length, "gateway list: length");
    writer.copy(identification);
  }
  return writer.octets;
}

/** @throws {RangeError} as {@link encodeGatewayList} says. */
export function checkGatewayList(gateways: readonly Identity[]): void {
  if (gateways.length === 0 || gateways.length > MOST_GATEWAYS) {
    throw new RangeError(`gateway list: ${gateways.length} gateways, expected 1 to ${MOST_GATEWAYS}`);
  }
  for (const { idType, identification } of gateways) {
    if (isAllowed(idType, identification)) continue;
    throw new RangeError(
      `gateway list: ID type ${idType} of ${identification.length} octets, expected an IPv4 or IPv6 address, or a host name`,
    );
  }
}

/**
 * The gateways of a list, each once, in its order; copies. Entries of other types are passed over. `undefined`: the list is cut off, an entry does not
 * have the length of its type, or a name has other characters than names have: then nothing in it is believed.
 */
export function decodeGatewayList(octets: Uint8Array): readonly Identity[] | undefined {
  const reader = new Reader(octets, 0, "gateway list");
  const gateways = new Map<string, Identity>();
  while (reader.remaining > 0) {
    const idType = reader.u8();
    reader.skip(1);
    const length = reader.u16();
    if (reader.error || length > reader.remaining) return undefined;
    const identification = reader.octets(length).slice();
    if (!LENGTHS.has(idType)) continue;
    if (!isAllowed(idType, identification)) return undefined;
    if (gateways.size < MOST_GATEWAYS) gateways.set(`${idType} ${identification}`, { idType, identification });
  }
  return reader.error ? undefined : [...gateways.values()];
}

const LENGTHS: ReadonlyMap<number, readonly [least: number, most: number]> = new Map([
  [IdType.ID_IPV4_ADDR, [4, 4]],
  [IdType.ID_IPV6_ADDR, [16, 16]],
  [IdType.ID_FQDN, [1, LONGEST_NAME]],
]);

function isAllowed(idType: number, identification: Uint8Array): boolean {
  const [least, most] = LENGTHS.get(idType) ?? [Infinity, 0];
  const isRightLength = identification.length >= least && identification.length <= most;
  return isRightLength && (idType !== IdType.ID_FQDN || identification.every(isOfName));
}

/** Letters, digits, "-", "." and "_". */
function isOfName(octet: number): boolean {
  return /[\w.-]/.test(String.fromCharCode(octet));
}
