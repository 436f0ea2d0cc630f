/**
 * Whether the configuration of a gateway makes sense.
 *
 * @module
 */
import { MAXIMUM_TICKET_LIFETIME_SECONDS } from "../../ticket/ticket_key_policy.ts";
import { checkSpiWorker } from "../ike_sa/spi_worker.ts";
import { SMALLEST_FRAGMENT_SIZE } from "../message/fragmentation.ts";
import { checkRetransmissionPolicy } from "../message/retransmission.ts";
import { checkInnerAddressPolicy } from "./inner_address.ts";
import { checkUniqueIdentities } from "./client_rules.ts";
import { checkGatewayList } from "../profiles/gateway_list.ts";
import { checkProfiles } from "../profiles/resumption_profile.ts";
import { checkPeerRules } from "./peer_rules.ts";
import type { ResponderConfiguration } from "./responder_configuration.ts";

/** @throws {RangeError} an option is out of range, or ticket keys would not outlive tickets by far enough (RFC 5723, section 6.2). */
export function checkResponderConfiguration(configuration: ResponderConfiguration): void {
  if (configuration.spiWorker) checkSpiWorker(configuration.spiWorker);
  checkPeerRules(configuration);
  checkProfiles(configuration.profiles);
  if (configuration.gatewayList) checkGatewayList(configuration.gatewayList);
  if (configuration.innerAddresses) checkInnerAddressPolicy(configuration.innerAddresses);
  checkWholeNumber("ticketLifetimeSeconds", configuration.ticketLifetimeSeconds, 1, MAXIMUM_TICKET_LIFETIME_SECONDS);
  for (const name of ["ikeSaLifetimeSeconds", "reauthenticationSeconds"] as const) {
    const seconds = configuration[name];
    if (seconds !== undefined) checkWholeNumber(name, seconds, 1, MAXIMUM_TICKET_LIFETIME_SECONDS);
  }
  checkWholeNumber("ikeSaLimit", configuration.ikeSaLimit, 1, 10_000_000);
  const { uniqueIdentities } = configuration;
  if (uniqueIdentities !== undefined) checkUniqueIdentities(uniqueIdentities);
  checkWholeNumber("livenessSeconds", configuration.livenessSeconds, 0, 86_400);
  checkWholeNumber("redirectsPerSecond", configuration.redirectsPerSecond, 1, 1_000_000);
  checkWholeNumber("livenessChecksPerSecond", configuration.livenessChecksPerSecond, 1, 1_000_000);
  const { lifetimeJitter, maximumResponseLength } = configuration;
  if (!(lifetimeJitter >= 0 && lifetimeJitter <= 0.5)) {
    throw new RangeError(`responder configuration: lifetimeJitter is ${lifetimeJitter}, expected 0 to 0.5`);
  }
  for (const name of ["ticketsPerIkeSa", "ticketsPerIdentity"] as const) {
    checkWholeNumber(name, configuration[name], 1, 1_000_000);
  }
  if (maximumResponseLength !== undefined) checkWholeNumber("maximumResponseLength", maximumResponseLength, 128, 65_000);
  checkWholeNumber("mostFragmentOctets", configuration.mostFragmentOctets, 65_536, 2 ** 30);
  checkWholeNumber("fragmentSize", configuration.fragmentSize, SMALLEST_FRAGMENT_SIZE, 65_535);
  checkWholeNumber("maximumTicketLength", configuration.maximumTicketLength, 64, 60_000);
  checkWholeNumber("cookieThreshold", configuration.cookieThreshold, 0, 10_000_000);
  if (configuration.resumptionCookieThreshold !== undefined) {
    checkWholeNumber("resumptionCookieThreshold", configuration.resumptionCookieThreshold, 0, 10_000_000);
  }
  checkWholeNumber("halfOpenLimit", configuration.halfOpenLimit, 1, 10_000_000);
  checkWholeNumber("halfOpenLifetimeMs", configuration.halfOpenLifetimeMs, 1, 3_600_000);
  checkRetransmissionPolicy(configuration.retransmission);
  configuration.ticketKeys.checkTicketLifetime(configuration.ticketLifetimeSeconds);
}

function checkWholeNumber(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`responder configuration: ${name} is ${value}, expected a whole number from ${least} to ${most}`);
}
