/**
 * Which inner addresses a client asks for.
 *
 * @module
 */
import { addressOctets } from "../message/address.ts";
import { type AddressFamily, familyOf } from "./address_ranges.ts";
import type { InitiatorConfiguration } from "./initiator_configuration.ts";

/** An address of 4 or 16 octets, or of none: any; `undefined`: none of this family is asked for. */
export type InnerAddressWishes = { readonly [Family in AddressFamily]?: Uint8Array };

type Stated = Pick<InitiatorConfiguration, "requestInnerAddress" | "localSelectors">;

/** One of each family that there are selectors of. */
export function innerAddressWishes({ requestInnerAddress, localSelectors }: Stated): InnerAddressWishes {
  if (requestInnerAddress === false) return {};
  const wishes: { [Family in AddressFamily]?: Uint8Array } = {};
  for (const selector of localSelectors) wishes[familyOf(selector)] = new Uint8Array(0);
  for (const address of addressesOf(requestInnerAddress)) {
    const octets = addressOctets(address);
    wishes[octets.length === 4 ? "ipv4" : "ipv6"] = octets;
  }
  return wishes;
}

/** @throws {RangeError} an address that is none, of no family of the selectors, or the second of its family. */
export function checkInnerAddressWishes({ requestInnerAddress, localSelectors }: Stated): void {
  if (requestInnerAddress === false) return;
  const wished = new Set<AddressFamily>();
  for (const address of addressesOf(requestInnerAddress)) {
    const family = addressOctets(address).length === 4 ? "ipv4" : "ipv6";
    const expected = wished.has(family)
      ? "one of each family at most"
      : localSelectors.some((selector) => familyOf(selector) === family)
      ? undefined
      : "an address of a family that localSelectors are of";
    if (expected) throw new RangeError(`initiator configuration: requestInnerAddress has "${address}", expected ${expected}`);
    wished.add(family);
  }
}

function addressesOf(wishes: true | string | readonly string[]): readonly string[] {
  return wishes === true ? [] : typeof wishes === "string" ? [wishes] : wishes;
}
