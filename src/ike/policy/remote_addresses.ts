/**
 * What a gateway's clients hold on their side of their Child SAs: inner addresses that it gave them, and selectors that they claimed.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import type { IdentityNumbers } from "../child_sa/identity_numbers.ts";
import { SelectorClaims } from "../child_sa/selector_claims.ts";
import type { TrafficSelector } from "../../wire/payload.ts";
import { FAMILIES, type InnerAddressPolicy, type InnerAddressPools, innerAddressPools } from "./inner_address.ts";

/** Inner addresses and claims, both by IKE SA, which is named by the gateway's own SPI. */
export class RemoteAddresses {
  /** `undefined`: the gateway gives no inner addresses. */
  readonly pools: InnerAddressPools | undefined;
  readonly claims: SelectorClaims;

  constructor(policy: InnerAddressPolicy | undefined, numbers: IdentityNumbers, random: RandomSource) {
    this.claims = new SelectorClaims(numbers, random);
    this.pools = policy && innerAddressPools(policy);
  }

  /** Whether any of these addresses is a pool's to give. */
  isPools(selector: TrafficSelector): boolean {
    return FAMILIES.some((family) => this.pools?.[family]?.overlaps(selector));
  }

  /** The inner addresses of an IKE SA: none, or one of each family. */
  innerAddressesOf(owner: bigint): Uint8Array[] {
    return FAMILIES.flatMap((family) => this.pools?.[family]?.find(owner) ?? []);
  }

  /** They go along with an IKE SA that is rekeyed. */
  transfer(from: bigint, to: bigint): void {
    for (const family of FAMILIES) this.pools?.[family]?.transfer(from, to);
    this.claims.transfer(from, to);
  }

  /** The IKE SA is gone, and all that it held is free. */
  release(owner: bigint): void {
    for (const family of FAMILIES) this.pools?.[family]?.release(owner);
    this.claims.release(owner);
  }

  clear(): void {
    for (const family of FAMILIES) this.pools?.[family]?.clear();
    this.claims.clear();
  }
}
