/**
 * The computations of MS-CHAPv2 (RFC 2759) and of its keys (RFC 3079, section 3). What they are worth is what DES and MD4 are: whoever records a
 * conversation outside the tunnel finds the password's hash in hours. Inside IKE_AUTH a gateway with a certificate keeps it from everyone else.
 *
 * @module
 */
import { sha1 } from "@noble/hashes/legacy.js";
import des from "des.js";
import md4 from "js-md4";
import { wipe } from "../crypto/wipe.ts";
import { concatenate } from "../wire/octets.ts";

export const CHALLENGE_LENGTH = 16;
export const RESPONSE_LENGTH = 24;
const HASH_LENGTH = 16;
const KEY_LENGTH = 16;
/** Octets of the key that the method makes for IKE: two keys of 16, then zeros. */
const MSK_LENGTH = 64;

/** MD4 of the password in UTF-16, little-endian: what a directory may keep in its place. Secret. */
export function passwordHash(password: string): Uint8Array {
  const octets = new Uint8Array(2 * password.length);
  const view = new DataView(octets.buffer);
  for (let index = 0; index < password.length; index++) view.setUint16(2 * index, password.charCodeAt(index), true);
  const hash = md4Of(octets);
  wipe(octets);
  return hash;
}

/** Both challenges of a conversation, and the user's name as both ends hash it. */
export interface Challenges {
  readonly authenticator: Uint8Array;
  readonly peer: Uint8Array;
  readonly name: Uint8Array;
}

/** GenerateNTResponse (RFC 2759, section 8.1). */
export function ntResponse(challenges: Challenges, hash: Uint8Array): Uint8Array {
  const challenge = challengeHash(challenges);
  const keys = new Uint8Array(3 * DES_KEY_LENGTH);
  keys.set(hash);
  const response = new Uint8Array(RESPONSE_LENGTH);
  for (let part = 0; part < 3; part++) {
    response.set(desEncrypted(keys.subarray(DES_KEY_LENGTH * part, DES_KEY_LENGTH * (part + 1)), challenge), 8 * part);
  }
  wipe(keys);
  return response;
}

/** GenerateAuthenticatorResponse (RFC 2759, section 8.7): the 20 octets behind "S=". */
export function authenticatorResponse(challenges: Challenges, hash: Uint8Array, response: Uint8Array): Uint8Array {
  const hashHash = md4Of(hash);
  const digest = sha1OfSecret(hashHash, response, MAGIC_1);
  wipe(hashHash);
  return sha1(concatenate([digest, challengeHash(challenges), MAGIC_2]));
}

/** The master session key: the key that the gateway receives with, the one that it sends with, and zeros. Secret. */
export function masterSessionKey(hash: Uint8Array, response: Uint8Array): Uint8Array {
  const hashHash = md4Of(hash);
  const master = sha1OfSecret(hashHash, response, MASTER_KEY).subarray(0, KEY_LENGTH);
  const msk = new Uint8Array(MSK_LENGTH);
  for (const [place, magic] of [GATEWAY_RECEIVES, GATEWAY_SENDS].entries()) {
    const key = sha1OfSecret(master, PAD_1, magic, PAD_2);
    msk.set(key.subarray(0, KEY_LENGTH), KEY_LENGTH * place);
    wipe(key);
  }
  wipe(master);
  wipe(hashHash);
  return msk;
}

/** A Windows domain before the name is not hashed (RFC 2759, section 4). */
export function withoutDomain(name: Uint8Array): Uint8Array {
  return name.subarray(name.lastIndexOf(BACKSLASH) + 1);
}

/** What is used of des.js, which has no types. */
interface Des {
  create(options: { readonly type: "encrypt"; readonly key: Uint8Array }): { update(block: Uint8Array): readonly number[] };
}
const { DES } = des as { readonly DES: Des };

const BACKSLASH = 0x5c;
const DES_KEY_LENGTH = 7;
const CHALLENGE_HASH_LENGTH = 8;

const ascii = (text: string) => new TextEncoder().encode(text);
const MAGIC_1 = ascii("Magic server to client signing constant");
const MAGIC_2 = ascii("Pad to make it do more than one iteration");
const MASTER_KEY = ascii("This is the MPPE Master Key");
const GATEWAY_RECEIVES = ascii("On the client side, this is the send key; on the server side, it is the receive key.");
const GATEWAY_SENDS = ascii("On the client side, this is the receive key; on the server side, it is the send key.");
const PAD_1 = new Uint8Array(40);
const PAD_2 = new Uint8Array(40).fill(0xf2);

function challengeHash({ authenticator, peer, name }: Challenges): Uint8Array {
  return sha1(concatenate([peer, authenticator, name])).subarray(0, CHALLENGE_HASH_LENGTH);
}

function sha1OfSecret(...parts: readonly Uint8Array[]): Uint8Array {
  const octets = concatenate(parts);
  const digest = sha1(octets);
  wipe(octets);
  return digest;
}

function md4Of(octets: Uint8Array): Uint8Array {
  return new Uint8Array(md4.arrayBuffer(octets), 0, HASH_LENGTH);
}

/** One block under a key of 56 bits, which DES wants with a bit of parity behind each seven. */
function desEncrypted(key: Uint8Array, block: Uint8Array): ArrayLike<number> {
  const spread = new Uint8Array(8);
  for (let index = 0; index < 8; index++) {
    const high = index === 0 ? 0 : key[index - 1] << (8 - index);
    const low = index === 7 ? 0 : key[index] >> index;
    spread[index] = (high | low) & 0xfe;
  }
  const encrypted = DES.create({ type: "encrypt", key: spread }).update(block);
  wipe(spread);
  return encrypted;
}
