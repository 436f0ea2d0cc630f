/** What a core that errs is refused by: each test makes one result of one operation wrong. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertKnownAnswers } from "../../bindings/self_test.ts";
import type { CryptoProvider, DeriveKeysRequest, SealRequest } from "../../src/crypto/provider.ts";
import {
  AES_CBC,
  AES_GCM_16,
  CHACHA20_POLY1305,
  PRF_HMAC_SHA1,
  PRF_HMAC_SHA2_256,
  PRF_HMAC_SHA2_384,
  PRF_HMAC_SHA2_512,
} from "../../src/crypto/registry.ts";
import { instantiate } from "./core.ts";

type Results = (Uint8Array | boolean | object | undefined)[];

const { provider } = await instantiate("relaxed");
const OPERATIONS = [
  "prf",
  "prfPlus",
  "deriveKeys",
  "verifyMac",
  "seal",
  "open",
  "openTickets",
  "deriveAndOpen",
  "authenticate",
  "sealWithTicket",
] as const;

test("a core that gives right answers passes", () => assertKnownAnswers(provider));

for (const operation of OPERATIONS) {
  for (const member of [0, 3, 4, 8]) {
    test(`a wrong result of member ${member} of ${operation} is refused, and named`, () => {
      const erring = changed(operation, (results) => {
        if (results.length > member) results[member] = wrong(results[member]);
        return results;
      });
      assert.throws(() => assertKnownAnswers(erring), /^Error: the WebAssembly core gives a wrong answer for [A-Z]/);
    });
  }

  test(`results of ${operation} in another order are refused`, () => {
    const erring = changed(operation, (results) => results.length < 5 ? results : [...results.slice(1), results[0]]);
    assert.throws(() => assertKnownAnswers(erring), /wrong answer/);
  });
}

for (const prf of [PRF_HMAC_SHA1, PRF_HMAC_SHA2_256, PRF_HMAC_SHA2_384, PRF_HMAC_SHA2_512]) {
  test(`${prf.name} is refused where the last of several members is wrong`, () => {
    const erring = changed("deriveKeys", (results, batch) => {
      if ((batch[0] as DeriveKeysRequest).prf !== prf || results.length < 3) return results;
      return results.with(-1, wrong(results[results.length - 1]));
    });
    assert.throws(() => assertKnownAnswers(erring), /wrong answer for/);
  });
}

for (const encryption of [AES_GCM_16, CHACHA20_POLY1305, AES_CBC]) {
  test(`${encryption.name} is refused where the last of several members is wrong`, () => {
    const erring = changed("seal", (results, batch) => {
      if ((batch[0] as SealRequest).protection.encryption !== encryption || results.length < 3) return results;
      return results.with(-1, wrong(results[results.length - 1]));
    });
    assert.throws(() => assertKnownAnswers(erring), new RegExp(`wrong answer for ${encryption.name}$`));
  });
}

function changed(
  operation: typeof OPERATIONS[number],
  change: (results: Results, batch: readonly object[]) => Results,
): CryptoProvider {
  const run = (batch: never) => change(provider[operation](batch) as Results, batch);
  return new Proxy(provider, {
    get: (target, name) => {
      if (name === operation) return run;
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** One octet changed, a verdict turned around, an opened message in place of none. */
function wrong(result: Results[number]): Results[number] {
  if (typeof result === "boolean") return !result;
  if (result === undefined) return new Uint8Array(1);
  if (result instanceof Uint8Array) {
    return result.length === 0 ? Uint8Array.of(1) : result.with(result.length - 1, result[result.length - 1] ^ 1);
  }
  const [name, value] = Object.entries(result)[0];
  return { ...result, [name]: wrong(value) };
}
