/**
 * The runner of steps: takes what all sessions of a wave wait for, makes one provider call for each kind of operation, hands the
 * results back, and goes on until every step has returned, or was set aside.
 *
 * @module
 */
import type { KeyEncapsulation } from "../../crypto/key_encapsulation.ts";
import type { KeyExchange, RandomSource } from "../../crypto/key_exchange.ts";
import type { CryptoProvider } from "../../crypto/provider.ts";
import { SharedKeyPair } from "../../crypto/shared_key_pair.ts";
import type { RevocationStore } from "../../ticket/revocation_store.ts";
import type { TicketStateStore } from "../../ticket/ticket_state_store.ts";
import { type SetAside, settled } from "./awaited.ts";
import { isThenable } from "./hook_faults.ts";
import {
  type AgreeRequest,
  type ClaimRequest,
  isStep,
  type Known,
  type Step,
  type StepOperation,
  type StepRequest,
  type StepResult,
  type StepResults,
} from "./step.ts";
import { claimUnrevoked, replaceStates, standingsOf } from "./ticket_stores.ts";

/** Remembers used tickets (RFC 5723, section 4.3.1). The batch is a wave's: a store over a network needs one round trip for it. */
export interface TicketClaims {
  /**
   * `true`: this call claimed the ticket; `false`: it had been claimed before; `undefined`: that cannot be told now, and it is not accepted. Of two
   * equal members the first wins.
   */
  claim(batch: readonly ClaimRequest[]): readonly (boolean | undefined)[] | Promise<readonly (boolean | undefined)[]>;
  /** Whether each ticket has been claimed; claims nothing. `"unknown"`: that cannot be told now, and it is not accepted. */
  isClaimed(batch: readonly ClaimRequest[]): readonly (boolean | "unknown")[] | Promise<readonly (boolean | "unknown")[]>;
}

/** The services that answer the requests of steps. */
export interface WaveServices {
  /** Cryptography with a key, in batches. */
  readonly provider: CryptoProvider;
  /** Key pairs and shared secrets. */
  readonly keyExchange: KeyExchange;
  /** Of key pairs, nonces and IVs. */
  readonly random: RandomSource;
  /** Tickets that were used. */
  readonly claims: TicketClaims;
  /** Where the state of tickets by reference is; needed only where such tickets are issued or opened. */
  readonly ticketStates?: TicketStateStore;
  /** The Invalid Ticket List (RFC 5723, section 9.8). Without one no ticket by value is ever revoked. */
  readonly revocations?: RevocationStore;
}

/**
 * Runs all steps to their end. Results stand in the order of the steps.
 *
 * When a store fails, the steps that waited for it throw; when cryptography throws, which is a programmer's error, only the
 * step whose request it is. Rejects when a step throws: then no step of the wave has a result, and those that have not ended are
 * ended where they stand, so that each lets go of what it holds. A step that is `isolated` never throws.
 *
 * @param setAside Takes the steps that wait for a promise out of the wave. Without it the wave waits for them.
 */
export async function runWave<T>(
  steps: readonly Step<T>[],
  services: WaveServices,
  setAside?: SetAside<T>,
): Promise<T[]> {
  const wave = new Wave(steps, setAside);
  try {
    wave.begin();
    for (let queue = wave.nextQueue(); queue !== undefined; queue = wave.nextQueue()) {
      let results: readonly StepResult[];
      try {
        const served = serve(queue, services);
        // Only stores answer later, and what has to be loaded. Without one the wave runs through without giving up its turn.
        results = isThenable(served) ? await served : served;
      } catch (fault) {
        if (queue.waiting.length === 1 || !isRepeatable(queue.operation)) wave.fail(queue, fault);
        else serveAlone(queue, wave, services);
        continue;
      }
      wave.resume(queue, results);
    }
    return wave.results;
  } catch (fault) {
    wave.endUnfinished();
    throw fault;
  }
}

/** Serves each request of a batch alone: one of them is wrong, perhaps that of an EAP method, and must not end other steps. */
function serveAlone<T>(queue: Queue, wave: Wave<T>, services: WaveServices): void {
  for (const [at, index] of queue.waiting.entries()) {
    const alone: Queue = { operation: queue.operation, waiting: [index], requests: [queue.requests[at]] };
    let results: readonly StepResult[];
    try {
      // Cryptography answers at once.
      results = serve(alone, services) as readonly StepResult[];
    } catch (fault) {
      wave.fail(alone, fault);
      continue;
    }
    wave.resume(alone, results);
  }
}

/** The same step, whose faults end it alone: when it, or a service that it waits for, throws, `whenFaulty` makes its result. */
export function* isolated<T>(step: Step<T>, whenFaulty: (fault: unknown) => T): Step<T> {
  try {
    return yield* step;
  } catch (fault) {
    return whenFaulty(fault);
  }
}

/**
 * Runs one step that asks for cryptography alone, here and now.
 *
 * @throws what the step throws. {TypeError} it asks for what answers later.
 */
export function atOnce<T>(step: Step<T>, services: WaveServices): T {
  let progress = step.next();
  while (!progress.done) {
    const { operation, request } = progress.value;
    const served = serve({ operation, waiting: [0], requests: [request] }, services);
    if (isThenable(served)) throw new TypeError(`wave: ${operation} answers later, expected it at once`);
    progress = step.next(served[0]);
  }
  return progress.value;
}

/** What is known, or what {@link atOnce} says of the step that finds it out. */
export function knownAtOnce<T>(known: Known<T>, services: WaveServices): T {
  return isStep(known) ? atOnce(known, services) : known;
}

/** Steps that wait for the same operation, and what each asks of it. */
interface Queue {
  readonly operation: StepOperation;
  readonly waiting: number[];
  readonly requests: StepRequest["request"][];
}

class Wave<T> {
  readonly results: T[] = [];
  readonly #steps: readonly Step<T>[];
  readonly #queues = new Map<StepOperation, Queue>();
  readonly #setAside: SetAside<T> | undefined;

  constructor(steps: readonly Step<T>[], setAside: SetAside<T> | undefined) {
    this.#steps = steps;
    this.#setAside = setAside;
    this.results.length = steps.length;
  }

  begin(): void {
    for (let index = 0; index < this.#steps.length; index++) this.#accept(index, this.#steps[index].next());
  }

  /** Takes the fullest queue: those behind it have the longest to fill up before their own call. */
  nextQueue(): Queue | undefined {
    let fullest: Queue | undefined;
    for (const queue of this.#queues.values()) {
      if (fullest === undefined || queue.waiting.length > fullest.waiting.length) fullest = queue;
    }
    if (fullest !== undefined) this.#queues.delete(fullest.operation);
    return fullest;
  }

  resume(queue: Queue, results: readonly StepResult[]): void {
    for (let at = 0; at < queue.waiting.length; at++) {
      const index = queue.waiting[at];
      this.#accept(index, this.#steps[index].next(results[at]));
    }
  }

  fail(queue: Queue, fault: unknown): void {
    for (const index of queue.waiting) this.#accept(index, this.#steps[index].throw(fault));
  }

  /** After one of them threw: ends those that have neither a result nor been set aside. */
  endUnfinished(): void {
    for (let index = 0; index < this.#steps.length; index++) {
      // Its result is asked for by nobody any more.
      if (!(index in this.results)) this.#steps[index].return(undefined as unknown as T);
    }
  }

  #accept(index: number, progress: IteratorResult<StepRequest, T>): void {
    if (progress.done) {
      this.results[index] = progress.value;
      return;
    }
    if (progress.value.operation === "await" && this.#setAside) {
      this.results[index] = this.#setAside(this.#steps[index], progress.value.request);
      return;
    }
    const { operation, request } = progress.value;
    let queue = this.#queues.get(operation);
    if (queue === undefined) {
      queue = { operation, waiting: [], requests: [] };
      this.#queues.set(operation, queue);
    }
    queue.waiting.push(index);
    queue.requests.push(request);
  }
}

type Served = readonly StepResult[] | Promise<readonly StepResult[]>;

/** A queue holds requests of its own operation only, which is what each of these functions is given. */
const servants: {
  readonly [Operation in StepOperation]: (batch: Batch<Operation>, services: WaveServices) => BatchResults<Operation>;
} = {
  prf: (batch, { provider }) => provider.prf(batch),
  prfPlus: (batch, { provider }) => provider.prfPlus(batch),
  deriveKeys: (batch, { provider }) => provider.deriveKeys(batch),
  verifyMac: (batch, { provider }) => provider.verifyMac(batch),
  seal: (batch, { provider }) => provider.seal(batch),
  open: (batch, { provider }) => provider.open(batch),
  openTickets: (batch, { provider }) => provider.openTickets(batch),
  deriveAndOpen: (batch, { provider }) => provider.deriveAndOpen(batch),
  authenticate: (batch, { provider }) => provider.authenticate(batch),
  sealWithTicket: (batch, { provider }) => provider.sealWithTicket(batch),
  generateKeyPair: (groups, { keyExchange, random }) => groups.map((group) => keyExchange.generateKeyPair(group, random)),
  generateSharedKeyPair: (groups, services) => sharedKeyPairs(groups, services),
  agree: (batch: readonly AgreeRequest[], { keyExchange }) =>
    batch.map(({ pair, peerPublicValue }) => keyExchange.agree(pair, peerPublicValue)),
  generateEncapsulationKeys: (methods, { keyExchange, random }) =>
    withEncapsulation(keyExchange, (kem) => methods.map((method) => kem.generateKeyPair(method, random))),
  encapsulate: (batch, { keyExchange, random }) =>
    withEncapsulation(
      keyExchange,
      (kem) => batch.map(({ method, publicValue }) => kem.encapsulate(method, publicValue, random)),
    ),
  claimTickets: (batch, { claims, revocations }) => claimUnrevoked(batch, claims, revocations),
  ticketStandings: (batch, { claims, revocations }) => standingsOf(batch, claims, revocations),
  revokeTickets: (batch, { revocations }) => {
    const added = revocations?.add(batch);
    const results = batch.map(() => revocations !== undefined);
    return isThenable(added) ? added.then(() => results) : results;
  },
  storeTickets: (batch, services) => ticketStatesOf(services).put(batch),
  loadTickets: (batch, services) => ticketStatesOf(services).get(batch),
  deleteTickets: (batch, services) => ticketStatesOf(services).delete(batch),
  replaceTickets: (batch, services) => replaceStates(batch, ticketStatesOf(services)),
  await: (batch) => Promise.all(batch.map(settled)),
};

/** Stores are not asked twice: the first time may have had its effect. Key encapsulation may have to be loaded, and does not throw by itself. */
const NOT_REPEATABLE: ReadonlySet<StepOperation> = new Set([
  "generateEncapsulationKeys",
  "encapsulate",
  "claimTickets",
  "ticketStandings",
  "revokeTickets",
  "storeTickets",
  "loadTickets",
  "deleteTickets",
  "replaceTickets",
]);

function isRepeatable(operation: StepOperation): boolean {
  return !NOT_REPEATABLE.has(operation);
}

/** At once, but for the first time, when key encapsulation has to be loaded. */
function withEncapsulation<T>(keyExchange: KeyExchange, use: (kem: KeyEncapsulation) => T): T | Promise<T> {
  const kem = keyExchange.encapsulation();
  return kem instanceof Promise ? kem.then(use) : use(kem);
}

/** One key pair for each group. */
function sharedKeyPairs(groups: readonly number[], { keyExchange, random }: WaveServices): SharedKeyPair[] {
  const byGroup = new Map<number, SharedKeyPair>();
  return groups.map((group) => {
    const made = byGroup.get(group) ?? new SharedKeyPair(keyExchange.generateKeyPair(group, random));
    byGroup.set(group, made);
    return made;
  });
}

function ticketStatesOf({ ticketStates }: WaveServices): TicketStateStore {
  if (ticketStates === undefined) {
    throw new RangeError("wave services: no ticketStates, expected a store for tickets by reference");
  }
  return ticketStates;
}

type Batch<Operation extends StepOperation> = readonly Extract<StepRequest, { operation: Operation }>["request"][];
type BatchResults<Operation extends StepOperation> =
  | readonly StepResults[Operation][]
  | Promise<readonly StepResults[Operation][]>;

function serve(queue: Queue, services: WaveServices): Served {
  const servant = servants[queue.operation] as (batch: Queue["requests"], services: WaveServices) => Served;
  return servant(queue.requests, services);
}
