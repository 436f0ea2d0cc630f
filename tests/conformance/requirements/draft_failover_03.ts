/**
 * The requirements of draft-sheffer-ipsec-failover-03 of 2008.
 *
 * @module
 */
import type { RequirementRow } from "./row.ts";

export const DRAFT_FAILOVER_03: readonly RequirementRow[] = [
  {
    ids: ["B-4.1-1"],
    text:
      "Request/ACK/NACK/OPAQUE as in R with this draft's private-use numbers; TICKET_OPAQUE carries the lifetime in both directions.",
  },
  { ids: ["B-4.1-2"], text: "Requests as A-3.1-2, and also in IKE_SESSION_RESUME." },
  {
    ids: ["B-4.2-1"],
    text:
      "Two messages: HDR, Ni, N(TICKET_OPAQUE),[N+,] SK{IDi,[IDr,]SAi2,TSi,TSr[,CP]} → HDR, SK{IDr,Nr,SAr2,[TSi,TSr],[CP]}; Child SA made at once.",
  },
  { ids: ["B-4.2-2"], text: "Unprotected TICKET_NACK → full exchange." },
  { ids: ["B-4.2-3"], text: "Old active SA silently deleted." },
  {
    ids: ["B-4.2-4"],
    text: "One-time: never reused at the same or another gateway; a reused one refused; never presented after its lifetime.",
  },
  {
    ids: ["B-4.2-5"],
    text:
      "Exchange number private-use, configurable; used only where configuration or a gateway list says that the gateway knows it.",
  },
  {
    ids: ["B-4.2-6"],
    text:
      "The proof is SK under the ticket's keys: no AUTH payload; IDi must be the ticket's; IDr comes from the new exchange, policy may compare it.",
  },
  { ids: ["B-4.2.1-1"], text: "{SK_d2,SK_ai,SK_ar,SK_ei,SK_er} = prf+(SK_d_old, Ni) protects both messages." },
  {
    ids: ["B-4.2.1-2"],
    text:
      "No IV is used twice under keys from one Ni: replays, retransmissions and the cookie round included (these keys depend on SK_d_old and Ni alone, so a counter IV would repeat).",
  },
  { ids: ["B-4.2.2-1"], text: "DoS case: protected SK{N(COOKIE)}, resubmission with the cookie inside SK: four messages." },
  {
    ids: ["B-4.2.2-2"],
    text:
      "The gateway keeps nothing before the cookie comes back inside SK; a wrong cookie is as none; same Ni and ticket in both tries.",
  },
  { ids: ["B-4.2.3-1"], text: "Ticket request, new ticket and gateway list ride inside the resume exchange." },
  {
    ids: ["B-4.4-1"],
    text: "TICKET_OPAQUE: lifetime (4), ticket; Protocol ID 0, SPI size 0; the lifetime from a client is ignored.",
  },
  {
    ids: ["B-4.5-1"],
    text:
      "TICKET_GATEWAY_LIST: entries (ID type, reserved 0, 16-bit length, data) of IPv4, IPv6, FQDN; unknown types skipped; truncated list refused.",
  },
  {
    ids: ["B-4.5-2"],
    text: "Reserved octet ignored on receipt; other ID types than IPv4, IPv6, FQDN are not sent; address lengths checked.",
  },
  {
    ids: ["B-4.6-1"],
    text:
      "SKEYSEED = prf(SK_d2, Ni | Nr); keys as IKEv2; the new IKE SA's message IDs start at 0 (the resume exchange itself has ID 0 under the first keys), in either direction; new SPIs.",
  },
  { ids: ["B-4.6-2"], text: "SA and IDi from the ticket; the ticket's SPIs are not used again." },
  {
    ids: ["B-5-1"],
    text:
      "(sections 1.1 and 2) Secure domain: any gateway with the shared ticket keys resumes a session another one made (stateless failover), and from a shared store (stateful failover).",
  },
  {
    ids: ["B-5-2"],
    text:
      "(sections 3.1 and 4.2) Client uses the gateway list to try the next gateway when its own is gone; the inner address may change.",
  },
  {
    ids: ["B-5.1-1"],
    text:
      "Ticket contents as A-4.1-1; format version 1, reserved[3], key_id[8], IV, {IDi, IDr, SPIi, SPIr, SA, SK_d, expiration}, MAC; no authentication method.",
  },
  { ids: ["B-5.3-1"], text: "Finite lifetime, min(IKE SA, reauthentication); deleted by the client with its IKE SA." },
  {
    ids: ["B-7.8-1"],
    text:
      "A replayed first message makes partial state only: it deletes no old IKE SA, uses no ticket, and hands out no inner address for good.",
  },
];
