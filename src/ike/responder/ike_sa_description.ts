/**
 * What may be told of an IKE SA that is up: who, from where, since when, with which Child SAs. Never a key.
 *
 * @module
 */
import { copyIdentity, type Identity } from "../../ticket/identity.ts";
import type { TrafficSelector } from "../../wire/payload.ts";
import type { ChildSa } from "../child_sa/child_sa.ts";
import { wipeIkeSaKeys } from "../ike_sa/ike_sa_keys.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import { formatAddress } from "../message/address.ts";
import type { RemoteAddresses } from "../policy/remote_addresses.ts";
import type { Established } from "../states/established.ts";
import { type IkeSaEntry, isHalfOpen, keepTicket, ownSpiOfEntry, takeTicket } from "../states/ike_sa_entry.ts";
import { awakened } from "../states/idle/awakened.ts";
import { IdleIkeSa } from "../states/idle/idle_ike_sa.ts";
import type { Endpoint } from "../steps/datagram.ts";

/** A Child SA without its keys. */
export interface ChildSaDescription
  extends Pick<ChildSa, "inboundSpi" | "outboundSpi" | "localSelectors" | "remoteSelectors" | "udpEncapsulation"> {
  /** Names of its algorithms: `integrity` is missing for an AEAD. */
  readonly encryption: string;
  /** Of the encryption key, without salt. */
  readonly keyBits: number;
  /** The integrity algorithm; not given with an AEAD. */
  readonly integrity?: string;
  /** USE_TRANSPORT_MODE was agreed on (RFC 7296, section 1.3.1). */
  readonly transportMode: boolean;
}

/** All of it can be cloned, and is a copy. */
export interface IkeSaDescription {
  /** Its SPIs. */
  readonly spis: SpiPair;
  /** IDi of the client. */
  readonly initiatorId: Identity;
  /** Whom EAP authenticated, where that is another. */
  readonly eapIdentity?: Identity;
  /** IDr of the gateway. */
  readonly responderId: Identity;
  /** The gateway's end. */
  readonly local: Endpoint;
  /** The client's end, as it is seen from here. */
  readonly remote: Endpoint;
  /** IKE goes over the UDP-encapsulation port. */
  readonly udpEncapsulation: boolean;
  /** Whole seconds since 1970: when the client came up, whether or not it was rekeyed since; missing: not known. */
  readonly upAtEpochSeconds?: number;
  /** The client came up by a ticket. */
  readonly resumed: boolean;
  /** It was sent a DELETE that its client has not answered yet. */
  readonly isEnding: boolean;
  /** Milliseconds ago: when the client last said something authentic. */
  readonly heardMsAgo: number;
  /** Inner addresses that it was given, in text form: none, or one of each family. */
  readonly innerAddresses: readonly string[];
  /** Those that are up. */
  readonly childSas: readonly ChildSaDescription[];
  /** Its latest ticket. */
  readonly ticket?: { readonly ticketId: string; readonly expiresAtEpochSeconds: number };
}

/**
 * Describes an IKE SA. One at rest stays so.
 *
 * @returns `undefined`: it is not up.
 */
export function describe(
  entry: IkeSaEntry,
  addresses: Pick<RemoteAddresses, "innerAddressesOf">,
  nowMs: number,
): IkeSaDescription | undefined {
  const { state } = entry;
  if (isHalfOpen(state)) return undefined;
  if (!(state instanceof IdleIkeSa)) {
    const isUp = state.waitsFor === "requests" && state.retiredUntilMs === undefined;
    return isUp ? describeAwake(state, entry, addresses, nowMs) : undefined;
  }
  // A copy, which nobody else sees. KEYMAT is not copied.
  const copy = awakened(state, undefined);
  wipeIkeSaKeys(copy.keys);
  return describeAwake(copy, entry, addresses, nowMs);
}

function describeAwake(
  established: Established,
  entry: IkeSaEntry,
  addresses: Pick<RemoteAddresses, "innerAddressesOf">,
  nowMs: number,
): IkeSaDescription {
  const { spis, initiatorId, responderId, authentication, path, upAtEpochSeconds, resumed } = established;
  const { heardAtMs, childSas, sendWindow } = established;
  const { eapIdentity } = authentication.items;
  const ticket = takeTicket(entry);
  if (ticket) keepTicket(entry, ticket);
  return {
    spis: { initiatorSpi: spis.initiatorSpi, responderSpi: spis.responderSpi },
    initiatorId: copyIdentity(initiatorId),
    ...(eapIdentity && { eapIdentity: copyIdentity(eapIdentity) }),
    responderId: copyIdentity(responderId),
    local: copyEndpoint(path.local),
    remote: copyEndpoint(path.remote),
    udpEncapsulation: path.encapsulated,
    ...(upAtEpochSeconds !== undefined && { upAtEpochSeconds }),
    resumed: resumed === true,
    isEnding: sendWindow.outstanding?.purpose === "delete" || sendWindow.queued?.includes("delete") === true,
    heardMsAgo: Math.max(0, nowMs - heardAtMs),
    innerAddresses: addresses.innerAddressesOf(ownSpiOfEntry(entry.state, spis)).map(formatAddress),
    childSas: childSas.map(describeChildSa),
    ...(ticket && { ticket: { ticketId: ticket.ticketId, expiresAtEpochSeconds: ticket.expiresAtEpochSeconds } }),
  };
}

/** Field by field: whatever else a Child SA is given does not get out by itself. */
function describeChildSa(childSa: ChildSa): ChildSaDescription {
  const { inboundSpi, outboundSpi, localSelectors, remoteSelectors, udpEncapsulation, transportMode, protection } = childSa;
  return {
    inboundSpi,
    outboundSpi,
    localSelectors: localSelectors.map(copySelector),
    remoteSelectors: remoteSelectors.map(copySelector),
    udpEncapsulation,
    transportMode: transportMode === true,
    encryption: protection.encryption.name,
    keyBits: 8 * protection.keyLength,
    ...(protection.integrity && { integrity: protection.integrity.name }),
  };
}

function copyEndpoint({ address, port }: Endpoint): Endpoint {
  return { address, port };
}

function copySelector(selector: TrafficSelector): TrafficSelector {
  const { startAddress, endAddress } = selector;
  return { ...selector, startAddress: startAddress.slice(), endAddress: endAddress.slice() };
}
