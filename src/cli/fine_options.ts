/**
 * Options of a gateway about what the protocol leaves to it, and what few change: times, lengths, and how often something is sent.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { checkRetransmissionPolicy, DEFAULT_RETRANSMISSION } from "../ike/message/retransmission.ts";
import type { ResponderOptions } from "../ike/responder.ts";
import { UsageError } from "./exit_status.ts";
import { decimal, wholeNumber } from "./option_values.ts";

export interface FineOptions {
  readonly retransmissionFirst: number;
  readonly retransmissionFactor: number;
  readonly retransmissionLongest: number;
  readonly retransmissionAttempts: number;
  readonly retransmissionJitter: number;
  readonly halfOpenLifetime: number;
  readonly lifetimeJitter: number;
  readonly mostResponseOctets?: number;
  readonly mostTicketOctets: number;
  readonly issueTickets: boolean;
  readonly refuseChangedAddress: boolean;
  readonly storeTimeout: number;
  readonly childRenewal?: readonly [number, number];
  readonly eapRounds?: number;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

export function addFineOptions(command: Command): Command {
  const { initialMs, factor, maximumMs, attempts, jitter } = DEFAULT_RETRANSMISSION;
  return command
    .option(
      "--retransmission-first <ms>",
      "how long a request of the gateway's own waits for its answer before it is sent again",
      wholeNumber(1, MINUTE_MS),
      initialMs,
    )
    .option("--retransmission-factor <factor>", "by how much each wait is longer than the one before", decimal(1, 10), factor)
    .option("--retransmission-longest <ms>", "the longest of those waits", wholeNumber(1, MINUTE_MS), maximumMs)
    .option(
      "--retransmission-attempts <count>",
      "how often such a request is sent in all, before its client is taken for gone",
      wholeNumber(1, 100),
      attempts,
    )
    .option("--retransmission-jitter <part>", "the part of each wait that is drawn at random", decimal(0, 1), jitter)
    .option(
      "--half-open-lifetime <ms>",
      "how long a client may take from its first message to the end of IKE_AUTH, all rounds of EAP included",
      wholeNumber(1, HOUR_MS),
      30_000,
    )
    .option(
      "--lifetime-jitter <part>",
      "the largest part by which --ike-lifetime and --liveness are shortened, drawn for each IKE SA",
      decimal(0, 0.5),
      0.1,
    )
    .option(
      "--child-renewal <parts>",
      "between which two parts of its lifetime a Child SA is rekeyed, as in 0.8-0.9 (the default)",
      renewal,
    )
    .option("--eap-rounds <count>", "requests in one conversation of EAP (default: 50)", wholeNumber(1, 100))
    .option(
      "--most-response-octets <octets>",
      "longest response that holds a ticket; beyond it clients are told to ask for the ticket alone (default: any length)",
      wholeNumber(128, 65_000),
    )
    .option(
      "--most-ticket-octets <octets>",
      "longest ticket: a longer one is neither issued nor looked at",
      wholeNumber(64, 60_000),
      2_048,
    )
    .option("--no-issue-tickets", "issue no tickets; those that are presented are good all the same")
    .option(
      "--refuse-changed-address",
      "refuse tickets from another address than they were issued to; clients that move make full exchanges",
      false,
    )
    .option(
      "--store-timeout <ms>",
      "how long clients that come together wait for the store, before it counts as down",
      wholeNumber(1, MINUTE_MS),
      500,
    );
}

/** @throws {UsageError} they contradict each other */
export function statedFineOptions(options: FineOptions): Partial<ResponderOptions> {
  const retransmission = {
    initialMs: options.retransmissionFirst,
    factor: options.retransmissionFactor,
    maximumMs: options.retransmissionLongest,
    attempts: options.retransmissionAttempts,
    jitter: options.retransmissionJitter,
  };
  try {
    checkRetransmissionPolicy(retransmission);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError("--retransmission-longest is shorter than --retransmission-first: expected as long, or longer");
  }
  return {
    retransmission,
    halfOpenLifetimeMs: options.halfOpenLifetime,
    lifetimeJitter: options.lifetimeJitter,
    ...(options.mostResponseOctets !== undefined && { maximumResponseLength: options.mostResponseOctets }),
    maximumTicketLength: options.mostTicketOctets,
    issueTickets: options.issueTickets,
    refuseChangedAddress: options.refuseChangedAddress,
  };
}

function renewal(text: string): readonly [number, number] {
  const [, earliest, latest] = /^(0?\.\d+)-(0?\.\d+)$/.exec(text)?.map(Number) ?? [];
  if (earliest > 0 && earliest <= latest && latest < 1) return [earliest, latest];
  throw new InvalidArgumentError("Allowed are two numbers above 0 and below 1, the lower first: 0.8-0.9.");
}
