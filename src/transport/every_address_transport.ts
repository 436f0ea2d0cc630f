/**
 * The wildcard address where datagrams do not tell which address they came to: sockets of their own for each address of this machine, also for those
 * that appear later.
 *
 * @module
 */
import { clearInterval, setInterval } from "node:timers";
import type { Datagram, Endpoint } from "../ike/steps/datagram.ts";
import { openDgramTransport } from "./dgram_transport.ts";
import { interfaceAddresses } from "./interface_address.ts";
import { addressFamily } from "./local_address.ts";
import type { OpenSocketTransport, SocketTransport, TransportCounters, TransportOptions } from "./transport.ts";
import { zeroTransportCounters } from "./transport.ts";
import { TransportError } from "./transport_error.ts";

/** Between two looks at the machine's addresses. */
const LOOK_MS = 5_000;

export interface EveryAddressOptions {
  readonly openOne?: OpenSocketTransport;
  /** The machine's addresses as they are now, of both families. */
  readonly addressesNow?: () => readonly string[];
  readonly lookMs?: number;
}

/**
 * @throws {TransportError} the machine has no address of that family, or a port of one that it has now is taken
 */
export async function openEveryAddressTransport(
  options: TransportOptions,
  more: EveryAddressOptions = {},
): Promise<SocketTransport> {
  const { openOne = openDgramTransport, addressesNow = ownAddresses, lookMs = LOOK_MS } = more;
  const isOurs = (address: string) => addressFamily(address) === addressFamily(options.address) || isOfBoth(options);
  const addresses = () => addressesNow().filter(isOurs);
  const [first, ...others] = addresses();
  if (first === undefined) throw new TransportError(`cannot listen on ${options.address}: this machine has no such address`);
  const leader = await openOne({ ...options, address: first });
  // Where the system was to choose, its choice for the first is everybody's.
  const ports = { port: leader.local.port, natPort: leader.encapsulatedLocal.port };
  const transport = new EveryAddressTransport(options, ports, (address) => openOne({ ...options, ...ports, address }));
  transport.add(first, leader);
  try {
    for (const address of others) await transport.open(address);
  } catch (error) {
    await transport.close();
    throw error;
  }
  transport.follow(addresses, lookMs);
  return transport;
}

class EveryAddressTransport implements SocketTransport {
  readonly name = "dgram";
  readonly local: Endpoint;
  readonly encapsulatedLocal: Endpoint;
  readonly #byAddress = new Map<string, SocketTransport>();
  readonly #openOne: (address: string) => Promise<SocketTransport>;
  readonly #onError: ((error: Error) => void) | undefined;
  /** Of sockets whose address is gone. */
  readonly #before = zeroTransportCounters();
  #timer: ReturnType<typeof setInterval> | undefined;
  #isLooking = false;
  #isClosed = false;

  constructor(
    { address, onError }: TransportOptions,
    { port, natPort }: { readonly port: number; readonly natPort: number },
    openOne: (address: string) => Promise<SocketTransport>,
  ) {
    this.local = { address, port };
    this.encapsulatedLocal = { address, port: natPort };
    this.#openOne = openOne;
    this.#onError = onError;
  }

  get counters(): Readonly<TransportCounters> {
    const sum = { ...this.#before };
    for (const { counters } of this.#byAddress.values()) addTo(sum, counters);
    return sum;
  }

  async open(address: string): Promise<void> {
    this.add(address, await this.#openOne(address));
  }

  add(address: string, transport: SocketTransport): void {
    this.#byAddress.set(address, transport);
  }

  follow(addresses: () => readonly string[], lookMs: number): void {
    this.#timer = setInterval(() => void this.#look(addresses()), lookMs).unref();
  }

  send(datagram: Datagram): void {
    const transport = this.#byAddress.get(datagram.local.address);
    if (transport) transport.send(datagram);
    // Its address has gone since the peer was last heard.
    else this.#before.sendErrors++;
  }

  /** From the first address: keepalives are a client's, which listens on one. */
  sendKeepalive(remote: Endpoint): void {
    for (const transport of this.#byAddress.values()) return transport.sendKeepalive(remote);
  }

  flush(): void {}

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    await Promise.all([...this.#byAddress.values()].map((transport) => transport.close()));
  }

  /** Opens sockets for addresses that have appeared, and closes those whose address has gone. What cannot be opened yet is tried again. */
  async #look(addresses: readonly string[]): Promise<void> {
    if (this.#isLooking || this.#isClosed) return;
    this.#isLooking = true;
    for (const [address, transport] of this.#byAddress) {
      if (addresses.includes(address)) continue;
      this.#byAddress.delete(address);
      addTo(this.#before, transport.counters);
      await transport.close();
    }
    for (const address of addresses) {
      if (this.#byAddress.has(address) || this.#isClosed) continue;
      try {
        await this.#openLate(address);
      } catch (error) {
        this.#onError?.(error instanceof Error ? error : new Error(String(error)));
      }
    }
    this.#isLooking = false;
  }

  async #openLate(address: string): Promise<void> {
    const transport = await this.#openOne(address);
    if (this.#isClosed) await transport.close();
    else this.add(address, transport);
  }
}

/** The wildcard of IPv6 takes IPv4 as well, where nobody else does. */
function isOfBoth({ address, ipv6Only }: TransportOptions): boolean {
  return addressFamily(address) === 6 && ipv6Only !== true;
}

/** Without link-local ones of IPv6, which mean nothing without their interface. */
function ownAddresses(): readonly string[] {
  return interfaceAddresses().map(({ address }) => address).filter((address) => !/^fe[89ab]/i.test(address));
}

function addTo(sum: TransportCounters, counters: Readonly<TransportCounters>): void {
  sum.received += counters.received;
  sum.sent += counters.sent;
  sum.droppedByKernel += counters.droppedByKernel;
  sum.truncated += counters.truncated;
  sum.sendErrors += counters.sendErrors;
}
