/**
 * What tells one form of resumption from another: RFC 5723, or one of the drafts before it. Data and small functions; what ends do with them is the
 * exchanges' to say, and the same for all.
 *
 * @module
 */
import type { TicketFormat, TicketFormatName } from "../../ticket/ticket_format.ts";
import { ExchangeType } from "../../wire/constants.ts";
import type { Message } from "../../wire/message.ts";
import type { Payload } from "../../wire/payload.ts";
import type { ExchangeRules } from "../../wire/rules.ts";
import type { SkeyseedData } from "../ike_sa/ike_sa_keys.ts";
import type { TicketNotifies } from "./ticket_notifies.ts";

/** A form of resumption by name: `rfc5723`, or one of the drafts before it. */
export type ProfileName = TicketFormatName;

/** A form of resumption, as data and small functions: RFC 5723 ({@link RFC_5723}), or a draft before it. */
export interface ResumptionProfile {
  /** Which it is. */
  readonly name: ProfileName;
  /** @internal How tickets are asked for, granted, refused and presented. */
  readonly notifies: TicketNotifies;
  /** @internal Of tickets by value; the keys of both kinds are its own. */
  readonly ticketFormat: TicketFormat;
  /** No ticket lives longer. */
  readonly mostLifetimeSeconds: number;
  /** @internal In which message the ticket is presented. */
  readonly presentation: Presentation;
  /** @internal What SKEYSEED is made of, by the SK_d that it rests on: SKEYSEED = prf(SK_d, these octets). `nonces`: Ni | Nr. */
  readonly skeyseedData: SkeyseedData;
  /**
   * Whether a ticket is good only for IDr as it is in it (RFC 5723, section 4.3.3). Where it is not, IDr comes from the new exchange, so that another
   * gateway of the same domain, whose identity is its own, takes the client back.
   */
  readonly bindsResponderId: boolean;
  /** TICKET_GATEWAY_LIST, by its number. Missing: the profile has no such notify. */
  readonly gatewayListType?: number;
}

/** In which message a ticket is presented. */
export type Presentation =
  /** In an exchange of its own, in clear, with IKE_AUTH behind it. */
  | PresentationIn<"own-exchange">
  /** In an exchange of its own, whose messages are protected by keys of the ticket: they make the IKE SA and its first Child SA. */
  | PresentationIn<"protected-exchange">
  /** In IKE_SA_INIT, beside all that a full exchange needs; IKE_AUTH follows, which the client may put into CREATE_CHILD_SA. */
  | PresentationIn<"in-init"> & { readonly piggybackRules: ExchangeRules };

interface PresentationIn<Kind extends string> {
  readonly kind: Kind;
  readonly exchangeType: number;
  readonly rules: ExchangeRules;
}

/** The profile in whose own exchange a ticket is presented, of those that are served. */
export function profileOfExchange(
  profiles: readonly ResumptionProfile[],
  exchangeType: number,
): ResumptionProfile | undefined {
  for (const profile of profiles) {
    const { presentation } = profile;
    if (presentation.kind !== "in-init" && presentation.exchangeType === exchangeType) return profile;
  }
  return undefined;
}

/** A ticket in IKE_SA_INIT, and the profile of which it is. */
export interface PresentedInInit {
  readonly profile: ResumptionProfile;
  readonly ticket: Uint8Array;
}

/** The ticket that stands in an IKE_SA_INIT request, if one does of a profile that is served. */
export function presentedInInit(
  profiles: readonly ResumptionProfile[],
  { header, payloads }: Message,
): PresentedInInit | undefined {
  if (header.exchangeType !== ExchangeType.IKE_SA_INIT) return undefined;
  for (const profile of profiles) {
    const ticket = profile.presentation.kind === "in-init" ? profile.notifies.presented(payloads) : undefined;
    if (ticket) return { profile, ticket };
  }
  return undefined;
}

/** @internal The rules of IKE_AUTH in CREATE_CHILD_SA. `undefined`: it has no place there. */
export function piggybackRulesOf({ presentation }: ResumptionProfile): ExchangeRules | undefined {
  return presentation.kind === "in-init" ? presentation.piggybackRules : undefined;
}

/** The profile of which a client asks for a ticket. */
export function profileOfRequest(
  profiles: readonly ResumptionProfile[],
  payloads: readonly Payload[],
): ResumptionProfile | undefined {
  for (const profile of profiles) if (profile.notifies.isRequested(payloads)) return profile;
  return undefined;
}

/** @throws {RangeError} there is none, or two would be taken for each other. */
export function checkProfiles(profiles: readonly ResumptionProfile[]): void {
  if (profiles.length === 0) throw new RangeError("responder configuration: profiles is empty, expected at least one");
  const numbers = new Map<string, string>();
  for (const { name, notifies, presentation, gatewayListType } of profiles) {
    const { request, ack, nack } = notifies;
    const notifyTypes = [request, ack, nack, notifies.grant(0, 1), notifies.present(ONE_OCTET, 0)].map((one) => one.notifyType);
    const own = new Set([
      `name ${name}`,
      `exchange ${presentation.exchangeType}`,
      ...notifyTypes.map((type) => `notify ${type}`),
      ...(gatewayListType === undefined ? [] : [`notify ${gatewayListType}`]),
    ]);
    for (const number of own) {
      const other = numbers.get(number);
      if (other !== undefined) {
        throw new RangeError(
          `responder configuration: profiles ${other} and ${name} have the same ${number}, expected another`,
        );
      }
      numbers.set(number, name);
    }
  }
}

const ONE_OCTET = new Uint8Array(1);
