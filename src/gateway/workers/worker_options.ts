/**
 * How a program tells its gateway's workers what to serve. Functions do not go from one thread to another: each worker runs a module of the
 * program's, which makes them there.
 *
 * @module
 */
import type { TicketKeyRing } from "../../ticket/ticket_key_ring.ts";
import type { GatewayOptions } from "../gateway_options.ts";

/** What a worker is told when it starts. */
export interface GatewayWorkerContext {
  /** From 0 to `count` - 1. A worker that takes the place of one that died has its index. */
  readonly index: number;
  /** How many workers the gateway has. */
  readonly count: number;
  /** A copy of what the program gave as `data`. */
  readonly data: unknown;
  /** The ring of the main thread, where it was given one: it has the same keys, and follows it. */
  readonly ticketKeys?: TicketKeyRing;
  /** Hands something to the main thread's `onTold`: whatever can be cloned. */
  readonly tell: (message: unknown) => void;
}

/**
 * What one worker serves. All workers must be told the same. Limits, such as `ikeSaLimit`, are those of the whole gateway: each worker takes its
 * part. Functions are called in the worker's thread.
 */
export interface GatewayWorkerOptions extends
  Pick<
    GatewayOptions,
    | "configuration"
    | "lane"
    | "provider"
    | "keyExchange"
    | "random"
    | "clock"
    | "policyTimeoutMs"
    | "onEffect"
    | "onOther"
    | "onFault"
  > {
  /** The answer to a question of the main thread's (`GatewayWorkers.ask`), or a promise of it: whatever can be cloned. */
  readonly answer?: (question: unknown) => unknown;
  /** Called when its gateway has been closed: the thread ends when the promise resolves, or a second after it was told to end. */
  readonly onClose?: () => void | Promise<void>;
}

/** Makes the options of one worker. */
export type MakeGatewayWorkerOptions = (
  context: GatewayWorkerContext,
) => GatewayWorkerOptions | Promise<GatewayWorkerOptions>;
