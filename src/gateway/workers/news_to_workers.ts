/**
 * News of clients that came back, or came up alone of their identity, for the workers that it concerns.
 *
 * @module
 */
import { workersOf } from "../../ike/ike_sa/spi_worker.ts";
import type { NewsOfWorkers } from "../../ike/policy/other_workers.ts";
import type { WorkerThread } from "./worker_thread.ts";

/** Whoever has told what was replaced is told it again: so all workers know the same order. `teller`: not given where another gateway told it. */
export function tellWorkers(
  workers: readonly WorkerThread[],
  { resumed, replaced }: Pick<NewsOfWorkers, "resumed" | "replaced">,
  teller?: number,
): void {
  for (const [index, worker] of workers.entries()) {
    const isOwn = index === teller;
    const theirs = isOwn ? [] : resumed.filter(({ spis }) => workersOf(spis, workers.length).includes(index));
    if (theirs.length + replaced.length > 0) worker.post({ type: "news", news: { resumed: theirs, replaced, isOwn } });
  }
}
