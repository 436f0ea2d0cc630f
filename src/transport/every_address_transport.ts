/**
 * Many addresses as one: all of this machine, where datagrams to the wildcard address do not tell which one they came to, or all of an interface.
 * Each has sockets of its own, also those that appear later.
 *
 * @module
 */
import { clearInterval, setInterval } from "node:timers";
import type { Datagram, Endpoint } from "../ike/steps/datagram.ts";
import { contain } from "../ike/steps/hook_faults.ts";
import { openDgramTransport } from "./dgram_transport.ts";
import { interfaceAddresses, listenableAddresses } from "./interface_address.ts";
import { addressFamily, isInterfaceName } from "./local_address.ts";
import type { OpenSocketTransport, SocketTransport, TransportCounters, TransportOptions } from "./transport.ts";
import { zeroTransportCounters } from "./transport.ts";
import { TransportError } from "./transport_error.ts";

/** Between two looks at the machine's addresses. */
const LOOK_MS = 5_000;

export interface EveryAddressOptions {
  readonly openOne?: OpenSocketTransport;
  /** The addresses as they are now, of both families: the machine's, or those of one interface. */
  readonly addressesNow?: (interfaceName?: string) => readonly string[];
  readonly lookMs?: number;
}

/**
 * @param options `address`: a wildcard address, or the name of an interface.
 * @throws {TransportError} there is no such address now, or a port of one that is there is taken.
 */
export async function openEveryAddressTransport(
  options: TransportOptions,
  more: EveryAddressOptions = {},
): Promise<SocketTransport> {
  const { openOne = openDgramTransport, addressesNow = listenableAddresses, lookMs = LOOK_MS } = more;
  const addresses = isInterfaceName(options.address)
    ? () => addressesNow(options.address)
    : () => addressesNow().filter((address) => addressFamily(address) === addressFamily(options.address) || isOfBoth(options));
  const [first, ...others] = addresses();
  if (first === undefined) throw noneOf(options.address);
  const leader = await openOne({ ...options, address: first });
  // Where the system was to choose, its choice for the first is everybody's.
  const ports = { port: leader.local.port, natPort: leader.encapsulatedLocal.port };
  const open = (address: string) => openOne({ ...options, ...ports, address });
  const transport = new EveryAddressTransport(leader.name, options, ports, open);
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
  readonly name: string;
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
    name: string,
    { address, onError }: TransportOptions,
    { port, natPort }: { readonly port: number; readonly natPort: number },
    openOne: (address: string) => Promise<SocketTransport>,
  ) {
    this.name = name;
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

  /** What goes wrong is told: whoever serves at the other addresses does not notice. */
  follow(addresses: () => readonly string[], lookMs: number): void {
    this.#timer = setInterval(async () => {
      if (this.#isLooking || this.#isClosed) return;
      this.#isLooking = true;
      await this.#tried(async () => await this.#look(addresses()));
      this.#isLooking = false;
    }, lookMs).unref();
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

  flush(): void {
    for (const transport of this.#byAddress.values()) transport.flush();
  }

  serves(address: string): boolean {
    return this.#byAddress.has(address);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    await Promise.all([...this.#byAddress.values()].map((transport) => transport.close()));
  }

  /** Opens sockets for addresses that have appeared, and closes those whose address has gone. What cannot be opened yet is tried again. */
  async #look(addresses: readonly string[]): Promise<void> {
    for (const [address, transport] of this.#byAddress) {
      if (addresses.includes(address)) continue;
      this.#byAddress.delete(address);
      addTo(this.#before, transport.counters);
      await this.#tried(() => transport.close());
    }
    for (const address of addresses) {
      if (!this.#byAddress.has(address) && !this.#isClosed) await this.#tried(() => this.#openLate(address));
    }
  }

  async #tried(call: () => Promise<void>): Promise<void> {
    try {
      await call();
    } catch (error) {
      contain(() => this.#onError?.(error instanceof Error ? error : new Error(String(error))), () => {});
    }
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

function noneOf(address: string): TransportError {
  const isThere = interfaceAddresses().some(({ interfaceName }) => interfaceName === address);
  if (!isInterfaceName(address)) return new TransportError(`cannot listen on ${address}: this machine has no such address`);
  if (isThere) return new TransportError(`cannot listen on the interface ${address}: it has link-local addresses alone`);
  const names = [...new Set(interfaceAddresses().map(({ interfaceName }) => interfaceName))].join(", ");
  return new TransportError(`cannot listen on the interface ${address}: there is none with an address, but ${names}`);
}

function addTo(sum: TransportCounters, counters: Readonly<TransportCounters>): void {
  sum.received += counters.received;
  sum.sent += counters.sent;
  sum.droppedByKernel += counters.droppedByKernel;
  sum.truncated += counters.truncated;
  sum.sendErrors += counters.sendErrors;
}
