/**
 * What a gateway's clients hold on their side of their Child SAs: inner addresses that it gave them, and selectors that they claimed.
 *
 * @module
 */
import { SelectorClaims } from "../child_sa/selector_claims.ts";
import { AddressPool } from "./address_pool.ts";
import type { InnerAddressPolicy } from "./inner_address.ts";

/** Inner addresses and claims, both by IKE SA, which is named by the gateway's own SPI. */
export class RemoteAddresses {
  readonly pool: AddressPool | undefined;
  readonly claims: SelectorClaims = new SelectorClaims();

  constructor(policy: InnerAddressPolicy | undefined) {
    this.pool = policy && new AddressPool(policy.ranges, policy.netmask, policy.leases);
  }

  /** They go along with an IKE SA that is rekeyed. */
  transfer(from: bigint, to: bigint): void {
    this.pool?.transfer(from, to);
    this.claims.transfer(from, to);
  }

  /** The IKE SA is gone, and all that it held is free. */
  release(owner: bigint): void {
    this.pool?.release(owner);
    this.claims.release(owner);
  }

  clear(): void {
    this.pool?.clear();
    this.claims.clear();
  }
}
