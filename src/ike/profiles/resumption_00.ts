/**
 * draft-sheffer-ike-session-resumption-00 of 2007: a ticket beside an offer of a full exchange in IKE_SA_INIT, so that a refused one costs no round trip.
 * What the draft leaves open docs/profiles.md says.
 *
 * @module
 */
import { RESUMPTION_00_FORMAT } from "../../ticket/ticket_format.ts";
import { ExchangeType, isErrorNotify } from "../../wire/constants.ts";
import type { NotifyPayload, Payload } from "../../wire/payload.ts";
import { type ExchangeRules, inside, MAXIMUM_NOTIFIES, nothing, protectedBySk, rulesOf } from "../../wire/rules.ts";
import { notify } from "../message/notify.ts";
import { checkNumbers } from "./private_numbers.ts";
import type { ResumptionProfile } from "./resumption_profile.ts";
import { grantedIn, lifetimeAndRoom, type TicketNotifies, withLifetime } from "./ticket_notifies.ts";

/** The numbers of draft-ietf-ipsecme-ikev2-resumption-00 that both ends have to agree on. */
export interface Resumption00Numbers {
  /** The one notify, TICKET: 40,960 to 65,535, since IANA never gave it a number. Both ends have to have the same. */
  readonly ticket: number;
  /** The subtypes, which stand in the first octet of its data: 1 to 255. The draft has 1 to 4. */
  readonly opaque: number;
  /** Asks for a ticket. */
  readonly request: number;
  /** Says that one follows later in the exchange. */
  readonly ack: number;
  /** Says that one will not be had. */
  readonly nack: number;
}

/** The numbers that are taken where nobody says otherwise. */
export const RESUMPTION_00_NUMBERS: Resumption00Numbers = { ticket: 40_970, opaque: 1, request: 2, ack: 3, nack: 4 };

/** Section 4.3: "SHOULD be less than 24 hours". */
const MOST_LIFETIME_SECONDS = 86_399;
/** SKEYSEED is one output of prf+, T1 = prf(SK_d, Ni | Nr | 0x01): the draft names no length, and keys of a prf have that of its output. */
const FIRST_BLOCK = Uint8Array.of(1);

/**
 * The profile, with the numbers that are not given as in {@link RESUMPTION_00_NUMBERS}.
 *
 * @throws {RangeError} a number is not for private use, or no subtype, or there twice.
 */
export function resumption00(numbers: Partial<Resumption00Numbers> = {}): ResumptionProfile {
  const { ticket, ...subtypes } = { ...RESUMPTION_00_NUMBERS, ...numbers };
  checkNumbers("resumption-00", {}, { ticket });
  checkSubtypes(subtypes);
  return {
    name: "resumption-00",
    notifies: notifiesOf(ticket, subtypes),
    ticketFormat: RESUMPTION_00_FORMAT,
    mostLifetimeSeconds: MOST_LIFETIME_SECONDS,
    presentation: {
      kind: "in-init",
      exchangeType: ExchangeType.IKE_SA_INIT,
      rules: INIT_RULES,
      piggybackRules: PIGGYBACK_RULES,
    },
    /** Section 3.4: SKEYSEED = prf+(SK_d_old, Ni | Nr). */
    skeyseedData: (nonces) => [nonces, FIRST_BLOCK],
    bindsResponderId: false,
  };
}

type Subtypes = Omit<Resumption00Numbers, "ticket">;

function checkSubtypes(subtypes: Subtypes): void {
  for (const [name, number] of Object.entries(subtypes)) {
    if (Number.isInteger(number) && number >= 1 && number <= 255) continue;
    throw new RangeError(`profile resumption-00: subtype ${name} is ${number}, expected 1 to 255`);
  }
  if (new Set(Object.values(subtypes)).size < Object.values(subtypes).length) {
    throw new RangeError("profile resumption-00: two subtypes have one number, expected another for each");
  }
}

/** Section 3.3: one notify, whose first octet says what it is. Others than the four say nothing. */
function notifiesOf(ticketType: number, { opaque, request, ack, nack }: Subtypes): TicketNotifies {
  const contentOf = (payloads: readonly Payload[], subtype: number) =>
    payloads.find((one): one is NotifyPayload => one.type === "N" && one.notifyType === ticketType && one.data[0] === subtype)
      ?.data.subarray(1);
  const has = (subtype: number) => (payloads: readonly Payload[]) => contentOf(payloads, subtype) !== undefined;
  const withSubtype = (data: Uint8Array): NotifyPayload => {
    data[0] = opaque;
    return notify(ticketType, data);
  };
  return {
    request: notify(ticketType, Uint8Array.of(request)),
    ack: notify(ticketType, Uint8Array.of(ack)),
    nack: notify(ticketType, Uint8Array.of(nack)),
    present: (ticket, lifetimeSeconds) => withSubtype(withLifetime(lifetimeSeconds, ticket, 1)),
    grant: (lifetimeSeconds, ticketLength) => withSubtype(lifetimeAndRoom(lifetimeSeconds, ticketLength, 1)),
    isRequested: has(request),
    isAcknowledged: has(ack),
    isRefused: has(nack),
    granted: (payloads) => grantedIn(contentOf(payloads, opaque)),
    presented: (payloads) => grantedIn(contentOf(payloads, opaque))?.ticket,
  };
}

const INIT = rulesOf(ExchangeType.IKE_SA_INIT)!;

/** Section 3.2: an answer that accepts the ticket has no KE. */
const INIT_RULES: ExchangeRules = {
  request: INIT.request,
  response: {
    ...INIT.response,
    payloads: INIT.response.payloads.map((rule) => rule.payload === "KE" ? { ...rule, min: 0 } : rule),
  },
};

/** Section 3.2, figure 6: IKE_AUTH in CREATE_CHILD_SA. */
const PIGGYBACK_RULES: ExchangeRules = {
  request: {
    payloads: [
      ...protectedBySk(),
      inside("IDi", 1, 1),
      inside("IDr", 0, 1),
      inside("AUTH", 1, 1),
      inside("SA", 1, 1),
      inside("Nonce", 1, 1),
      inside("TSi", 1, 1),
      inside("TSr", 1, 1),
      inside("CP", 0, 1),
      inside("N", 0, MAXIMUM_NOTIFIES),
    ],
    suffices: nothing,
  },
  response: {
    payloads: [
      ...protectedBySk(),
      inside("IDr", 0, 1),
      inside("AUTH", 0, 1),
      inside("SA", 0, 1),
      inside("Nonce", 0, 1),
      inside("TSi", 0, 1),
      inside("TSr", 0, 1),
      inside("CP", 0, 1),
      inside("N", 0, MAXIMUM_NOTIFIES),
    ],
    suffices: isErrorNotify,
  },
};
