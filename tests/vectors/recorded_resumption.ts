/**
 * The recorded resumption (full exchange, then twice IKE_SESSION_RESUME) between two deployed peers, with every key.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readVectorJson, vectorsPath } from "./vectors.ts";

export interface RecordedMessage {
  readonly from: "initiator" | "responder";
  readonly exchange: number;
  readonly msgid: number;
  readonly len: number;
  /** Payload names as `SA`, `Nonce`, `N(16388)`. */
  readonly outer: readonly string[];
  /** Hexadecimal, from the IKE header. */
  readonly raw: string;
  readonly fragment?: string;
  readonly inner?: readonly string[];
  /** Type number of the first payload inside. */
  readonly inner_np?: number;
  /** Hexadecimal; of a fragmented message at its last fragment. */
  readonly inner_plain?: string;
}

export interface RecordedAuth {
  readonly method: number;
  readonly on_wire: string;
  /** The standard's AUTH value, of resumptions only. */
  readonly "rfc5723_sec4.3.3_prf(SK_p,msg|nonce|prf(SK_p,ID))"?: string;
  /** The value as this deployed peer computes it, of resumptions only. */
  readonly "message_only_prf(SK_p,msg)"?: string;
}

/** One IKE SA. All octets are hexadecimal. */
export interface RecordedSa {
  readonly kind: "full" | "resume";
  readonly SPIi: string;
  readonly SPIr: string;
  readonly Ni: string;
  readonly Nr: string;
  /** SK_d of the SA before, of resumptions only. */
  readonly SK_d_old?: string;
  readonly SKEYSEED: string;
  readonly SK_d: string;
  readonly SK_ei: string;
  readonly salt_i: string;
  readonly SK_er: string;
  readonly salt_r: string;
  readonly SK_pi: string;
  readonly SK_pr: string;
  readonly keymat: string;
  readonly messages: readonly RecordedMessage[];
  readonly IDi: string;
  readonly MACedID_i: string;
  readonly AUTH_i: RecordedAuth;
  readonly IDr: string;
  readonly MACedID_r: string;
  readonly AUTH_r: RecordedAuth;
  readonly ticket: { readonly lifetime_s: number; readonly len: number; readonly hex: string };
}

export interface RecordedResumption {
  readonly psk: string;
  readonly sas: readonly RecordedSa[];
}

/** Reads the recording that the project carries. */
export function recordedResumption(): RecordedResumption {
  const path = vectorsPath("resumption/gcm256-sha256-x25519.json");
  assert.ok(path !== undefined, "the recording is part of the project");
  return readVectorJson<RecordedResumption>(path);
}
