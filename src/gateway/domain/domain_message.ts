/**
 * What gateways of a domain tell each other, as octets. Whoever can write to the store can say it; what makes no sense is dropped all the same.
 *
 * @module
 */
import type { ReplacedIdentity, ResumedSa } from "../../ike/policy/other_workers.ts";
import { ikeSpiDigits } from "../../wire/hexadecimal.ts";

/** Octets of the longest message that is read. */
export const LONGEST_MESSAGE = 1_048_576;
/** Members of either list in one message. */
export const MOST_MEMBERS = 1_024;
const VERSION = 1;

export interface DomainMessage {
  /** The gateway that tells it: a name drawn when it started. */
  readonly from: string;
  /** Counts its messages. */
  readonly number: number;
  readonly resumed: readonly ResumedSa[];
  readonly replaced: readonly ReplacedIdentity[];
  /** Identities were revoked: whoever hears of it looks them up. */
  readonly hasRevoked: boolean;
}

export function encodeDomainMessage({ from, number, resumed, replaced, hasRevoked }: DomainMessage): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({
    version: VERSION,
    from,
    number,
    resumed: resumed.map(({ spis, ticketId }) => [
      ikeSpiDigits(spis.initiatorSpi),
      ikeSpiDigits(spis.responderSpi),
      ticketId ?? null,
    ]),
    replaced: replaced.map(({ key, ownSpi, reason }) => [key, ikeSpiDigits(ownSpi), reason]),
    revoked: hasRevoked,
  }));
}

/** `undefined`: it is no such message. */
export function decodeDomainMessage(octets: Uint8Array): DomainMessage | undefined {
  if (octets.length > LONGEST_MESSAGE) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(octets));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { version, from, number, resumed, replaced, revoked } = value as Readonly<Record<string, unknown>>;
  const isRight = version === VERSION && typeof from === "string" && /^[0-9a-f]{16}$/.test(from) &&
    Number.isSafeInteger(number);
  const resumedSas = listOf(resumed, resumedOf);
  const replacedIdentities = listOf(replaced, replacedOf);
  if (!isRight || !resumedSas || !replacedIdentities || typeof revoked !== "boolean") return undefined;
  return { from, number: Number(number), resumed: resumedSas, replaced: replacedIdentities, hasRevoked: revoked };
}

function listOf<T>(value: unknown, memberOf: (member: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(value) || value.length > MOST_MEMBERS) return undefined;
  const members = value.map(memberOf);
  return members.every((member) => member !== undefined) ? members as T[] : undefined;
}

function resumedOf(value: unknown): ResumedSa | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined;
  const [initiatorSpi, responderSpi, ticketId] = [spiOf(value[0]), spiOf(value[1]), value[2] as unknown];
  if (initiatorSpi === undefined || responderSpi === undefined) return undefined;
  if (ticketId !== null && !(typeof ticketId === "string" && /^[0-9a-f]{1,64}$/.test(ticketId))) return undefined;
  return { spis: { initiatorSpi, responderSpi }, ticketId: ticketId ?? undefined };
}

function replacedOf(value: unknown): ReplacedIdentity | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined;
  const [key, ownSpi, reason] = [value[0] as unknown, spiOf(value[1]), value[2] as unknown];
  if (typeof key !== "string" || !isIdentityKey(key) || ownSpi === undefined) return undefined;
  return reason === "initial-contact" || reason === "replaced-by-newcomer" ? { key, ownSpi, reason } : undefined;
}

/** Whether a text is what `identityKey` gives. */
export function isIdentityKey(text: string): boolean {
  return text.length <= 8_192 && /^\d{1,3}:(?:[0-9a-f]{2})*$/.test(text);
}

function spiOf(value: unknown): bigint | undefined {
  return typeof value === "string" && /^[0-9a-f]{16}$/.test(value) ? BigInt(`0x${value}`) : undefined;
}
