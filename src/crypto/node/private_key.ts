/** Private keys on their way into node:crypto: PKCS #8 is what every runtime takes. @module */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { Buffer } from "node:buffer";
import { wipe } from "../wipe.ts";

/** PKCS #8 version 0, in DER. */
export const PKCS8_VERSION_0: Uint8Array = Uint8Array.of(0x02, 0x01, 0x00);

/** Wipes the octets. */
export function privateKeyOf(pkcs8: Uint8Array<ArrayBuffer>): KeyObject {
  const key = createPrivateKey({ key: Buffer.from(pkcs8.buffer), format: "der", type: "pkcs8" });
  wipe(pkcs8);
  return key;
}
