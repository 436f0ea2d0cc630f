/**
 * Options of a gateway about single clients: what is theirs, and what their deviations need.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { parseIdentity, parseSelectors } from "../configuration/mod.ts";
import type { ResumptionAuthentication } from "../ike/authentication/signed_content.ts";
import type { ResponderConfiguration } from "../ike/responder.ts";
import { type Identity, identityKey } from "../ticket/identity.ts";
import type { TrafficSelector } from "../wire/payload.ts";
import { configured, repeated, resumptionAuthentication, wholeNumber } from "./option_values.ts";

/** A value for one client, or for all that no other value names. */
interface PeerValue<T> {
  readonly identity?: Identity;
  readonly value: T;
}

export interface PeerOptions {
  readonly remoteTsOf?: readonly PeerValue<readonly TrafficSelector[]>[];
  readonly resumptionAuthentication?: readonly PeerValue<ResumptionAuthentication>[];
  readonly cookieThreshold?: number;
  readonly resumptionCookieThreshold?: number;
}

const MOST_HALF_OPEN = 10_000_000;

const WHOSE_ADDRESSES = `
What a client may have on its side, without --inner-addresses and --remote-ts-of: the address that it comes from, and any that no client of
another identity has, of those that --remote-ts allows. A client that asks for all addresses gets the one that it comes from, unless --remote-ts is given.`;

export function addPeerOptions(command: Command): Command {
  return command
    .addHelpText("after", WHOSE_ADDRESSES)
    .option(
      "--remote-ts-of <id=selectors>",
      "networks behind one client, which it alone has, with commas between (may be repeated); then all others have nothing but the address that they come from",
      repeated(ofOne(configured(parseSelectors))),
    )
    .option(
      "--resumption-authentication <[id=]form>",
      "what AUTH covers after resumption: rfc5723, or message-only for a client that deviates so (Libreswan 5), or for all if none is named (may be repeated)",
      repeated(ofOneOrAll(resumptionAuthentication)),
    )
    .option(
      "--cookie-threshold <count>",
      "half-open IKE SAs from which on IKE_SA_INIT is asked for a cookie; those with costly groups count several times (default: 8192)",
      wholeNumber(0, MOST_HALF_OPEN),
    )
    .option(
      "--resumption-cookie-threshold <count>",
      "half-open IKE SAs of tickets from which on IKE_SESSION_RESUME is asked for one (default: as --cookie-threshold); 10000000 for clients that cannot answer it (Libreswan 5)",
      wholeNumber(0, MOST_HALF_OPEN),
    );
}

/** What was given; what was not is left to the defaults of the responder. */
export function statedPeerOptions(
  { remoteTsOf, resumptionAuthentication, cookieThreshold, resumptionCookieThreshold }: PeerOptions,
): Partial<
  Pick<
    ResponderConfiguration,
    "remoteSelectorsOf" | "resumptionAuthenticationOf" | "cookieThreshold" | "resumptionCookieThreshold"
  >
> {
  const formOf = resumptionAuthentication && lookUp(resumptionAuthentication);
  return {
    ...(remoteTsOf && { remoteSelectorsOf: lookUp(remoteTsOf) }),
    ...(formOf && { resumptionAuthenticationOf: (identity) => formOf(identity) ?? "rfc5723" }),
    ...(cookieThreshold !== undefined && { cookieThreshold }),
    ...(resumptionCookieThreshold !== undefined && { resumptionCookieThreshold }),
  };
}

/** The value of a client: the last that names it, else the last that names none. */
function lookUp<T>(values: readonly PeerValue<T>[]): (identity: Identity) => T | undefined {
  const byKey = new Map(values.map(({ identity, value }) => [identity && identityKey(identity), value]));
  return (identity) => byKey.get(identityKey(identity)) ?? byKey.get(undefined);
}

/** `id=value`: the identity may have a `=` in it, the value has none. */
function ofOneOrAll<T>(parse: (text: string) => T): (text: string) => PeerValue<T> {
  return (text) => {
    const at = text.lastIndexOf("=");
    if (at < 0) return { value: parse(text) };
    return { identity: configured(parseIdentity)(text.slice(0, at)), value: parse(text.slice(at + 1)) };
  };
}

function ofOne<T>(parse: (text: string) => T): (text: string) => PeerValue<T> {
  return (text) => {
    if (!text.includes("=")) throw new InvalidArgumentError("Allowed is an identity, =, and its value.");
    return ofOneOrAll(parse)(text);
  };
}
