/**
 * A client that computes a hybrid key exchange by itself: HMAC, AES-GCM and X25519 of node:crypto and noble's ML-KEM, the message layout octet by
 * octet. It shares no code with what it proves (RFC 7296, sections 2.13 to 2.15; RFC 9242, section 3.3; RFC 9370, section 2.2.2).
 *
 * @module
 */
import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { Buffer } from "node:buffer";

/** PRF-HMAC-SHA2-256 and AES-GCM-16 with a key of 256 bits. */
const PRF_LENGTH = 32;
const KEY_LENGTH = 36;
const KEY_PAD = Buffer.from("Key Pad for IKEv2");

export interface HandmadeKeys {
  readonly skD: Buffer;
  readonly skEi: Buffer;
  readonly skEr: Buffer;
  readonly skPi: Buffer;
  readonly skPr: Buffer;
}

export class HandmadeHybrid {
  readonly secret: Uint8Array = x25519.utils.randomSecretKey();
  readonly kem: ReturnType<typeof ml_kem768.keygen> = ml_kem768.keygen();
  readonly spiI: Buffer;
  spiR: Buffer = Buffer.alloc(8);
  readonly nonceI: Buffer = Buffer.alloc(32, 0x6e);
  nonceR: Buffer = Buffer.alloc(0);
  initRequest: Buffer = Buffer.alloc(0);
  initResponse: Buffer = Buffer.alloc(0);
  keys: HandmadeKeys | undefined;
  intAuthI: Buffer = Buffer.alloc(0);
  intAuthR: Buffer = Buffer.alloc(0);
  #iv = 1n;

  constructor(spi: bigint) {
    this.spiI = Buffer.alloc(8);
    this.spiI.writeBigUInt64BE(spi);
  }

  /** SAi1 (AES-GCM-256, HMAC-SHA2-256, Curve25519, ML-KEM-768), KEi, Ni, N(INTERMEDIATE_EXCHANGE_SUPPORTED). */
  init(): Buffer {
    const transforms = [
      transform(1, 20, Buffer.from([0x80, 14, 1, 0])),
      transform(2, 5),
      transform(4, 31),
      transform(6, 36),
    ];
    const all = Buffer.concat(transforms.map((one, at) => Buffer.concat([Buffer.from([at === 3 ? 0 : 3, 0]), one])));
    const proposal = Buffer.concat([Buffer.from([0, 0, 0, 8 + all.length, 1, 1, 0, 4]), all]);
    return this.initRequest = message(this.#header(34, 0x08, 0), [
      [33, proposal],
      [34, Buffer.concat([Buffer.from([0, 31, 0, 0]), x25519.getPublicKey(this.secret)])],
      [40, this.nonceI],
      [41, Buffer.from([0, 0, 0x40, 0x36])],
    ]);
  }

  takeInit(response: Uint8Array): void {
    this.initResponse = Buffer.from(response);
    this.initResponse.copy(this.spiR, 0, 8, 16);
    const payloads = chain(this.initResponse.subarray(28), this.initResponse[16]);
    this.nonceR = Buffer.from(payloads.get(40)!);
    const shared = x25519.getSharedSecret(this.secret, payloads.get(34)!.subarray(4));
    const skeyseed = hmac(Buffer.concat([this.nonceI, this.nonceR]), shared);
    this.keys = this.#keysOf(skeyseed);
  }

  /** HDR, SK {KE(ML-KEM-768)}, message ID 1. */
  intermediate(): Buffer {
    const body = Buffer.concat([Buffer.from([0, 36, 0, 0]), this.kem.publicKey]);
    const [octets, covered] = this.seal(43, 1, [[34, body]]);
    this.intAuthI = hmac(this.keys!.skPi, covered);
    return octets;
  }

  takeIntermediate(response: Uint8Array): void {
    const { first, plaintext, covered } = this.open(Buffer.from(response));
    this.intAuthR = hmac(this.keys!.skPr, covered);
    const shared = ml_kem768.decapsulate(chain(plaintext, first).get(34)!.subarray(4), this.kem.secretKey);
    this.keys = this.#keysOf(hmac(this.keys!.skD, Buffer.concat([shared, this.nonceI, this.nonceR])));
  }

  /** AUTH by a shared key, of the client, or of the gateway with this IDr. */
  auth(presharedKey: Uint8Array, whose: "i" | "r", restOfId: Uint8Array): Buffer {
    const { skPi, skPr } = this.keys!;
    const signed = Buffer.concat([
      whose === "i" ? this.initRequest : this.initResponse,
      whose === "i" ? this.nonceR : this.nonceI,
      hmac(whose === "i" ? skPi : skPr, restOfId),
      this.intAuthI,
      this.intAuthR,
      Buffer.from([0, 0, 0, 2]),
    ]);
    return hmac(hmac(presharedKey, KEY_PAD), signed);
  }

  /** A message of the client's, and what AUTH covers of it. */
  seal(exchangeType: number, messageId: number, payloads: readonly Numbered[]): [Buffer, Buffer] {
    const plaintext = Buffer.concat(chained(payloads));
    const iv = Buffer.alloc(8);
    iv.writeBigUInt64BE(this.#iv++);
    const prefix = (length: number) => {
      const header = this.#header(exchangeType, 0x08, messageId);
      header[16] = 46;
      header.writeUInt32BE(28 + 4 + length, 24);
      return Buffer.concat([header, Buffer.from([payloads[0][0], 0, (4 + length) >> 8, (4 + length) & 0xff])]);
    };
    const associated = prefix(8 + plaintext.length + 1 + 16);
    const { skEi } = this.keys!;
    const cipher = createCipheriv("aes-256-gcm", skEi.subarray(0, 32), Buffer.concat([skEi.subarray(32), iv]));
    cipher.setAAD(associated);
    const sealed = Buffer.concat([cipher.update(Buffer.concat([plaintext, Buffer.from([0])])), cipher.final()]);
    return [Buffer.concat([associated, iv, sealed, cipher.getAuthTag()]), Buffer.concat([prefix(plaintext.length), plaintext])];
  }

  open(octets: Buffer): { readonly first: number; readonly plaintext: Buffer; readonly covered: Buffer } {
    const { skEr } = this.keys!;
    const nonce = Buffer.concat([skEr.subarray(32), octets.subarray(32, 40)]);
    const decipher = createDecipheriv("aes-256-gcm", skEr.subarray(0, 32), nonce, { authTagLength: 16 });
    decipher.setAAD(octets.subarray(0, 32));
    decipher.setAuthTag(octets.subarray(-16));
    const padded = Buffer.from(decipher.update(octets.subarray(40, -16)));
    decipher.final();
    const plaintext = padded.subarray(0, padded.length - 1 - padded[padded.length - 1]);
    const prefix = Buffer.from(octets.subarray(0, 32));
    prefix.writeUInt32BE(32 + plaintext.length, 24);
    prefix.writeUInt16BE(4 + plaintext.length, 30);
    return { first: octets[28], plaintext, covered: Buffer.concat([prefix, plaintext]) };
  }

  #header(exchangeType: number, flags: number, messageId: number): Buffer {
    const rest = Buffer.alloc(12);
    rest.set([0, 0x20, exchangeType, flags]);
    rest.writeUInt32BE(messageId, 4);
    return Buffer.concat([this.spiI, this.spiR, rest]);
  }

  /** prf+(SKEYSEED, Ni | Nr | SPIi | SPIr), cut. */
  #keysOf(skeyseed: Buffer): HandmadeKeys {
    const seed = Buffer.concat([this.nonceI, this.nonceR, this.spiI, this.spiR]);
    let block: Buffer = Buffer.alloc(0);
    let all: Buffer = Buffer.alloc(0);
    for (let number = 1; all.length < 3 * PRF_LENGTH + 2 * KEY_LENGTH; number++) {
      block = hmac(skeyseed, Buffer.concat([block, seed, Buffer.from([number])]));
      all = Buffer.concat([all, block]);
    }
    let at = 0;
    const take = (length: number) => all.subarray(at, at += length);
    return {
      skD: take(PRF_LENGTH),
      skEi: take(KEY_LENGTH),
      skEr: take(KEY_LENGTH),
      skPi: take(PRF_LENGTH),
      skPr: take(PRF_LENGTH),
    };
  }
}

/** Payload type and body. */
type Numbered = readonly [type: number, body: Uint8Array];

function hmac(key: Uint8Array, data: Uint8Array): Buffer {
  return createHmac("sha256", key).update(data).digest();
}

function transform(type: number, id: number, attributes: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.from([0, 8 + attributes.length, type, 0, 0, id]), attributes]);
}

function message(header: Buffer, payloads: readonly Numbered[]): Buffer {
  const body = Buffer.concat(chained(payloads));
  header[16] = payloads[0][0];
  header.writeUInt32BE(28 + body.length, 24);
  return Buffer.concat([header, body]);
}

/** Payloads with their generic headers. */
export function chained(payloads: readonly Numbered[]): Buffer[] {
  return payloads.map(([, body], at) => {
    const length = 4 + body.length;
    return Buffer.concat([Buffer.from([payloads[at + 1]?.[0] ?? 0, 0, length >> 8, length & 0xff]), body]);
  });
}

/** The body of the first payload of each type. */
export function chain(octets: Buffer, first: number): ReadonlyMap<number, Buffer> {
  const payloads = new Map<number, Buffer>();
  for (let at = 0, type = first; type !== 0;) {
    const length = octets.readUInt16BE(at + 2);
    if (!payloads.has(type)) payloads.set(type, octets.subarray(at + 4, at + length));
    type = octets[at];
    at += length;
  }
  return payloads;
}
