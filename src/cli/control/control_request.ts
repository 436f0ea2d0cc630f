/**
 * What a client of the control socket may ask: one JSON object a line.
 *
 * @module
 */
import * as v from "valibot";
import { ConfigurationError, parseIdentity } from "../../configuration/mod.ts";
import type { RevokedTickets } from "../../gateway/gateway_options.ts";
import type { WhichIkeSas } from "../../gateway/ike_sa_administration.ts";
import { addressOctets } from "../../ike/message/address.ts";
import { isGatewayName } from "../../ike/message/redirect_notifies.ts";
import type { Identity } from "../../ticket/identity.ts";
import { LOG_LEVELS, type LogLevel } from "../log/log_levels.ts";
import { kindOfTicketId } from "../../ticket/issued_ticket.ts";

const SPI = v.pipe(
  v.string("expected text"),
  v.regex(/^(0x)?[0-9a-f]{1,16}$/i, "expected an IKE SPI, up to 16 hexadecimal digits"),
  v.transform((text) => BigInt(`0x${text.replace(/^0x/i, "")}`)),
);
const IDENTITY = parsed((text): Identity => parseIdentity(text));
const ADDRESS = parsed((text): string => {
  addressOctets(text);
  return text;
});
const TICKET_ID = v.pipe(
  v.string("expected text"),
  v.check((text) => kindOfTicketId(text) !== undefined, "expected the name of a ticket, as events tell it"),
);
const GATEWAY_NAME = v.pipe(v.string("expected text"), v.check(isGatewayName, "expected an IP address or a host name"));

const CLIENT = { spi: v.optional(SPI), identity: v.optional(IDENTITY), address: v.optional(ADDRESS) };
const CLIENTS = { ...CLIENT, all: v.optional(v.literal(true, "expected true")) };

const SECONDS = v.pipe(
  v.number("expected a number"),
  v.minValue(0, "expected at least 0"),
  v.maxValue(86_400, "expected at most 86400"),
);

/** The IKE SAs of one client, named in one way. */
interface NamedClient {
  readonly spi?: bigint;
  readonly identity?: Identity;
  readonly address?: string;
}

export type ControlRequest =
  | { readonly command: "status" | "keys-rotate" | "reload" }
  | { readonly command: "list" | "show" } & NamedClient
  | { readonly command: "terminate" | "rekey"; readonly all?: true } & NamedClient
  | { readonly command: "revoke"; readonly ticket_id?: string; readonly identity?: Identity }
  | { readonly command: "log-level"; readonly level: LogLevel }
  | { readonly command: "drain"; readonly to?: string; readonly seconds?: number };

const COMMANDS: readonly ControlRequest["command"][] = [
  "status",
  "list",
  "show",
  "terminate",
  "rekey",
  "revoke",
  "keys-rotate",
  "drain",
  "reload",
  "log-level",
];

const REQUEST: v.GenericSchema<unknown, ControlRequest> = v.variant("command", [
  v.strictObject({ command: v.literal("status") }),
  v.strictObject({ command: v.literal("list"), ...CLIENT }),
  v.strictObject({ command: v.literal("show"), ...CLIENT }),
  v.strictObject({ command: v.literal("terminate"), ...CLIENTS }),
  v.strictObject({ command: v.literal("rekey"), ...CLIENTS }),
  v.strictObject({ command: v.literal("revoke"), ticket_id: v.optional(TICKET_ID), identity: v.optional(IDENTITY) }),
  v.strictObject({ command: v.literal("keys-rotate") }),
  v.strictObject({ command: v.literal("drain"), to: v.optional(GATEWAY_NAME), seconds: v.optional(SECONDS) }),
  v.strictObject({ command: v.literal("reload") }),
  v.strictObject({
    command: v.literal("log-level"),
    level: v.picklist(LOG_LEVELS, `expected one of ${LOG_LEVELS.join(", ")}`),
  }),
]);

/** What is wrong with a request, in one line. */
export class ControlRequestError extends Error {
  override readonly name = "ControlRequestError";
}

/** @throws {ControlRequestError} what is wrong, and what is allowed. */
export function controlRequest(line: string): ControlRequest {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw new ControlRequestError("not JSON: expected one object a line");
  }
  const result = v.safeParse(REQUEST, json, { abortEarly: true });
  if (result.success) return result.output;
  throw new ControlRequestError(wordsOf(result.issues[0], json));
}

/** @throws {ControlRequestError} none, or more than one, of the ways to name IKE SAs was used. */
export function whichOf(request: Extract<ControlRequest, { command: "list" | "show" | "terminate" | "rekey" }>): WhichIkeSas {
  const { spi, identity, address } = request;
  const isAll = request.command === "list" || "all" in request && request.all === true;
  const named: WhichIkeSas[] = [
    ...(spi === undefined ? [] : [{ spi }]),
    ...(identity === undefined ? [] : [{ identity }]),
    ...(address === undefined ? [] : [{ address }]),
    ...("all" in request && request.all ? ["all" as const] : []),
  ];
  if (named.length === 0 && isAll) return "all";
  if (named.length === 1) return named[0];
  const ways = `spi, identity${request.command === "show" || request.command === "list" ? " and" : ","} address${
    request.command === "terminate" || request.command === "rekey" ? " and all" : ""
  }`;
  throw new ControlRequestError(`${request.command}: ${named.length} of ${ways} given, expected one`);
}

/** @throws {ControlRequestError} not one of both was given. */
export function revokedBy({ ticket_id: ticketId, identity }: Extract<ControlRequest, { command: "revoke" }>): RevokedTickets {
  if (ticketId !== undefined && identity === undefined) return { ticketId };
  if (identity !== undefined && ticketId === undefined) return { identity };
  throw new ControlRequestError("revoke: expected either ticket_id or identity");
}

function parsed<Value>(parse: (text: string) => Value): v.GenericSchema<string, Value> {
  return v.pipe(
    v.string("expected text"),
    v.rawTransform<string, Value>(({ dataset, addIssue, NEVER }) => {
      try {
        return parse(dataset.value);
      } catch (error) {
        if (!(error instanceof ConfigurationError || error instanceof RangeError)) throw error;
        addIssue({ message: error.message });
        return NEVER;
      }
    }),
  );
}

function wordsOf(issue: v.BaseIssue<unknown>, json: unknown): string {
  const field = v.getDotPath(issue);
  if (field === null) return "expected a JSON object";
  if (field === "command") return `unknown command: allowed are ${COMMANDS.join(", ")}`;
  const { command } = json as { readonly command: string };
  if (issue.type === "strict_object") return `${command}: ${field} is unknown`;
  return `${command}: ${field}: ${issue.message}`;
}
