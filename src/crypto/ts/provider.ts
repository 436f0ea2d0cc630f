/**
 * The `ts` provider: pure TypeScript over noble, one request after the other. It runs wherever JavaScript runs.
 *
 * Noble keeps no expanded AES key between calls, so tickets are sealed and opened like any message here and there is no
 * ticket key state to forget.
 *
 * @module
 */
import { composedOf } from "../composed.ts";
import { equalInConstantTime } from "../constant_time.ts";
import { assertOpenable, assertPrfPlusLength, assertSealable, openableLength } from "../guards.ts";
import type {
  CryptoProvider,
  DeriveKeysRequest,
  OpenRequest,
  PrfPlusRequest,
  PrfRequest,
  SealRequest,
  VerifyMacRequest,
} from "../provider.ts";
import { wipe } from "../wipe.ts";
import { openAead, sealAead } from "./aead.ts";
import { openCbc, sealCbc } from "./cbc_hmac.ts";
import { authOf, hmacOf, prfPlusOf } from "./hmac.ts";

/** The provider over the noble packages, one request at a time: where JavaScript runs, it runs. */
export function createTsProvider(): CryptoProvider {
  return {
    name: "ts",
    prf: (batch) => batch.map(prf),
    prfPlus: (batch) => batch.map(prfPlus),
    deriveKeys: (batch) => batch.map(deriveKeys),
    verifyMac: (batch) => batch.map(verifyMac),
    seal: (batch) => batch.map(seal),
    open: (batch) => batch.map(open),
    openTickets: (batch) => batch.map(open),
    ...composedOf({ deriveKeys, prfPlus, authOf, isEqual: equalInConstantTime, seal, open }),
    forgetTicketKeys: () => {},
  };
}

function prf({ prf, key, data }: PrfRequest): Uint8Array {
  return hmacOf(prf.hash, key, data);
}

function prfPlus({ prf, key, seed, length }: PrfPlusRequest): Uint8Array {
  assertPrfPlusLength(prf, length);
  return prfPlusOf(prf.hash, key, seed, length);
}

function deriveKeys({ prf, key, data, seed, length }: DeriveKeysRequest): Uint8Array {
  assertPrfPlusLength(prf, length);
  const seedKey = hmacOf(prf.hash, key, data);
  const keys = prfPlusOf(prf.hash, seedKey, seed, length);
  wipe(seedKey);
  return keys;
}

function verifyMac({ prf, key, data, mac }: VerifyMacRequest): boolean {
  return equalInConstantTime(hmacOf(prf.hash, key, data), mac);
}

function seal(request: SealRequest): Uint8Array {
  assertSealable(request);
  const { integrity } = request.protection;
  return integrity === undefined ? sealAead(request) : sealCbc(request, integrity);
}

function open(request: OpenRequest): Uint8Array | undefined {
  assertOpenable(request);
  if (openableLength(request) === undefined) return undefined;
  const { integrity } = request.protection;
  return integrity === undefined ? openAead(request) : openCbc(request, integrity);
}
