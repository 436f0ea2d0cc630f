/**
 * A gateway of several workers, and clients that find the worker that they want.
 *
 * @module
 */
import { Client } from "../../../src/client/client.ts";
import type { Session } from "../../../src/client/session.ts";
import { parseIdentity } from "../../../src/configuration/mod.ts";
import { systemRandom } from "../../../src/crypto/system_random.ts";
import { GatewayWorkers } from "../../../src/gateway/workers/gateway_workers.ts";
import type { GatewayWorkersOptions } from "../../../src/gateway/workers/gateway_workers_options.ts";
import { workerOfSpi } from "../../../src/ike/ike_sa/spi_worker.ts";
import { initiatorConfiguration } from "../../../src/ike/policy/initiator_configuration.ts";
import type { InitiatorOptions } from "../../../src/ike/policy/initiator_configuration.ts";
import type { ClientTicket } from "../../../src/ticket/client_ticket.ts";
import { TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";
import type { Told, WorkerData } from "./worker.ts";

export const SECRET: Uint8Array = new TextEncoder().encode("a secret that both ends hold");
export const WORKERS = 2;

export interface GatewayOfWorkers {
  readonly gateway: GatewayWorkers;
  readonly told: Told[];
  /** Resolves when this has been told. */
  until(predicate: (told: Told) => boolean): Promise<Told>;
  readonly client: Client;
  /** Connects until the gateway's end is at this worker, by a full exchange or with a ticket. */
  connect(worker: number | undefined, ticket?: ClientTicket, options?: Partial<InitiatorOptions>): Promise<Session>;
  close(): Promise<void>;
}

export async function gatewayOfWorkers(
  options: Partial<GatewayWorkersOptions> = {},
  data: Partial<WorkerData> = {},
): Promise<GatewayOfWorkers> {
  const told: Told[] = [];
  const waiting = new Set<{ predicate: (told: Told) => boolean; resolve: (told: Told) => void }>();
  const gateway = await GatewayWorkers.listen({
    workers: WORKERS,
    module: new URL("./worker.ts", import.meta.url),
    addresses: ["127.0.0.1"],
    port: 0,
    natPort: 0,
    ticketKeys: TicketKeyRing.generate(systemRandom, Math.floor(Date.now() / 1_000)),
    data: { secret: SECRET, ...data } satisfies WorkerData,
    ...options,
    onTold: (message) => {
      const one = message as Told;
      told.push(one);
      for (const each of waiting) {
        if (!each.predicate(one)) continue;
        waiting.delete(each);
        each.resolve(one);
      }
    },
  });
  const { client, connect } = await steeredClient(gateway);
  return {
    gateway,
    told,
    client,
    until: (predicate) => {
      const found = told.find(predicate);
      return found ? Promise.resolve(found) : new Promise((resolve) => waiting.add({ predicate, resolve }));
    },
    connect,
    close: async () => {
      await client.close();
      await gateway.close();
    },
  };
}

/** A client whose first messages fall to the worker that is asked for. */
export async function steeredClient(gateway: GatewayWorkers): Promise<Pick<GatewayOfWorkers, "client" | "connect">> {
  let wanted: number | undefined;
  // The worker of a first message follows from its initiator's SPI: the eight octets that a client draws.
  const random = (length: number) => {
    const octets = systemRandom(length);
    if (length === 8 && wanted !== undefined) octets[7] = octets[7] - octets[7] % WORKERS + wanted;
    return octets;
  };
  const client = await Client.open({ address: "127.0.0.1", random });
  return {
    client,
    connect: (worker, ticket, options) => {
      wanted = worker;
      return client.connect({
        configuration: initiatorConfiguration({
          identity: parseIdentity("alice@example.org"),
          presharedKey: SECRET,
          initialContact: false,
          ...options,
        }),
        gateway: { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port },
        ...(ticket && { ticket }),
      });
    },
  };
}

/** The worker that a session's IKE SA is at. */
export function workerOf({ spis }: Session): number {
  return workerOfSpi(spis.responderSpi, WORKERS);
}

/** Kills a worker, and waits until another serves in its place. */
export async function killed(gateway: GatewayWorkers, index: number): Promise<void> {
  const before = (await gateway.counters()).worker_restarts_total;
  await gateway.ask(`die ${index}`);
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { worker_restarts_total } = await gateway.counters();
    const answers = await gateway.ask("who");
    if (worker_restarts_total > before && answers[index] !== undefined && answers.every((each) => each !== undefined)) return;
  }
}
