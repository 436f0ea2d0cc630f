/**
 * The words of the options as the protocol's values.
 *
 * @module
 */
import { addressRangeSelector } from "../../src/ike/child_sa/traffic_selectors.ts";
import type { Identity } from "../../src/ticket/identity.ts";
import type { TrafficSelector } from "../../src/wire/payload.ts";

const ID_FQDN = 2;

export function fqdn(name: string): Identity {
  return { idType: ID_FQDN, identification: new TextEncoder().encode(name) };
}

/** `10.2.0.0/16`: prefix lengths that are whole octets. */
export function networkSelector(network: string): TrafficSelector {
  const [address, prefixLength] = network.split("/");
  const start = Uint8Array.from(address.split(".").map(Number));
  const end = start.map((octet, index) => index * 8 < Number(prefixLength) ? octet : 0xff);
  return addressRangeSelector(start, end);
}
