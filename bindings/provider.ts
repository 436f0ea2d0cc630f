/**
 * The `wasm` provider: cuts a batch into pieces of bounded memory, and takes each through the core in one call.
 *
 * @module
 */
import type {
  Authenticated,
  AuthenticateRequest,
  CryptoProvider,
  DeriveAndOpenRequest,
  DerivedAndOpened,
  DeriveKeysRequest,
  OpenRequest,
  PrfPlusRequest,
  PrfRequest,
  SealRequest,
  SealWithTicketRequest,
  VerifyMacRequest,
} from "../src/crypto/provider.ts";
import { Arena } from "./arena.ts";
import { authenticate, deriveAndOpen, sealWithTicket } from "./fused.ts";
import type { CoreExports } from "./generated/exports.ts";
import { RECORD_OCTETS, STATUS_DONE, STATUS_NOT_AUTHENTIC } from "./generated/layout.ts";
import { DERIVE_KEYS, OPEN, type Operation, PRF, PRF_PLUS, SEAL, VERIFY_MAC } from "./operations.ts";

/** A batch in the arena takes no more than this, a lone member aside: a bound on memory that costs no time. */
const PIECE_OCTETS = 512 * 1024;

/** Over one instance of the core, which nothing else uses. */
export class WasmProvider implements CryptoProvider {
  readonly name = "wasm";
  readonly #core: CoreExports;
  readonly #arena: Arena;

  constructor(core: CoreExports) {
    this.#core = core;
    this.#arena = new Arena(core);
  }

  prf(batch: readonly PrfRequest[]): Uint8Array[] {
    return this.#run(PRF, batch);
  }

  prfPlus(batch: readonly PrfPlusRequest[]): Uint8Array[] {
    return this.#run(PRF_PLUS, batch);
  }

  deriveKeys(batch: readonly DeriveKeysRequest[]): Uint8Array[] {
    return this.#run(DERIVE_KEYS, batch);
  }

  verifyMac(batch: readonly VerifyMacRequest[]): boolean[] {
    return this.#run(VERIFY_MAC, batch);
  }

  seal(batch: readonly SealRequest[]): Uint8Array[] {
    return this.#run(SEAL, batch);
  }

  open(batch: readonly OpenRequest[]): (Uint8Array | undefined)[] {
    return this.#run(OPEN, batch);
  }

  sealTickets(batch: readonly SealRequest[]): Uint8Array[] {
    return this.#run(SEAL, batch);
  }

  openTickets(batch: readonly OpenRequest[]): (Uint8Array | undefined)[] {
    return this.#run(OPEN, batch);
  }

  deriveAndOpen(batch: readonly DeriveAndOpenRequest[]): DerivedAndOpened[] {
    return deriveAndOpen(batch, this);
  }

  authenticate(batch: readonly AuthenticateRequest[]): (Authenticated | undefined)[] {
    return authenticate(batch, this);
  }

  sealWithTicket(batch: readonly SealWithTicketRequest[]): Uint8Array[] {
    return sealWithTicket(batch, this);
  }

  /** A ticket key is expanded once for each call and wiped with it: nothing is kept. */
  forgetTicketKeys(): void {}

  #run<Request, Result>(operation: Operation<Request, Result>, batch: readonly Request[]): Result[] {
    for (const request of batch) operation.check(request);
    const results: Result[] = [];
    while (results.length < batch.length) this.#runPiece(operation, batch, results);
    return results;
  }

  /** The members from `results.length` on, as many as fit. */
  #runPiece<Request, Result>(operation: Operation<Request, Result>, batch: readonly Request[], results: Result[]): void {
    const arena = this.#arena;
    const first = results.length;
    let end = first;
    let inputs = 0;
    let outputs = 0;
    while (end < batch.length) {
      const memberInputs = operation.inputsSize(batch[end]);
      const memberOutputs = operation.outputsSize(batch[end]);
      const octets = inputs + memberInputs + outputs + memberOutputs + (end - first + 1) * RECORD_OCTETS;
      if (octets > PIECE_OCTETS && end > first) break;
      inputs += memberInputs;
      outputs += memberOutputs;
      end++;
    }
    arena.begin(end - first, inputs, outputs);
    try {
      for (let i = first; i < end; i++) {
        arena.nextRecord();
        operation.write(batch[i], arena);
      }
      if (!this.#core[operation.run](end - first, inputs, outputs)) throw new Error("the core's arena is smaller than it said");
      const copy = arena.copyOutputs();
      for (let i = first; i < end; i++) results.push(this.#result(operation, batch[i], i - first, copy));
    } finally {
      arena.wipe();
    }
  }

  #result<Request, Result>(
    operation: Operation<Request, Result>,
    request: Request,
    member: number,
    outputs: Uint8Array,
  ): Result {
    switch (this.#arena.status(member)) {
      case STATUS_DONE:
        return operation.done(request, outputs, this.#arena.outputOffset(member));
      case STATUS_NOT_AUTHENTIC:
        return operation.notAuthentic as Result;
      default:
        throw new Error(`the core refuses a record of ${operation.run}`);
    }
  }
}
