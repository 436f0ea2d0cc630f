/**
 * Recorded messages as lines for people. What a peer may have written stands in none of them: names, numbers and lengths do.
 *
 * @module
 */
import type { CaptureCounts, DecodedMessage, DecodedPayload } from "../capture/mod.ts";

/** The heading of the table. */
export const DECODE_HEADING: string = row("packet", "seconds", "from", "to", "exchange", "flags", "id", "payloads");

/** A line for a message; `start`: when the first one came, in seconds since 1970. */
export function messageRow(message: DecodedMessage, start: number | undefined): string {
  const { packet, time, from, to, exchange, from_initiator, is_response, message_id, payloads, fault } = message;
  const seconds = time === undefined || start === undefined ? "" : (secondsOf(time) - start).toFixed(6);
  const flags = `${from_initiator ? "I" : ""}${is_response ? "R" : ""}`;
  const words = [...payloads.map((payload) => payloadWords(payload, message)), ...(fault === undefined ? [] : [`! ${fault}`])];
  return row(`${packet}`, seconds, endpoint(from), endpoint(to), exchange, flags, `${message_id}`, words.join(" "));
}

/** The last line. */
export function countsLine({ packets, messages, opened, closed }: CaptureCounts): string {
  const kept = opened + closed === 0 ? "" : `; of their protected payloads ${opened} opened, ${closed} not`;
  return `${packets} packets, ${messages} IKE messages${kept}`;
}

/** Seconds since 1970 of a time in ISO 8601, with what stands behind its milliseconds. */
export function secondsOf(time: string): number {
  const [, second, fraction = "0"] = /^(.*?)(?:\.(\d+))?Z$/.exec(time) ?? [];
  return Date.parse(`${second}Z`) / 1_000 + Number(`0.${fraction}`);
}

/** As the RFCs write them: `SA`, `N(COOKIE)`, `SK{IDi AUTH}`; what was not opened by its length, `SK[96]`. */
function payloadWords(payload: DecodedPayload, { is_response }: { readonly is_response: boolean }): string {
  switch (payload.type) {
    case "N":
      return `N(${payload["notify"]})`;
    case "Nonce":
      return is_response ? "Nr" : "Ni";
    case "EAP":
      return `EAP(${payload["code"]})`;
    case "CP":
      return `CP(${payload["configuration"]})`;
    case "unknown":
      return `${payload["payload_type"]}?`;
    case "SK":
    case "SKF": {
      const name = payload.type === "SK" ? "SK" : `SKF ${payload["fragment"]}/${payload["fragments"]} `;
      const inside = payload["payloads"] as readonly DecodedPayload[] | undefined;
      if (inside) return `${name}{${inside.map((each) => payloadWords(each, { is_response })).join(" ")}}`;
      return `${name}[${payload["octets"]}]`;
    }
  }
  return payload.type;
}

function endpoint({ address, port }: DecodedMessage["from"]): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function row(...[packet, seconds, from, to, exchange, flags, id, payloads]: readonly string[]): string {
  const columns = [packet.padStart(6), seconds.padStart(11), from.padEnd(19), to.padEnd(19), exchange.padEnd(18)];
  return [...columns, flags.padEnd(5), id.padStart(3), payloads].join("  ").trimEnd();
}
