/**
 * Effects as events for machines: one JSON object a line, SPIs and octets in hexadecimal. Keys only where they are asked for.
 *
 * @module
 */
import { formatIdentity, formatSelector } from "../configuration/mod.ts";
import type { ChildSa, ChildSaKeys } from "../ike/child_sa/child_sa.ts";
import type { Effect } from "../ike/states/effect.ts";
import type { Endpoint } from "../ike/steps/datagram.ts";
import type { Identity } from "../ticket/identity.ts";
import { IdType } from "../wire/constants.ts";
import { ikeSpiDigits, toHexadecimal } from "../wire/hexadecimal.ts";
import type { SpiPair } from "../ike/ike_sa/spi.ts";

/** An event: its name, which is the effect's type, and what it says, in types that `JSON.stringify` takes. */
export type EventObject = { readonly event: string; readonly [name: string]: unknown };

/**
 * The event of an effect: an effect itself has SPIs that JSON does not know. `undefined` for those that are not for logs: `send`,
 * NAT keepalives, key log entries.
 *
 * @param showKeys whether keys of Child SAs are in it, in hexadecimal; where they are, the event is as secret as they are
 */
export function eventOf(effect: Effect, showKeys: boolean): EventObject | undefined {
  switch (effect.type) {
    case "ike-sa-up":
      return {
        event: effect.type,
        ...spisOf(effect.spis),
        resumed: effect.resumed,
        initiator_id: identityText(effect.initiatorId),
        ...(effect.eapIdentity && { eap_identity: identityText(effect.eapIdentity) }),
        responder_id: identityText(effect.responderId),
        remote: endpointText(effect.remote),
      };
    case "authentication-failed":
      return {
        event: effect.type,
        ...spisOf(effect.spis),
        method: effect.method,
        ...(effect.detail !== undefined && { detail: effect.detail }),
        ...(effect.claimedId && { claimed_id: identityText(effect.claimedId) }),
        remote: endpointText(effect.remote),
      };
    case "ike-sa-rekeyed":
      return {
        event: effect.type,
        ...spisOf(effect.newSpis),
        old_initiator_spi: ikeSpiDigits(effect.spis.initiatorSpi),
        old_responder_spi: ikeSpiDigits(effect.spis.responderSpi),
        by_us: effect.byUs,
      };
    case "ike-sa-rekey-failed":
      return { event: effect.type, ...spisOf(effect.spis), notify: effect.notifyType };
    case "peer-moved":
      return {
        event: effect.type,
        ...spisOf(effect.spis),
        before: endpointText(effect.before),
        remote: endpointText(effect.remote),
        udp_encapsulation: effect.udpEncapsulation,
      };
    case "addresses-updated":
      return {
        event: effect.type,
        ...spisOf(effect.spis),
        local: endpointText(effect.local),
        remote: endpointText(effect.remote),
        udp_encapsulation: effect.udpEncapsulation,
      };
    case "client-redirected":
      return { event: effect.type, to: effect.to, remote: endpointText(effect.remote), proven: effect.proven };
    case "redirected":
      return { event: effect.type, to: effect.to, proven: effect.proven };
    case "address-update-refused":
      return {
        event: effect.type,
        ...spisOf(effect.spis),
        notify: effect.notifyType,
        local: endpointText(effect.local),
        remote: endpointText(effect.remote),
      };
    case "ticket-invalidated":
      return { event: effect.type, ...spisOf(effect.spis) };
    case "inner-address-assigned":
      return {
        event: effect.type,
        ...spisOf(effect.spis),
        address: effect.address ?? null,
        netmask: effect.netmask ?? null,
        ...(effect.ipv6Address && { ipv6_address: effect.ipv6Address, ipv6_prefix_length: effect.ipv6PrefixLength }),
        dns: effect.dns,
        ...(effect.domains && { domains: effect.domains }),
        ...(effect.subnets && { subnets: effect.subnets }),
        ...(effect.expirySeconds !== undefined && { expiry_s: effect.expirySeconds }),
      };
    case "child-sa-up":
      return { event: effect.type, ...spisOf(effect.spis), ...childSaOf(effect.childSa, showKeys) };
    case "child-sa-rekeyed":
      return {
        event: effect.type,
        ...spisOf(effect.spis),
        old_inbound_spi: espSpiDigits(effect.old.inboundSpi),
        by_us: effect.byUs,
        redundant: effect.isRedundant,
        ...childSaOf(effect.childSa, showKeys),
      };
    case "child-sa-rekey-failed":
      return {
        event: effect.type,
        ...spisOf(effect.spis),
        inbound_spi: espSpiDigits(effect.childSa.inboundSpi),
        notify: effect.notifyType,
      };
    case "child-sa-down":
      return { event: effect.type, ...spisOf(effect.spis), inbound_spi: espSpiDigits(effect.childSa.inboundSpi) };
    case "child-sa-failed":
      return { event: effect.type, ...spisOf(effect.spis), notify: effect.notifyType };
    case "ike-sa-down":
      return {
        event: effect.type,
        ...spisOf(effect.spis),
        reason: effect.reason,
        ...(effect.initiatorId && { initiator_id: identityText(effect.initiatorId) }),
        ...(effect.eapIdentity && { eap_identity: identityText(effect.eapIdentity) }),
        ...(effect.remote && { remote: endpointText(effect.remote) }),
      };
    case "ticket-issued":
      return {
        event: effect.type,
        ...spisOf(effect.spis),
        lifetime_s: effect.lifetimeSeconds,
        ticket_id: effect.ticket.ticketId,
      };
    case "ticket-revoked":
      return { event: effect.type, ticket_id: effect.ticket.ticketId };
    case "ticket-not-revoked":
      return { event: effect.type, ticket_id: effect.ticketId };
    case "ticket-received":
      return { event: effect.type, octets: effect.ticket.ticket.length, expires_at: effect.ticket.expiresAtEpochSeconds };
    case "ticket-not-granted":
      return { event: effect.type, answer: effect.answer };
    case "half-open-ended":
      return { event: effect.type, expired: effect.expired, evicted: effect.evicted };
    case "resumption-failed":
      return { event: effect.type, reason: effect.reason };
    case "ticket-refused":
      return {
        event: effect.type,
        reason: effect.reason,
        profile: effect.profile,
        ...(effect.remote && { remote: endpointText(effect.remote) }),
      };
    case "init-refused":
    case "dropped":
      return { event: effect.type, reason: effect.reason, ...(effect.remote && { remote: endpointText(effect.remote) }) };
    case "reauthentication-asked":
      return { event: effect.type, ...spisOf(effect.spis), lifetime_s: effect.lifetimeSeconds };
    case "redirection-asked":
      return { event: effect.type, ...spisOf(effect.spis), to: effect.to };
    case "reauthentication-due":
      return { event: effect.type, ...spisOf(effect.spis) };
    case "send-keepalive":
      return undefined;
    case "peer-alive":
      return { event: effect.type, ...spisOf(effect.spis) };
    case "send":
    case "ike-sa-keys":
      return undefined;
  }
}

/**
 * The event for people: its name, then what it says, as `name=value`. What a value holds never looks like another field or another line: it
 * stands in quotes where it is not one plain word, with `"` and `\\` behind a `\\`, and what cannot be seen as its number.
 */
export function formatEvent({ event, ...details }: EventObject): string {
  return [event, ...wordsOf(details)].join(" ");
}

/** The same for any fields, without a name in front. */
export function logfmt(fields: object): string {
  return wordsOf(fields).join(" ");
}

function wordsOf(fields: object): string[] {
  return Object.entries(fields).map(([name, value]) => `${name}=${quoted(textOf(value))}`);
}

function endpointText({ address, port }: Endpoint): string {
  return `${address} port ${port}`;
}

function textOf(value: unknown): string {
  if (Array.isArray(value) && value.every((each) => typeof each === "string" && !each.includes(","))) return value.join(",");
  if (isEndpoint(value)) return endpointText(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function isEndpoint(value: unknown): value is Endpoint {
  return typeof value === "object" && value !== null && Object.keys(value).join() === "address,port";
}

function quoted(text: string): string {
  if (/^[\w.:,;\/@+*%()[\]{}<>~!?#$&^|-]+$/.test(text)) return text;
  return `"${seenText(text.replace(/["\\]/g, "\\$&"))}"`;
}

/** A text for a terminal: characters that cannot be seen stand there as their numbers. */
export function seenText(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** Whatever is neither letter, mark, digit, punctuation, symbol nor blank: control characters of all kinds, and what turns writing around. */
const UNSEEN = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

/** A peer may have chosen an identity as long as a message: more than this many octets of it say nothing to anyone. */
const LONGEST_IDENTITY_SHOWN = 128;
/** A part of a distinguished name is none. */
const LONGEST_NAME_SHOWN = 512;

export function identityText({ idType, identification }: Identity): string {
  const { length } = identification;
  const longest = idType === IdType.ID_DER_ASN1_DN && length <= LONGEST_NAME_SHOWN ? length : LONGEST_IDENTITY_SHOWN;
  const text = formatIdentity({ idType, identification: identification.subarray(0, longest) });
  return length <= longest ? text : `${text}... (${length} octets)`;
}

function spisOf({ initiatorSpi, responderSpi }: SpiPair): { readonly initiator_spi: string; readonly responder_spi: string } {
  return {
    initiator_spi: ikeSpiDigits(initiatorSpi),
    responder_spi: ikeSpiDigits(responderSpi),
  };
}

function childSaOf(childSa: ChildSa, showKeys: boolean): { readonly [name: string]: unknown } {
  const { protection } = childSa;
  return {
    inbound_spi: espSpiDigits(childSa.inboundSpi),
    outbound_spi: espSpiDigits(childSa.outboundSpi),
    encryption: protection.encryption.name,
    key_bits: 8 * protection.keyLength,
    integrity: protection.integrity?.name ?? null,
    extended_sequence_numbers: childSa.extendedSequenceNumbers,
    udp_encapsulation: childSa.udpEncapsulation,
    ...(childSa.transportMode && { transport_mode: true }),
    ...(childSa.peerRefusesTfcPadding && { tfc_padding: false }),
    ...(childSa.nonFirstFragments && { non_first_fragments: true }),
    local_selectors: childSa.localSelectors.map(formatSelector),
    remote_selectors: childSa.remoteSelectors.map(formatSelector),
    ...(showKeys ? { inbound_keys: keysOf(childSa.inbound), outbound_keys: keysOf(childSa.outbound) } : {}),
  };
}

function keysOf({ encryptionKey, integrityKey }: ChildSaKeys): { readonly encryption: string; readonly integrity: string } {
  return { encryption: toHexadecimal(encryptionKey), integrity: toHexadecimal(integrityKey) };
}

/** The SPI of a Child SA: 8 digits. */
export function espSpiDigits(spi: number): string {
  return spi.toString(16).padStart(8, "0");
}
