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
  LaidOutMessage,
  OpenRequest,
  PrfPlusRequest,
  PrfRequest,
  SealRequest,
  SealWithTicketRequest,
  VerifyMacRequest,
} from "../src/crypto/provider.ts";
import { Arena } from "./arena.ts";
import type { CoreExports } from "./generated/exports.ts";
import { RECORD_OCTETS } from "./generated/layout.ts";
import { AUTHENTICATE, DERIVE_AND_OPEN, SEAL_WITH_TICKET } from "./fused_operations.ts";
import { SEAL_LAID_OUT, SEAL_LAID_OUT_WITH_TICKET } from "./laid_out_operations.ts";
import type { Operation, Run } from "./operation.ts";
import { DERIVE_KEYS, OPEN, PRF, PRF_PLUS, SEAL, VERIFY_MAC } from "./basic_operations.ts";

/** A batch in the arena takes no more than this, a lone member aside: a bound on memory that costs no time. */
const PIECE_OCTETS = 512 * 1024;

const NO_OUTPUTS = { outputs: new Uint8Array(0), messages: new Uint8Array(0) };

/** A provider over one instance of the core, which nothing else uses. */
export class WasmProvider implements CryptoProvider {
  readonly name = "wasm";
  readonly #core: CoreExports;
  readonly #arena: Arena;
  #hasFailed = false;

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

  openTickets(batch: readonly OpenRequest[]): (Uint8Array | undefined)[] {
    return this.#run(OPEN, batch);
  }

  deriveAndOpen(batch: readonly DeriveAndOpenRequest[]): DerivedAndOpened[] {
    return this.#run(DERIVE_AND_OPEN, batch);
  }

  authenticate(batch: readonly AuthenticateRequest[]): (Authenticated | undefined)[] {
    return this.#run(AUTHENTICATE, batch);
  }

  sealWithTicket(batch: readonly SealWithTicketRequest[]): Uint8Array[] {
    return this.#run(SEAL_WITH_TICKET, batch);
  }

  sealLaidOut(batch: readonly LaidOutMessage[]): void {
    const carrying = batch.filter(({ ticket }) => ticket !== undefined);
    if (carrying.length > 0) this.#run(SEAL_LAID_OUT_WITH_TICKET, carrying);
    if (carrying.length < batch.length) this.#run(SEAL_LAID_OUT, batch.filter(({ ticket }) => ticket === undefined));
  }

  /** A ticket key is expanded in each call and wiped with it: nothing is kept. */
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
    let messages = 0;
    while (end < batch.length) {
      const memberInputs = operation.inputsSize(batch[end]);
      const memberOutputs = operation.outputsSize(batch[end]);
      const memberMessages = operation.messagesSize?.(batch[end]) ?? 0;
      const records = (end - first + 1) * operation.records;
      const octets = inputs + memberInputs + outputs + memberOutputs + messages + memberMessages + records * RECORD_OCTETS;
      if (octets > PIECE_OCTETS && end > first) break;
      inputs += memberInputs;
      outputs += memberOutputs;
      messages += memberMessages;
      end++;
    }
    const records = (end - first) * operation.records;
    if (this.#hasFailed) throw new Error("the WebAssembly core has failed before, and cannot be used any more");
    arena.begin(records, inputs, outputs, messages);
    try {
      for (let i = first; i < end; i++) operation.write(batch[i], arena);
      this.#call(operation.run, records, inputs, outputs + messages);
      arena.renewViews();
      const copy = operation.inPlace ? NO_OUTPUTS : arena.copyOutputs();
      try {
        for (let i = first; i < end; i++) results.push(operation.read(batch[i], arena, (i - first) * operation.records, copy));
      } catch (error) {
        copy.outputs.fill(0);
        copy.messages.fill(0);
        throw error;
      }
    } finally {
      if (!this.#hasFailed) arena.wipe();
    }
  }

  /**
   * Calls the core. A trap, for want of memory for example, leaves it in the middle of what it did: it is not to be used again.
   */
  #call(run: Run, records: number, inputs: number, outputs: number): void {
    let fits: number;
    try {
      fits = this.#core[run](records, inputs, outputs);
    } catch (error) {
      this.#hasFailed = true;
      this.#arena.overwrite();
      throw new Error(`the WebAssembly core has failed in ${run}`, { cause: error });
    }
    if (!fits) throw new Error("the core's arena is smaller than it said");
  }
}
