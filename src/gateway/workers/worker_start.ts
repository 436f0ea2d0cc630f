/**
 * What a worker's thread is started with, and whose buffers it takes over.
 *
 * @module
 */
import type { RevokedTickets } from "../gateway_options.ts";
import type { GatewayWorkersOptions } from "./gateway_workers_options.ts";
import { WORKER_KIND, type WorkerStart } from "./messages.ts";
import type { SharedTicketKeyRing } from "./ticket_key_copies.ts";

/** What the main thread has for a worker. */
export interface Starting extends Pick<WorkerStart, "index" | "taken" | "memory"> {
  readonly options: GatewayWorkersOptions;
  /** Identities whose tickets were taken back. */
  readonly revoked: readonly RevokedTickets[];
  readonly ticketKeys: SharedTicketKeyRing | undefined;
}

export function workerStart(
  { index, taken, memory, options, revoked, ticketKeys }: Starting,
): { readonly data: WorkerStart; readonly transfer: ArrayBuffer[] } {
  const { workers, addresses, port, natPort, data, revocation } = options;
  const copies = ticketKeys?.copies(workers);
  return {
    data: {
      kind: WORKER_KIND,
      index,
      count: workers,
      addresses,
      port,
      natPort,
      revocation: revocation === "off" ? "off" : "exact",
      revoked,
      memory,
      ...(copies && { ticketKeys: copies }),
      data,
      taken,
    },
    transfer: copies ? copies.keys.map(({ key }) => key.buffer as ArrayBuffer) : [],
  };
}
