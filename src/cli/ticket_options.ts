/**
 * Options about the tickets that a gateway issues, and about how it takes them back.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { ConfigurationError, parseIdentity, parseProfile, parseProfiles } from "../configuration/mod.ts";
import { checkGatewayList } from "../ike/profiles/gateway_list.ts";
import type { ResumptionProfile } from "../ike/profiles/resumption_profile.ts";
import { RFC_5723 } from "../ike/profiles/rfc5723.ts";
import type { ResponderOptions } from "../ike/responder.ts";
import type { RevocationChoice } from "../ticket/invalid_ticket_list.ts";
import type { TicketKind } from "../ticket/issued_ticket.ts";
import type { Identity } from "../ticket/identity.ts";
import { configured, wholeNumber } from "./option_values.ts";

export interface TicketOptions {
  readonly tickets: TicketKind;
  readonly profile: readonly ResumptionProfile[];
  readonly gatewayList?: readonly Identity[];
  readonly revocation: RevocationChoice;
  readonly ticketLifetime: number;
  readonly ticketsPerIkeSa: number;
  readonly ticketsPerIdentity: number;
  readonly bindTicketsToSharedKey: boolean;
  readonly resumeWithAnyAlgorithms: boolean;
  readonly resumptionReauthenticates: boolean;
}

/** A pair of filters of 0.4 MiB together. */
const DEFAULT_BLOOM = { expected: 100_000, falsePositiveRate: 0.001 };

export function ticketKindOption(): Option {
  return new Option(
    "--tickets <kind>",
    "what tickets are: value (the state, sealed) or reference (a name of the state, which the store keeps)",
  ).choices(["value", "reference"]).default("value");
}

/** A client's. */
export function profileOption(): Option {
  return new Option(
    "--profile <name>",
    "form of resumption: rfc5723, failover-03 or resumption-00; numbers of a draft behind it, as in failover-03:exchange=241",
  ).argParser(configured(parseProfile)).default(RFC_5723, "rfc5723");
}

export function addTicketOptions(command: Command): Command {
  const tickets = wholeNumber(1, 1_000_000);
  return command
    .option("--ticket-lifetime <seconds>", "how long a ticket is good for", wholeNumber(1, 30 * 86_400), 3_600)
    .addOption(ticketKindOption())
    .addOption(
      new Option(
        "--profile <names>",
        "forms of resumption that are served, with commas between: rfc5723, failover-03, resumption-00; numbers of a draft behind it, as in failover-03:exchange=241",
      ).argParser(configured(parseProfiles)).default([RFC_5723], "rfc5723"),
    )
    .option(
      "--gateway-list <gateways>",
      "gateways that take these tickets too, by address or host name with commas between, as clients of failover-03 are told",
      configured(gatewayList),
    )
    .addOption(
      new Option(
        "--revocation <list>",
        "how tickets by value that were taken back are remembered: exact (in the store), off, bloom or bloom:EXPECTED:RATE (in memory that does not grow)",
      ).argParser(revocationChoice).default("exact" satisfies RevocationChoice, "exact"),
    )
    .option(
      "--tickets-per-ike-sa <count>",
      "tickets that one IKE SA is given in ten minutes, or in --ticket-lifetime where that is shorter",
      tickets,
      16,
    )
    .option("--tickets-per-identity <count>", "the same of one identity, with all its IKE SAs", tickets, 4_096)
    .option("--no-bind-tickets-to-shared-key", "accept tickets of a client also after its shared key was changed")
    .option("--resume-with-any-algorithms", "accept tickets also where --ike does not name their algorithms any more", false)
    .option(
      "--resumption-reauthenticates",
      "let a resumption put off the moment that --reauthentication sets: it counts as a proof of identity",
      false,
    );
}

export function statedTicketOptions(options: TicketOptions): Partial<ResponderOptions> {
  return {
    ticketKind: options.tickets,
    profiles: options.profile,
    ...(options.gatewayList && { gatewayList: options.gatewayList }),
    ticketLifetimeSeconds: options.ticketLifetime,
    ticketsPerIkeSa: options.ticketsPerIkeSa,
    ticketsPerIdentity: options.ticketsPerIdentity,
    bindTicketsToSharedKey: options.bindTicketsToSharedKey,
    resumeWithAnyAlgorithms: options.resumeWithAnyAlgorithms,
    resumptionReauthenticates: options.resumptionReauthenticates,
  };
}

function gatewayList(text: string): readonly Identity[] {
  const gateways = text.split(",").map((one) => parseIdentity(one.trim()));
  try {
    checkGatewayList(gateways);
  } catch (error) {
    throw new ConfigurationError(error instanceof Error ? error.message : String(error));
  }
  return gateways;
}

function revocationChoice(text: string): RevocationChoice {
  if (text === "exact" || text === "off") return text;
  if (text === "bloom") return { bloom: DEFAULT_BLOOM };
  const [, expectedText, rateText] = /^bloom:(\d{1,8}):(\d*\.?\d+)$/.exec(text) ?? [];
  const expected = Number(expectedText);
  const falsePositiveRate = Number(rateText);
  if (expected >= 1 && expected <= 10_000_000 && falsePositiveRate >= 0.000_001 && falsePositiveRate <= 0.1) {
    return { bloom: { expected, falsePositiveRate } };
  }
  throw new InvalidArgumentError(
    "Allowed are exact, off, bloom, and bloom:EXPECTED:RATE with 1 to 10000000 revocations in a ticket lifetime and a rate from 0.000001 to 0.1.",
  );
}
