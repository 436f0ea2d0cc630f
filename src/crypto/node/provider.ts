/**
 * The `node` provider: node:crypto (OpenSSL in Node, Rust in Deno), one request after the other.
 *
 * node:crypto makes a cipher object for each message and keeps no expanded key between them, so tickets are sealed and
 * opened like any message here and there is no ticket key state to forget.
 *
 * @module
 */
import { timingSafeEqual } from "node:crypto";
import type { Protection } from "../algorithms.ts";
import { composedOf } from "../composed.ts";
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
import { openAead, sealAead } from "./aead.ts";
import { isAes192, NOBLE_AES_192 } from "./aes_192.ts";
import { openCbc, sealCbc } from "./cbc_hmac.ts";
import { authOf, deriveKeysOf, hmacOf, prfPlusOf } from "./hmac.ts";

export function createNodeProvider(): CryptoProvider {
  return {
    name: "node",
    prf: (batch) => batch.map(prf),
    prfPlus: (batch) => batch.map(prfPlus),
    deriveKeys: (batch) => batch.map(deriveKeys),
    verifyMac: (batch) => batch.map(verifyMac),
    seal: (batch) => batch.map(seal),
    open: (batch) => batch.map(open),
    openTickets: (batch) => batch.map(open),
    ...composedOf({ deriveKeys, prfPlus, authOf, isEqual, seal, open }),
    forgetTicketKeys: () => {},
  };
}

function prf({ prf, key, data }: PrfRequest): Uint8Array {
  return hmacOf(prf.hash, key, data);
}

function prfPlus({ prf, key, seed, length }: PrfPlusRequest): Uint8Array {
  assertPrfPlusLength(prf, length);
  return prfPlusOf(prf, key, seed, length);
}

function deriveKeys(request: DeriveKeysRequest): Uint8Array {
  assertPrfPlusLength(request.prf, request.length);
  return deriveKeysOf(request);
}

function verifyMac({ prf, key, data, mac }: VerifyMacRequest): boolean {
  return isEqual(hmacOf(prf.hash, key, data), mac);
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function seal(request: SealRequest): Uint8Array {
  assertSealable(request);
  const { integrity } = request.protection;
  const serving = serverOf(request.protection);
  return integrity === undefined ? serving.sealAead(request) : serving.sealCbc(request, integrity);
}

function open(request: OpenRequest): Uint8Array | undefined {
  assertOpenable(request);
  if (openableLength(request) === undefined) return undefined;
  const { integrity } = request.protection;
  const serving = serverOf(request.protection);
  return integrity === undefined ? serving.openAead(request) : serving.openCbc(request, integrity);
}

const NODE = { sealAead, openAead, sealCbc, openCbc };

function serverOf(protection: Protection): typeof NODE {
  return NOBLE_AES_192 !== undefined && isAes192(protection) ? NOBLE_AES_192 : NODE;
}
