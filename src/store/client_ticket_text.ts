/**
 * A client's ticket as text: JSON, octets in hexadecimal.
 *
 * @module
 */
import { type ClientTicket, concealed } from "../ticket/client_ticket.ts";
import type { ClientTicketKey } from "../ticket/client_ticket_store.ts";
import type { Identity } from "../ticket/identity.ts";
import { isTicketFormatName } from "../ticket/ticket_format.ts";
import { PayloadNumber } from "../wire/constants.ts";
import { decodePayloads, encodePayloads } from "../wire/message.ts";
import type { Proposal } from "../wire/payload.ts";
import { fromHexadecimal, toHexadecimal } from "../wire/hexadecimal.ts";

/** A ticket and the key that it is kept under. */
export interface KeptTicket {
  readonly key: ClientTicketKey;
  readonly ticket: ClientTicket;
}

export function ticketToJson({ key, ticket }: KeptTicket): Record<string, unknown> {
  return {
    gateway: key.gateway,
    identity: identityToJson(key.identity),
    ticket: toHexadecimal(ticket.ticket),
    expiresAtEpochSeconds: ticket.expiresAtEpochSeconds,
    initiatorId: identityToJson(ticket.initiatorId),
    responderId: identityToJson(ticket.responderId),
    authenticationMethod: ticket.authenticationMethod,
    // The SA payload, its generic header included.
    proposal: toHexadecimal(encodePayloads([{ type: "SA", proposals: [ticket.proposal] }]).octets),
    skD: toHexadecimal(ticket.skD),
    ...(ticket.credentialTag && { credentialTag: toHexadecimal(ticket.credentialTag) }),
    ...(ticket.profile && { profile: ticket.profile }),
    ...(ticket.gateways && { gateways: ticket.gateways.map(identityToJson) }),
  };
}

/** The ticket that an object holds; text: what is wrong with it, in words that repeat nothing of it. */
export function ticketOfJson(content: Record<string, unknown>): KeptTicket | string {
  const { gateway, expiresAtEpochSeconds, authenticationMethod } = content;
  if (typeof gateway !== "string") return "gateway is not text";
  if (typeof expiresAtEpochSeconds !== "number") return "expiresAtEpochSeconds is not a number";
  if (typeof authenticationMethod !== "number") return "authenticationMethod is not a number";
  const identity = identityOf(content.identity);
  if (identity === undefined) return "identity is not an identity";
  const ticket = fromHexadecimal(content.ticket);
  if (ticket === undefined) return "ticket is not octets in hexadecimal";
  const initiatorId = identityOf(content.initiatorId);
  if (initiatorId === undefined) return "initiatorId is not an identity";
  const responderId = identityOf(content.responderId);
  if (responderId === undefined) return "responderId is not an identity";
  const proposal = proposalOf(content.proposal);
  if (proposal === undefined) return "proposal is not an SA payload with one proposal, in hexadecimal";
  const skD = fromHexadecimal(content.skD);
  if (skD === undefined) return "skD is not octets in hexadecimal";
  const credentialTag = content.credentialTag === undefined ? undefined : fromHexadecimal(content.credentialTag);
  if (content.credentialTag !== undefined && credentialTag === undefined) return "credentialTag is not octets in hexadecimal";
  const { profile } = content;
  if (profile !== undefined && !isTicketFormatName(profile)) return "profile is not one that is known";
  const gateways = content.gateways === undefined ? undefined : identitiesOf(content.gateways);
  if (content.gateways !== undefined && gateways === undefined) return "gateways is not a list of identities";
  const items = {
    ticket,
    expiresAtEpochSeconds,
    initiatorId,
    responderId,
    authenticationMethod,
    proposal,
    skD,
    ...(credentialTag && { credentialTag }),
    ...(profile && { profile }),
    ...(gateways && { gateways }),
  };
  return { key: { gateway, identity }, ticket: concealed(items) };
}

function proposalOf(text: unknown): Proposal | undefined {
  const octets = fromHexadecimal(text);
  const decoded = octets && decodePayloads(PayloadNumber.SA, octets);
  if (!decoded?.ok || decoded.value.length !== 1) return undefined;
  const [payload] = decoded.value;
  return payload.type === "SA" && payload.proposals.length === 1 ? payload.proposals[0] : undefined;
}

function identityToJson({ idType, identification }: Identity): Record<string, unknown> {
  return { idType, identification: toHexadecimal(identification) };
}

function identitiesOf(value: unknown): readonly Identity[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const identities = value.flatMap((one) => identityOf(one) ?? []);
  return identities.length === value.length ? identities : undefined;
}

function identityOf(value: unknown): Identity | undefined {
  if (typeof value !== "object" || value === null || !("idType" in value) || !("identification" in value)) return undefined;
  const { idType } = value;
  const identification = fromHexadecimal(value.identification);
  return typeof idType === "number" && identification ? { idType, identification } : undefined;
}
