/**
 * Tells the protocol at a pace what its Child SAs have carried: their lifetimes go by it, and ESP that came is a sign of life of the peer.
 *
 * @module
 */
import type { SpiPair } from "../ike/ike_sa/spi.ts";
import { contain } from "../ike/steps/hook_faults.ts";
import type { ChildSaCarried, InstalledChildSas } from "./installed_child_sas.ts";

/** What is told of one Child SA, in the form that the protocol takes it. */
export interface CarriedReport {
  /** Names the Child SA on its IKE SA: the SPI of its inbound direction. */
  readonly inboundSpi: number;
  /** Both directions together, since it came up. */
  readonly octets: number;
  /** Both directions together, since it came up. */
  readonly packets: number;
}

/** How often it is looked, and who is told. */
export interface CarriedReportsOptions {
  /** Milliseconds between two looks at least; above 0. */
  readonly everyMs: number;
  /** What a Child SA may carry: without any of them `onCarried` is told nothing. */
  readonly lifetimeOctets?: number;
  /** Packets, both directions together. */
  readonly lifetimePackets?: number;
  /** Told of a Child SA whenever it has carried another hundredth of what it may. Those after it wait for it. */
  readonly onCarried: (spis: SpiPair, report: CarriedReport) => void | Promise<void>;
  /** Told of the IKE SAs from whose peers authentic ESP came since the last look. */
  readonly onHeard?: (spis: readonly SpiPair[]) => void | Promise<void>;
  /** Told when it cannot be looked, once until it can again. What it throws goes nowhere. */
  readonly onFault: (fault: unknown) => void;
}

/** One look takes as long as Linux takes: the wait after it is so many times as long, that large gateways do little else but serve. */
const REST = 20;
/** Parts of a lifetime that are told one by one. */
const PARTS = 100;

/** Looks at what Child SAs have carried, now and then, and has the protocol told: for lifetimes by volume (RFC 4301, section 4.4.2.1). */
export class CarriedReports {
  readonly #installed: Pick<InstalledChildSas, "carried">;
  readonly #options: CarriedReportsOptions;
  readonly #told = new WeakMap<ChildSaCarried["childSa"], { octets: number; packets: number; packetsIn: number }>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasFailed = false;
  #isClosed = false;

  /** Looks from now on, in `installed`, whose Child SAs they are. */
  constructor(installed: Pick<InstalledChildSas, "carried">, options: CarriedReportsOptions) {
    this.#installed = installed;
    this.#options = options;
    this.#wait(options.everyMs);
  }

  /** No more looks; one that is under way tells nothing more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #wait(milliseconds: number): void {
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#look(), milliseconds);
  }

  async #look(): Promise<void> {
    const start = performance.now();
    try {
      const all = await this.#installed.carried();
      this.#hasFailed = false;
      await this.#tell(all);
    } catch (fault) {
      if (!this.#hasFailed && !this.#isClosed) contain(() => this.#options.onFault(fault), () => {});
      this.#hasFailed = true;
    }
    this.#wait(Math.max(this.#options.everyMs, REST * (performance.now() - start)));
  }

  async #tell(all: readonly ChildSaCarried[]): Promise<void> {
    const heard: SpiPair[] = [];
    for (const { spis, inboundSpi, childSa, octets, packets, packetsIn } of all) {
      if (this.#isClosed) return;
      let told = this.#told.get(childSa);
      if (told === undefined) this.#told.set(childSa, told = { octets: 0, packets: 0, packetsIn: 0 });
      if (packetsIn > told.packetsIn) heard.push(spis);
      told.packetsIn = packetsIn;
      if (!this.#isWorthTelling(octets - told.octets, packets - told.packets)) continue;
      Object.assign(told, { octets, packets });
      await this.#options.onCarried(spis, { inboundSpi, octets, packets });
    }
    if (heard.length > 0 && !this.#isClosed) await this.#options.onHeard?.(heard);
  }

  #isWorthTelling(octets: number, packets: number): boolean {
    const { lifetimeOctets, lifetimePackets } = this.#options;
    return lifetimeOctets !== undefined && octets > 0 && PARTS * octets >= lifetimeOctets ||
      lifetimePackets !== undefined && packets > 0 && PARTS * packets >= lifetimePackets;
  }
}
