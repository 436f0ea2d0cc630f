/**
 * A capture as rows of a table.
 */
import { decodeCapture, type DecodedMessage, type DecodedPayload } from "../../src/capture/mod.ts"; // or from "ike-resume/capture"

/** What stands in the columns. */
export const COLUMNS: readonly string[] = ["packet", "time", "from", "to", "exchange", "id", "payloads"];

/** The rows of a table, and a line for each fault. What a peer may have written is never taken for HTML. */
export function rowsOf(
  capture: Uint8Array,
  keyLog: string | undefined,
): { readonly rows: string[][]; readonly faults: string[] } {
  const rows: string[][] = [];
  const faults: string[] = [];
  for (const record of decodeCapture(capture, keyLog === undefined ? {} : { keyLog })) {
    if ("payloads" in record) rows.push(rowOf(record));
    if (record.fault !== undefined) {
      faults.push(`${record.packet === undefined ? "" : `packet ${record.packet}: `}${record.fault}`);
    }
  }
  return { rows, faults };
}

function rowOf({ packet, time, from, to, exchange, is_response, message_id, payloads }: DecodedMessage): string[] {
  const ends = [from, to].map(({ address, port }) => `${address} port ${port}`);
  const direction = is_response ? "response" : "request";
  return [`${packet}`, time ?? "", ...ends, `${exchange} ${direction}`, `${message_id}`, payloads.map(wordsOf).join(", ")];
}

function wordsOf({ type, notify, opened, payloads }: DecodedPayload): string {
  if (notify !== undefined) return `N(${notify})`;
  const inside = (payloads as readonly DecodedPayload[] | undefined)?.map(wordsOf).join(", ");
  return inside === undefined ? `${type}${opened === false ? " (closed)" : ""}` : `${type} {${inside}}`;
}
