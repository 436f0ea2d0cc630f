#!/usr/bin/env node
/**
 * ML-KEM as OpenSSL 3.5 computes it, apart from the project: needs Node 24. Prints the JSON that stands in data/ml_kem_openssl.json:
 *
 *     node tests/vectors/ml_kem_openssl.mjs > tests/vectors/data/ml_kem_openssl.json
 */
import { createHash, createPrivateKey, createPublicKey, encapsulate } from "node:crypto";
import { Buffer } from "node:buffer";
import process from "node:process";

/** Last octets of the object identifiers, and octets of SubjectPublicKeyInfo before the public key. */
const METHODS = [[36, "02"], [37, "03"]];
const SPKI_PREFIX_LENGTH = 22;

const cases = METHODS.flatMap(([method, oid]) =>
  [0, 1, 2].map((number) => {
    const seed = createHash("sha512").update(`ML-KEM ${method} ${number}`).digest();
    const pkcs8 = Buffer.concat([Buffer.from(`3054020100300b06096086480165030404${oid}04428040`, "hex"), seed]);
    const publicKey = createPublicKey(createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }));
    const { ciphertext, sharedKey } = encapsulate(publicKey);
    const octets = publicKey.export({ format: "der", type: "spki" }).subarray(SPKI_PREFIX_LENGTH);
    return {
      method,
      seed: seed.toString("hex"),
      publicKeySha256: createHash("sha256").update(octets).digest("hex"),
      ciphertext: ciphertext.toString("hex"),
      sharedSecret: sharedKey.toString("hex"),
    };
  })
);
process.stdout.write(
  `${JSON.stringify({ source: "tests/vectors/ml_kem_openssl.mjs", openssl: process.versions.openssl, cases }, null, 2)}\n`,
);
