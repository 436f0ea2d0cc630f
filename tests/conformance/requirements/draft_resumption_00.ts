/**
 * The requirements of draft-sheffer-ike-session-resumption-00 of 2007.
 *
 * @module
 */
import type { RequirementRow } from "./row.ts";

export const DRAFT_RESUMPTION_00: readonly RequirementRow[] = [
  {
    ids: ["A-3.3-1"],
    text:
      "(section 3.3) One TICKET notify (private-use number, configurable) with subtypes Opaque 1, Request 2, Ack 3, Nack 4; the subtype is the first octet of the notify data (our reading, configurable), 5 to 127 ignored; Opaque carries lifetime (4) and ticket in both directions.",
  },
  {
    ids: ["A-3.1-2"],
    text:
      "Request in the first IKE_AUTH, in CREATE_CHILD_SA that rekeys the IKE SA, in INFORMATIONAL after Ack or before the end; exactly one of Opaque, Nack, Ack; the rest of the exchange unchanged.",
  },
  { ids: ["A-3.2-1"], text: "Ticket in the first IKE_SA_INIT message: HDR, SAi1, KEi, Ni, N(TICKET/Opaque)." },
  { ids: ["A-3.2-2"], text: "Accept: HDR, SAr1, Nr, N(TICKET/Ack), no KE." },
  {
    ids: ["A-3.2-3"],
    text:
      "Nack: regular IKE_SA_INIT response plus N(TICKET/Nack), and the same exchange goes on as a full one. A plain response means the responder does not know the extension.",
  },
  { ids: ["A-3.2-4"], text: "Stand-alone IKE_AUTH {IDi,[IDr,]AUTH} / {IDr,AUTH}; wrong AUTH ends the protocol." },
  { ids: ["A-3.2-5"], text: "Or piggybacked on CREATE_CHILD_SA {IDi,[IDr,]AUTH,SAi2,Ni2,TSi,TSr[,CP]}." },
  { ids: ["A-3.2-6"], text: "Never presented after its lifetime; a full exchange may be made although a ticket is held." },
  {
    ids: ["A-3.2-7"],
    text: "An accepted ticket silently replaces its active IKE SA, after AUTH: an unproven acceptance must not.",
  },
  {
    ids: ["A-3.2-8"],
    text:
      "SAr1 is the ticket's SA, whatever SAi1 offers; a Nack or plain answer is negotiated from SAi1 and KEi of the same message.",
  },
  {
    ids: ["A-3.4-1"],
    text:
      "SKEYSEED = prf+(SK_d_old, Ni | Nr), then keys as IKEv2. The draft gives no length: one prf output is our reading, stated in the docs.",
  },
  { ids: ["A-3.4-2"], text: "IDr from the new exchange; gateway policy may look at the ticket's IDr; AUTH uses the new IDr." },
  { ids: ["A-3.4-3"], text: "SA and IDi from the ticket; SPIs new, never the ticket's; message IDs from 0." },
  {
    ids: ["A-3.5-1"],
    text: "AUTH = prf(SK_px, octets of RFC 4306 2.15), RealMessage = the modified IKE_SA_INIT messages, IDr' the new IDr.",
  },
  { ids: ["A-4.1-1"], text: "The ticket holds IDi, IDr, SPIi, SPIr, SAr, SK_d and expiration, encrypted and authenticated." },
  { ids: ["A-4.2-1"], text: "Format key_name[16] (ASCII, NUL-terminated), IV, protected state, MAC." },
  {
    ids: ["A-4.3-1"],
    text: "A ticket may be shown to another gateway that trusts the issuer; lifetime finite and under 24 hours.",
  },
  { ids: ["A-4.3-2"], text: "The client deletes the ticket with its IKE SA; lifetime = min(IKE SA, reauthentication)." },
  {
    ids: ["A-6.5-1"],
    text: "A ticket of an IKE SA that another gateway ended: Invalid Ticket List shared, where policy wants it.",
  },
  { ids: ["A-6.8-1"], text: "Cookies may be asked for on the modified IKE_SA_INIT." },
];
