/**
 * What a gateway has that rules of users may name.
 *
 * @module
 */
import { addressOctets } from "../../ike/message/address.ts";
import { FAMILIES, innerAddressPools } from "../../ike/policy/inner_address.ts";
import { type GatewayAddressOptions, statedInnerAddresses } from "../inner_address_options.ts";
import type { RulesGround } from "./user_rules.ts";

/** @throws {UsageError} what options say of inner addresses does not do */
export function groundOf(options: GatewayAddressOptions & { readonly workers?: number }): RulesGround {
  const { innerAddresses: policy } = statedInnerAddresses(options);
  const pools = policy && innerAddressPools(policy);
  return {
    pools: new Set(Object.keys(policy?.pools ?? {})),
    isGiven: (address) => FAMILIES.some((family) => pools?.[family]?.holds(addressOctets(address))),
    workers: options.workers ?? 1,
  };
}
