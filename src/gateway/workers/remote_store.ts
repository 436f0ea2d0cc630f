/**
 * The store of a gateway's workers: there is one, in the main thread, so that what one worker claims no other can. A wave's questions go in one
 * message, and come back in one.
 *
 * @module
 */
import { wipe } from "../../crypto/wipe.ts";
import { contain, isThenable } from "../../ike/steps/hook_faults.ts";
import type { TicketClaims } from "../../ike/steps/wave.ts";
import type { GatewayStore } from "../../store/gateway_store.ts";
import { StoreError, type StoreErrorKind } from "../../store/store_error.ts";
import type { RevocationStore } from "../../ticket/revocation_store.ts";
import type { LoadedState, StoredTicket, TicketStateStore } from "../../ticket/ticket_state_store.ts";
import { messageOf } from "./gateway_worker_error.ts";
import type { StoreAnswer, StoreCall, StoreRequest } from "./messages.ts";

interface Asked {
  readonly resolve: (value: never) => void;
  readonly reject: (fault: StoreError) => void;
}

/** A worker's side. */
export class RemoteStore implements GatewayStore {
  readonly name: string = "the main thread's store";
  readonly claims: TicketClaims;
  readonly ticketStates: TicketStateStore;
  readonly revocations: RevocationStore;
  readonly #post: (calls: readonly StoreCall[]) => void;
  readonly #asked = new Map<number, Asked>();
  #calls: StoreCall[] = [];
  #lastId = 0;

  /** `post` sends calls to the main thread, all that were made in one go. */
  constructor(post: (calls: readonly StoreCall[]) => void) {
    this.#post = post;
    this.claims = {
      claim: (batch) => this.#ask<readonly (boolean | undefined)[]>({ room: "claims", method: "claim" }, batch),
      isClaimed: (batch) => this.#ask<readonly (boolean | "unknown")[]>({ room: "claims", method: "isClaimed" }, batch),
    };
    this.ticketStates = {
      put: (batch) => this.#ask<readonly boolean[]>({ room: "ticketStates", method: "put" }, batch),
      get: (batch) => this.#ask<readonly LoadedState[]>({ room: "ticketStates", method: "get" }, batch),
      delete: (batch) => this.#ask<readonly (boolean | undefined)[]>({ room: "ticketStates", method: "delete" }, batch),
    };
    this.revocations = {
      add: (batch) => this.#ask<void>({ room: "revocations", method: "add" }, batch),
      has: (batch) => this.#ask<readonly (boolean | "unknown")[]>({ room: "revocations", method: "has" }, batch),
    };
  }

  /** What the main thread has answered. */
  answered(answers: readonly StoreAnswer[]): void {
    for (const answer of answers) {
      const asked = this.#asked.get(answer.id);
      this.#asked.delete(answer.id);
      if ("fault" in answer) asked?.reject(new StoreError(answer.fault.kind ?? "unavailable", answer.fault.message));
      else asked?.resolve(answer.value as never);
    }
  }

  /** The main thread's store is closed by whoever opened it. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #ask<T>(request: StoreRequest, batch: readonly unknown[]): Promise<T> {
    if (this.#calls.length === 0) queueMicrotask(() => this.#post(this.#calls.splice(0)));
    const id = ++this.#lastId;
    this.#calls.push({ ...request, id, batch });
    return new Promise<T>((resolve, reject) => this.#asked.set(id, { resolve, reject }));
  }
}

/** The main thread's side: answers calls of one worker, those that the store answers at once in one message. */
export function answerStoreCalls(
  store: GatewayStore,
  calls: readonly StoreCall[],
  post: (answers: readonly StoreAnswer[]) => void,
): void {
  const answers: StoreAnswer[] = [];
  // What is posted was copied: states that the store gave are nobody's afterwards.
  const postAndWipe = (these: readonly StoreAnswer[]) => {
    post(these);
    for (const answer of these) if ("value" in answer) wipeStates(answer.value);
  };
  for (const call of calls) {
    const { id } = call;
    try {
      const value = ask(store, call);
      if (isThenable(value)) {
        value.then((late) => postAndWipe([{ id, value: late }]), (fault) => post([faultAnswer(id, fault)]));
      } else answers.push({ id, value });
    } catch (fault) {
      answers.push(faultAnswer(id, fault));
    }
  }
  if (answers.length > 0) postAndWipe(answers);
}

/** Of all answers only states of tickets are octets. */
function wipeStates(value: unknown): void {
  for (const each of Array.isArray(value) ? value : []) if (each instanceof Uint8Array) wipe(each);
}

function ask(store: GatewayStore, call: StoreCall): unknown {
  const { method } = call;
  const room = store[call.room] as unknown as { readonly [method: string]: (batch: readonly unknown[]) => unknown };
  if (method !== "put") return room[method](call.batch);
  const states = (call.batch as readonly StoredTicket[]).map(({ state }) => state);
  const kept = room[method](call.batch);
  // A store keeps copies, or has sent them: those that came with the message are nobody's.
  const wipeAll = () => wipe(...states);
  if (isThenable(kept)) contain(() => kept.then(wipeAll, wipeAll), () => {});
  else wipeAll();
  return kept;
}

function faultAnswer(id: number, fault: unknown): StoreAnswer {
  const kind: StoreErrorKind | undefined = fault instanceof StoreError ? fault.kind : undefined;
  return { id, fault: { kind, message: messageOf(fault) } };
}
