/**
 * A ring of ticket keys in a file, so that tickets issued before a restart open after it (RFC 5723, section 6.1).
 *
 * The file is JSON, readable by its owner alone: {"version": 1, "keys": [{"keyId", "key", "madeAtEpochSeconds"}]}, octets in hexadecimal, the
 * current key first.
 *
 * @module
 */
import type { RandomSource } from "../crypto/key_exchange.ts";
import { KEY_ID_LENGTH, TICKET_KEY_LENGTH, type TicketKey, TicketKeyRing } from "../ticket/ticket_key_ring.ts";
import { fromHexadecimal, toHexadecimal } from "../wire/hexadecimal.ts";
import { createOwnersFile, messageOf, readOwnersFile, replaceOwnersFile } from "./owners_file.ts";

const FILE_VERSION = 1;

/** A ticket key file cannot be used: which file, what is wrong with it, and what would be right. */
export class TicketKeyFileError extends Error {
  override readonly name = "TicketKeyFileError";
}

/**
 * Reads the ring from a file, or makes a ring of one new key and the file with it when there is none.
 *
 * @throws {TicketKeyFileError} the file is open to others than its owner, cannot be read or written, or does not hold a ring. Nothing is
 * replaced then: a gateway that made new keys in silence would refuse every client that comes back.
 */
export function loadOrCreateTicketKeyRing(path: string, random: RandomSource, nowEpochSeconds: number): TicketKeyRing {
  const text = readKeys(path);
  if (text !== undefined) return ringOf(path, parseKeys(path, text), random);
  const ring = TicketKeyRing.generate(random, nowEpochSeconds);
  // Of two gateways that begin at one moment, one makes the file, and the other takes its keys from there.
  return createTicketKeyRing(path, ring) ? ring : loadOrCreateTicketKeyRing(path, random, nowEpochSeconds);
}

/**
 * Writes the ring beside the file, then in its place: a crash leaves the old one or the new one.
 *
 * @throws {TicketKeyFileError} the file cannot be written.
 */
export function saveTicketKeyRing(path: string, ring: TicketKeyRing): void {
  try {
    replaceOwnersFile(path, textOf(ring));
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** `false`: another process has made the file in the meantime. */
function createTicketKeyRing(path: string, ring: TicketKeyRing): boolean {
  try {
    return createOwnersFile(path, textOf(ring));
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

function textOf(ring: TicketKeyRing): string {
  const keys = ring.keys.map(({ keyId, key, madeAtEpochSeconds }) => ({
    keyId: toHexadecimal(keyId),
    key: toHexadecimal(key),
    madeAtEpochSeconds,
  }));
  return JSON.stringify({ version: FILE_VERSION, keys }, undefined, 2) + "\n";
}

function cannotWrite(path: string, cause: unknown): TicketKeyFileError {
  return new TicketKeyFileError(`ticket keys: cannot write ${path}: ${messageOf(cause)}`, { cause });
}

/** What the ring itself finds wrong with its keys is told with the file's name. */
function ringOf(path: string, keys: readonly TicketKey[], random: RandomSource): TicketKeyRing {
  try {
    return new TicketKeyRing(keys, random);
  } catch (error) {
    throw new TicketKeyFileError(`ticket keys: ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** The file's text; `undefined` when there is no file. */
function readKeys(path: string): string | undefined {
  try {
    return readOwnersFile(path);
  } catch (error) {
    throw new TicketKeyFileError(`ticket keys: ${messageOf(error)}`, { cause: error });
  }
}

function parseKeys(path: string, text: string): TicketKey[] {
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
  return content.keys.map((entry: unknown, index) => {
    if (!isRecord(entry)) return fail(`keys[${index}] is not an object`);
    const { madeAtEpochSeconds } = entry;
    const keyId = octetsOf(entry.keyId, KEY_ID_LENGTH);
    const key = octetsOf(entry.key, TICKET_KEY_LENGTH);
    if (keyId === undefined) return fail(`keys[${index}].keyId is not ${KEY_ID_LENGTH} octets in hexadecimal`);
    if (key === undefined) return fail(`keys[${index}].key is not ${TICKET_KEY_LENGTH} octets in hexadecimal`);
    if (typeof madeAtEpochSeconds !== "number") return fail(`keys[${index}].madeAtEpochSeconds is not a number`);
    return { keyId, key, madeAtEpochSeconds };
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** So many octets, of so many digits. */
function octetsOf(text: unknown, length: number): Uint8Array | undefined {
  const octets = fromHexadecimal(text);
  return octets?.length === length ? octets : undefined;
}
