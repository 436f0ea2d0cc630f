/**
 * A capture that dumpcap made of two clients with certificates, over IPv4 with AES-CBC and over IPv6 with AES-GCM, whose IKE_AUTH goes in
 * fragments; the gateway's key log; and what tshark 4.0.17 read in it with these keys.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type CaptureCounts,
  type CaptureFault,
  decodeCapture,
  type DecodedMessage,
  type DecodeOptions,
} from "../../src/capture/mod.ts";

export const CAPTURE_PATH: string = fileURLToPath(new URL("recorded/certificates.pcapng", import.meta.url));
export const KEYS_PATH: string = fileURLToPath(new URL("recorded/certificates.keys", import.meta.url));

export const CAPTURE: Uint8Array = new Uint8Array(readFileSync(CAPTURE_PATH));
export const KEYS: string = readFileSync(KEYS_PATH, "utf8");
export const TSHARK: string = readFileSync(new URL("recorded/certificates.tshark", import.meta.url), "utf8");

export interface Read {
  readonly messages: readonly DecodedMessage[];
  readonly faults: readonly CaptureFault[];
  readonly counts: CaptureCounts;
}

export function readAll(file: Uint8Array, options?: DecodeOptions): Read {
  const messages: DecodedMessage[] = [];
  const faults: CaptureFault[] = [];
  const records = decodeCapture(file, options);
  for (let next = records.next();; next = records.next()) {
    if (next.done) return { messages, faults, counts: next.value };
    if ("payloads" in next.value) messages.push(next.value);
    else faults.push(next.value);
  }
}
