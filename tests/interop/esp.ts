/**
 * ESP in tunnel mode, just enough to send and read single datagrams with the keys of a Child SA. It shares no code with the
 * project: the other end's user-space ESP is asked whether the keys are right, and node:crypto does the cryptography.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** What one direction of a Child SA needs. */
export interface EspDirection {
  readonly spi: number;
  readonly cipher: "aes-256-gcm" | "aes-256-cbc";
  /** With the salt behind it for GCM (RFC 4106, section 8.1). */
  readonly encryptionKey: Uint8Array;
  /** Empty for GCM; HMAC-SHA2-256-128 (RFC 4868) otherwise. */
  readonly integrityKey: Uint8Array;
}

const HEADER_LENGTH = 8;
const SALT_LENGTH = 4;
const GCM_IV_LENGTH = 8;
const CBC_IV_LENGTH = 16;
const ICV_LENGTH = 16;
const NEXT_HEADER_IPV4 = 4;

/** SPI | sequence number | IV | ciphertext | ICV (RFC 4303, section 2), as it stands in a datagram to port 4500. */
export function sealEsp(direction: EspDirection, sequenceNumber: number, innerPacket: Uint8Array): Uint8Array {
  const header = Buffer.alloc(HEADER_LENGTH);
  header.writeUInt32BE(direction.spi >>> 0, 0);
  header.writeUInt32BE(sequenceNumber, 4);
  if (direction.cipher === "aes-256-gcm") {
    const { key, salt } = splitSalt(direction.encryptionKey);
    const iv = randomBytes(GCM_IV_LENGTH);
    const cipher = createCipheriv("aes-256-gcm", key, Buffer.concat([salt, iv]));
    cipher.setAAD(header);
    const ciphertext = Buffer.concat([cipher.update(withTrailer(innerPacket, 4)), cipher.final()]);
    return Buffer.concat([header, iv, ciphertext, cipher.getAuthTag()]);
  }
  const iv = randomBytes(CBC_IV_LENGTH);
  const cipher = createCipheriv("aes-256-cbc", direction.encryptionKey, iv).setAutoPadding(false);
  const ciphertext = Buffer.concat([cipher.update(withTrailer(innerPacket, 16)), cipher.final()]);
  const authenticated = Buffer.concat([header, iv, ciphertext]);
  return Buffer.concat([authenticated, hmac(direction.integrityKey, authenticated)]);
}

/** The inner packet. Throws when the packet is not authentic or not of this direction's SPI. */
export function openEsp(direction: EspDirection, packet: Uint8Array): Uint8Array {
  const octets = Buffer.from(packet);
  const header = octets.subarray(0, HEADER_LENGTH);
  if (header.readUInt32BE(0) !== direction.spi >>> 0) throw new Error("ESP packet of another SPI");
  const authenticated = octets.subarray(0, -ICV_LENGTH);
  const icv = octets.subarray(-ICV_LENGTH);
  if (direction.cipher === "aes-256-gcm") {
    const { key, salt } = splitSalt(direction.encryptionKey);
    const iv = octets.subarray(HEADER_LENGTH, HEADER_LENGTH + GCM_IV_LENGTH);
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.concat([salt, iv]));
    decipher.setAAD(header);
    decipher.setAuthTag(icv);
    const ciphertext = authenticated.subarray(HEADER_LENGTH + GCM_IV_LENGTH);
    return withoutTrailer(Buffer.concat([decipher.update(ciphertext), decipher.final()]));
  }
  if (!timingSafeEqual(hmac(direction.integrityKey, authenticated), icv)) throw new Error("ESP packet is not authentic");
  const iv = octets.subarray(HEADER_LENGTH, HEADER_LENGTH + CBC_IV_LENGTH);
  const decipher = createDecipheriv("aes-256-cbc", direction.encryptionKey, iv).setAutoPadding(false);
  const ciphertext = authenticated.subarray(HEADER_LENGTH + CBC_IV_LENGTH);
  return withoutTrailer(Buffer.concat([decipher.update(ciphertext), decipher.final()]));
}

function splitSalt(encryptionKey: Uint8Array): { key: Uint8Array; salt: Uint8Array } {
  return { key: encryptionKey.subarray(0, -SALT_LENGTH), salt: encryptionKey.subarray(-SALT_LENGTH) };
}

/** Padding 1, 2, 3, …, its length, and the next header (RFC 4303, section 2.4). */
function withTrailer(innerPacket: Uint8Array, alignment: number): Uint8Array {
  const padding = (alignment - (innerPacket.length + 2) % alignment) % alignment;
  const trailer = Array.from({ length: padding }, (_, index) => index + 1);
  return Buffer.concat([innerPacket, Buffer.from([...trailer, padding, NEXT_HEADER_IPV4])]);
}

function withoutTrailer(plaintext: Uint8Array): Uint8Array {
  const [padding, nextHeader] = plaintext.subarray(-2);
  if (nextHeader !== NEXT_HEADER_IPV4) throw new Error(`ESP next header is ${nextHeader}, not IPv4`);
  return plaintext.subarray(0, plaintext.length - 2 - padding);
}

function hmac(key: Uint8Array, octets: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(octets).digest().subarray(0, ICV_LENGTH);
}
