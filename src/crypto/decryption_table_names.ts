/**
 * The names that Wireshark's table of keys (`ikev2_decryption_table`) has for algorithms. It knows no ChaCha20-Poly1305.
 *
 * @module
 */
import type { Cipher, EncryptionAlgorithm, Protection } from "./algorithms.ts";
import { ENCRYPTION_ALGORITHMS, integrityById } from "./registry.ts";

/** Ciphers, by bits of key. */
const ENCRYPTION_NAMES: { readonly [Name in Cipher]?: (keyBits: number) => string } = {
  "aes-gcm": (keyBits) => `AES-GCM-${keyBits} with 16 octet ICV [RFC5282]`,
  "aes-cbc": (keyBits) => `AES-CBC-${keyBits} [RFC3602]`,
};

/** Integrity algorithms, by transform ID. */
const INTEGRITY_NAMES: ReadonlyMap<number, string> = new Map([
  [12, "HMAC_SHA2_256_128 [RFC4868]"],
  [13, "HMAC_SHA2_384_192 [RFC4868]"],
  [14, "HMAC_SHA2_512_256 [RFC4868]"],
]);
const NO_INTEGRITY = "NONE [RFC4306]";

/** What the table calls the algorithms of an IKE SA. */
export interface DecryptionTableNames {
  readonly encryption: string;
  readonly integrity: string;
}

/** The table's names; `undefined`: it has none for these algorithms. */
export function decryptionTableNames({ encryption, keyLength, integrity }: Protection): DecryptionTableNames | undefined {
  const encryptionName = ENCRYPTION_NAMES[encryption.cipher]?.(8 * keyLength);
  const integrityName = integrity === undefined ? NO_INTEGRITY : INTEGRITY_NAMES.get(integrity.id);
  if (encryptionName === undefined || integrityName === undefined) return undefined;
  return { encryption: encryptionName, integrity: integrityName };
}

/** The algorithms that the table's names stand for; `undefined`: they are not carried, or do not go together. */
export function protectionOfNames({ encryption, integrity }: DecryptionTableNames): Protection | undefined {
  const cipher = CIPHERS.find(({ name }) => name === encryption);
  if (cipher === undefined) return undefined;
  const isAead = cipher.algorithm.icvLength > 0;
  if (isAead) return integrity === NO_INTEGRITY ? protection(cipher) : undefined;
  const [id] = [...INTEGRITY_NAMES].find(([, name]) => name === integrity) ?? [];
  const algorithm = id === undefined ? undefined : integrityById(id);
  return algorithm && { ...protection(cipher), integrity: algorithm };
}

interface NamedCipher {
  readonly name: string;
  readonly algorithm: EncryptionAlgorithm;
  readonly keyLength: number;
}

const CIPHERS: readonly NamedCipher[] = ENCRYPTION_ALGORITHMS.flatMap((algorithm) =>
  algorithm.keyLengths.flatMap((keyLength) => {
    const name = ENCRYPTION_NAMES[algorithm.cipher]?.(8 * keyLength);
    return name === undefined ? [] : [{ name, algorithm, keyLength }];
  })
);

function protection({ algorithm, keyLength }: NamedCipher): Protection {
  return { encryption: algorithm, keyLength };
}
