import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ExchangeType, NotifyType } from "../../src/wire/constants.ts";
import type { Payload, PayloadType } from "../../src/wire/payload.ts";
import { checkRules } from "../../src/wire/rules.ts";

const { IKE_SA_INIT, IKE_AUTH, CREATE_CHILD_SA, INFORMATIONAL, IKE_SESSION_RESUME } = ExchangeType;
const NO_OCTETS = new Uint8Array(0);

/** One payload of each type, with nothing in it: rules look at types, and at the types of notifies. */
const payloadOf: Readonly<Record<Exclude<PayloadType, "N">, Payload>> = {
  SA: { type: "SA", proposals: [] },
  KE: { type: "KE", group: 31, keyExchangeData: NO_OCTETS },
  IDi: { type: "IDi", idType: 2, identification: NO_OCTETS },
  IDr: { type: "IDr", idType: 2, identification: NO_OCTETS },
  CERT: { type: "CERT", encoding: 4, certificate: NO_OCTETS },
  CERTREQ: { type: "CERTREQ", encoding: 4, certificationAuthority: NO_OCTETS },
  AUTH: { type: "AUTH", method: 2, data: NO_OCTETS },
  Nonce: { type: "Nonce", nonce: NO_OCTETS },
  D: { type: "D", protocolId: 1, spiSize: 0, spis: [] },
  V: { type: "V", vendorId: NO_OCTETS },
  TSi: { type: "TSi", selectors: [] },
  TSr: { type: "TSr", selectors: [] },
  SK: { type: "SK", firstPayload: 0, protectedOctets: NO_OCTETS, offset: 0 },
  SKF: { type: "SKF", firstPayload: 0, fragmentNumber: 1, totalFragments: 1, protectedOctets: NO_OCTETS, offset: 0 },
  CP: { type: "CP", configurationType: 1, attributes: [] },
  EAP: { type: "EAP", message: NO_OCTETS },
  unknown: { type: "unknown", payloadType: 200, critical: false, body: NO_OCTETS },
};

/** Payloads from their types; a number stands for a notify of that type. */
function holding(...types: (Exclude<PayloadType, "N"> | number)[]): Payload[] {
  return types.map((type) =>
    typeof type === "number" ? { type: "N", protocolId: 0, spi: NO_OCTETS, notifyType: type, data: NO_OCTETS } : payloadOf[type]
  );
}

interface Case {
  readonly title: string;
  readonly exchange: number;
  readonly isResponse: boolean;
  readonly encrypted: boolean;
  readonly payloads: readonly Payload[];
  /** The payload that breaks a rule; none if all keep them. */
  readonly broken?: string;
}

const cases: readonly Case[] = [
  init(
    "request",
    "keeps the rules with a cookie",
    holding(NotifyType.COOKIE, "SA", "KE", "Nonce", NotifyType.NAT_DETECTION_SOURCE_IP),
  ),
  init("request", "breaks them without KE", holding("SA", "Nonce"), "KE"),
  init("request", "breaks them with two nonces", holding("SA", "KE", "Nonce", "Nonce"), "Nonce"),
  init("request", "breaks them with an error instead", holding(NotifyType.INVALID_SYNTAX), "SA"),
  init("request", "breaks them with TSi", holding("SA", "KE", "Nonce", "TSi"), "TSi"),
  init("request", "breaks them with SK", holding("SA", "KE", "Nonce", "SK"), "SK"),
  init("response", "keeps them with CERTREQ", holding("SA", "KE", "Nonce", "CERTREQ", "V")),
  init("response", "may be an error alone", holding(NotifyType.INVALID_KE_PAYLOAD)),
  init("response", "may be a cookie alone", holding(NotifyType.COOKIE)),
  init("response", "may not be another status alone", holding(NotifyType.NAT_DETECTION_SOURCE_IP), "SA"),
  init("response", "may not be empty", [], "SA"),

  resume("request", "keeps the rules with a ticket", holding("Nonce", NotifyType.TICKET_OPAQUE)),
  resume(
    "request",
    "keeps them with a cookie and NAT detection before its nonce",
    holding(NotifyType.COOKIE, "Nonce", 16388, 16389, NotifyType.TICKET_OPAQUE),
  ),
  resume("request", "breaks them without a nonce", holding(NotifyType.TICKET_OPAQUE), "Nonce"),
  resume("request", "breaks them without a notify", holding("Nonce"), "N"),
  resume("request", "breaks them with KE", holding("Nonce", "KE", NotifyType.TICKET_OPAQUE), "KE"),
  resume("response", "keeps them with a nonce alone", holding("Nonce")),
  resume("response", "keeps them with NAT detection", holding("Nonce", 16388, 16389)),
  resume("response", "may be TICKET_NACK alone", holding(NotifyType.TICKET_NACK)),
  resume("response", "may be a cookie alone", holding(NotifyType.COOKIE)),
  resume("response", "may be an error alone", holding(NotifyType.INVALID_SYNTAX)),
  resume("response", "may not be another status alone", holding(NotifyType.TICKET_ACK), "Nonce"),
  resume("response", "breaks them with two nonces", holding("Nonce", "Nonce"), "Nonce"),

  inside(
    IKE_AUTH,
    "request",
    "keeps the rules with all it may hold",
    holding(
      "IDi",
      "CERT",
      "CERT",
      NotifyType.INITIAL_CONTACT,
      "CERTREQ",
      "IDr",
      "AUTH",
      "CP",
      "SA",
      "TSi",
      "TSr",
      NotifyType.TICKET_REQUEST,
    ),
  ),
  inside(IKE_AUTH, "request", "keeps them with EAP alone", holding("EAP")),
  inside(IKE_AUTH, "request", "breaks them with two AUTH", holding("IDi", "AUTH", "AUTH"), "AUTH"),
  inside(IKE_AUTH, "request", "breaks them with KE", holding("IDi", "AUTH", "KE"), "KE"),
  inside(
    IKE_AUTH,
    "response",
    "keeps them with a ticket",
    holding("IDr", "AUTH", "SA", "TSi", "TSr", NotifyType.TICKET_LT_OPAQUE),
  ),
  inside(IKE_AUTH, "response", "may be an error alone", holding(NotifyType.AUTHENTICATION_FAILED)),
  inside(IKE_AUTH, "response", "breaks them with IDi", holding("IDi", "IDr", "AUTH"), "IDi"),
  around(IKE_AUTH, "request", "is SK", holding("SK")),
  around(IKE_AUTH, "request", "may be SKF", holding("SKF")),
  around(IKE_AUTH, "request", "may not be an error alone", holding(NotifyType.INVALID_SYNTAX), "SK"),
  around(IKE_AUTH, "request", "may not hold AUTH outside SK", holding("AUTH", "SK"), "AUTH"),
  around(IKE_AUTH, "response", "may be an unprotected error alone", holding(NotifyType.INVALID_IKE_SPI)),
  around(IKE_AUTH, "response", "may not be an unprotected status alone", holding(NotifyType.TICKET_ACK), "SK"),

  inside(
    CREATE_CHILD_SA,
    "request",
    "keeps the rules for a Child SA",
    holding(NotifyType.REKEY_SA, "SA", "Nonce", "KE", "TSi", "TSr"),
  ),
  inside(CREATE_CHILD_SA, "request", "keeps them for an IKE SA", holding("SA", "Nonce", "KE")),
  inside(CREATE_CHILD_SA, "request", "breaks them without a nonce", holding("SA", "TSi", "TSr"), "Nonce"),
  inside(CREATE_CHILD_SA, "response", "may be an error alone", holding(NotifyType.TEMPORARY_FAILURE)),
  inside(CREATE_CHILD_SA, "response", "breaks them without SA", holding("Nonce"), "SA"),

  inside(INFORMATIONAL, "request", "may be empty", []),
  inside(
    INFORMATIONAL,
    "request",
    "keeps the rules with deletes, notifies and CP",
    holding("D", "D", NotifyType.TICKET_LT_OPAQUE, "CP"),
  ),
  inside(INFORMATIONAL, "request", "breaks them with AUTH", holding("AUTH"), "AUTH"),
  inside(INFORMATIONAL, "response", "may be empty", []),
  around(INFORMATIONAL, "request", "may be an unprotected error alone", holding(NotifyType.INVALID_SPI)),
  around(INFORMATIONAL, "request", "may not be an unprotected delete", holding("D"), "D"),
  around(INFORMATIONAL, "request", "may not be unprotected and empty", [], "SK"),
];

for (const { title, exchange, isResponse, encrypted, payloads, broken } of cases) {
  test(title, () => {
    const error = checkRules(exchange, isResponse, encrypted, payloads);
    assert.equal(error?.payload, broken, error?.expected ?? "no error");
    assert.equal(error?.kind, broken === undefined ? undefined : "rule");
  });
}

test("Vendor IDs and unknown payloads may stand anywhere", () => {
  for (const { exchange, isResponse, encrypted, payloads, broken } of cases) {
    const more = [...holding("V", "unknown"), ...payloads, ...holding("unknown", "V")];
    assert.equal(checkRules(exchange, isResponse, encrypted, more)?.payload, broken);
  }
});

test("[C-A] The order of payloads is no rule", () => {
  fc.assert(fc.property(fc.constantFrom(...cases), fc.infiniteStream(fc.nat()), (given, random) => {
    const shuffled = given.payloads
      .map((payload) => ({ payload, rank: random.next().value }))
      .toSorted((one, other) => one.rank - other.rank)
      .map(({ payload }) => payload);
    assert.equal(checkRules(given.exchange, given.isResponse, given.encrypted, shuffled)?.payload, given.broken);
  }));
});

test("An exchange of unknown type breaks the rules at its place in the header", () => {
  const error = checkRules(99, false, false, []);
  assert.deepEqual([error?.kind, error?.payload, error?.offset], ["rule", "header", 18]);
});

test("Payloads inside SK break the rules of exchanges that have no SK", () => {
  for (const exchange of [IKE_SA_INIT, IKE_SESSION_RESUME]) {
    assert.equal(checkRules(exchange, false, true, holding("Nonce"))?.payload, "Nonce");
  }
});

test("More notifies than anyone sends break the rules", () => {
  const many = Array.from({ length: 51 }, () => NotifyType.TICKET_OPAQUE);
  assert.equal(checkRules(IKE_SESSION_RESUME, false, false, holding("Nonce", ...many))?.payload, "N");
});

type Direction = "request" | "response";

function init(direction: Direction, what: string, payloads: Payload[], broken?: string): Case {
  return caseOf(IKE_SA_INIT, "IKE_SA_INIT", direction, false, what, payloads, broken);
}

function resume(direction: Direction, what: string, payloads: Payload[], broken?: string): Case {
  return caseOf(IKE_SESSION_RESUME, "IKE_SESSION_RESUME", direction, false, what, payloads, broken);
}

function inside(exchange: number, direction: Direction, what: string, payloads: Payload[], broken?: string): Case {
  return caseOf(exchange, `inside of ${nameOf(exchange)}`, direction, true, what, payloads, broken);
}

function around(exchange: number, direction: Direction, what: string, payloads: Payload[], broken?: string): Case {
  return caseOf(exchange, `outside of ${nameOf(exchange)}`, direction, false, what, payloads, broken);
}

function caseOf(
  exchange: number,
  name: string,
  direction: Direction,
  encrypted: boolean,
  what: string,
  payloads: Payload[],
  broken?: string,
): Case {
  const title = `The ${name} ${direction} ${what}`;
  return { title, exchange, isResponse: direction === "response", encrypted, payloads, broken };
}

function nameOf(exchange: number): string {
  return Object.entries(ExchangeType).find(([, number]) => number === exchange)?.[0] ?? String(exchange);
}
