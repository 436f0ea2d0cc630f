/**
 * AlgorithmIdentifiers of signatures (RFC 7427, appendix A; RFC 5758; RFC 4055; RFC 8420), known by all their octets: what is not written here is
 * not taken, and nothing is parsed.
 *
 * @module
 */
import { toHexadecimal } from "../wire/hexadecimal.ts";

export type HashName = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";

/** How a signature was made. ECDSA stands in DER where an AlgorithmIdentifier says it. */
export type SignatureForm =
  | { readonly kind: "rsa-pkcs1" | "rsa-pss" | "ecdsa"; readonly hash: HashName }
  | { readonly kind: "ed25519"; readonly hash: "identity" };

/** Numbers of RFC 7427, section 7, and RFC 8420. */
export const HASH_NUMBERS = { "SHA-1": 1, "SHA-256": 2, "SHA-384": 3, "SHA-512": 4, identity: 5 } as const;

export const ED25519: SignatureForm = { kind: "ed25519", hash: "identity" };

/** The form that an AlgorithmIdentifier means; `undefined`: it is not taken here. */
export function formOf(algorithmIdentifier: Uint8Array): SignatureForm | undefined {
  return algorithmIdentifier.length > LONGEST ? undefined : FORMS.get(toHexadecimal(algorithmIdentifier));
}

/** The AlgorithmIdentifier of a form, as this end writes it. */
export function identifierOf(form: SignatureForm): Uint8Array {
  const found = WRITTEN.find(([known]) => known.kind === form.kind && known.hash === form.hash);
  if (found === undefined) throw new TypeError(`signatures: ${form.kind} with ${form.hash} has no AlgorithmIdentifier here`);
  return found[1];
}

const NULL = [0x05, 0x00];
const RSA = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
const SHA2 = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
const ECDSA_SHA2 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03];

/** Last arc of the OIDs, and the octets of the hash. */
const HASHES = [
  { hash: "SHA-256", rsa: 11, sha2: 1, ecdsa: 2, length: 32 },
  { hash: "SHA-384", rsa: 12, sha2: 2, ecdsa: 3, length: 48 },
  { hash: "SHA-512", rsa: 13, sha2: 3, ecdsa: 4, length: 64 },
] as const;

const WRITTEN: readonly (readonly [SignatureForm, Uint8Array])[] = [
  ...HASHES.flatMap(({ hash, rsa, sha2, ecdsa, length }): [SignatureForm, Uint8Array][] => [
    [{ kind: "rsa-pkcs1", hash }, sequence(oid([...RSA, rsa]), NULL)],
    [{ kind: "ecdsa", hash }, sequence(oid([...ECDSA_SHA2, ecdsa]))],
    [{ kind: "rsa-pss", hash }, pss(sha2, length, true, true, false)],
  ]),
  [{ kind: "rsa-pkcs1", hash: "SHA-1" }, sequence(oid([...RSA, 5]), NULL)],
  [{ kind: "ecdsa", hash: "SHA-1" }, sequence(oid([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01]))],
  [ED25519, sequence(oid([0x2b, 0x65, 0x70]))],
];

/** Others leave out the NULL of a hash, or write the trailer field (RFC 4055, section 3.1). */
const ALSO_READ: readonly (readonly [SignatureForm, Uint8Array])[] = HASHES.flatMap(({ hash, sha2, length }) =>
  [true, false].flatMap((ofHash) =>
    [true, false].flatMap((ofMask) =>
      [true, false].map((trailer): [SignatureForm, Uint8Array] => [
        { kind: "rsa-pss", hash },
        pss(sha2, length, ofHash, ofMask, trailer),
      ])
    )
  )
);

const FORMS: ReadonlyMap<string, SignatureForm> = new Map(
  [...WRITTEN, ...ALSO_READ].map(([form, octets]) => [toHexadecimal(octets), form]),
);
const LONGEST = Math.max(...[...WRITTEN, ...ALSO_READ].map(([, { length }]) => length));

/** RSASSA-PSS with a salt as long as the hash, which masks too (RFC 7427, section 3: no defaults, which mean SHA-1). */
function pss(sha2: number, saltLength: number, ofHash: boolean, ofMask: boolean, trailer: boolean): Uint8Array {
  const hash = (withNull: boolean) => sequence(oid([...SHA2, sha2]), withNull ? NULL : []);
  const parameters = sequence(
    tagged(0xa0, hash(ofHash)),
    tagged(0xa1, sequence(oid([...RSA, 8]), hash(ofMask))),
    tagged(0xa2, tagged(0x02, [saltLength])),
    trailer ? tagged(0xa3, tagged(0x02, [1])) : [],
  );
  return sequence(oid([...RSA, 10]), parameters);
}

function sequence(...parts: readonly ArrayLike<number>[]): Uint8Array {
  return tagged(0x30, parts.flatMap((part) => Array.from(part)));
}

function oid(arcs: readonly number[]): Uint8Array {
  return tagged(0x06, arcs);
}

/** All contents here are shorter than 128 octets. */
function tagged(tag: number, content: ArrayLike<number>): Uint8Array {
  return Uint8Array.of(tag, content.length, ...Array.from(content));
}
