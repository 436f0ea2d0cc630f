/**
 * The requirements of RFC 5723, the standard.
 *
 * @module
 */
import type { RequirementRow } from "./row.ts";

export const RFC_5723: readonly RequirementRow[] = [
  { ids: ["R-4.1-1"], text: "Client requests a ticket in the first IKE_AUTH request: N(TICKET_REQUEST)." },
  {
    ids: ["R-4.1-2"],
    text: "Client requests in CREATE_CHILD_SA that rekeys the IKE SA, and only when the client initiates it.",
  },
  {
    ids: ["R-4.1-3"],
    text:
      "Client requests in an INFORMATIONAL exchange it initiates: after TICKET_ACK, when the lifetime is about to end, after a gateway-initiated IKE rekey. A request in an exchange the gateway initiated is never sent.",
  },
  { ids: ["R-4.1-4"], text: "Client requests in the IKE_AUTH that follows IKE_SESSION_RESUME." },
  {
    ids: ["R-4.1-5"],
    text:
      "Gateway answers a request with exactly one of TICKET_LT_OPAQUE, TICKET_NACK (refuses), TICKET_ACK (not now, e.g. packet size); the rest of the exchange is unchanged by that choice, also when the IKE response is an error.",
  },
  {
    ids: ["R-4.1-6"],
    text: "After TICKET_ACK the client may ask again by INFORMATIONAL at any time in the SA's life, and gets the ticket.",
  },
  {
    ids: ["R-4.1-7"],
    text:
      "A gateway that was asked answers also in the last response of a failed EAP, beside INVALID_SYNTAX in any round of it, and when the presented ticket was used meanwhile.",
  },
  { ids: ["R-4.2-1"], text: "The ticket is accepted only if the IKEv2 exchange succeeded." },
  {
    ids: ["R-4.2-2"],
    text:
      "Multi-round-trip IKE_AUTH (EAP): the request is in the first IKE_AUTH request; ticket/ACK/NACK only in the final response.",
  },
  { ids: ["R-4.2-3"], text: 'Client stores ticket plus every "from the ticket" item of the section 5 table.' },
  {
    ids: ["R-4.3.1-1"],
    text: "Client may start a full exchange though it holds a valid ticket; it never presents one it knows expired.",
  },
  {
    ids: ["R-4.3.1-2"],
    text:
      "Client never reuses a ticket; gateway rejects a reused one; a ticket counts as used only once an IKE SA was established with it (an interrupted resumption leaves it usable).",
  },
  {
    ids: ["R-4.3.2-1"],
    text: "Request: exchange type 38, fresh SPIi, SPIr 0, message ID 0, payloads [N(COOKIE),] Ni, N(TICKET_OPAQUE) [,N+].",
  },
  { ids: ["R-4.3.2-2"], text: "Accept: HDR(SPIi copied, new SPIr), Nr [,N+]." },
  {
    ids: ["R-4.3.2-3"],
    text:
      "Reject: unprotected N(TICKET_NACK); client falls back to a full exchange, once, without losing configuration. A forged NACK must not be trusted blindly: keep waiting for a real answer until the exchange times out (see R-9.4-1), then fall back.",
  },
  { ids: ["R-4.3.2-4"], text: "Resumption from any address and port; optional policy to reject a changed address." },
  {
    ids: ["R-4.3.2-5"],
    text:
      "Cookie challenge for IKE_SESSION_RESUME, stateless at the gateway until the cookie returns; invalid cookie is treated as none (C-2.5).",
  },
  {
    ids: ["R-4.3.2-6"],
    text: "NAT_DETECTION_* sent and judged anew; NAT found → port 4500 with UDP encapsulation; NAT status not in the ticket.",
  },
  {
    ids: ["R-4.3.2-7"],
    text:
      "SPI and message ID rules as IKE_SA_INIT; retransmitted request gets the identical response; lookup by whole packet, not by SPI alone (C-2.3).",
  },
  {
    ids: ["R-4.3.2-8"],
    text:
      "IKE_SESSION_RESUME is treated like IKE_SA_INIT in errors too: an unknown critical payload gets UNSUPPORTED_CRITICAL_PAYLOAD (RFC 7296 2.5); every request that is not dropped for lack of room gets an acceptance or TICKET_NACK, never silence.",
  },
  {
    ids: ["R-4.3.2-9"],
    text:
      "IKE_SESSION_RESUME is sent only to a gateway that issued a ticket (by its identity, or by its address where no identity is required).",
  },
  {
    ids: ["R-4.3.3-1"],
    text:
      "Client must follow with IKE_AUTH; AUTH = prf(SK_px, octets) with the new SK_pi / SK_pr, octets as RFC 4306 2.15 with IKE_SESSION_RESUME messages as RealMessage1/2; auth method value as for shared key.",
  },
  { ids: ["R-4.3.3-2"], text: "IDi equals the ticket's; any other → AUTHENTICATION_FAILED, nothing created." },
  { ids: ["R-4.3.3-3"], text: "No CERT payload in that exchange; IDr (both directions) equals the ticket's." },
  { ids: ["R-4.3.3-4"], text: "New ticket requested and returned in that IKE_AUTH." },
  {
    ids: ["R-4.3.3-5"],
    text:
      "AUTH of another method than shared key is refused by both ends; a client refuses another IDr than the ticket's, and a CERT in the answer.",
  },
  { ids: ["R-4.3.4-1"], text: "Child SA derived per RFC 4306 2.17 in that IKE_AUTH." },
  {
    ids: ["R-4.3.4-2"],
    text:
      "Old IKE SA still active: silently deleted with its Child SAs after IKE_AUTH succeeds, no DELETE sent; not deleted when IKE_AUTH fails.",
  },
  {
    ids: ["R-4.3.4-3"],
    text:
      "Keys of the replaced IKE SA and its Child SAs are wiped; the client's own old IKE SA goes silently as well, and takes nothing of the new one along (its ticket, its address).",
  },
  {
    ids: ["R-5-1"],
    text: "From the ticket: IDi, IDr, authentication method, certificates where needed, SAr algorithms, SK_d.",
  },
  {
    ids: ["R-5-2"],
    text:
      "New: SPIs, NAT status, addresses, original initiator, message IDs from 0, window 1, Child SAs, MOBIKE, redirect, reauthentication time, vendor IDs.",
  },
  { ids: ["R-5-3"], text: "Authenticated EAP identity, when it differs from IDi, is in the ticket and used for policy." },
  { ids: ["R-5-4"], text: "Certificate iPAddress check information kept, and checked again, where policy needs it." },
  { ids: ["R-5-5"], text: "Old SPIs may be in the ticket to find old state, never reused for the new SA." },
  { ids: ["R-5-6"], text: "Client asks for its earlier inner address by CP(CFG_REQUEST); gateway honours it if free." },
  {
    ids: ["R-5-7"],
    text:
      "AUTH_LIFETIME (RFC 4478) is sent anew after resumption, the client heeds it, and the gateway ends an IKE SA that was not reauthenticated in time; a chain of resumptions does not put that moment off without policy saying so.",
  },
  {
    ids: ["R-5-8"],
    text:
      "A ticket whose algorithms local policy no longer allows is neither presented nor accepted; a changed credential ends its tickets (both by policy, on by default).",
  },
  {
    ids: ["R-5-9"],
    text: "What IKE_AUTH negotiates for Child SAs (TFC, IPCOMP, mode) comes from the new exchange alone (note 6).",
  },
  { ids: ["R-5.1-1"], text: 'SKEYSEED = prf(SK_d_old, "Resumption" | Ni | Nr), 10 ASCII octets, no NUL.' },
  { ids: ["R-5.1-2"], text: "{SK_d..SK_pr} = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr), prf from the ticket's SA." },
  {
    ids: ["R-6.1-1"],
    text: "Ticket by value: encrypted and integrity protected, all table items, protected absolute expiry, key identity.",
  },
  {
    ids: ["R-6.1-2"],
    text: "Ticket by reference: integrity protected; state only in the store; deleted there when the SA is deleted.",
  },
  {
    ids: ["R-6.1-3"],
    text: "Key change: tickets under older keys open until they expire; unknown key_id → NACK; algorithm change by key_id.",
  },
  {
    ids: ["R-6.1-4"],
    text: "The store of states is open to the gateway alone: files 0600, Redis with credentials and TLS (6.1, 9.1: MUST).",
  },
  {
    ids: ["R-6.2-1"],
    text:
      "Ticket deleted at client when the IKE SA is deleted by either side or the credentials go (log out); rekey invalidates it and a new one is requested.",
  },
  {
    ids: ["R-6.2-2"],
    text: "Lifetime = min(IKE SA lifetime, RFC 4478 reauthentication time), always finite; equals the LT field.",
  },
  {
    ids: ["R-6.2-3"],
    text: "Ticket key lifetime is far longer than the IKE SA lifetime: a configuration that breaks it is refused.",
  },
  {
    ids: ["R-6.2-4"],
    text: "The lifetime counts from now to the END of the IKE SA (what remains of it), and the IKE SA does end then.",
  },
  {
    ids: ["R-6.2-5"],
    text: "Removal by one IKE SA's end touches that IKE SA's ticket only, also where several sessions share a store.",
  },
  {
    ids: ["R-7-1"],
    text: "Five notifies 16409-16413, Protocol ID 0, SPI size 0; lifetime uint32 network order in TICKET_LT_OPAQUE only.",
  },
  {
    ids: ["R-7-2"],
    text: "TICKET_REQUEST, ACK and NACK have no data; TICKET_OPAQUE has no lifetime; data that comes with them is ignored.",
  },
  {
    ids: ["R-9.2-1"],
    text: "Any altered bit of a ticket by value → NACK, no state kept, same path and time whatever is wrong.",
  },
  { ids: ["R-9.3-1"], text: "Ticket verification is lightweight; half-open state is bounded; overload → cookies." },
  {
    ids: ["R-9.3-2"],
    text:
      "By reference: one look-up a request, after the MAC, no further messages; half-open resumptions count in the same bound as others.",
  },
  { ids: ["R-9.4-1"], text: "Untrusted messages never decide that a session is dead." },
  { ids: ["R-9.5-1"], text: "Ticket keys: CSPRNG, at least 128 bits, own purpose, rotated." },
  {
    ids: ["R-9.7-1"],
    text: "The client's store of tickets is open to its owner alone; SK_d does not show in logs, JSON or listings.",
  },
  {
    ids: ["R-9.8-1"],
    text:
      "Invalid Ticket List: revoked tickets (deleted SA, log out) are refused until they would expire; constant-space Bloom option, with its measured false-positive rate.",
  },
  { ids: ["R-9.10-1"], text: "The ticket leaks no identity." },
  { ids: ["R-9.10-2"], text: "Neither the request nor the answer carries an identity outside SK." },
  { ids: ["R-9.10-3"], text: "Each ticket is shown once: two connections that share a store never present the same one." },
  {
    ids: ["R-A.1-1"],
    text:
      "By-value format: version 1, reserved[3], key_id[8], IV, encrypted {IDi, IDr, SPIi, SPIr, SA, SK_d, auth method, expiration, …}, MAC.",
  },
  { ids: ["R-A.2-1"], text: "By-reference format: version 1, reserved[3], key_id[8], {state_ref, expiration}, MAC." },
];
