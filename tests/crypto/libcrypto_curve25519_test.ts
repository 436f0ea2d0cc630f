/** Where Curve25519 of the system's OpenSSL is not to be had, or not to be trusted, it is done without. @module */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { type ForeignFunctions, type Libcrypto, loadLibcryptoCurve25519 } from "../../src/crypto/node/libcrypto_curve25519.ts";

const HERE = (globalThis as unknown as { readonly Deno?: ForeignFunctions }).Deno;
const ON_DENO = HERE && process.platform === "linux" ? {} : { skip: "it is for Deno on Linux alone" };

/** Deno, changed; the library is the real one, changed. */
function changed(runtime: Partial<ForeignFunctions>, library: Partial<Libcrypto> = {}): ForeignFunctions {
  return {
    build: { os: "linux" },
    permissions: { querySync: () => ({ state: "granted" }) },
    dlopen: (path, symbols) => ({ symbols: Object.assign(Object.create(HERE!.dlopen(path, symbols).symbols), library) }),
    ...runtime,
  };
}

test("Curve25519 of the system's OpenSSL is taken on Deno as it is", ON_DENO, () => {
  assert.ok(loadLibcryptoCurve25519(changed({})));
  assert.ok(loadLibcryptoCurve25519());
});

test("it is not looked for on another system, and not opened without permission", ON_DENO, () => {
  const dlopen = () => assert.fail("it was opened");
  assert.equal(loadLibcryptoCurve25519(changed({ build: { os: "darwin" }, dlopen })), undefined);
  for (const state of ["prompt", "denied"]) {
    assert.equal(loadLibcryptoCurve25519(changed({ permissions: { querySync: () => ({ state }) }, dlopen })), undefined);
  }
});

test("a library that is not there, or that refuses the curve, is done without", ON_DENO, () => {
  const dlopen = () => {
    throw new Error("could not open library");
  };
  assert.equal(loadLibcryptoCurve25519(changed({ dlopen })), undefined);
  assert.equal(loadLibcryptoCurve25519(changed({}, { EVP_PKEY_new_raw_private_key: () => null })), undefined);
  assert.equal(loadLibcryptoCurve25519(changed({}, { EVP_PKEY_derive_init: () => 0 })), undefined);
});

test("a library that gives wrong answers, or takes the all-zero result, is done without", ON_DENO, () => {
  const otherValue: Libcrypto["EVP_PKEY_get_raw_public_key"] = (_key, octets) => {
    octets.fill(9);
    return 1;
  };
  assert.equal(loadLibcryptoCurve25519(changed({}, { EVP_PKEY_get_raw_public_key: otherValue })), undefined);
  const zeros: Libcrypto["EVP_PKEY_derive"] = (_context, octets) => {
    octets.fill(0);
    return 1;
  };
  assert.equal(loadLibcryptoCurve25519(changed({}, { EVP_PKEY_derive: zeros })), undefined);
  const { symbols } = HERE!.dlopen("libcrypto.so.3", {
    EVP_PKEY_derive: { parameters: ["pointer", "buffer", "buffer"], result: "i32" },
  });
  const takesAll: Libcrypto["EVP_PKEY_derive"] = (context, octets, length) =>
    symbols.EVP_PKEY_derive(context, octets, length) || 1;
  assert.equal(loadLibcryptoCurve25519(changed({}, { EVP_PKEY_derive: takesAll })), undefined);
});

test(
  "the library is told before all else not to clean up as the process ends: threads that end then would free the same twice",
  ON_DENO,
  () => {
    const calls: unknown[] = [];
    const symbols = new Proxy(HERE!.dlopen("libcrypto.so.3", { ERR_clear_error: { parameters: [], result: "void" } }).symbols, {
      get: (_, name) => (...words: unknown[]) => {
        calls.push([name, ...words]);
        return 0;
      },
    });
    assert.equal(loadLibcryptoCurve25519(changed({ dlopen: () => ({ symbols }) })), undefined);
    // OPENSSL_INIT_NO_ATEXIT of OpenSSL's crypto.h.
    assert.deepEqual(calls[0], ["OPENSSL_init_crypto", 0x80000n, null]);
  },
);
