/** P-521 (RFC 5903, section 3.3) with key objects of node:crypto: Deno's `createECDH` does not have the curve. @module */
import { createPublicKey, diffieHellman, type KeyObject } from "node:crypto";
import { Buffer } from "node:buffer";
import { ecpPrivateValue } from "../ecp_scalar.ts";
import type { KeyPair, RandomSource } from "../key_exchange.ts";
import { privateValueOf } from "../key_pair.ts";
import { ECP_521 } from "../registry.ts";
import { wipe } from "../wipe.ts";
import { concatenate, octetsOfHex, plainView } from "./octets.ts";
import { privateKeyOf } from "./private_key.ts";

/** A whole PKCS #8 private key of P-521, without the public one, but for its last 66 octets, the scalar (RFC 5915). */
const PKCS8_PREFIX = octetsOfHex("3060020100301006072a8648ce3d020106052b810400230449304702010104" + "42");

const COORDINATE_LENGTH = ECP_521.publicValueLength / 2;

export function generateEcp521(random: RandomSource): KeyPair {
  const secret = ecpPrivateValue(21, random);
  const key = privateKeyOf(concatenate([PKCS8_PREFIX, secret]));
  wipe(secret);
  const { x, y } = createPublicKey(key).export({ format: "jwk" });
  if (x === undefined || y === undefined) throw new Error("node:crypto gave no P-521 public value");
  return {
    group: ECP_521.id,
    publicValue: new Uint8Array(Buffer.concat([Buffer.from(x, "base64url"), Buffer.from(y, "base64url")])),
    privateValue: privateValueOf(key, agree),
  };
}

function agree(privateKey: KeyObject, peer: Uint8Array): Uint8Array | undefined {
  const [x, y] = [peer.subarray(0, COORDINATE_LENGTH), peer.subarray(COORDINATE_LENGTH)].map(base64url);
  try {
    const publicKey = createPublicKey({ key: { kty: "EC", crv: "P-521", x, y }, format: "jwk" });
    return plainView(diffieHellman({ privateKey, publicKey }));
  } catch {
    // Not a point of the curve.
    return undefined;
  }
}

function base64url(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("base64url");
}
