/**
 * The computations of MS-CHAPv2 by the examples of RFC 2759, section 9.2, and RFC 3079, section 3.5.3.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  authenticatorResponse,
  masterSessionKey,
  ntResponse,
  passwordHash,
  withoutDomain,
} from "../../src/eap/mschapv2_keys.ts";
import { fromHexadecimal, toHexadecimal } from "../../src/wire/hexadecimal.ts";

const octets = (digits: string) => fromHexadecimal(digits)!;
const CHALLENGES = {
  authenticator: octets("5b5d7c7d7b3f2f3e3c2c602132262628"),
  peer: octets("21402324255e262a28295f2b3a337c7e"),
  name: new TextEncoder().encode("User"),
};
const RESPONSE = "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df";

test("the password's hash, the response and the gateway's answer are those of RFC 2759", () => {
  const hash = passwordHash("clientPass");
  assert.equal(toHexadecimal(hash), "44ebba8d5312b8d611474411f56989ae");
  assert.equal(toHexadecimal(ntResponse(CHALLENGES, hash)), RESPONSE);
  assert.equal(
    toHexadecimal(authenticatorResponse(CHALLENGES, hash, octets(RESPONSE))),
    "407a5589115fd0d6209f510fe9c04566932cda56",
  );
});

test("the key that a gateway sends with is that of RFC 3079, behind the one that it receives with, zeros behind both", () => {
  const msk = masterSessionKey(passwordHash("clientPass"), octets(RESPONSE));
  assert.equal(msk.length, 64);
  assert.equal(toHexadecimal(msk.subarray(16, 32)), "8b7cdc149b993a1ba118cb153f56dccb");
  assert.deepEqual(msk.subarray(32), new Uint8Array(32));
  assert.notDeepEqual(msk.subarray(0, 16), new Uint8Array(16));
});

test("a Windows domain before a name is not hashed", () => {
  assert.equal(new TextDecoder().decode(withoutDomain(new TextEncoder().encode("BIGCO\\johndoe"))), "johndoe");
  assert.equal(new TextDecoder().decode(withoutDomain(new TextEncoder().encode("johndoe"))), "johndoe");
});
