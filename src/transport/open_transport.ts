/**
 * Which transport carries a gateway's datagrams.
 *
 * @module
 */
import { openBatchedTransport } from "./batched/batched_transport.ts";
import { openDgramTransport } from "./dgram_transport.ts";
import { openEveryAddressTransport } from "./every_address_transport.ts";
import { EBADF } from "./libc/constants.ts";
import { type Libc, type LibcChoice, loadLibc } from "./libc/libc.ts";
import { isInterfaceName, isWildcard } from "./local_address.ts";
import type { OpenSocketTransport, SocketTransport, TransportOptions } from "./transport.ts";
import { TransportError } from "./transport_error.ts";

/**
 * `batched` reads and sends many datagrams by one call of the system, by foreign functions, on Linux; `dgram` one by one, by node:dgram, anywhere;
 * `auto` is `batched` where it can be had, and else `dgram`.
 */
export type TransportName = "auto" | "dgram" | "batched";

export const TRANSPORT_NAMES: readonly TransportName[] = ["auto", "dgram", "batched"];

/**
 * Opens transports of one kind.
 *
 * @param report Told which it is and why, in a line for people: once, and again for an address whose sockets cannot be read in batches after all.
 * @throws {TransportError} `batched` was asked for, and cannot be had: says why.
 */
export function chooseTransport(name: TransportName, report?: (line: string) => void): OpenSocketTransport {
  return ofInterfaces(chosen(name, report));
}

function chosen(name: TransportName, report: ((line: string) => void) | undefined): OpenSocketTransport {
  if (name === "dgram") return openDgram;
  const choice = workingLibc();
  if ("libc" in choice) {
    const { libc } = choice;
    report?.(`transport: batched (recvmmsg and sendmmsg by ${libc.name})`);
    const openBatched: OpenSocketTransport = (options) => openBatchedTransport(libc, options);
    return name === "batched" ? openBatched : (options) => openEither(openBatched, options, report);
  }
  if (name === "batched") throw new TransportError(`the transport "batched" cannot be had: ${choice.unavailable}`);
  report?.(`transport: dgram (no batches: ${choice.unavailable})`);
  return openDgram;
}

/** The name of an interface stands for its addresses, each with sockets of its own. */
function ofInterfaces(openOne: OpenSocketTransport): OpenSocketTransport {
  return (options) => {
    if (!isInterfaceName(options.address)) return openOne(options);
    if (options.share === undefined) return openEveryAddressTransport(options, { openOne });
    throw new TransportError(`cannot share the interface ${options.address} with other workers`);
  };
}

async function openDgram(options: TransportOptions): Promise<SocketTransport> {
  if (!isWildcard(options.address)) return await openDgramTransport(options);
  if (options.share === undefined) return await openEveryAddressTransport(options);
  throw new TransportError(
    `cannot share the wildcard address ${options.address} with other workers: that needs the transport "batched", or steering by the main thread`,
  );
}

async function openEither(
  openBatched: OpenSocketTransport,
  options: TransportOptions,
  report: ((line: string) => void) | undefined,
): Promise<SocketTransport> {
  try {
    return await openBatched(options);
  } catch (error) {
    // A port that is taken is refused here once more.
    const transport = await openDgram(options);
    report?.(`transport: dgram on ${options.address} (no batches: ${error instanceof Error ? error.message : String(error)})`);
    return transport;
  }
}

/** The C library, if the system lets this process call what batches need. */
function workingLibc(): LibcChoice {
  const choice = loadLibc();
  if (!("libc" in choice)) return choice;
  const { libc } = choice;
  const [receive, send] = [libc.recvmmsg, libc.sendmmsg].map((call) => errorOf(libc, call));
  if (receive === EBADF && send === EBADF) return choice;
  return { unavailable: `the system forbids recvmmsg or sendmmsg (errors ${receive} and ${send})` };
}

/** What a call says to a descriptor that there is none of. */
function errorOf(libc: Libc, call: Libc["recvmmsg"]): number {
  return call(-1, new Uint8Array(64), 1, 0) < 0 ? libc.errorNumber() : 0;
}
