/**
 * The master secrets that ticket keys are derived from, in a file.
 *
 * The file is text, readable by its owner alone: on each line a secret of 32 octets or more in hexadecimal and, after a blank, the algorithm of
 * its keys, "aes256gcm16" if none is named. Tickets are sealed under keys of the first; those of the others open. Empty lines and lines
 * that begin with # say nothing.
 *
 * @module
 */
import { concealing } from "../crypto/concealed.ts";
import type { RandomSource } from "../crypto/key_exchange.ts";
import { LEAST_MASTER_SECRET_LENGTH, type MasterSecret } from "../ticket/derived_ticket_keys.ts";
import { DEFAULT_TICKET_ALGORITHM, isTicketAlgorithm, TICKET_ALGORITHMS, type TicketAlgorithm } from "../ticket/ticket_key.ts";
import { createOwnersFile, OwnersFileError, readOwnersFile } from "./owners_file.ts";
import { TicketKeyFileError } from "./ticket_key_file.ts";

/**
 * The secrets in a file, in their order.
 *
 * @throws {TicketKeyFileError} there is no such file, it is open to others than its owner, cannot be read, or holds something else.
 */
export function readTicketMasters(path: string): readonly MasterSecret[] {
  const text = accessing("read", path, () => readOwnersFile(path));
  if (text === undefined) throw new TicketKeyFileError(`ticket master secret: no file ${path}`);
  const masters: MasterSecret[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const fail = (what: string): never => {
      throw new TicketKeyFileError(`ticket master secret: ${path}, line ${index + 1}: ${what}`);
    };
    const [digits, algorithm = DEFAULT_TICKET_ALGORITHM, ...rest] = line.trim().split(/\s+/);
    if (!isTicketAlgorithm(algorithm) || rest.length > 0) {
      fail(`what stands behind the secret is not one of ${TICKET_ALGORITHMS.join(", ")}`);
    }
    if (!/^([0-9a-f]{2})+$/i.test(digits) || digits.length < 2 * LEAST_MASTER_SECRET_LENGTH) {
      fail(`not ${LEAST_MASTER_SECRET_LENGTH} octets or more in hexadecimal`);
    }
    const secret = Uint8Array.from({ length: digits.length / 2 }, (_, at) => parseInt(digits.slice(2 * at, 2 * at + 2), 16));
    masters.push(concealing({ secret, algorithm: algorithm as TicketAlgorithm }, "secret"));
  }
  if (masters.length === 0) throw new TicketKeyFileError(`ticket master secret: ${path}: holds none`);
  return masters;
}

/**
 * Makes a file with a new secret.
 *
 * @throws {TicketKeyFileError} there is a file already, or it cannot be written.
 */
export function createTicketMasterFile(path: string, random: RandomSource, algorithm: TicketAlgorithm): void {
  const digits = Array.from(random(LEAST_MASTER_SECRET_LENGTH), (octet) => octet.toString(16).padStart(2, "0")).join("");
  if (accessing("write", path, () => createOwnersFile(path, `${digits} ${algorithm}\n`))) return;
  throw new TicketKeyFileError(`ticket master secret: ${path} is there already, and is not replaced`);
}

/** Refusals name what the file is for. */
function accessing<T>(what: "read" | "write", path: string, access: () => T): T {
  try {
    return access();
  } catch (error) {
    if (error instanceof OwnersFileError) {
      throw new TicketKeyFileError(`ticket master secret: ${error.message}`, { cause: error });
    }
    const message = error instanceof Error ? error.message : String(error);
    throw new TicketKeyFileError(`ticket master secret: cannot ${what} ${path}: ${message}`, { cause: error });
  }
}
