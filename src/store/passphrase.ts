/**
 * Text sealed under a passphrase: scrypt (RFC 7914) makes the key, AES-256-GCM seals. The parameters stand with the result.
 *
 * @module
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt, type ScryptOptions } from "node:crypto";
import { fromHexadecimal, toHexadecimal } from "../wire/hexadecimal.ts";

/** What scrypt costs: memory is 128 × n × r octets, time grows with n × r × p. */
export interface ScryptCost {
  /** A power of 2, to 2^20. */
  readonly n: number;
  /** To 32. */
  readonly r: number;
  /** To 16. */
  readonly p: number;
}

/** 32 MiB, and something like a tenth of a second: paid once for a file and a passphrase. */
export const DEFAULT_SCRYPT_COST: ScryptCost = { n: 32_768, r: 8, p: 1 };

/** Sealed text, as it stands in a file: octets in hexadecimal. */
export interface SealedText {
  /** Of what the key was made, beside the passphrase. */
  readonly scrypt: ScryptCost & { readonly salt: string };
  /** 12 octets. */
  readonly iv: string;
  /** Ciphertext, then 16 octets of tag. */
  readonly sealed: string;
}

const SALT_LENGTH = 16;
const IV_LENGTH = 12;
const KEY_LENGTH = 32;
const TAG_LENGTH = 16;
/** Most work that opening a file may take, as n × r × p: beyond it, a file could use up all memory. */
const MAXIMUM_WORK = 2 ** 23;

/** A passphrase that files are sealed under, with keys of scrypt (RFC 7914). Secret. */
export class Passphrase {
  readonly #passphrase: Uint8Array;
  readonly #cost: ScryptCost;
  /** The last key that was made: one file is opened and sealed many times. */
  #last: { readonly name: string; readonly key: Promise<Uint8Array> } | undefined;

  /**
   * Copies the passphrase; the caller may wipe its own.
   *
   * @param passphrase Not empty.
   * @throws {RangeError} it is empty, or the cost is out of range.
   */
  constructor(passphrase: Uint8Array, cost: ScryptCost = DEFAULT_SCRYPT_COST) {
    if (passphrase.length === 0) throw new RangeError("passphrase: empty, expected at least one octet");
    if (!isAffordable(cost)) throw new RangeError(`passphrase: scrypt cost ${JSON.stringify(cost)} is out of range`);
    this.#passphrase = passphrase.slice();
    this.#cost = cost;
  }

  /**
   * Seals text, under the salt of the text that was there before, or under a new one.
   *
   * @param purpose Covered by the seal: a text sealed for one purpose does not open for another.
   */
  async seal(text: string, purpose: string, before?: SealedText): Promise<SealedText> {
    const again = before && sameCost(before.scrypt, this.#cost) ? before.scrypt : undefined;
    const parameters = again ?? { ...this.#cost, salt: toHexadecimal(randomBytes(SALT_LENGTH)) };
    const iv = randomBytes(IV_LENGTH);
    const cipher = createCipheriv("aes-256-gcm", await this.#keyFor(parameters), iv).setAAD(new TextEncoder().encode(purpose));
    const octets = [cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
    return { scrypt: parameters, iv: toHexadecimal(iv), sealed: octets.map(toHexadecimal).join("") };
  }

  /** The text; `undefined`: another passphrase, or something was altered. */
  async open({ scrypt: parameters, iv, sealed }: SealedText, purpose: string): Promise<string | undefined> {
    const octets = fromHexadecimal(sealed);
    const ivOctets = fromHexadecimal(iv);
    if (octets === undefined || octets.length < TAG_LENGTH || ivOctets?.length !== IV_LENGTH) return undefined;
    const decipher = createDecipheriv("aes-256-gcm", await this.#keyFor(parameters), ivOctets, { authTagLength: TAG_LENGTH })
      .setAAD(new TextEncoder().encode(purpose))
      .setAuthTag(octets.subarray(octets.length - TAG_LENGTH));
    try {
      return decipher.update(octets.subarray(0, octets.length - TAG_LENGTH), undefined, "utf8") + decipher.final("utf8");
    } catch {
      return undefined;
    }
  }

  #keyFor(parameters: SealedText["scrypt"]): Promise<Uint8Array> {
    const { n, r, p, salt } = parameters;
    const name = [n, r, p, salt].join();
    if (this.#last?.name === name) return this.#last.key;
    const options: ScryptOptions = { N: n, r, p, maxmem: 256 * n * r + 2 ** 20 };
    const key = new Promise<Uint8Array>((resolve, reject) => {
      scrypt(this.#passphrase, fromHexadecimal(salt) ?? new Uint8Array(0), KEY_LENGTH, options, (error, octets) => {
        if (error) reject(error);
        else resolve(new Uint8Array(octets));
      });
    });
    this.#last = { name, key };
    return key;
  }
}

/** The seal in a file; `undefined`: there is none, or it would cost more to open than any that is made here. */
export function sealedTextOf(value: unknown): SealedText | undefined {
  if (typeof value !== "object" || value === null || !("scrypt" in value) || !("iv" in value) || !("sealed" in value)) {
    return undefined;
  }
  const { scrypt: parameters, iv, sealed } = value;
  if (typeof iv !== "string" || typeof sealed !== "string" || typeof parameters !== "object" || parameters === null) {
    return undefined;
  }
  const { n, r, p, salt } = parameters as Record<string, unknown>;
  if (typeof n !== "number" || typeof r !== "number" || typeof p !== "number" || typeof salt !== "string") return undefined;
  if (fromHexadecimal(salt)?.length !== SALT_LENGTH || !isAffordable({ n, r, p })) return undefined;
  return { scrypt: { n, r, p, salt }, iv, sealed };
}

function isAffordable({ n, r, p }: ScryptCost): boolean {
  const isWithin = (value: number, most: number) => Number.isInteger(value) && value >= 1 && value <= most;
  return isWithin(n, 2 ** 20) && n > 1 && (n & (n - 1)) === 0 && isWithin(r, 32) && isWithin(p, 16) &&
    n * r * p <= MAXIMUM_WORK;
}

function sameCost(one: ScryptCost, other: ScryptCost): boolean {
  return one.n === other.n && one.r === other.r && one.p === other.p;
}
