/**
 * Ticket keys in a file, so that tickets issued before a restart, or by another gateway, open (RFC 5723, section 6.1).
 *
 * The file is JSON, readable by its owner alone: {"version": 1, "keys": [{"keyId", "key", "algorithm", "madeAtEpochSeconds",
 * "activeFromEpochSeconds", "derived"}]}, octets in hexadecimal, the current key first. An "activeFromEpochSeconds" of null is
 * a staged key that waits for a command; if it is missing, the key is active from when it was made. A missing "algorithm" is
 * "aes256gcm16". "derived" is true: nothing was ever sealed under the octets of the key, only under keys that are derived from
 * it. If it is missing, the key is of an earlier version of this program, and tickets that were sealed under its octets open
 * until they expire.
 *
 * @module
 */
import type { RandomSource } from "../crypto/key_exchange.ts";
import {
  concealedTicketKey,
  DEFAULT_TICKET_ALGORITHM,
  isTicketAlgorithm,
  KEY_ID_LENGTH,
  makeTicketKey,
  TICKET_ALGORITHMS,
  type TicketKey,
  ticketKeyLength,
} from "../ticket/ticket_key.ts";
import type { TicketKeyPolicy } from "../ticket/ticket_key_policy.ts";
import { TicketKeyRing } from "../ticket/ticket_key_ring.ts";
import { checkTicketKeys } from "../ticket/ticket_keys_by_name.ts";
import { fromHexadecimal, toHexadecimal } from "../wire/hexadecimal.ts";
import {
  createOwnersFile,
  messageOf,
  OwnersFileError,
  readOwnersFile,
  replaceOwnersFile,
  tryToReplaceOwnersFile,
} from "./owners_file.ts";

const FILE_VERSION = 1;

/** A ticket key file cannot be used: which file, what is wrong with it, and what would be right. */
export class TicketKeyFileError extends Error {
  /** Tells it from other errors where `instanceof` cannot, as in logs. */
  override readonly name = "TicketKeyFileError";
}

/**
 * Reads the ring from a file, or makes a ring of one new key and the file with it when there is none.
 *
 * @param policy Default: the ring makes no keys by itself. Where it is to, set its `onKeyMade`, and write the file there.
 * @throws {TicketKeyFileError} the file is open to others than its owner, cannot be read or written, or does not hold a ring. Nothing is
 * replaced then: a gateway that made new keys in silence would refuse every client that comes back.
 * @throws {RangeError} the policy is out of range.
 */
export function loadOrCreateTicketKeyRing(
  path: string,
  random: RandomSource,
  nowEpochSeconds: number,
  policy: Partial<TicketKeyPolicy> = {},
): TicketKeyRing {
  const keys = readTicketKeys(path);
  if (keys === undefined) {
    // Of two gateways that begin at one moment, one makes the file, and the other takes its keys from there.
    createTicketKeyFile(path, [makeTicketKey(random, nowEpochSeconds, policy.algorithm)]);
    return loadOrCreateTicketKeyRing(path, random, nowEpochSeconds, policy);
  }
  const ring = new TicketKeyRing(keys, random, policy);
  ring.advance(nowEpochSeconds);
  return ring;
}

/**
 * Writes the ring to its file: a crash leaves the old one or the new one.
 *
 * @throws {TicketKeyFileError} the file cannot be written.
 */
export function saveTicketKeyRing(path: string, ring: TicketKeyRing): void {
  writeTicketKeys(path, ring.keys);
}

/**
 * The keys in a file; `undefined` when there is no file.
 *
 * @throws {TicketKeyFileError} it is open to others than its owner, cannot be read, or does not hold keys that make a ring.
 */
export function readTicketKeys(path: string): readonly TicketKey[] | undefined {
  const text = accessing("read", path, () => readOwnersFile(path));
  return text === undefined ? undefined : parseTicketKeys(path, text);
}

/** @throws {TicketKeyFileError} {@link writeTicketKeys} could not put keys there: whoever is to do so later says it at once. */
export function refuseUnwritableTicketKeys(path: string): void {
  accessing("write", path, () => tryToReplaceOwnersFile(path));
}

/**
 * Puts keys in the place of the file's.
 *
 * @throws {TicketKeyFileError} the file cannot be written.
 */
export function writeTicketKeys(path: string, keys: readonly TicketKey[]): void {
  accessing("write", path, () => replaceOwnersFile(path, textOf(keys)));
}

/**
 * Makes a file with keys.
 *
 * @returns `false`: there is a file already, and it stays as it is.
 * @throws {TicketKeyFileError} the file cannot be written.
 */
export function createTicketKeyFile(path: string, keys: readonly TicketKey[]): boolean {
  return accessing("write", path, () => createOwnersFile(path, textOf(keys)));
}

function textOf(keys: readonly TicketKey[]): string {
  const entries = keys.map((
    { keyId, key, algorithm, madeAtEpochSeconds, activeFromEpochSeconds = null, opensVersion1 = false },
  ) => ({
    keyId: toHexadecimal(keyId),
    key: toHexadecimal(key),
    algorithm,
    madeAtEpochSeconds,
    activeFromEpochSeconds,
    ...(opensVersion1 ? {} : { derived: true }),
  }));
  return JSON.stringify({ version: FILE_VERSION, keys: entries }, undefined, 2) + "\n";
}

/**
 * The keys that a file's text holds.
 *
 * @throws {TicketKeyFileError} it does not hold keys that make a ring. No key is quoted.
 */
export function parseTicketKeys(path: string, text: string): readonly TicketKey[] {
  const fail = (what: string): never => {
    throw new TicketKeyFileError(`ticket keys: ${path}: ${what}`);
  };
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // The parser's own message may quote what it read.
    fail("not JSON");
  }
  if (!isRecord(content) || content.version !== FILE_VERSION) return fail(`no "version": ${FILE_VERSION}`);
  if (!Array.isArray(content.keys) || content.keys.length === 0) return fail(`"keys" is not a list of at least one key`);
  const keys = content.keys.map((entry: unknown, index): TicketKey => {
    if (!isRecord(entry)) return fail(`keys[${index}] is not an object`);
    const {
      madeAtEpochSeconds,
      algorithm = DEFAULT_TICKET_ALGORITHM,
      activeFromEpochSeconds = madeAtEpochSeconds,
      derived = false,
    } = entry;
    if (!isTicketAlgorithm(algorithm)) {
      return fail(`keys[${index}].algorithm is unknown, expected one of ${TICKET_ALGORITHMS.join(", ")}`);
    }
    const keyId = octetsOf(entry.keyId, KEY_ID_LENGTH);
    const key = octetsOf(entry.key, ticketKeyLength(algorithm));
    if (keyId === undefined) return fail(`keys[${index}].keyId is not ${KEY_ID_LENGTH} octets in hexadecimal`);
    if (key === undefined) return fail(`keys[${index}].key is not ${ticketKeyLength(algorithm)} octets in hexadecimal`);
    if (!isMoment(madeAtEpochSeconds)) return fail(`keys[${index}].madeAtEpochSeconds is not a number`);
    if (activeFromEpochSeconds !== null && !isMoment(activeFromEpochSeconds)) {
      return fail(`keys[${index}].activeFromEpochSeconds is neither a number nor null`);
    }
    if (typeof derived !== "boolean") return fail(`keys[${index}].derived is neither true nor false`);
    const activeFrom = activeFromEpochSeconds ?? undefined;
    const opening = derived ? {} : { opensVersion1: true };
    return concealedTicketKey({ keyId, key, algorithm, madeAtEpochSeconds, activeFromEpochSeconds: activeFrom, ...opening });
  });
  try {
    checkTicketKeys(keys);
  } catch (error) {
    fail(messageOf(error));
  }
  return keys;
}

/** Refusals name what the file is for. */
function accessing<T>(what: "read" | "write", path: string, access: () => T): T {
  try {
    return access();
  } catch (error) {
    if (error instanceof OwnersFileError) throw new TicketKeyFileError(`ticket keys: ${error.message}`, { cause: error });
    const message = messageOf(error);
    throw new TicketKeyFileError(`ticket keys: cannot ${what} ${path}: ${message}`, { cause: error });
  }
}

function isMoment(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Octets of a given number from their hexadecimal digits. */
function octetsOf(text: unknown, length: number): Uint8Array | undefined {
  const octets = fromHexadecimal(text);
  return octets?.length === length ? octets : undefined;
}
