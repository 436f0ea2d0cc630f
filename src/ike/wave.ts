/**
 * The runner of steps: takes what all sessions of a wave wait for, makes one provider call for each kind of operation, hands the
 * results back, and goes on until every step has returned.
 *
 * @module
 */
import type { KeyExchange, RandomSource } from "../crypto/key_exchange.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import type { ClaimRequest, Step } from "./step.ts";

/** Remembers used tickets. `true`: this call claimed it; `false`: it had been claimed before. */
export interface TicketClaims {
  claim(batch: readonly ClaimRequest[]): readonly boolean[] | Promise<readonly boolean[]>;
}

/** Who serves the requests that steps yield. */
export interface WaveServices {
  readonly provider: CryptoProvider;
  readonly keyExchange: KeyExchange;
  readonly random: RandomSource;
  readonly claims: TicketClaims;
}

/** Runs all steps to their end. Results stand in the order of the steps. */
export declare function runWave<T>(steps: readonly Step<T>[], services: WaveServices): Promise<T[]>;
