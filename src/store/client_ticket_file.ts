/**
 * A client's ticket in a file, so that a client can resume after a restart of its own (RFC 5723, section 4.2).
 *
 * The file is JSON, readable by its owner alone, octets in hexadecimal. It holds SK_d: whoever reads it can resume as this client.
 *
 * @module
 */
import { closeSync, fstatSync, openSync, readFileSync, rmSync } from "node:fs";
import type { ClientTicket } from "../ticket/client_ticket.ts";
import type { Identity } from "../ticket/identity.ts";
import { PayloadNumber } from "../wire/constants.ts";
import { decodePayloads, encodePayloads } from "../wire/message.ts";
import type { Proposal } from "../wire/payload.ts";
import { replaceOwnersFile } from "./owners_file.ts";

const OTHERS = 0o077;
const FILE_VERSION = 1;

/** A ticket file cannot be used: which file, what is wrong with it, and what would be right. */
export class ClientTicketFileError extends Error {
  override readonly name = "ClientTicketFileError";
}

/**
 * Reads a ticket; `undefined` when there is no file.
 *
 * @throws {ClientTicketFileError} the file is open to others than its owner, cannot be read, or does not hold a ticket.
 */
export function loadClientTicket(path: string): ClientTicket | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new ClientTicketFileError(`ticket: cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
  try {
    const mode = fstatSync(descriptor).mode & 0o777;
    if (mode & OTHERS) {
      throw new ClientTicketFileError(`ticket: ${path} has mode ${mode.toString(8).padStart(4, "0")}, expected 0600`);
    }
    return parseTicket(path, readFileSync(descriptor, "utf8"));
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes a ticket beside the file, then in its place.
 *
 * @throws {ClientTicketFileError} the file cannot be written.
 */
export function saveClientTicket(path: string, ticket: ClientTicket): void {
  const content = {
    version: FILE_VERSION,
    ticket: toHex(ticket.ticket),
    expiresAtEpochSeconds: ticket.expiresAtEpochSeconds,
    initiatorId: identityToText(ticket.initiatorId),
    responderId: identityToText(ticket.responderId),
    authenticationMethod: ticket.authenticationMethod,
    // The SA payload, its generic header included.
    proposal: toHex(encodePayloads([{ type: "SA", proposals: [ticket.proposal] }]).octets),
    skD: toHex(ticket.skD),
  };
  try {
    replaceOwnersFile(path, `${JSON.stringify(content, undefined, 2)}\n`);
  } catch (error) {
    throw new ClientTicketFileError(`ticket: cannot write ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Removes a ticket that is spent or whose IKE SA was deleted (RFC 5723, sections 4.3.1 and 6.2). */
export function removeClientTicket(path: string): void {
  rmSync(path, { force: true });
}

function parseTicket(path: string, text: string): ClientTicket {
  const fail = (what: string): never => {
    throw new ClientTicketFileError(`ticket: ${path}: ${what}`);
  };
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // The parser's own message may quote what it read.
    fail("not JSON");
  }
  if (!isRecord(content) || content.version !== FILE_VERSION) return fail(`no "version": ${FILE_VERSION}`);
  const { expiresAtEpochSeconds, authenticationMethod } = content;
  if (typeof expiresAtEpochSeconds !== "number") return fail("expiresAtEpochSeconds is not a number");
  if (typeof authenticationMethod !== "number") return fail("authenticationMethod is not a number");
  return {
    ticket: fromHex(content.ticket) ?? fail("ticket is not octets in hexadecimal"),
    expiresAtEpochSeconds,
    initiatorId: identityOf(content.initiatorId) ?? fail("initiatorId is not an identity"),
    responderId: identityOf(content.responderId) ?? fail("responderId is not an identity"),
    authenticationMethod,
    proposal: proposalOf(content.proposal) ?? fail("proposal is not an SA payload with one proposal, in hexadecimal"),
    skD: fromHex(content.skD) ?? fail("skD is not octets in hexadecimal"),
  };
}

function proposalOf(text: unknown): Proposal | undefined {
  const octets = fromHex(text);
  const decoded = octets && decodePayloads(PayloadNumber.SA, octets);
  if (!decoded?.ok || decoded.value.length !== 1) return undefined;
  const [payload] = decoded.value;
  return payload.type === "SA" && payload.proposals.length === 1 ? payload.proposals[0] : undefined;
}

function identityToText({ idType, identification }: Identity): { readonly idType: number; readonly identification: string } {
  return { idType, identification: toHex(identification) };
}

function identityOf(value: unknown): Identity | undefined {
  if (!isRecord(value) || typeof value.idType !== "number") return undefined;
  const identification = fromHex(value.identification);
  return identification && { idType: value.idType, identification };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function toHex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

function fromHex(text: unknown): Uint8Array | undefined {
  if (typeof text !== "string" || text.length === 0 || text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, index) => parseInt(text.slice(2 * index, 2 * index + 2), 16));
}
