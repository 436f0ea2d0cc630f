/** Breaks of what ends a ticket, and of what it may cost others (RFC 5723, sections 4.3.3, 5, 6.2 and 9). @module */
import type { Break } from "./break.ts";

export const TICKET_RULE_BREAKS: readonly Break[] = [
  {
    rows: ["R-5-5"],
    within: "src/ike",
    before: 'return isOldSpi(initiatorSpi, state) ? "spi-reused" : undefined;',
    after: "return undefined;",
    what: "the gateway takes a request under an SPI of the old IKE SA",
  },
  {
    rows: ["R-5-7"],
    within: "src/ike",
    before: "resumed && !resumptionReauthenticates",
    after: "false as never",
    what: "each resumption begins the time until reauthentication anew",
  },
  {
    rows: ["R-5-8"],
    within: "src/ike",
    before: 'return (yield* settled(isCurrent)) ? undefined : { reason: "credential-changed" };',
    after: "return undefined;",
    what: "a ticket of another shared key resumes",
  },
  {
    rows: ["R-5-8"],
    within: "src/ike",
    before: "return (yield* settled(isCurrent)) && !revokedIdentities.has(state);",
    after: "return !revokedIdentities.has(state);",
    what: "a half-open resumption comes up although its client got another shared key",
  },
  {
    rows: ["R-5-8"],
    within: "src/ike",
    before: "if (admitted === undefined || isCurrent === undefined || !knownAtOnce(isCurrent, context.services)) {",
    after: "if (admitted === undefined || isCurrent === undefined) {",
    what: "the lane takes a half-open resumption although its client got another shared key",
  },
  {
    rows: ["R-5-8"],
    within: "src/ike",
    before: 'if (!same(remembered.fingerprint, credential.fingerprint)) return "changed";',
    after: "",
    what: "an IKE SA whose client has another shared key by now gets tickets",
  },
  {
    rows: ["R-6.2-1"],
    within: "src/store",
    before: "return series === undefined || serial === undefined ? undefined : serial + 1;",
    after: "return series === undefined || serial === undefined ? undefined : serial;",
    what: "the last ticket of a series is not revoked with it",
  },
  {
    rows: ["R-9.5-1"],
    within: "src/ticket",
    before: "uses: { byValue: cut(byValue, algorithm), byReference, credential },",
    after: "uses: { byValue: cut(key, algorithm), byReference, credential },",
    what: "tickets by value are sealed under the ticket key itself",
  },
  {
    rows: ["R-4.3.2-6"],
    within: "src/ike",
    before: 'side === "gateway" && peerBehindNat && state.mobility === undefined',
    after: 'side === "gateway" && state.mobility === undefined',
    what: "the gateway follows a copy of a message where there is no NAT",
  },
];
