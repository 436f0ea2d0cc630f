/**
 * From what the protocol tells to what systems are to do: which Child SAs there are, whose, and between which ends.
 *
 * @module
 */
import { wipe } from "../crypto/wipe.ts";
import type { ChildSa, ChildSaKeys } from "../ike/child_sa/child_sa.ts";
import type { SpiPair } from "../ike/ike_sa/spi.ts";
import type { InnerAddress } from "../ike/policy/inner_address.ts";
import type { Effect } from "../ike/states/effect.ts";
import { contain } from "../ike/steps/hook_faults.ts";
import { concealing } from "../crypto/concealed.ts";
import type { Identity } from "../ticket/identity.ts";
import type { CarriedTraffic, ChildSaSystem, EspEnds, InstalledChildSa } from "./child_sa_system.ts";

/** Numbers come again after so many, once they are free. */
export const MOST_CHILD_SAS: number = 1 << 20;

/** What a Child SA has carried, and of which IKE SA it is now. */
export interface ChildSaCarried extends CarriedTraffic {
  /** Of its IKE SA. */
  readonly spis: SpiPair;
  /** Names it on its IKE SA. */
  readonly inboundSpi: number;
  /** The same object for the same Child SA, wherever it is. */
  readonly childSa: InstalledChildSa["childSa"];
}

interface IkeSa {
  readonly spis: SpiPair;
  readonly initiatorId: Identity;
  readonly responderId: Identity;
  readonly local: EspEnds["local"];
  readonly remote: EspEnds["remote"];
  readonly inner?: InnerAddress;
  /** By the SPI that comes in. */
  readonly childSas: Map<number, InstalledChildSa>;
}

/** Hand it every effect of a gateway or a session, in order. */
export class InstalledChildSas {
  readonly #systems: readonly ChildSaSystem[];
  readonly #onFault: (fault: unknown) => void;
  readonly #ikeSas = new Map<string, IkeSa>();
  /** How many Child SAs have each number. */
  readonly #numbers = new Map<number, number>();
  #next = 1;
  #closed = false;

  /**
   * Child SAs are handed to these systems, one after the other.
   *
   * @param onFault what systems throw, and Child SAs that are one too many. What it throws itself goes nowhere.
   */
  constructor(systems: readonly ChildSaSystem[], onFault: (fault: unknown) => void) {
    this.#systems = systems;
    this.#onFault = (fault) => contain(() => onFault(fault), () => {});
  }

  /** An effect has happened: those of Child SAs, and of IKE SAs that move or end, are handed to the systems. Others are passed over. */
  take(effect: Effect): void {
    if (this.#closed) return;
    switch (effect.type) {
      case "ike-sa-up": {
        const { spis, initiatorId, responderId, local, remote } = effect;
        this.#ikeSas.set(nameOf(spis), { spis, initiatorId, responderId, local, remote, childSas: new Map() });
        break;
      }
      case "inner-address-assigned": {
        const { type: _, spis, ...inner } = effect;
        this.#change(spis, { inner });
        break;
      }
      case "child-sa-up":
        this.#up(effect.spis, effect.childSa);
        break;
      case "child-sa-rekeyed":
        this.#rekeyed(effect);
        break;
      case "child-sa-down":
        this.#down(effect.spis, effect.childSa.inboundSpi);
        break;
      case "ike-sa-rekeyed": {
        const ikeSa = this.#ikeSas.get(nameOf(effect.spis));
        this.#ikeSas.delete(nameOf(effect.spis));
        if (ikeSa) this.#ikeSas.set(nameOf(effect.newSpis), { ...ikeSa, spis: effect.newSpis });
        break;
      }
      case "peer-moved":
      case "addresses-updated":
        this.#moved(effect);
        break;
      case "ike-sa-down": {
        for (const inboundSpi of [...this.#ikeSas.get(nameOf(effect.spis))?.childSas.keys() ?? []]) {
          this.#down(effect.spis, inboundSpi);
        }
        this.#ikeSas.delete(nameOf(effect.spis));
        break;
      }
    }
  }

  /** What the first system that can say says of every Child SA; rejects where it cannot look. */
  async carried(): Promise<ChildSaCarried[]> {
    const system = this.#systems.find((one) => one.carried !== undefined);
    const carriedBy = await system?.carried?.();
    if (carriedBy === undefined) return [];
    return [...this.#ikeSas.values()].flatMap(({ spis, childSas }) =>
      [...childSas].flatMap(([inboundSpi, { childSa }]) => {
        const carried = carriedBy(childSa);
        return carried ? [{ ...carried, spis, inboundSpi, childSa }] : [];
      })
    );
  }

  /** Nothing is taken any more; the systems take out what they have. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#systems.map((system) => system.close()));
    for (const { childSas } of this.#ikeSas.values()) childSas.forEach(({ childSa }) => wipeCopy(childSa));
    this.#ikeSas.clear();
  }

  #up(spis: SpiPair, childSa: ChildSa, takes?: InstalledChildSa, receivesOnly = false): InstalledChildSa | undefined {
    const ikeSa = this.#ikeSas.get(nameOf(spis));
    const number = takes?.number ?? this.#newNumber();
    if (ikeSa === undefined || number === undefined) return undefined;
    const { local, remote, initiatorId, responderId, inner } = ikeSa;
    const own = copied(childSa);
    const ends = { local, remote, udpEncapsulation: childSa.udpEncapsulation };
    const one = { number, spis, initiatorId, responderId, ...(inner && { inner }), ends, childSa: own, receivesOnly };
    ikeSa.childSas.set(childSa.inboundSpi, one);
    this.#numbers.set(number, (this.#numbers.get(number) ?? 0) + 1);
    if (takes) this.#tell((system) => system.replace(one, takes));
    else this.#tell((system) => system.install(one));
    return one;
  }

  #rekeyed({ spis, old, childSa, isRedundant }: Extract<Effect, { type: "child-sa-rekeyed" }>): void {
    const childSas = this.#ikeSas.get(nameOf(spis))?.childSas;
    const before = childSas?.get(old.inboundSpi);
    if (!childSas || !before) return void this.#up(spis, childSa, undefined, isRedundant);
    this.#up(spis, childSa, before, isRedundant);
    if (!isRedundant) childSas.set(old.inboundSpi, { ...before, receivesOnly: true });
  }

  #down(spis: SpiPair, inboundSpi: number): void {
    const childSas = this.#ikeSas.get(nameOf(spis))?.childSas;
    const one = childSas?.get(inboundSpi);
    if (!childSas || !one) return;
    childSas.delete(inboundSpi);
    const left = (this.#numbers.get(one.number) ?? 1) - 1;
    if (left > 0) this.#numbers.set(one.number, left);
    else this.#numbers.delete(one.number);
    this.#tell((system) => system.remove(one, left === 0));
    wipeCopy(one.childSa);
  }

  #moved({ spis, local, remote, udpEncapsulation }: Extract<Effect, { type: "peer-moved" | "addresses-updated" }>): void {
    this.#change(spis, { local, remote });
    const childSas = this.#ikeSas.get(nameOf(spis))?.childSas;
    for (const [inboundSpi, one] of childSas ?? []) {
      // A client that a NAT has moved is where it was, as far as it is concerned itself.
      if (isSameEnds(one.ends, { local, remote, udpEncapsulation })) continue;
      const moved = { ...one, ends: { local, remote, udpEncapsulation } };
      childSas!.set(inboundSpi, moved);
      this.#tell((system) => system.move(moved, one.ends));
    }
  }

  #change(spis: SpiPair, change: Partial<IkeSa>): void {
    const ikeSa = this.#ikeSas.get(nameOf(spis));
    if (ikeSa) this.#ikeSas.set(nameOf(spis), { ...ikeSa, ...change });
  }

  #newNumber(): number | undefined {
    if (this.#numbers.size >= MOST_CHILD_SAS) {
      this.#onFault(new RangeError(`child SAs: ${MOST_CHILD_SAS} are there, and another one is not installed`));
      return undefined;
    }
    while (this.#numbers.has(this.#next)) this.#next = this.#next % MOST_CHILD_SAS + 1;
    const number = this.#next;
    this.#next = number % MOST_CHILD_SAS + 1;
    return number;
  }

  #tell(what: (system: ChildSaSystem) => void): void {
    for (const system of this.#systems) {
      try {
        what(system);
      } catch (fault) {
        this.#onFault(fault);
      }
    }
  }
}

function isSameEnds(one: EspEnds, other: EspEnds): boolean {
  const isSame = (here: EspEnds["local"], there: EspEnds["local"]) =>
    here.address === there.address && here.port === there.port;
  return isSame(one.local, other.local) && isSame(one.remote, other.remote) &&
    one.udpEncapsulation === other.udpEncapsulation;
}

function nameOf({ initiatorSpi, responderSpi }: SpiPair): string {
  return `${initiatorSpi} ${responderSpi}`;
}

/** With keys of its own: those of the protocol are wiped when it says so. */
function copied(childSa: ChildSa): ChildSa {
  return { ...childSa, inbound: copiedKeys(childSa.inbound), outbound: copiedKeys(childSa.outbound) };
}

function copiedKeys({ encryptionKey, integrityKey }: ChildSaKeys): ChildSaKeys {
  const keys = { encryptionKey: encryptionKey.slice(), integrityKey: integrityKey.slice() };
  return concealing(keys, "encryptionKey", "integrityKey");
}

function wipeCopy({ inbound, outbound }: ChildSa): void {
  wipe(inbound.encryptionKey, inbound.integrityKey, outbound.encryptionKey, outbound.integrityKey);
}
