/**
 * Which Child SA has which states in Linux. There a state is known by its destination and its SPI alone, and the SPI of what goes out is chosen by the
 * peer: it may be that of another one behind the same NAT.
 *
 * @module
 */
import type { ChildSa } from "../../ike/child_sa/child_sa.ts";
import type { EspEnds, InstalledChildSa } from "../child_sa_system.ts";

export interface StateOwner {
  readonly childSa: ChildSa;
  readonly direction: "in" | "out";
}

export class StateOwners {
  readonly #owners = new Map<string, StateOwner>();

  /** Takes the names of all states of a Child SA. False: another one has one of them, and none is taken. */
  take(one: InstalledChildSa): boolean {
    const names = namesOf(one, one.ends);
    if (names.some((name) => (this.#owners.get(name)?.childSa ?? one.childSa) !== one.childSa)) return false;
    names.forEach((name, index) => this.#owners.set(name, { childSa: one.childSa, direction: index === 0 ? "in" : "out" }));
    return true;
  }

  /** Gives up the names that it had between these ends. */
  release(one: InstalledChildSa, ends: EspEnds = one.ends): void {
    for (const name of namesOf({ ...one, receivesOnly: false }, ends)) {
      if (this.#owners.get(name)?.childSa === one.childSa) this.#owners.delete(name);
    }
  }

  /** Whose a state is, by its destination and its SPI. */
  ownerOf(destination: string, spi: number): StateOwner | undefined {
    return this.#owners.get(`${destination} ${spi}`);
  }
}

/** That of what comes in first. */
function namesOf({ childSa, receivesOnly }: InstalledChildSa, { local, remote }: EspEnds): string[] {
  const inbound = `${local.address} ${childSa.inboundSpi}`;
  return receivesOnly ? [inbound] : [inbound, `${remote.address} ${childSa.outboundSpi}`];
}
