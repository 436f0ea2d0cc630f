/**
 * Inner addresses that several workers give out: in memory that they share, which worker has each, so that no two have the same.
 *
 * @module
 */

/** What one worker's pool does before it gives an address that it has not, and when it has it no more. */
export interface AddressLeases {
  /** Addresses that nobody has, those among them that are never given. */
  readonly freeCount: number;
  /** False: another worker has it. `index`: of the address among all of the pool. */
  take(index: number): boolean;
  /** Whoever has it: its giving back counts for nothing from now on. */
  takeOver(index: number): void;
  giveBack(index: number): void;
}

/** Where other workers give out the same addresses, of each family. */
export interface FamilyLeases {
  readonly ipv4?: AddressLeases;
  readonly ipv6?: AddressLeases;
}

const FREE = 0;
/** Addresses in use are counted in front of the table. */
const COUNTER_OCTETS = 4;

/** The memory of each family's table. */
export interface AddressLeaseTables {
  readonly ipv4: SharedArrayBuffer;
  readonly ipv6: SharedArrayBuffer;
}

/** The memory for so many addresses of each family. */
export function newAddressLeaseTables({ ipv4, ipv6 }: { readonly ipv4: number; readonly ipv6: number }): AddressLeaseTables {
  return { ipv4: newAddressLeases(ipv4), ipv6: newAddressLeases(ipv6) };
}

/** All that a worker has: it died. */
export function giveBackAddresses(tables: AddressLeaseTables, worker: number): void {
  const { ipv4, ipv6 } = sharedAddressLeases(tables, worker);
  ipv4.giveBackAll();
  ipv6.giveBackAll();
}

/** What one worker takes and gives back of each family. */
export function sharedAddressLeases({ ipv4, ipv6 }: AddressLeaseTables, worker: number): {
  readonly [Family in keyof AddressLeaseTables]: SharedAddressLeases;
} {
  return { ipv4: new SharedAddressLeases(ipv4, worker), ipv6: new SharedAddressLeases(ipv6, worker) };
}

/** The memory for so many addresses. */
export function newAddressLeases(addresses: number): SharedArrayBuffer {
  return new SharedArrayBuffer(COUNTER_OCTETS + addresses);
}

export class SharedAddressLeases implements AddressLeases {
  readonly #taken: Int32Array;
  readonly #holders: Uint8Array;
  /** Of this worker in the table. */
  readonly #holder: number;

  constructor(memory: SharedArrayBuffer, worker: number) {
    this.#taken = new Int32Array(memory, 0, 1);
    this.#holders = new Uint8Array(memory, COUNTER_OCTETS);
    this.#holder = worker + 1;
  }

  get freeCount(): number {
    return this.#holders.length - Atomics.load(this.#taken, 0);
  }

  take(index: number): boolean {
    if (Atomics.compareExchange(this.#holders, index, FREE, this.#holder) !== FREE) return false;
    Atomics.add(this.#taken, 0, 1);
    return true;
  }

  takeOver(index: number): void {
    if (Atomics.exchange(this.#holders, index, this.#holder) === FREE) Atomics.add(this.#taken, 0, 1);
  }

  giveBack(index: number): void {
    if (Atomics.compareExchange(this.#holders, index, this.#holder, FREE) === this.#holder) Atomics.sub(this.#taken, 0, 1);
  }

  /** All that this worker has: it died. */
  giveBackAll(): void {
    for (let index = 0; index < this.#holders.length; index++) this.giveBack(index);
  }
}
