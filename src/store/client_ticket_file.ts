/**
 * A client's ticket in a file, so that a client can resume after a restart of its own (RFC 5723, section 4.2).
 *
 * The file is JSON, readable by its owner alone, octets in hexadecimal. It holds SK_d: whoever reads it can resume as this client.
 *
 * @module
 */
import { rmSync } from "node:fs";
import type { ClientTicket } from "../ticket/client_ticket.ts";
import type { Identity } from "../ticket/identity.ts";
import { PayloadNumber } from "../wire/constants.ts";
import { fromHexadecimal, toHexadecimal } from "../wire/hexadecimal.ts";
import { decodePayloads, encodePayloads } from "../wire/message.ts";
import type { Proposal } from "../wire/payload.ts";
import { messageOf, readOwnersFile, replaceOwnersFile } from "./owners_file.ts";

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
  let text: string | undefined;
  try {
    text = readOwnersFile(path);
  } catch (error) {
    throw new ClientTicketFileError(`ticket: ${messageOf(error)}`, { cause: error });
  }
  return text === undefined ? undefined : parseTicket(path, text);
}

/**
 * Writes a ticket beside the file, then in its place.
 *
 * @throws {ClientTicketFileError} the file cannot be written.
 */
export function saveClientTicket(path: string, ticket: ClientTicket): void {
  const content = {
    version: FILE_VERSION,
    ticket: toHexadecimal(ticket.ticket),
    expiresAtEpochSeconds: ticket.expiresAtEpochSeconds,
    initiatorId: identityToText(ticket.initiatorId),
    responderId: identityToText(ticket.responderId),
    authenticationMethod: ticket.authenticationMethod,
    // The SA payload, its generic header included.
    proposal: toHexadecimal(encodePayloads([{ type: "SA", proposals: [ticket.proposal] }]).octets),
    skD: toHexadecimal(ticket.skD),
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
    ticket: fromHexadecimal(content.ticket) ?? fail("ticket is not octets in hexadecimal"),
    expiresAtEpochSeconds,
    initiatorId: identityOf(content.initiatorId) ?? fail("initiatorId is not an identity"),
    responderId: identityOf(content.responderId) ?? fail("responderId is not an identity"),
    authenticationMethod,
    proposal: proposalOf(content.proposal) ?? fail("proposal is not an SA payload with one proposal, in hexadecimal"),
    skD: fromHexadecimal(content.skD) ?? fail("skD is not octets in hexadecimal"),
  };
}

function proposalOf(text: unknown): Proposal | undefined {
  const octets = fromHexadecimal(text);
  const decoded = octets && decodePayloads(PayloadNumber.SA, octets);
  if (!decoded?.ok || decoded.value.length !== 1) return undefined;
  const [payload] = decoded.value;
  return payload.type === "SA" && payload.proposals.length === 1 ? payload.proposals[0] : undefined;
}

function identityToText({ idType, identification }: Identity): { readonly idType: number; readonly identification: string } {
  return { idType, identification: toHexadecimal(identification) };
}

function identityOf(value: unknown): Identity | undefined {
  if (!isRecord(value) || typeof value.idType !== "number") return undefined;
  const identification = fromHexadecimal(value.identification);
  return identification && { idType: value.idType, identification };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
