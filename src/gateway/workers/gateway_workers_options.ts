/**
 * What a gateway of several workers is told when it starts.
 *
 * @module
 */
import type { TicketKeyRing } from "../../ticket/ticket_key_ring.ts";
import type { GatewayOptions } from "../gateway_options.ts";
import type { GatewayCounters } from "../counters.ts";

/** A worker that died, or serves again. */
export type WorkerChange =
  | { readonly type: "worker-died"; readonly index: number; readonly reason: string }
  | { readonly type: "worker-started"; readonly index: number };

/**
 * What the workers share, and where they are. All that holds for the gateway as a whole is in the main thread: the store, the list of revoked tickets,
 * the ring of ticket keys.
 */
export interface GatewayWorkersOptions extends
  Pick<
    GatewayOptions,
    | "addresses"
    | "port"
    | "natPort"
    | "signal"
    | "transport"
    | "openTransport"
    | "store"
    | "storeFailure"
    | "storeTimeoutMs"
    | "onStoreChange"
    | "revocation"
    | "clock"
    | "onFault"
  > {
  /** How many: 1 to 64. As many as the machine has cores to spare. */
  readonly workers: number;
  /**
   * How datagrams come to their workers. `kernel`: each worker has sockets of its own on the same port (SO_REUSEPORT), and the kernel gives it what
   * is its own, by the SPIs, or, where the C library cannot be called, by where it comes from. `main`: the main thread has the sockets and hands over,
   * which goes anywhere. Default `auto`: `kernel` where it can be had. `openTransport` is for `main` alone.
   */
  readonly steering?: "auto" | "kernel" | "main";
  /** Told which it is and why, in a line for people. */
  readonly report?: (line: string) => void;
  /** The module that each worker runs. It calls `serveGatewayWorker`, which makes the worker's options there. */
  readonly module: URL;
  /** What stands behind the program's name on the command line of each worker (`process.argv`). Default: nothing. */
  readonly argv?: readonly string[];
  /** Whatever can be cloned, for each worker's context. Looked at whenever one is started, also in the place of one that died. */
  readonly data?: unknown;
  /** The keys of tickets, for each worker's context. Not given: the module makes a ring that has the same keys in all workers. */
  readonly ticketKeys?: TicketKeyRing;
  /** Told what a worker tells. */
  readonly onTold?: (message: unknown, index: number) => void;
  /** Told when a worker died, and when another serves in its place. */
  readonly onWorkerChange?: (change: WorkerChange) => void;
}

/** The sums over all workers, with those that died. What a worker had counted in its last half second is lost with it. */
export interface GatewayWorkersCounters extends GatewayCounters {
  /** Workers that died, and were started again. */
  worker_restarts_total: number;
  /**
   * Datagrams that the main thread has handed to a worker. Where the kernel steers: those that came to another worker first, as happens while one is
   * started again.
   */
  handed_over_datagrams_total: number;
}
