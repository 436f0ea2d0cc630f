/**
 * The key of an EAP method, as RADIUS hands it to the gateway: MS-MPPE-Recv-Key and MS-MPPE-Send-Key (RFC 2548, section 2.4; RFC 3579, section 4.3.4).
 *
 * @module
 */
import { createHash } from "node:crypto";
import { wipe } from "../../crypto/wipe.ts";
import { MSK_LENGTH } from "../../ike/authentication/eap/eap_method.ts";
import { concatenate } from "../../wire/octets.ts";
import { type RadiusAnswer, RadiusAttribute } from "./radius_packet.ts";

const VENDOR_MICROSOFT = 311;
const MS_MPPE_SEND_KEY = 16;
const MS_MPPE_RECV_KEY = 17;
const VENDOR_HEADER_LENGTH = 6;
const SALT_LENGTH = 2;
/** The hash's length, and so that of a block. */
const BLOCK_LENGTH = 16;
/** Octets of a key that EAP-MSCHAPv2 makes, and of one that fills its half of the MSK. */
const KEY_LENGTHS: readonly number[] = [16, MSK_LENGTH / 2];

/**
 * The MSK: what the gateway receives by, then what it sends by, and zeros where they are short, as EAP-MSCHAPv2 has it. `undefined`: one of them is
 * missing, or has another length.
 */
export function masterSessionKey(
  answer: RadiusAnswer,
  requestAuthenticator: Uint8Array,
  secret: Uint8Array,
): Uint8Array | undefined {
  const halves = [MS_MPPE_RECV_KEY, MS_MPPE_SEND_KEY].map((type) => {
    const hidden = microsoftAttribute(answer, type);
    return hidden && decryptKey(hidden, requestAuthenticator, secret);
  });
  const [receive, send] = halves;
  if (receive === undefined || send === undefined) return undefined;
  const isPair = receive.length === send.length;
  const msk = isPair ? concatenate([receive, send, new Uint8Array(MSK_LENGTH - 2 * receive.length)]) : undefined;
  wipe(receive);
  wipe(send);
  return msk;
}

function microsoftAttribute({ attributes }: RadiusAnswer, type: number): Uint8Array | undefined {
  for (const { type: outer, value } of attributes) {
    if (outer !== RadiusAttribute.VENDOR_SPECIFIC || value.length < VENDOR_HEADER_LENGTH) continue;
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    const isIt = view.getUint32(0) === VENDOR_MICROSOFT && value[4] === type && value[5] === value.length - 4;
    if (isIt) return value.subarray(VENDOR_HEADER_LENGTH);
  }
  return undefined;
}

/** RFC 2548, section 2.4.2: each block is hidden by a hash of the one before it. */
function decryptKey(hidden: Uint8Array, requestAuthenticator: Uint8Array, secret: Uint8Array): Uint8Array | undefined {
  const salt = hidden.subarray(0, SALT_LENGTH);
  const blocks = hidden.subarray(SALT_LENGTH);
  if (blocks.length === 0 || blocks.length % BLOCK_LENGTH !== 0) return undefined;
  const plain = new Uint8Array(blocks.length);
  for (let start = 0; start < blocks.length; start += BLOCK_LENGTH) {
    const before = start === 0 ? concatenate([requestAuthenticator, salt]) : blocks.subarray(start - BLOCK_LENGTH, start);
    const mask = createHash("md5").update(secret).update(before).digest();
    for (let index = 0; index < BLOCK_LENGTH; index++) plain[start + index] = blocks[start + index] ^ mask[index];
  }
  const [length] = plain;
  const key = KEY_LENGTHS.includes(length) && plain.length > length ? plain.slice(1, 1 + length) : undefined;
  wipe(plain);
  return key;
}
