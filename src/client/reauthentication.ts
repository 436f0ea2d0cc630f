/**
 * What a client asks for when it proves itself anew beside an IKE SA that is up (RFC 4718, section 5.2).
 *
 * @module
 */
import { type InitiatorConfiguration, initiatorConfiguration } from "../ike/policy/initiator_configuration.ts";
import type { Link } from "./session.ts";

/** The same configuration, which asks for the inner addresses that the client has: they have to serve both IKE SAs for a moment. */
export function askingForSame(configuration: InitiatorConfiguration, beside: Link | undefined): InitiatorConfiguration {
  const { address, ipv6Address } = beside?.state.innerAddress ?? {};
  const addresses = [address, ipv6Address].filter((one) => one !== undefined);
  if (addresses.length === 0 || configuration.requestInnerAddress === false) return configuration;
  return initiatorConfiguration({ ...configuration, requestInnerAddress: addresses });
}
