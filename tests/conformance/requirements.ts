/**
 * The requirements, by identifier: each an observable behaviour. A test that proves one carries the identifier in its title
 * (`[R-4.1-2] …`). The words MUST and SHOULD are the documents' own; where several identifiers have one text, each stands for itself.
 *
 * @module
 */

export interface Requirement {
  readonly id: string;
  readonly text: string;
}

/** The documents, by the first letter of the identifiers. */
export const DOCUMENTS: Readonly<Record<string, string>> = {
  R: "RFC 5723, the standard",
  A: "draft-sheffer-ike-session-resumption-00 of 2007",
  B: "draft-sheffer-ipsec-failover-03 of 2008",
  C: "RFC 4718, base IKEv2, by its section numbers",
};

export const REQUIREMENTS: readonly Requirement[] = [
  { id: "R-4.1-1", text: "Client requests a ticket in the first IKE_AUTH request: N(TICKET_REQUEST)." },
  { id: "R-4.1-2", text: "Client requests in CREATE_CHILD_SA that rekeys the IKE SA, and only when the client initiates it." },
  {
    id: "R-4.1-3",
    text:
      "Client requests in an INFORMATIONAL exchange it initiates: after TICKET_ACK, when the lifetime is about to end, after a gateway-initiated IKE rekey. A request in an exchange the gateway initiated is never sent.",
  },
  { id: "R-4.1-4", text: "Client requests in the IKE_AUTH that follows IKE_SESSION_RESUME." },
  {
    id: "R-4.1-5",
    text:
      "Gateway answers a request with exactly one of TICKET_LT_OPAQUE, TICKET_NACK (refuses), TICKET_ACK (not now, e.g. packet size); the rest of the exchange is unchanged by that choice, also when the IKE response is an error.",
  },
  {
    id: "R-4.1-6",
    text: "After TICKET_ACK the client may ask again by INFORMATIONAL at any time in the SA's life, and gets the ticket.",
  },
  { id: "R-4.2-1", text: "The ticket is accepted only if the IKEv2 exchange succeeded." },
  {
    id: "R-4.2-2",
    text:
      "Multi-round-trip IKE_AUTH (EAP): the request is in the first IKE_AUTH request; ticket/ACK/NACK only in the final response.",
  },
  { id: "R-4.2-3", text: 'Client stores ticket plus every "from the ticket" item of the section 5 table.' },
  {
    id: "R-4.3.1-1",
    text: "Client may start a full exchange though it holds a valid ticket; it never presents one it knows expired.",
  },
  {
    id: "R-4.3.1-2",
    text:
      "Client never reuses a ticket; gateway rejects a reused one; a ticket counts as used only once an IKE SA was established with it (an interrupted resumption leaves it usable).",
  },
  {
    id: "R-4.3.2-1",
    text: "Request: exchange type 38, fresh SPIi, SPIr 0, message ID 0, payloads [N(COOKIE),] Ni, N(TICKET_OPAQUE) [,N+].",
  },
  { id: "R-4.3.2-2", text: "Accept: HDR(SPIi copied, new SPIr), Nr [,N+]." },
  {
    id: "R-4.3.2-3",
    text:
      "Reject: unprotected N(TICKET_NACK); client falls back to a full exchange, once, without losing configuration. A forged NACK must not be trusted blindly: keep waiting for a real answer until the exchange times out (see R-9.4-1), then fall back.",
  },
  { id: "R-4.3.2-4", text: "Resumption from any address and port; optional policy to reject a changed address." },
  {
    id: "R-4.3.2-5",
    text:
      "Cookie challenge for IKE_SESSION_RESUME, stateless at the gateway until the cookie returns; invalid cookie is treated as none (C-2.5).",
  },
  {
    id: "R-4.3.2-6",
    text: "NAT_DETECTION_* sent and judged anew; NAT found → port 4500 with UDP encapsulation; NAT status not in the ticket.",
  },
  {
    id: "R-4.3.2-7",
    text:
      "SPI and message ID rules as IKE_SA_INIT; retransmitted request gets the identical response; lookup by whole packet, not by SPI alone (C-2.3).",
  },
  {
    id: "R-4.3.3-1",
    text:
      "Client must follow with IKE_AUTH; AUTH = prf(SK_px, octets) with the new SK_pi / SK_pr, octets as RFC 4306 2.15 with IKE_SESSION_RESUME messages as RealMessage1/2; auth method value as for shared key.",
  },
  { id: "R-4.3.3-2", text: "IDi equals the ticket's; any other → AUTHENTICATION_FAILED, nothing created." },
  { id: "R-4.3.3-3", text: "No CERT payload in that exchange; IDr (both directions) equals the ticket's." },
  { id: "R-4.3.3-4", text: "New ticket requested and returned in that IKE_AUTH." },
  { id: "R-4.3.4-1", text: "Child SA derived per RFC 4306 2.17 in that IKE_AUTH." },
  {
    id: "R-4.3.4-2",
    text:
      "Old IKE SA still active: silently deleted with its Child SAs after IKE_AUTH succeeds, no DELETE sent; not deleted when IKE_AUTH fails.",
  },
  { id: "R-5-1", text: "From the ticket: IDi, IDr, authentication method, certificates where needed, SAr algorithms, SK_d." },
  {
    id: "R-5-2",
    text:
      "New: SPIs, NAT status, addresses, original initiator, message IDs from 0, window 1, Child SAs, MOBIKE, redirect, reauthentication time, vendor IDs.",
  },
  { id: "R-5-3", text: "Authenticated EAP identity, when it differs from IDi, is in the ticket and used for policy." },
  { id: "R-5-4", text: "Certificate iPAddress check information kept, and checked again, where policy needs it." },
  { id: "R-5-5", text: "Old SPIs may be in the ticket to find old state, never reused for the new SA." },
  { id: "R-5-6", text: "Client asks for its earlier inner address by CP(CFG_REQUEST); gateway honours it if free." },
  { id: "R-5.1-1", text: 'SKEYSEED = prf(SK_d_old, "Resumption" | Ni | Nr), 10 ASCII octets, no NUL.' },
  { id: "R-5.1-2", text: "{SK_d..SK_pr} = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr), prf from the ticket's SA." },
  {
    id: "R-6.1-1",
    text: "Ticket by value: encrypted and integrity protected, all table items, protected absolute expiry, key identity.",
  },
  {
    id: "R-6.1-2",
    text: "Ticket by reference: integrity protected; state only in the store; deleted there when the SA is deleted.",
  },
  {
    id: "R-6.1-3",
    text: "Key change: tickets under older keys open until they expire; unknown key_id → NACK; algorithm change by key_id.",
  },
  {
    id: "R-6.2-1",
    text:
      "Ticket deleted at client when the IKE SA is deleted by either side or the credentials go (log out); rekey invalidates it and a new one is requested.",
  },
  {
    id: "R-6.2-2",
    text: "Lifetime = min(IKE SA lifetime, RFC 4478 reauthentication time), always finite; equals the LT field.",
  },
  {
    id: "R-6.2-3",
    text: "Ticket key lifetime is far longer than the IKE SA lifetime: a configuration that breaks it is refused.",
  },
  {
    id: "R-7-1",
    text: "Five notifies 16409-16413, Protocol ID 0, SPI size 0; lifetime uint32 network order in TICKET_LT_OPAQUE only.",
  },
  { id: "R-9.2-1", text: "Any altered bit of a ticket by value → NACK, no state kept, same path and time whatever is wrong." },
  { id: "R-9.3-1", text: "Ticket verification is lightweight; half-open state is bounded; overload → cookies." },
  { id: "R-9.4-1", text: "Untrusted messages never decide that a session is dead." },
  { id: "R-9.5-1", text: "Ticket keys: CSPRNG, at least 128 bits, own purpose, rotated." },
  {
    id: "R-9.8-1",
    text:
      "Invalid Ticket List: revoked tickets (deleted SA, log out) are refused until they would expire; constant-space Bloom option, with its measured false-positive rate.",
  },
  { id: "R-9.10-1", text: "The ticket leaks no identity; the request carries none; each ticket is shown once." },
  {
    id: "R-A.1-1",
    text:
      "By-value format: version 1, reserved[3], key_id[8], IV, encrypted {IDi, IDr, SPIi, SPIr, SA, SK_d, auth method, expiration, …}, MAC.",
  },
  { id: "R-A.2-1", text: "By-reference format: version 1, reserved[3], key_id[8], {state_ref, expiration}, MAC." },
  {
    id: "A-3.1-1",
    text: "One TICKET notify (private-use number, configurable) with subtypes Opaque 1, Request 2, Ack 3, Nack 4.",
  },
  { id: "A-3.2-1", text: "Ticket in the first IKE_SA_INIT message: HDR, SAi1, KEi, Ni, N(TICKET/Opaque)." },
  { id: "A-3.2-2", text: "Accept: HDR, SAr1, Nr, N(TICKET/Ack), no KE." },
  {
    id: "A-3.2-3",
    text:
      "Nack: regular IKE_SA_INIT response plus N(TICKET/Nack), and the same exchange goes on as a full one. A plain response means the responder does not know the extension.",
  },
  { id: "A-3.2-4", text: "Stand-alone IKE_AUTH {IDi,[IDr,]AUTH} / {IDr,AUTH}; wrong AUTH ends the protocol." },
  { id: "A-3.2-5", text: "Or piggybacked on CREATE_CHILD_SA {IDi,[IDr,]AUTH,SAi2,Ni2,TSi,TSr[,CP]}." },
  { id: "A-3.4-1", text: "SKEYSEED = prf+(SK_d_old, Ni | Nr) (one prf output length), then keys as IKEv2." },
  { id: "A-3.4-2", text: "IDr from the new exchange; gateway policy may look at the ticket's IDr; AUTH uses the new IDr." },
  { id: "A-4.2-1", text: "Format key_name[16] (ASCII, NUL-terminated), IV, protected state, MAC." },
  {
    id: "A-4.3-1",
    text: "A ticket may be shown to another gateway that trusts the issuer; lifetime finite and under 24 hours.",
  },
  { id: "A-6.8-1", text: "Cookies may be asked for on the modified IKE_SA_INIT." },
  {
    id: "B-4.1-1",
    text:
      "Request/ACK/NACK/OPAQUE as in R with this draft's private-use numbers; TICKET_OPAQUE carries the lifetime in both directions.",
  },
  {
    id: "B-4.2-1",
    text:
      "Two messages: HDR, Ni, N(TICKET_OPAQUE),[N+,] SK{IDi,[IDr,]SAi2,TSi,TSr[,CP]} → HDR, SK{IDr,Nr,SAr2,[TSi,TSr],[CP]}; Child SA made at once.",
  },
  { id: "B-4.2-2", text: "Unprotected TICKET_NACK → full exchange." },
  { id: "B-4.2-3", text: "Old active SA silently deleted." },
  { id: "B-4.2.1-1", text: "{SK_d2,SK_ai,SK_ar,SK_ei,SK_er} = prf+(SK_d_old, Ni) protects both messages." },
  { id: "B-4.2.2-1", text: "DoS case: protected SK{N(COOKIE)}, resubmission with the cookie inside SK: four messages." },
  { id: "B-4.2.3-1", text: "Ticket request, new ticket and gateway list ride inside the resume exchange." },
  {
    id: "B-4.5-1",
    text:
      "TICKET_GATEWAY_LIST: entries (ID type, reserved 0, 16-bit length, data) of IPv4, IPv6, FQDN; unknown types skipped; truncated list refused.",
  },
  { id: "B-4.6-1", text: "SKEYSEED = prf(SK_d2, Ni | Nr); keys as IKEv2; message IDs 0; new SPIs." },
  {
    id: "B-5-1",
    text:
      "Secure domain: any gateway with the shared ticket keys resumes a session another one made (stateless failover), and from a shared store (stateful failover).",
  },
  {
    id: "B-5-2",
    text: "Client uses the gateway list to try the next gateway when its own is gone; the inner address may change.",
  },
  { id: "C-2.1", text: "Zero SPIr in COOKIE/INVALID_KE/NO_PROPOSAL responses; non-zero is tolerated; retry sends zero." },
  { id: "C-2.2", text: "Message ID 0 in every IKE_SA_INIT retry." },
  {
    id: "C-2.3",
    text: "Retransmitted IKE_SA_INIT found by whole packet (hash), two clients with one SPIi behind one NAT both work.",
  },
  { id: "C-2.4", text: "Cookie kept in later retries (short exchange), and the peer that does not support it is tolerated." },
  { id: "C-2.5", text: "Invalid cookie processed as if absent." },
  { id: "C-3.1", text: "Signed octets exactly as defined; the port-4500 zero octets are not part of them." },
  { id: "C-3.2", text: "RSA signature PKCS#1 v1.5; the verifier reads the hash from the signature." },
  { id: "C-3.3", text: "RSA signature PKCS#1 v1.5; the verifier reads the hash from the signature." },
  { id: "C-3.4", text: "NAI with realm as ID_RFC822_ADDR, without as ID_KEY_ID; policy uses the authenticated EAP identity." },
  { id: "C-3.5", text: "NAI with realm as ID_RFC822_ADDR, without as ID_KEY_ID; policy uses the authenticated EAP identity." },
  { id: "C-3.6", text: "CERT encodings 4 (and raw/hash-URL where built); ID matched to certificate contents by policy." },
  { id: "C-3.9", text: "CERT encodings 4 (and raw/hash-URL where built); ID matched to certificate contents by policy." },
  { id: "C-3.7", text: "Fixed-key-size PRFs handled as said." },
  { id: "C-3.8", text: "Fixed-key-size PRFs handled as said." },
  { id: "C-3.10", text: "IKE_AUTH message IDs start at 1 and rise by one, EAP included." },
  {
    id: "C-4.2",
    text:
      "Child SA failure in IKE_AUTH leaves the IKE SA up (NO_PROPOSAL_CHOSEN, TS_UNACCEPTABLE, SINGLE_PAIR_REQUIRED, INTERNAL_ADDRESS_FAILURE, FAILED_CP_REQUIRED).",
  },
  { id: "C-4.3", text: "No DH transform in the IKE_AUTH SA." },
  { id: "C-4.4", text: "ESN 0, 1, or both offered; response has one." },
  { id: "C-4.5", text: "TFC and NON_FIRST_FRAGMENTS scope per Child SA and per direction/both." },
  { id: "C-4.6", text: "TFC and NON_FIRST_FRAGMENTS scope per Child SA and per direction/both." },
  { id: "C-4.7", text: "Complex selectors, ICMP type/code and MH type as ports, OPAQUE 65535-0." },
  { id: "C-4.8", text: "Complex selectors, ICMP type/code and MH type as ports, OPAQUE 65535-0." },
  { id: "C-4.9", text: "Complex selectors, ICMP type/code and MH type as ports, OPAQUE 65535-0." },
  { id: "C-4.10", text: "Narrowing rules incl. first selector; ADDITIONAL_TS_POSSIBLE; no SINGLE_PAIR_REQUIRED needed." },
  { id: "C-4.11", text: "Narrowing rules incl. first selector; ADDITIONAL_TS_POSSIBLE; no SINGLE_PAIR_REQUIRED needed." },
  { id: "C-4.12", text: "Narrowing rules incl. first selector; ADDITIONAL_TS_POSSIBLE; no SINGLE_PAIR_REQUIRED needed." },
  {
    id: "C-4.13",
    text:
      "Peer authorization: selectors allowed per authenticated identity; an assigned inner address creates a temporary entry.",
  },
  {
    id: "C-5.1",
    text: "Rekey of IKE SA (SPIs in proposals, counters 0, window 1) and Child SA (REKEY_SA with the initiator's inbound SPI).",
  },
  {
    id: "C-5.3",
    text: "Rekey of IKE SA (SPIs in proposals, counters 0, window 1) and Child SA (REKEY_SA with the initiator's inbound SPI).",
  },
  {
    id: "C-5.4",
    text: "Rekey of IKE SA (SPIs in proposals, counters 0, window 1) and Child SA (REKEY_SA with the initiator's inbound SPI).",
  },
  { id: "C-5.2", text: "Reauthentication = new IKE SA, then old deleted." },
  { id: "C-5.5", text: "Old SA's PRF used in the rekey SKEYSEED." },
  { id: "C-5.6", text: "Deletes in pairs, inbound SPIs only; deleting the IKE SA gets an empty response." },
  { id: "C-5.7", text: "Deletes in pairs, inbound SPIs only; deleting the IKE SA gets an empty response." },
  { id: "C-5.8", text: "Deletes in pairs, inbound SPIs only; deleting the IKE SA gets an empty response." },
  { id: "C-5.9", text: "Original initiator of the new IKE SA is who initiated its rekey." },
  { id: "C-5.10", text: "Nonces compared octet by octet; a prefix is lower." },
  { id: "C-5.11.1", text: "Every collision case of the section, each as a test with the messages crossing." },
  { id: "C-5.11.2", text: "Every collision case of the section, each as a test with the messages crossing." },
  { id: "C-5.11.3", text: "Every collision case of the section, each as a test with the messages crossing." },
  { id: "C-5.11.4", text: "Every collision case of the section, each as a test with the messages crossing." },
  { id: "C-5.11.5", text: "Every collision case of the section, each as a test with the messages crossing." },
  { id: "C-5.11.6", text: "Every collision case of the section, each as a test with the messages crossing." },
  { id: "C-5.11.7", text: "Every collision case of the section, each as a test with the messages crossing." },
  { id: "C-5.11.8", text: "Every collision case of the section, each as a test with the messages crossing." },
  { id: "C-5.11.9", text: "Every collision case of the section, each as a test with the messages crossing." },
  { id: "C-5.11.10", text: "The summary table of answers (NO_PROPOSAL_CHOSEN, NO_ADDITIONAL_SAS, …) for each state." },
  { id: "C-5.12", text: "DH in IKE SA rekey." },
  {
    id: "C-6.1",
    text: "Configuration payloads: zero-length request, SUBNET/NETMASK meaning, IPv6 form, expiry, failure notifies.",
  },
  {
    id: "C-6.2",
    text: "Configuration payloads: zero-length request, SUBNET/NETMASK meaning, IPv6 form, expiry, failure notifies.",
  },
  {
    id: "C-6.3",
    text: "Configuration payloads: zero-length request, SUBNET/NETMASK meaning, IPv6 form, expiry, failure notifies.",
  },
  {
    id: "C-6.4",
    text: "Configuration payloads: zero-length request, SUBNET/NETMASK meaning, IPv6 form, expiry, failure notifies.",
  },
  {
    id: "C-6.5",
    text: "Configuration payloads: zero-length request, SUBNET/NETMASK meaning, IPv6 form, expiry, failure notifies.",
  },
  {
    id: "C-6.6",
    text: "Configuration payloads: zero-length request, SUBNET/NETMASK meaning, IPv6 form, expiry, failure notifies.",
  },
  {
    id: "C-6.7",
    text: "Configuration payloads: zero-length request, SUBNET/NETMASK meaning, IPv6 form, expiry, failure notifies.",
  },
  {
    id: "C-6.8",
    text: "Configuration payloads: zero-length request, SUBNET/NETMASK meaning, IPv6 form, expiry, failure notifies.",
  },
  { id: "C-7.1", text: "ID_IPV4/6_ADDR compared by policy, not to the packet's source." },
  { id: "C-7.3", text: "Window never shrinks." },
  { id: "C-7.4", text: "Nonce 16-256 octets, at least half the prf key." },
  {
    id: "C-7.5",
    text: "Four zero octets on port 4500 only; initiator may go straight to 4500; reply to the port it came from.",
  },
  {
    id: "C-7.6",
    text: "Four zero octets on port 4500 only; initiator may go straight to 4500; reply to the port it came from.",
  },
  {
    id: "C-7.7",
    text: "SPI values for messages outside an IKE SA (INVALID_IKE_SPI, INVALID_MAJOR_VERSION, UNSUPPORTED_CRITICAL_PAYLOAD).",
  },
  { id: "C-7.8", text: "Notify Protocol ID/SPI rules." },
  { id: "C-7.9", text: "INITIAL_CONTACT in the first IKE_AUTH request." },
  { id: "C-7.10", text: "No alignment assumed." },
  { id: "C-7.11", text: "AES needs the key length attribute; proposal without it refused." },
  { id: "C-7.13", text: "ESP+AH bundle refused." },
  { id: "C-8", text: "The listed implementation mistakes, each as a test that this project does not make it." },
  { id: "C-A", text: "Payload order of Appendix A when sending; any order accepted when receiving." },
];
