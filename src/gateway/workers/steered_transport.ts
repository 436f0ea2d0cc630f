/**
 * A worker's own sockets, on ports that all workers share: the kernel gives it its datagrams. What is another worker's after all, as while one is
 * being started again, goes to it by way of the main thread.
 *
 * @module
 */
import { isFirstMessage, type SpiWorker, workerOfMessage } from "../../ike/ike_sa/spi_worker.ts";
import { endOfTurn } from "../../transport/event_loop_turn.ts";
import { chooseTransport, type TransportName } from "../../transport/open_transport.ts";
import { steeringProgram } from "../../transport/shared_port/steering_program.ts";
import type { SocketTransport, TransportOptions } from "../../transport/transport.ts";
import { HEADER_LENGTH } from "../../wire/header.ts";
import type { DatagramPacker } from "./packed_datagrams.ts";
import type { Place } from "./place.ts";

/** Opens the sockets of one address. */
export interface SteeredTransportOptions {
  readonly transport: TransportName;
  readonly worker: SpiWorker;
  /** Which worker each socket of a port is of, in the order in which they were bound: this one is the last. */
  readonly sockets: readonly number[];
  /** The endpoints of those that were bound before; absent for the first. */
  readonly place: Place | undefined;
  readonly misdirected: DatagramPacker;
  /** Sends what was misdirected. */
  readonly flush: () => void;
}

/** @throws {TransportError} it cannot be opened. */
export function openSteeredTransport(
  options: TransportOptions,
  { transport, worker, sockets, place, misdirected, flush }: SteeredTransportOptions,
): Promise<SocketTransport> {
  return chooseTransport(transport)({
    ...options,
    port: place?.local.port ?? options.port,
    natPort: place?.encapsulatedLocal.port ?? options.natPort,
    share: {
      program: steeringProgram(sockets, worker.count, false),
      encapsulatedProgram: steeringProgram(sockets, worker.count, true),
    },
    onDatagram: (datagram) => {
      const { octets } = datagram;
      const isOwn = isFirstMessage(octets) || workerOfMessage(octets, worker.count) === worker.index;
      // What is no message at all is anybody's.
      if (isOwn || octets.length < HEADER_LENGTH) return options.onDatagram(datagram);
      if (misdirected.count === 0) void endOfTurn().then(flush);
      misdirected.add(datagram);
    },
  });
}
