/**
 * Curve25519 by the system's OpenSSL 3 on Deno, whose own takes twice as long. It works on Linux where foreign functions are permitted; Node has
 * OpenSSL built in, and needs none of this.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { KeyPair, RandomSource } from "../key_exchange.ts";
import { privateValueOf } from "../key_pair.ts";
import { CURVE25519 } from "../registry.ts";
import { wipe } from "../wipe.ts";

/** Makes key pairs, as `KeyExchange.generateKeyPair` does. */
export type Curve25519Generator = (random: RandomSource) => KeyPair;

/** With this name, the functions are those of OpenSSL 3. */
const LIBRARY = "libcrypto.so.3";
/** NID_X25519 of OpenSSL's obj_mac.h. */
const X25519 = 1034;
const LENGTH = CURVE25519.publicValueLength;
/** Whether a peer's value is on the curve is not asked: each is (RFC 7748, section 6.1), and the all-zero result is refused anyway. */
const UNCHECKED = 0;

/** The keys of RFC 7748, section 6.1. */
const KNOWN_SECRET = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
const KNOWN_PUBLIC_VALUE = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
const KNOWN_PEER = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
const KNOWN_SHARED_SECRET = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";

/**
 * The library is not to clean up when the process ends: it would do so while threads of Deno's end as well, each of which gives back what it has of the
 * library's, and now and then both give back the same.
 */
const NO_CLEANING_UP_AT_EXIT = 0x80000n;

const SYMBOLS = {
  OPENSSL_init_crypto: { parameters: ["u64", "pointer"], result: "i32" },
  EVP_PKEY_new_raw_private_key: { parameters: ["i32", "pointer", "buffer", "usize"], result: "pointer" },
  EVP_PKEY_new_raw_public_key: { parameters: ["i32", "pointer", "buffer", "usize"], result: "pointer" },
  EVP_PKEY_get_raw_public_key: { parameters: ["pointer", "buffer", "buffer"], result: "i32" },
  EVP_PKEY_free: { parameters: ["pointer"], result: "void" },
  EVP_PKEY_CTX_new: { parameters: ["pointer", "pointer"], result: "pointer" },
  EVP_PKEY_CTX_free: { parameters: ["pointer"], result: "void" },
  EVP_PKEY_derive_init: { parameters: ["pointer"], result: "i32" },
  EVP_PKEY_derive_set_peer_ex: { parameters: ["pointer", "pointer", "i32"], result: "i32" },
  EVP_PKEY_derive: { parameters: ["pointer", "buffer", "buffer"], result: "i32" },
  ERR_clear_error: { parameters: [], result: "void" },
} as const;

/** A pointer of the library; `null` where it failed. */
type Pointer = object | null;

export interface Libcrypto {
  OPENSSL_init_crypto(options: bigint, settings: null): number;
  EVP_PKEY_new_raw_private_key(type: number, engine: null, octets: Uint8Array, length: number): Pointer;
  EVP_PKEY_new_raw_public_key(type: number, engine: null, octets: Uint8Array, length: number): Pointer;
  EVP_PKEY_get_raw_public_key(key: Pointer, octets: Uint8Array, length: Uint8Array): number;
  EVP_PKEY_free(key: Pointer): void;
  EVP_PKEY_CTX_new(key: Pointer, engine: null): Pointer;
  EVP_PKEY_CTX_free(context: Pointer): void;
  EVP_PKEY_derive_init(context: Pointer): number;
  EVP_PKEY_derive_set_peer_ex(context: Pointer, peer: Pointer, validate: number): number;
  EVP_PKEY_derive(context: Pointer, octets: Uint8Array, length: Uint8Array): number;
  ERR_clear_error(): void;
}

/** What of Deno's namespace is used, for type checkers that do not know it. */
export interface ForeignFunctions {
  readonly build: { readonly os: string };
  readonly permissions: { querySync(what: { readonly name: "ffi"; readonly path: string }): { readonly state: string } };
  dlopen(path: string, symbols: object): { readonly symbols: Libcrypto };
}

/** A private key in the library's memory, which overwrites it as it is freed. */
interface Secret {
  readonly key: Pointer;
  /** Of what is derived with it. */
  readonly context: Pointer;
}

/**
 * `undefined`: not here, not permitted, or it does not give known answers.
 *
 * @param runtime Default: Deno, where this runs on it.
 */
export function loadLibcryptoCurve25519(runtime: ForeignFunctions | undefined = denoHere()): Curve25519Generator | undefined {
  try {
    if (runtime?.build.os !== "linux") return undefined;
    // To open it without permission would ask whoever sits at the terminal.
    if (runtime.permissions.querySync({ name: "ffi", path: LIBRARY }).state !== "granted") return undefined;
    const curve25519 = new LibcryptoCurve25519(runtime.dlopen(LIBRARY, SYMBOLS).symbols);
    return curve25519.givesKnownAnswers() ? (random) => curve25519.generate(random) : undefined;
  } catch {
    // Another libc, another OpenSSL, or one that is configured to refuse the curve.
    return undefined;
  }
}

function denoHere(): ForeignFunctions | undefined {
  return (globalThis as unknown as { readonly Deno?: ForeignFunctions }).Deno;
}

class LibcryptoCurve25519 {
  readonly #library: Libcrypto;
  /** The length of what an operation gives: in, how much room there is; out, how much it took. */
  readonly #length = new BigUint64Array(1);
  readonly #lengthOctets = new Uint8Array(this.#length.buffer);
  /** For pairs that were dropped without a wipe. */
  readonly #dropped = new FinalizationRegistry<Secret>((secret) => this.#free(secret));

  constructor(library: Libcrypto) {
    this.#library = library;
    // Before anything else is asked of it: only the first call decides.
    if (library.OPENSSL_init_crypto(NO_CLEANING_UP_AT_EXIT, null) !== 1) throw this.#fault("does not start");
  }

  generate(random: RandomSource): KeyPair {
    const octets = random(LENGTH);
    const key = this.#library.EVP_PKEY_new_raw_private_key(X25519, null, octets, LENGTH);
    wipe(octets);
    if (key === null) throw this.#fault("takes no private key");
    const secret = { key, context: this.#contextOf(key) };
    const publicValue = new Uint8Array(LENGTH);
    this.#length[0] = BigInt(LENGTH);
    if (this.#library.EVP_PKEY_get_raw_public_key(key, publicValue, this.#lengthOctets) !== 1) {
      this.#free(secret);
      throw this.#fault("gives no public value");
    }
    const privateValue = privateValueOf(secret, (mine, peer) => this.#agree(mine, peer), (mine) => {
      this.#dropped.unregister(mine);
      this.#free(mine);
    });
    this.#dropped.register(privateValue, secret, secret);
    return { group: CURVE25519.id, publicValue, privateValue };
  }

  givesKnownAnswers(): boolean {
    const { publicValue, privateValue } = this.generate(() => octetsOf(KNOWN_SECRET));
    const shared = privateValue.agree(octetsOf(KNOWN_PEER));
    const refused = privateValue.agree(new Uint8Array(LENGTH));
    privateValue.wipe();
    return isEqual(publicValue, KNOWN_PUBLIC_VALUE) && shared !== undefined && isEqual(shared, KNOWN_SHARED_SECRET) &&
      refused === undefined;
  }

  #contextOf(key: Pointer): Pointer {
    const context = this.#library.EVP_PKEY_CTX_new(key, null);
    if (context !== null && this.#library.EVP_PKEY_derive_init(context) === 1) return context;
    this.#free({ key, context });
    throw this.#fault("derives nothing");
  }

  #agree({ context }: Secret, peerPublicValue: Uint8Array): Uint8Array | undefined {
    const peer = this.#library.EVP_PKEY_new_raw_public_key(X25519, null, peerPublicValue, LENGTH);
    const shared = new Uint8Array(LENGTH);
    this.#length[0] = BigInt(LENGTH);
    // The all-zero result (RFC 8031, section 2) is a failure.
    const isDone = peer !== null && this.#library.EVP_PKEY_derive_set_peer_ex(context, peer, UNCHECKED) === 1 &&
      this.#library.EVP_PKEY_derive(context, shared, this.#lengthOctets) === 1;
    this.#library.EVP_PKEY_free(peer);
    if (isDone) return shared;
    this.#library.ERR_clear_error();
    return undefined;
  }

  #free({ key, context }: Secret): void {
    this.#library.EVP_PKEY_CTX_free(context);
    this.#library.EVP_PKEY_free(key);
  }

  #fault(what: string): Error {
    this.#library.ERR_clear_error();
    return new Error(`${LIBRARY} ${what} of Curve25519`);
  }
}

function octetsOf(digits: string): Uint8Array {
  return new Uint8Array(Buffer.from(digits, "hex"));
}

function isEqual(octets: Uint8Array, digits: string): boolean {
  return Buffer.from(digits, "hex").equals(octets);
}
