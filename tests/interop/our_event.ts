/**
 * What the project's two programs here tell, one JSON line each, and what they are told. Octets are hexadecimal text.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { ChildSa } from "../../src/ike/child_sa/child_sa.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import type { EspDirection } from "./esp.ts";

export type OurEvent =
  /** It can be talked to. */
  | { readonly type: "ready" }
  | { readonly type: "ike-sa-up"; readonly spis: SpiTexts; readonly resumed: boolean; readonly remotePort: number }
  | { readonly type: "child-sa-up"; readonly childSa: ChildSaTexts }
  | {
    readonly type: "child-sa-rekeyed";
    readonly old: number;
    readonly childSa: ChildSaTexts;
    readonly byUs: boolean;
    readonly isRedundant: boolean;
  }
  | { readonly type: "child-sa-rekey-failed"; readonly notifyType: number }
  | { readonly type: "child-sa-down"; readonly inboundSpi: number }
  | { readonly type: "child-sa-failed"; readonly notifyType: number }
  | { readonly type: "ike-sa-down"; readonly spis: SpiTexts; readonly reason: string }
  | { readonly type: "ticket-issued" }
  | { readonly type: "ticket-received" }
  | { readonly type: "ticket-not-granted"; readonly answer: string }
  | { readonly type: "resumption-failed"; readonly reason: string }
  | { readonly type: "ike-sa-rekeyed"; readonly spis: SpiTexts; readonly byUs: boolean }
  | { readonly type: "ike-sa-rekey-failed"; readonly notifyType: number }
  | { readonly type: "ticket-invalidated" }
  | { readonly type: "peer-alive"; readonly spis: SpiTexts }
  | { readonly type: "inner-address-assigned"; readonly ipv4?: string; readonly ipv6?: string }
  | { readonly type: "peer-moved"; readonly local: string; readonly remote: string }
  | { readonly type: "addresses-updated"; readonly local: string; readonly remote: string }
  | { readonly type: "connection-lost"; readonly reason: string }
  | { readonly type: "connection-back"; readonly resumed: boolean }
  /** What came of the command to move. */
  | { readonly type: "moved"; readonly moved: boolean }
  /** Something other than IKE came to the UDP-encapsulation port. */
  | { readonly type: "other"; readonly kind: string; readonly octets: string }
  /** The program's attempt failed for good. */
  | { readonly type: "failed"; readonly message: string };

export type OurCommand =
  | { readonly command: "close" | "check-liveness" | "rekey" | "request-ticket" }
  | { readonly command: "move"; readonly address: string }
  /** About the Child SA of an inbound SPI. `create`: another one for the same traffic. */
  | { readonly command: "child-sa"; readonly kind: "create" | "rekey" | "delete"; readonly inboundSpi: number };

export interface SpiTexts {
  readonly initiator: string;
  readonly responder: string;
}

export interface ChildSaTexts {
  readonly inboundSpi: number;
  readonly outboundSpi: number;
  readonly cipher: string;
  readonly keyLength: number;
  readonly inbound: { readonly encryptionKey: string; readonly integrityKey: string };
  readonly outbound: { readonly encryptionKey: string; readonly integrityKey: string };
  readonly udpEncapsulation: boolean;
}

/** The events that the tests look at; `undefined` for the others. */
export function eventOf(effect: Effect): OurEvent | undefined {
  switch (effect.type) {
    case "ike-sa-up":
      return { type: effect.type, spis: spiTexts(effect.spis), resumed: effect.resumed, remotePort: effect.remote.port };
    case "child-sa-up":
      return { type: effect.type, childSa: childSaTexts(effect.childSa) };
    case "child-sa-rekeyed": {
      const { byUs, isRedundant, old: { inboundSpi: old } } = effect;
      return { type: effect.type, old, childSa: childSaTexts(effect.childSa), byUs, isRedundant };
    }
    case "child-sa-rekey-failed":
      return { type: effect.type, notifyType: effect.notifyType };
    case "child-sa-down":
      return { type: effect.type, inboundSpi: effect.childSa.inboundSpi };
    case "child-sa-failed":
      return { type: effect.type, notifyType: effect.notifyType };
    case "ike-sa-down":
      return { type: effect.type, spis: spiTexts(effect.spis), reason: effect.reason };
    case "ike-sa-rekeyed":
      return { type: effect.type, spis: spiTexts(effect.newSpis), byUs: effect.byUs };
    case "ike-sa-rekey-failed":
      return { type: effect.type, notifyType: effect.notifyType };
    case "ticket-issued":
    case "ticket-received":
    case "ticket-invalidated":
      return { type: effect.type };
    case "ticket-not-granted":
      return { type: effect.type, answer: effect.answer };
    case "resumption-failed":
      return { type: effect.type, reason: effect.reason };
    case "inner-address-assigned":
      return { type: effect.type, ipv4: effect.address, ipv6: effect.ipv6Address };
    case "peer-moved":
    case "addresses-updated":
      return { type: effect.type, local: effect.local.address, remote: effect.remote.address };
    case "peer-alive":
      return { type: effect.type, spis: spiTexts(effect.spis) };
    default:
      return undefined;
  }
}

export function otherEvent(kind: string, octets: Uint8Array): OurEvent {
  return { type: "other", kind, octets: hex(octets) };
}

export function tell(event: OurEvent | undefined): void {
  if (event !== undefined) console.log(JSON.stringify(event));
}

/** One direction as {@link "./esp.ts"} takes it. */
export function espDirection(childSa: ChildSaTexts, direction: "inbound" | "outbound"): EspDirection {
  const { encryptionKey, integrityKey } = childSa[direction];
  return {
    spi: direction === "inbound" ? childSa.inboundSpi : childSa.outboundSpi,
    cipher: childSa.cipher === "aes-gcm" ? "aes-256-gcm" : "aes-256-cbc",
    encryptionKey: Buffer.from(encryptionKey, "hex"),
    integrityKey: Buffer.from(integrityKey, "hex"),
  };
}

function spiTexts(spis: { readonly initiatorSpi: bigint; readonly responderSpi: bigint }): SpiTexts {
  const text = (spi: bigint) => spi.toString(16).padStart(16, "0");
  return { initiator: text(spis.initiatorSpi), responder: text(spis.responderSpi) };
}

function childSaTexts(childSa: ChildSa): ChildSaTexts {
  const keys = ({ encryptionKey, integrityKey }: ChildSa["inbound"]) => ({
    encryptionKey: hex(encryptionKey),
    integrityKey: hex(integrityKey),
  });
  return {
    inboundSpi: childSa.inboundSpi,
    outboundSpi: childSa.outboundSpi,
    cipher: childSa.protection.encryption.cipher,
    keyLength: childSa.protection.keyLength,
    inbound: keys(childSa.inbound),
    outbound: keys(childSa.outbound),
    udpEncapsulation: childSa.udpEncapsulation,
  };
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString("hex");
}
