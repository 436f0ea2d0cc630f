/**
 * Values of options, checked: each parser says in one line what is allowed.
 *
 * @module
 */
import { InvalidArgumentError } from "commander";
import { isIP } from "node:net";
import { ConfigurationError, parseIdentity } from "../configuration/mod.ts";
import { RESUMPTION_AUTHENTICATIONS, type ResumptionAuthentication } from "../ike/authentication/signed_content.ts";
import type { Endpoint } from "../ike/steps/datagram.ts";
import { isProviderName, PROVIDER_NAMES, type ProviderChoice } from "../providers/mod.ts";
import type { Identity } from "../ticket/identity.ts";
import { TRANSPORT_NAMES, type TransportName } from "../transport/open_transport.ts";

/** A parser of whole numbers, which tells its bounds to those who describe options. */
export interface WholeNumber {
  (text: string): number;
  readonly least: number;
  readonly most: number;
}

/** A whole number within bounds. */
export function wholeNumber(least: number, most: number): WholeNumber {
  const parse = (text: string) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Allowed are whole numbers from ${least} to ${most}.`);
  };
  return Object.assign(parse, { least, most });
}

/** A parser of numbers that need not be whole, which tells its bounds to those who describe options. */
export interface Decimal {
  (text: string): number;
  readonly from: number;
  readonly to: number;
}

/** A number within bounds. */
export function decimal(from: number, to: number): Decimal {
  const parse = (text: string) => {
    const value = Number(text);
    if (/^\d*\.?\d+$/.test(text) && value >= from && value <= to) return value;
    throw new InvalidArgumentError(`Allowed are numbers from ${from} to ${to}.`);
  };
  return Object.assign(parse, { from, to });
}

/** A UDP port; 0 lets the system choose. */
export const port: (text: string) => number = wholeNumber(0, 65_535);

export function ipAddress(text: string): string {
  if (isIP(text) === 0 || text.includes("%")) throw new InvalidArgumentError("Allowed are IPv4 and IPv6 addresses.");
  return text;
}

/** What the system takes as a name of an interface (IFNAMSIZ), and nothing that was meant as an address. */
const INTERFACE_NAME = /^(?![\d.]+$)[^\s/:%]{1,15}$/;

/** An address of this machine, or an interface of it, for all addresses that this has. */
export function listenAddress(text: string): string {
  if (INTERFACE_NAME.test(text)) return text;
  if (isIP(text) === 0 || text.includes("%")) {
    throw new InvalidArgumentError("Allowed are IPv4 and IPv6 addresses, and names of interfaces.");
  }
  return text;
}

export function transportName(text: string): TransportName {
  const found = TRANSPORT_NAMES.find((name) => name === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`Allowed are ${TRANSPORT_NAMES.join(", ")}.`);
}

/** `192.0.2.1`, `192.0.2.1:500`, `2001:db8::1`, `[2001:db8::1]:500`. */
export function addressAndPort(defaultPort: number, leastPort = 1): (text: string) => Endpoint {
  return (text) => {
    const [, bracketed, plain, stated] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [, undefined, text, undefined];
    const address = bracketed ?? plain ?? "";
    const number = stated === undefined ? defaultPort : Number(stated);
    if (isIP(address) === 0 || address.includes("%") || number < leastPort || number > 65_535) {
      throw new InvalidArgumentError("Allowed are 192.0.2.1, 192.0.2.1:500, 2001:db8::1 and [2001:db8::1]:500.");
    }
    return { address, port: number };
  };
}

/** A host's name: labels of letters, digits, `-` and `_` (RFC 1123, section 2.1), which do not look like an IPv4 address. */
const HOST_NAME = /^(?=.{1,253}$)(?![\d.]+$)[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d])?(?:\.[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d])?)*\.?$/i;

/** As {@link addressAndPort}, or a host's name in the place of the address, which is yet to be looked up: `vpn.example.org:500`. */
export function hostAndPort(defaultPort: number): (text: string) => Endpoint {
  const ofAddress = addressAndPort(defaultPort);
  return (text) => {
    const [, name, stated] = /^([^:]+)(?::(\d+))?$/.exec(text) ?? [];
    const number = stated === undefined ? defaultPort : Number(stated);
    if (name !== undefined && HOST_NAME.test(name) && number >= 1 && number <= 65_535) return { address: name, port: number };
    try {
      return ofAddress(text);
    } catch {
      throw new InvalidArgumentError(
        "Allowed are vpn.example.org, vpn.example.org:500, 192.0.2.1, 192.0.2.1:500, 2001:db8::1 and [2001:db8::1]:500.",
      );
    }
  };
}

/** A gateway, and who it has to prove to be: `192.0.2.1:500=gw1.example.org`. */
export function hostAndIdentity(defaultPort: number): (text: string) => Endpoint & { readonly identity?: Identity } {
  return (text) => {
    const at = text.indexOf("=");
    if (at < 0) return hostAndPort(defaultPort)(text);
    return {
      ...hostAndPort(defaultPort)(text.slice(0, at)),
      identity: configured(parseIdentity)(text.slice(at + 1)),
    };
  };
}

export function providerChoice(text: string): ProviderChoice {
  if (text === "auto" || isProviderName(text)) return text;
  throw new InvalidArgumentError(`Allowed are auto, ${PROVIDER_NAMES.join(", ")}.`);
}

export function resumptionAuthentication(text: string): ResumptionAuthentication {
  const found = RESUMPTION_AUTHENTICATIONS.find((form) => form === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`Allowed are ${RESUMPTION_AUTHENTICATIONS.join(", ")}.`);
}

/** Turns what a parser of the configuration room refuses into what commander reports with the option's name. */
export function configured<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof ConfigurationError) throw new InvalidArgumentError(`${capitalized(error.message)}.`);
      throw error;
    }
  };
}

/** A parser of one value of several, each behind those that came before. */
export interface Repeated<T> {
  (text: string, earlier: readonly T[] | undefined): readonly T[];
  readonly isRepeated: true;
}

/** For an option that may be given several times. */
export function repeated<T>(parse: (text: string) => T): Repeated<T> {
  return Object.assign((text: string, earlier: readonly T[] = []) => [...earlier, parse(text)], { isRepeated: true as const });
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
