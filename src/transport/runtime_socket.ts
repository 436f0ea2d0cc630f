/**
 * UDP sockets of the runtime, by node:dgram.
 *
 * @module
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import process from "node:process";
import type { Endpoint } from "../ike/steps/datagram.ts";
import { enlargeReceiveBuffer } from "./deno_receive_buffer.ts";
import { addressFamily } from "./local_address.ts";
import { TransportError } from "./transport_error.ts";

/** Sizes that the kernel's receive buffer is asked for, largest first: a mass reconnect arrives faster than it is served. */
export const RECEIVE_BUFFER_SIZES: readonly number[] = [8 << 20, 4 << 20, 2 << 20, 1 << 20, 512 << 10, 256 << 10];

/**
 * Octets of the longest datagram that is accepted. Deno makes an array of the "receive buffer size" for each datagram, so there it is no more than
 * IKE needs; Node takes whatever UDP carries.
 */
export const LONGEST_DATAGRAM: number = process.versions.deno === undefined ? 0xffff : 8 << 10;

/** A received buffer with so many octets to spare is copied, not kept: IKE SAs keep messages, and bounds count messages. */
const SPARE_OCTETS = 512;

/**
 * Binds one that reads from then on. `reusePort`: others may be bound to the same port, where the runtime knows of that (Node from 22.12 on). Throws
 * a {@link TransportError} that names the address and port.
 */
export function bindSocket(address: string, port: number, reusePort = false): Promise<Socket> {
  const family = addressFamily(address);
  const socket = createSocket({
    type: family === 4 ? "udp4" : "udp6",
    ...(reusePort && { reusePort }),
    // Remote addresses are always numeric: answering at once saves a turn of the event loop for every datagram sent.
    lookup: (hostname, _options, callback) => callback(null, hostname, family),
  });
  return new Promise((resolve, reject) => {
    socket.once("error", (error) => {
      socket.close();
      reject(new TransportError(`cannot listen on ${address} port ${port}: ${error.message}${adviceOf(error, port)}`));
    });
    socket.bind(port, address, () => {
      socket.removeAllListeners("error");
      setReceiveBuffer(socket);
      resolve(socket);
    });
  });
}

const FIRST_FREE_PORT = 1_024;

/** What helps against a refusal whose reason is not plain. */
export function adviceOf(error: Error, port: number): string {
  const isForbidden = /EACCES|EPERM|permission denied/i.test(`${"code" in error ? error.code : ""} ${error.message}`);
  if (!isForbidden || port === 0 || port >= FIRST_FREE_PORT) return "";
  return ` (ports below ${FIRST_FREE_PORT} take root, the capability CAP_NET_BIND_SERVICE, or the sysctl net.ipv4.ip_unprivileged_port_start=${port})`;
}

function setReceiveBuffer(socket: Socket): void {
  if (process.versions.deno !== undefined) {
    // One more, so that a longer one is told from one that fits.
    socket.setRecvBufferSize(LONGEST_DATAGRAM + 1);
    enlargeReceiveBuffer(socket.address().port, RECEIVE_BUFFER_SIZES[0]);
    return;
  }
  // Linux takes any size and cuts it to its limit; other systems refuse what is above theirs.
  for (const size of RECEIVE_BUFFER_SIZES) {
    try {
      socket.setRecvBufferSize(size);
      return;
    } catch {
      // Try the next smaller one; with none accepted the system's default stays.
    }
  }
}

/** A plain array over the received octets; a copy where the runtime hands over a buffer that is mostly empty. */
export function octetsOf(received: Uint8Array): Uint8Array {
  if (received.buffer.byteLength > received.length + SPARE_OCTETS) return new Uint8Array(received);
  return new Uint8Array(received.buffer, received.byteOffset, received.length);
}

/** Of what node:dgram tells, without the zone. */
export function endpointOf(info: RemoteInfo | { address: string; port: number }): Endpoint {
  const { address, port } = info;
  const zone = address.indexOf("%");
  return { address: zone < 0 ? address : address.slice(0, zone), port };
}

/** Closes it, and resolves when it is. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
