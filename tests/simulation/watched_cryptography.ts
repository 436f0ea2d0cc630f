/**
 * Cryptography that remembers what passed through it: how often it was called, and which secrets it gave out.
 *
 * @module
 */
import type { KeyExchange, KeyPair } from "../../src/crypto/key_exchange.ts";
import type { CryptoProvider } from "../../src/crypto/provider.ts";
import { createTsKeyExchange } from "../../src/crypto/ts/key_exchange.ts";

type BatchOperation = Exclude<keyof CryptoProvider, "name" | "forgetTicketKeys">;

/** One call of a provider: its operation, and for how many. */
export interface ProviderCall {
  readonly operation: BatchOperation;
  readonly size: number;
}

export interface WatchedProvider extends CryptoProvider {
  readonly calls: ProviderCall[];
  /** What `deriveKeys` and `deriveAndOpen` gave out: the keys of an IKE SA, until they have another place. */
  readonly derived: Uint8Array[];
  /** What `authenticate` gave out for the first Child SA, whether or not it came to one. */
  readonly expanded: Uint8Array[];
  /** Copies of that, as it was given out. */
  readonly keymats: Uint8Array[];
}

export function watchProvider(provider: CryptoProvider): WatchedProvider {
  const calls: ProviderCall[] = [];
  const derived: Uint8Array[] = [];
  const expanded: Uint8Array[] = [];
  const keymats: Uint8Array[] = [];
  const watched =
    <Request, Result>(operation: BatchOperation, call: (batch: readonly Request[]) => Result) =>
    (batch: readonly Request[]): Result => {
      calls.push({ operation, size: batch.length });
      return call(batch);
    };
  return {
    name: provider.name,
    calls,
    derived,
    expanded,
    keymats,
    prf: watched("prf", (batch) => provider.prf(batch)),
    prfPlus: watched("prfPlus", (batch) => provider.prfPlus(batch)),
    deriveKeys: watched("deriveKeys", (batch) => {
      const results = provider.deriveKeys(batch);
      derived.push(...results);
      return results;
    }),
    verifyMac: watched("verifyMac", (batch) => provider.verifyMac(batch)),
    seal: watched("seal", (batch) => provider.seal(batch)),
    open: watched("open", (batch) => provider.open(batch)),
    openTickets: watched("openTickets", (batch) => provider.openTickets(batch)),
    deriveAndOpen: watched("deriveAndOpen", (batch) => {
      const results = provider.deriveAndOpen(batch);
      derived.push(...results.map(({ keyingMaterial }) => keyingMaterial));
      return results;
    }),
    authenticate: watched("authenticate", (batch) => {
      const results = provider.authenticate(batch);
      expanded.push(...results.flatMap((result) => result ? [result.keyingMaterial] : []));
      keymats.push(...expanded.slice(keymats.length).map((keymat) => keymat.slice()));
      return results;
    }),
    sealWithTicket: watched("sealWithTicket", (batch) => provider.sealWithTicket(batch)),
    forgetTicketKeys: () => provider.forgetTicketKeys(),
  };
}

/** Knows which of its private values have been wiped. */
export interface WatchedKeyExchange extends KeyExchange {
  readonly pairs: { readonly pair: KeyPair; wiped: boolean }[];
}

export function watchKeyExchange(): WatchedKeyExchange {
  const keyExchange = createTsKeyExchange();
  const pairs: WatchedKeyExchange["pairs"] = [];
  return {
    name: keyExchange.name,
    pairs,
    generateKeyPair(group, random) {
      const pair = keyExchange.generateKeyPair(group, random);
      const watched = { pair, wiped: false };
      pairs.push(watched);
      const { privateValue } = pair;
      return {
        ...pair,
        privateValue: {
          agree: (peerPublicValue) => privateValue.agree(peerPublicValue),
          wipe() {
            watched.wiped = true;
            privateValue.wipe();
          },
        },
      };
    },
    agree: (pair, peerPublicValue) => keyExchange.agree(pair, peerPublicValue),
    encapsulation: () => keyExchange.encapsulation(),
  };
}
