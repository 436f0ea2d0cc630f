/**
 * TSi and TSr (RFC 7296, section 3.13).
 *
 * @module
 */
import { MAXIMUM_SELECTORS } from "../limits.ts";
import { TrafficSelectorType } from "../constants.ts";
import type { TrafficSelector, TrafficSelectorPayload } from "../payload.ts";
import type { Reader } from "../reader.ts";
import { outOfRange, type Writer } from "../writer.ts";

/** Octets of a selector before its addresses. */
const SELECTOR_HEAD_LENGTH = 8;

/**
 * A selector of a type that this codec does not know is left out: nothing could be chosen from it, and a peer that offers one
 * beside others still gets an answer to the others.
 */
export function readTrafficSelectors(reader: Reader, type: TrafficSelectorPayload["type"]): TrafficSelectorPayload {
  const count = reader.u8();
  reader.skip(3);
  const selectors: TrafficSelector[] = [];
  for (let i = 0; i < count && reader.error === undefined; i++) {
    reader.structure = "selector";
    const selector = readSelector(reader);
    if (selector !== undefined) selectors.push(selector);
  }
  reader.structure = type;
  return { type, selectors };
}

function readSelector(reader: Reader): TrafficSelector | undefined {
  const start = reader.position;
  const selectorType = reader.u8();
  const ipProtocol = reader.u8();
  const length = reader.u16();
  const addressLength = addressLengthOf(selectorType);
  if (addressLength === undefined) {
    if (length < 4) reader.fail("bad-length", `a selector length of at least 4, not ${length}`, start + 2);
    reader.skip(length - 4);
    return undefined;
  }
  const expectedLength = SELECTOR_HEAD_LENGTH + 2 * addressLength;
  if (length !== expectedLength) reader.fail("bad-length", `a selector length of ${expectedLength}, not ${length}`, start + 2);
  return {
    selectorType,
    ipProtocol,
    startPort: reader.u16(),
    endPort: reader.u16(),
    startAddress: reader.octets(addressLength),
    endAddress: reader.octets(addressLength),
  };
}

export function trafficSelectorsLength(payload: TrafficSelectorPayload): number {
  let length = 4;
  for (const selector of payload.selectors) length += selectorLength(selector);
  return length;
}

export function writeTrafficSelectors(writer: Writer, payload: TrafficSelectorPayload): void {
  const count = payload.selectors.length;
  if (count > MAXIMUM_SELECTORS) throw outOfRange(`${payload.type}: selectors`, `at most ${MAXIMUM_SELECTORS}`, count);
  writer.u8(count, "TS: number of selectors");
  writer.zeros(3);
  for (const selector of payload.selectors) {
    writer.u8(selector.selectorType, "TS: selector type");
    writer.u8(selector.ipProtocol, "TS: IP protocol");
    writer.u16(selectorLength(selector), "TS: selector length");
    writer.u16(selector.startPort, "TS: start port");
    writer.u16(selector.endPort, "TS: end port");
    writer.copy(selector.startAddress);
    writer.copy(selector.endAddress);
  }
}

function selectorLength(selector: TrafficSelector): number {
  const addressLength = addressLengthOf(selector.selectorType);
  if (addressLength === undefined) {
    throw outOfRange("TS: selector type", "7 (IPv4) or 8 (IPv6)", selector.selectorType);
  }
  if (selector.startAddress.length !== addressLength || selector.endAddress.length !== addressLength) {
    const lengths = `${selector.startAddress.length} and ${selector.endAddress.length}`;
    throw outOfRange("TS: addresses", `${addressLength} octets each`, lengths);
  }
  return SELECTOR_HEAD_LENGTH + 2 * addressLength;
}

function addressLengthOf(selectorType: number): number | undefined {
  if (selectorType === TrafficSelectorType.TS_IPV4_ADDR_RANGE) return 4;
  if (selectorType === TrafficSelectorType.TS_IPV6_ADDR_RANGE) return 16;
  return undefined;
}
