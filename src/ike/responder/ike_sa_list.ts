/**
 * Finding IKE SAs that are up, a few at a time: of a million, no look at all of them may keep clients waiting.
 *
 * @module
 */
import { type Identity, sameIdentity } from "../../ticket/identity.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import { addressOctets, formatAddress } from "../message/address.ts";
import type { RemoteAddresses } from "../policy/remote_addresses.ts";
import { type IkeSaEntry, isHalfOpen, itemsOf } from "../states/ike_sa_entry.ts";
import type { IkeSaTable } from "../states/ike_sa_table.ts";
import type { Established } from "../states/established.ts";
import type { IdleIkeSa } from "../states/idle/idle_ike_sa.ts";
import type { Instant } from "../steps/instant.ts";
import { describe, type IkeSaDescription } from "./ike_sa_description.ts";

/** Which IKE SAs are meant. */
export type WhichIkeSas =
  | "all"
  /** Either SPI of an IKE SA: the gateway's, or the client's. */
  | { readonly spi: bigint }
  /** Who proved to be this by IDi, or by EAP. */
  | { readonly identity: Identity }
  /** Who comes from this address, or has it as an inner address; as `formatAddress` writes it. */
  | { readonly address: string };

/** All IKE SAs of a gateway, for who looks at them. */
export class IkeSaList {
  readonly #sas: Pick<IkeSaTable, "entries">;
  readonly #addresses: Pick<RemoteAddresses, "innerAddressesOf">;

  constructor(sas: Pick<IkeSaTable, "entries">, addresses: Pick<RemoteAddresses, "innerAddressesOf">) {
    this.#sas = sas;
    this.#addresses = addresses;
  }

  /** The gateway's own SPIs as they are now, half-open IKE SAs among them. */
  spis(): BigUint64Array {
    return this.#sas.entries.spis();
  }

  /** Describes those of these, by the gateway's own SPIs, that are up and meant. */
  describe(ownSpis: BigUint64Array, which: WhichIkeSas, now: Instant): IkeSaDescription[] {
    const found: IkeSaDescription[] = [];
    for (const ownSpi of ownSpis) {
      const entry = this.#sas.entries.get(ownSpi);
      if (entry === undefined || !mayBe(entry, which)) continue;
      const description = describe(entry, this.#addresses, now.monotonicMs);
      if (description && isMeant(description, which)) found.push(description);
    }
    return found;
  }
}

/** The SPIs of all that are up, or were, and of which this holds. No one is woken. */
export function spisOf(
  { entries }: Pick<IkeSaTable, "entries">,
  holds: (state: Established | IdleIkeSa) => boolean,
): SpiPair[] {
  const found: SpiPair[] = [];
  for (const ownSpi of entries.spis()) {
    const state = entries.get(ownSpi)?.state;
    if (state !== undefined && !isHalfOpen(state) && holds(state)) found.push(state.spis);
  }
  return found;
}

/** What can be told without a copy of all. */
function mayBe({ state }: IkeSaEntry, which: WhichIkeSas): boolean {
  if (isHalfOpen(state)) return false;
  if (which === "all" || "address" in which) return true;
  if ("spi" in which) {
    const { initiatorSpi, responderSpi } = state.spis;
    return initiatorSpi === which.spi || responderSpi === which.spi;
  }
  const { eapIdentity } = itemsOf(state);
  return sameIdentity(state.initiatorId, which.identity) ||
    eapIdentity !== undefined && sameIdentity(eapIdentity, which.identity);
}

function isMeant({ remote, innerAddresses }: IkeSaDescription, which: WhichIkeSas): boolean {
  if (which === "all" || !("address" in which)) return true;
  return formatAddress(addressOctets(remote.address)) === which.address || innerAddresses.includes(which.address);
}
