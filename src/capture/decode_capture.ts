/**
 * The IKE messages of a capture, each as an object for JSON.
 *
 * @module
 */
import type { CryptoProvider } from "../crypto/provider.ts";
import { createTsProvider } from "../crypto/ts/provider.ts";
import type { Endpoint } from "../ike/steps/datagram.ts";
import { classifyEncapsulated, NON_ESP_MARKER_LENGTH, withoutNonEspMarker } from "../transport/non_esp_marker.ts";
import { majorVersion, peekHeader, statedLength } from "../wire/header.ts";
import { MAJOR_VERSION } from "../wire/constants.ts";
import { ikeSpiDigits } from "../wire/hexadecimal.ts";
import { decodeMessage } from "../wire/message.ts";
import type { Payload } from "../wire/payload.ts";
import { describeWireError } from "../wire/wire_error.ts";
import { framesOf } from "./capture_file.ts";
import { parseKeyLog } from "./key_log_lines.ts";
import { nameOf } from "./names.ts";
import { Opener } from "./opened.ts";
import { type DecodedPayload, payloadFields } from "./payload_fields.ts";
import { type PacketFault, type UdpDatagram, UdpDatagrams } from "./udp_datagram.ts";

/** How a capture is read. */
export interface DecodeOptions {
  /** The text of a key log. Not given: SK payloads stay closed. */
  readonly keyLog?: string;
  /** UDP ports, either end's, on which IKE is spoken; default 500 and 4500. */
  readonly ports?: readonly number[];
  /** Opens payloads. Default: the `ts` provider. */
  readonly provider?: Pick<CryptoProvider, "open">;
}

/** A message of the capture: an object for JSON. */
export interface DecodedMessage {
  /** The packet that it is in, from 1 in the order of the file: of one that IP has cut, the packet that made it whole. */
  readonly packet: number;
  /** ISO 8601 in UTC, to the nanosecond as far as it was recorded; not given: the file does not tell. */
  readonly time?: string;
  /** Who sent it, as the packet says. */
  readonly from: Endpoint;
  /** To whom. */
  readonly to: Endpoint;
  /** It stood behind the four zero octets of the UDP-encapsulation port (RFC 3948). */
  readonly udp_encapsulation: boolean;
  /** 16 hexadecimal digits. */
  readonly initiator_spi: string;
  /** 16 hexadecimal digits. */
  readonly responder_spi: string;
  /** The exchange's name, or its number. */
  readonly exchange: string;
  /** From the end that made the IKE SA's first request (flag I). */
  readonly from_initiator: boolean;
  /** A response, and not a request (flag R). */
  readonly is_response: boolean;
  /** Message ID, 32 bits. */
  readonly message_id: number;
  /** Octets of the message. */
  readonly octets: number;
  /** In their order; of SK and SKF with `opened`, and what is inside as `payloads`. */
  readonly payloads: readonly DecodedPayload[];
  /** What is wrong with it, or why it was not opened. */
  readonly fault?: string;
}

/** Something that could not be read. */
export interface CaptureFault {
  /** The packet; not given: it is about the file, or the key log. */
  readonly packet?: number;
  /** What is wrong, and what was expected: a line for people. */
  readonly fault: string;
}

/** What a capture came to. */
export interface CaptureCounts {
  /** Packets, of whatever kind. */
  packets: number;
  /** IKE messages whose header could be read. */
  messages: number;
  /** Those of them with an SK or SKF payload that was opened. */
  opened: number;
  /** Those of them with one that was not. */
  closed: number;
}

const DEFAULT_PORTS: readonly number[] = [500, 4_500];
const IKE_PORT = 500;
const NS_PER_SECOND = 1_000_000_000n;

/**
 * Reads a capture, pcap or pcapng, one record after the other. Whatever stands in it, it does not throw, and does work bounded by its length.
 *
 * @returns when it is at its end: what it came to.
 */
export function* decodeCapture(
  file: Uint8Array,
  { keyLog, ports = DEFAULT_PORTS, provider = createTsProvider() }: DecodeOptions = {},
): Generator<DecodedMessage | CaptureFault, CaptureCounts, undefined> {
  const counts: CaptureCounts = { packets: 0, messages: 0, opened: 0, closed: 0 };
  const logged = keyLog === undefined ? undefined : parseKeyLog(keyLog);
  for (const fault of logged?.faults ?? []) yield { fault: `key log: ${fault}` };
  const opener = logged && new Opener(logged.keys, provider);
  const wanted = new Set(ports);
  const isWanted = ({ from, to }: UdpDatagram) => wanted.has(from.port) || wanted.has(to.port);
  const datagrams = new UdpDatagrams();
  const recordsOf = function* (found: Iterable<UdpDatagram | PacketFault>): Generator<DecodedMessage | CaptureFault> {
    for (const one of found) {
      const record = "fault" in one ? one : isWanted(one) ? recordOf(one, opener) : undefined;
      if (record === undefined) continue;
      if ("payloads" in record) count(counts, record.payloads);
      yield record;
    }
  };
  for (const frame of framesOf(file)) {
    if ("fault" in frame) {
      yield { fault: `capture: ${frame.fault}` };
      break;
    }
    counts.packets++;
    yield* recordsOf(datagrams.take(frame));
  }
  yield* recordsOf(datagrams.rest());
  return counts;
}

/** `undefined`: it is not IKE. */
function recordOf(datagram: UdpDatagram, opener: Opener | undefined): DecodedMessage | CaptureFault | undefined {
  const { frame } = datagram;
  const { octets, isEncapsulated } = messageIn(datagram);
  if (octets === undefined) return undefined;
  const header = peekHeader(octets);
  const packet = frame.number;
  const cut = cutOff(datagram);
  if (header === undefined) {
    return { packet, fault: cut ?? `${octets.length} octets, too short for the header of an IKE message` };
  }
  const about = {
    packet,
    ...(frame.timeNs !== undefined && { time: timeText(frame.timeNs) }),
    from: datagram.from,
    to: datagram.to,
    udp_encapsulation: isEncapsulated,
    initiator_spi: ikeSpiDigits(header.initiatorSpi),
    responder_spi: ikeSpiDigits(header.responderSpi),
    exchange: nameOf("exchange", header.exchangeType),
    from_initiator: header.fromInitiator,
    is_response: header.isResponse,
    message_id: header.messageId,
    octets: octets.length + datagram.missing,
  };
  if (cut !== undefined) return { ...about, payloads: [], fault: cut };
  const message = decodeMessage(octets);
  if (!message.ok) return { ...about, payloads: [], fault: describeWireError(message.error) };
  let fault: string | undefined;
  const payloads = message.value.payloads.map((payload: Payload): DecodedPayload => {
    const fields = payloadFields(payload);
    if (payload.type !== "SK" && payload.type !== "SKF") return fields;
    const { isOpened = false, payloads: inside, fault: why } = opener?.open(message.value, payload) ?? {};
    fault = why;
    return { ...fields, opened: isOpened, ...(inside && { payloads: inside.map(payloadFields) }) };
  });
  return { ...about, payloads, ...(fault !== undefined && { fault }) };
}

function messageIn(datagram: UdpDatagram): { readonly octets?: Uint8Array; readonly isEncapsulated: boolean } {
  const { from, to, octets } = datagram;
  if (from.port === IKE_PORT || to.port === IKE_PORT) return { octets, isEncapsulated: false };
  // Of other ports nothing tells that a message stands there as it is, but that it looks like one.
  if (looksLikeIke(datagram)) return { octets, isEncapsulated: false };
  const isMarked = octets.length > NON_ESP_MARKER_LENGTH && classifyEncapsulated(octets) === "ike";
  return isMarked ? { octets: withoutNonEspMarker(octets), isEncapsulated: true } : { isEncapsulated: false };
}

function looksLikeIke({ octets, missing }: UdpDatagram): boolean {
  if (peekHeader(octets) === undefined || majorVersion(octets) !== MAJOR_VERSION) return false;
  return statedLength(octets) === octets.length + missing;
}

function cutOff({ octets, missing, isFragment }: UdpDatagram): string | undefined {
  if (isFragment) return "in fragments of IP, of which some were not recorded, or contradict each other";
  return missing > 0 ? `cut off: ${octets.length} of ${octets.length + missing} octets were recorded` : undefined;
}

function count(counts: CaptureCounts, payloads: readonly DecodedPayload[]): void {
  counts.messages++;
  for (const { opened } of payloads) {
    if (opened === true) counts.opened++;
    else if (opened === false) counts.closed++;
  }
}

/** Nanoseconds where a file has them, else microseconds. */
function timeText(timeNs: bigint): string {
  // Counted from the second before, also where that is before 1970.
  const rest = (timeNs % NS_PER_SECOND + NS_PER_SECOND) % NS_PER_SECOND;
  const seconds = (timeNs - rest) / NS_PER_SECOND;
  const fraction = `${rest}`.padStart(9, "0").replace(/000$/, "");
  const date = new Date(Number(seconds) * 1_000);
  return Number.isNaN(date.getTime()) ? `${seconds}` : date.toISOString().replace(/\.\d+Z$/, `.${fraction}Z`);
}
