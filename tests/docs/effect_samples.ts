/**
 * An effect of each type, with all that it may say: whoever adds a type adds one here.
 *
 * @module
 */
import type { ChildSa } from "../../src/ike/child_sa/child_sa.ts";
import type { Effect } from "../../src/ike/states/effect.ts";

const spis = { initiatorSpi: 1n, responderSpi: 2n };
const [local, remote] = [{ address: "198.51.100.1", port: 500 }, { address: "192.0.2.1", port: 500 }];
const identity = { idType: 2, identification: new TextEncoder().encode("ada.example") };
const keys = { encryptionKey: new Uint8Array(16), integrityKey: new Uint8Array(32) };
const childSa = {
  inboundSpi: 1,
  outboundSpi: 2,
  protection: { encryption: { name: "AES-CBC" }, keyLength: 16, integrity: { name: "HMAC-SHA2-256-128" } },
  extendedSequenceNumbers: false,
  udpEncapsulation: true,
  transportMode: true,
  peerRefusesTfcPadding: true,
  nonFirstFragments: true,
  localSelectors: [],
  remoteSelectors: [],
  inbound: keys,
  outbound: keys,
} as unknown as ChildSa;
const ticket = { ticketId: "value/00", kind: "value", expiresAtEpochSeconds: 1 } as const;

export const SAMPLES: { readonly [Type in Effect["type"]]: Extract<Effect, { readonly type: Type }> } = {
  "ike-sa-up": {
    type: "ike-sa-up",
    spis,
    resumed: true,
    initiatorId: identity,
    eapIdentity: identity,
    responderId: identity,
    local,
    remote,
  },
  "ike-sa-down": { type: "ike-sa-down", spis, reason: "no-answer", initiatorId: identity, eapIdentity: identity, remote },
  "ike-sa-rekeyed": { type: "ike-sa-rekeyed", spis, newSpis: spis, byUs: true },
  "ike-sa-rekey-failed": { type: "ike-sa-rekey-failed", spis, notifyType: 14 },
  "authentication-failed": {
    type: "authentication-failed",
    spis,
    method: "certificate",
    claimedId: identity,
    detail: "expired",
    remote,
  },
  "peer-moved": { type: "peer-moved", spis, before: remote, local, remote, udpEncapsulation: true },
  "addresses-updated": { type: "addresses-updated", spis, local, remote, udpEncapsulation: true },
  "address-update-refused": { type: "address-update-refused", spis, notifyType: 40, local, remote },
  "peer-alive": { type: "peer-alive", spis },
  "inner-address-assigned": {
    type: "inner-address-assigned",
    spis,
    address: "10.0.0.1",
    netmask: "255.255.255.0",
    ipv6Address: "2001:db8::1",
    ipv6PrefixLength: 64,
    dns: [],
    domains: [],
    subnets: [],
    expirySeconds: 1,
  },
  "reauthentication-asked": { type: "reauthentication-asked", spis, lifetimeSeconds: 1 },
  "reauthentication-due": { type: "reauthentication-due", spis },
  "redirection-asked": { type: "redirection-asked", spis, to: "gateway.example" },
  "client-redirected": { type: "client-redirected", to: "gateway.example", remote, proven: true },
  "redirected": { type: "redirected", to: "gateway.example", proven: true },
  "init-refused": { type: "init-refused", reason: "algorithms", remote },
  "half-open-ended": { type: "half-open-ended", expired: 1, evicted: 1 },
  "dropped": { type: "dropped", reason: "malformed", remote },
  "child-sa-up": { type: "child-sa-up", spis, childSa },
  "child-sa-rekeyed": { type: "child-sa-rekeyed", spis, old: childSa, childSa, byUs: true, isRedundant: false },
  "child-sa-rekey-failed": { type: "child-sa-rekey-failed", spis, childSa, notifyType: 14 },
  "child-sa-down": { type: "child-sa-down", spis, childSa },
  "child-sa-failed": { type: "child-sa-failed", spis, notifyType: 38 },
  "ticket-issued": { type: "ticket-issued", spis, lifetimeSeconds: 1, ticket },
  "ticket-refused": { type: "ticket-refused", reason: "used", profile: "rfc5723", remote },
  "ticket-revoked": { type: "ticket-revoked", ticket },
  "ticket-not-revoked": { type: "ticket-not-revoked", ticketId: "value/00" },
  "ticket-received": {
    type: "ticket-received",
    ticket: { ticket: new Uint8Array(1), expiresAtEpochSeconds: 1 } as unknown as Extract<
      Effect,
      { type: "ticket-received" }
    >["ticket"],
  },
  "ticket-not-granted": { type: "ticket-not-granted", answer: "nack" },
  "ticket-invalidated": { type: "ticket-invalidated", spis },
  "resumption-failed": { type: "resumption-failed", reason: "nack" },
  "send": { type: "send", datagram: { octets: new Uint8Array(1), local, remote, encapsulated: false } },
  "send-keepalive": { type: "send-keepalive", local, remote },
  "ike-sa-keys": { type: "ike-sa-keys", spis } as unknown as Extract<Effect, { type: "ike-sa-keys" }>,
};
