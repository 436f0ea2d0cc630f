/**
 * What is counted of a load: by operation, by second, by kind of failure; and what others have counted, added to it.
 *
 * @module
 */
import { type LatencyCounts, LatencyHistogram } from "./latency_histogram.ts";
import type { LoadOutcome, Operation } from "./load_outcome.ts";
import type { LoadFailures, LoadSecond, OperationReport } from "./load_report.ts";

/** Of failures: whoever answers may name as many as it likes. */
const MOST_KINDS = 64;
/** The kind of all that come after so many. */
const OTHER = "other-failures";
const OTHER_EXAMPLE = `there are ${MOST_KINDS} kinds already: those of all others are counted as this one`;

/** All that was counted in one second, so that others can add it to theirs. */
export interface SecondDetail {
  readonly second: number;
  readonly begun: number;
  /** Turns that no client was free for: failures too. */
  readonly left_out: number;
  /** Clients that were up when it ended. */
  readonly up: number;
  readonly operations: { readonly [Name in Operation]?: OperationDetail };
  readonly failures: LoadFailures;
}

export interface OperationDetail {
  readonly succeeded: number;
  readonly failed: number;
  readonly latency_us: LatencyCounts;
}

/** What is told of a second that is over. */
export interface EndedSecond {
  readonly second: LoadSecond;
  readonly detail: SecondDetail;
}

/** Of one operation, or of all. */
class Counted {
  succeeded = 0;
  failed = 0;
  readonly latency = new LatencyHistogram();

  add({ succeeded, failed, latency_us }: OperationDetail): void {
    this.succeeded += succeeded;
    this.failed += failed;
    this.latency.add(latency_us);
  }

  reset(): void {
    this.succeeded = 0;
    this.failed = 0;
    this.latency.reset();
  }

  get detail(): OperationDetail {
    return { succeeded: this.succeeded, failed: this.failed, latency_us: this.latency.counts };
  }
}

type Failures = Map<string, { count: number; readonly example: string }>;

export class Recorder {
  readonly #operations = new Map<Operation, Counted>();
  readonly #failures: Failures = new Map();
  readonly #seconds: LoadSecond[] = [];
  #left = 0;
  readonly #all = new Counted();
  /** Of the second that is not over yet. */
  #current = emptySecond();

  /** Somebody's turn has come. */
  begun(): void {
    this.#current.begun++;
  }

  /** Somebody's turn has come, and no client was free to take it. */
  leftOut(): void {
    this.#current.left++;
    this.fail("no-client-free", "all clients were busy: more --clients, or less --rate");
  }

  get turnsLeftOut(): number {
    return this.#left + this.#current.left;
  }

  /** @param latencyMs from when it should have begun */
  take(outcome: LoadOutcome, latencyMs: number): void {
    const counted = countedIn(this.#current.operations, outcome.operation);
    if (outcome.ok) {
      counted.succeeded++;
      counted.latency.record(latencyMs);
      return;
    }
    counted.failed++;
    this.fail(outcome.failure.kind, outcome.failure.detail);
  }

  fail(kind: string, example: string, count: number = 1): void {
    addFailure(this.#current.failures, kind, { count, example });
  }

  /** Takes over what another recorder counted in the same second, before {@link endSecond}. */
  add({ begun, left_out, operations, failures }: SecondDetail): void {
    this.#current.begun += begun;
    this.#current.left += left_out;
    for (const [operation, detail] of Object.entries(operations)) {
      countedIn(this.#current.operations, operation as Operation).add(detail);
    }
    for (const [kind, failure] of Object.entries(failures)) addFailure(this.#current.failures, kind, failure);
  }

  /**
   * A second is over.
   *
   * @param up clients that are up
   * @param gatewayCpu cores that the gateway took; `undefined`: nobody can tell
   */
  endSecond(second: number, up: number, gatewayCpu?: number | null): EndedSecond {
    const { begun, left, operations, failures } = this.#current;
    const details = [...operations].map(([operation, counted]) => [operation, counted.detail] as const)
      .filter(([, { succeeded, failed }]) => succeeded + failed > 0);
    const all = this.#all;
    all.reset();
    for (const [operation, detail] of details) {
      all.add(detail);
      countedIn(this.#operations, operation).add(detail);
    }
    for (const [kind, failure] of failures) addFailure(this.#failures, kind, failure);
    this.#left += left;
    const ended: LoadSecond = {
      second,
      begun,
      succeeded: all.succeeded,
      failed: sumOf(failures),
      p50_ms: all.latency.percentileMs(50),
      p99_ms: all.latency.percentileMs(99),
      up,
      ...(gatewayCpu !== undefined && { gateway_cpu: gatewayCpu }),
    };
    const detail = {
      ...{ second, begun, left_out: left, up },
      operations: Object.fromEntries(details),
      failures: Object.fromEntries(failures),
    };
    this.#seconds.push(ended);
    // Histograms are large: those of a second serve for the next one.
    for (const counted of operations.values()) counted.reset();
    this.#current = { ...emptySecond(), operations };
    return { second: ended, detail };
  }

  /** Those that are over. */
  get seconds(): readonly LoadSecond[] {
    return this.#seconds;
  }

  /** Of the seconds that are over, as all that follows. */
  get failures(): LoadFailures {
    return Object.fromEntries([...this.#failures].sort(([, one], [, other]) => other.count - one.count));
  }

  get succeeded(): number {
    return [...this.#operations.values()].reduce((sum, { succeeded }) => sum + succeeded, 0);
  }

  get failed(): number {
    return sumOf(this.#failures);
  }

  operations(seconds: number): { readonly [Name in Operation]?: OperationReport } {
    return Object.fromEntries(
      [...this.#operations].map(([operation, { succeeded, failed, latency }]) => [operation, {
        succeeded,
        failed,
        per_s: seconds > 0 ? Math.round(10 * succeeded / seconds) / 10 : 0,
        latency_ms: latency.report(),
        histogram: latency.buckets,
      }]),
    );
  }
}

function emptySecond() {
  return { begun: 0, left: 0, operations: new Map<Operation, Counted>(), failures: new Map() as Failures };
}

function countedIn(operations: Map<Operation, Counted>, operation: Operation): Counted {
  let counted = operations.get(operation);
  if (counted === undefined) {
    counted = new Counted();
    operations.set(operation, counted);
  }
  return counted;
}

function addFailure(
  failures: Failures,
  kind: string,
  { count, example }: { readonly count: number; readonly example: string },
): void {
  const known = failures.get(kind);
  if (known) known.count += count;
  else if (failures.size < MOST_KINDS) failures.set(kind, { count, example });
  else if (kind === OTHER) failures.set(kind, { count, example: OTHER_EXAMPLE });
  else addFailure(failures, OTHER, { count, example: OTHER_EXAMPLE });
}

function sumOf(failures: Failures): number {
  return [...failures.values()].reduce((sum, { count }) => sum + count, 0);
}
