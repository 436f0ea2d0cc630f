/** Messages whose payloads are octets as a test likes them, under the keys of an IKE SA. @module */
import { icvLength } from "../../../../src/crypto/algorithms.ts";
import type { IkeSaKeys } from "../../../../src/ike/ike_sa/ike_sa_keys.ts";
import type { IkeSuite } from "../../../../src/ike/ike_sa/suite.ts";
import { seal, type Step } from "../../../../src/ike/steps/step.ts";
import { PayloadNumber } from "../../../../src/wire/constants.ts";
import type { Header } from "../../../../src/wire/header.ts";
import { encodeMessage, encodePayload, encodeProtectedPrefix } from "../../../../src/wire/message.ts";
import type { Payload } from "../../../../src/wire/payload.ts";

/** A payload under any number, with any body: known numbers too. */
export interface RawPayload {
  readonly payloadType: number;
  readonly critical: boolean;
  readonly body: Uint8Array;
  /** What its header says of its length; not given: the truth. */
  readonly length?: number;
}

const GENERIC_HEADER_LENGTH = 4;
const NEXT_PAYLOAD_OFFSET = 16;
const LENGTH_OFFSET = 24;

/** The whole message. `iv`: of the length that the cipher has. */
export function sealRaw(
  { suite: { protection }, keys }: { readonly suite: IkeSuite; readonly keys: IkeSaKeys },
  header: Header,
  payloads: readonly (Payload | RawPayload)[],
  random: (length: number) => Uint8Array,
): Step<Uint8Array> {
  const raw = payloads.map(rawOf);
  const chain = chainOf(raw);
  const { blockLength, ivLength } = protection.encryption;
  const padLength = blockLength - 1 - chain.length % blockLength;
  const plaintext = Uint8Array.from([...chain, ...new Uint8Array(padLength), padLength]);
  return seal({
    protection,
    encryptionKey: header.fromInitiator ? keys.skEi : keys.skEr,
    integrityKey: header.fromInitiator ? keys.skAi : keys.skAr,
    iv: random(ivLength),
    associatedData: encodeProtectedPrefix(
      header,
      raw[0]?.payloadType ?? 0,
      ivLength + plaintext.length + icvLength(protection),
    ),
    plaintext,
  });
}

/** The same without protection. */
export function encodeRaw(header: Header, payloads: readonly (Payload | RawPayload)[]): Uint8Array {
  const raw = payloads.map(rawOf);
  const octets = Uint8Array.from([...encodeMessage(header, []), ...chainOf(raw)]);
  octets[NEXT_PAYLOAD_OFFSET] = raw[0]?.payloadType ?? 0;
  new DataView(octets.buffer).setUint32(LENGTH_OFFSET, octets.length);
  return octets;
}

/** Payloads with their generic headers. */
function chainOf(raw: readonly RawPayload[]): number[] {
  return raw.flatMap(({ critical, body, length = body.length + GENERIC_HEADER_LENGTH }, index) => [
    raw[index + 1]?.payloadType ?? 0,
    critical ? 0x80 : 0,
    length >> 8,
    length & 0xff,
    ...body,
  ]);
}

export function rawOf(payload: Payload | RawPayload): RawPayload {
  if (!("type" in payload)) return payload;
  const body = encodePayload(payload, 0).subarray(GENERIC_HEADER_LENGTH);
  return payload.type === "unknown"
    ? { payloadType: payload.payloadType, critical: payload.critical, body }
    : { payloadType: PayloadNumber[payload.type], critical: false, body };
}
