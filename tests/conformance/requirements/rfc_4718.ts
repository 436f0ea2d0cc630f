/**
 * The requirements of RFC 4718, base IKEv2, by its section numbers.
 *
 * @module
 */
import type { RequirementRow } from "./row.ts";

export const RFC_4718: readonly RequirementRow[] = [
  { ids: ["C-2.1"], text: "Zero SPIr in COOKIE/INVALID_KE/NO_PROPOSAL responses; non-zero is tolerated; retry sends zero." },
  { ids: ["C-2.2"], text: "Message ID 0 in every IKE_SA_INIT retry." },
  {
    ids: ["C-2.3"],
    text: "Retransmitted IKE_SA_INIT found by whole packet (hash), two clients with one SPIi behind one NAT both work.",
  },
  {
    ids: ["C-2.4"],
    text: "Cookie kept in later retries (short exchange), and the peer that does not support it is tolerated.",
  },
  { ids: ["C-2.5"], text: "Invalid cookie processed as if absent." },
  { ids: ["C-3.1"], text: "Signed octets exactly as defined; the port-4500 zero octets are not part of them." },
  { ids: ["C-3.2", "C-3.3"], text: "RSA signature PKCS#1 v1.5; the verifier reads the hash from the signature." },
  {
    ids: ["C-3.4", "C-3.5"],
    text: "NAI with realm as ID_RFC822_ADDR, without as ID_KEY_ID; policy uses the authenticated EAP identity.",
  },
  {
    ids: ["C-3.6", "C-3.9"],
    text: "CERT encodings 4 (and raw/hash-URL where built); ID matched to certificate contents by policy.",
  },
  { ids: ["C-3.7", "C-3.8"], text: "Fixed-key-size PRFs handled as said." },
  { ids: ["C-3.10"], text: "IKE_AUTH message IDs start at 1 and rise by one, EAP included." },
  {
    ids: ["C-4.1"],
    text:
      "CREATE_CHILD_SA for another Child SA, with and without KE; INVALID_KE_PAYLOAD leads to one retry; NO_ADDITIONAL_SAS only where none are made.",
  },
  {
    ids: ["C-4.2"],
    text:
      "Child SA failure in IKE_AUTH leaves the IKE SA up (NO_PROPOSAL_CHOSEN, TS_UNACCEPTABLE, SINGLE_PAIR_REQUIRED, INTERNAL_ADDRESS_FAILURE, FAILED_CP_REQUIRED).",
  },
  { ids: ["C-4.3"], text: "No DH transform in the IKE_AUTH SA." },
  { ids: ["C-4.4"], text: "ESN 0, 1, or both offered; response has one." },
  { ids: ["C-4.5", "C-4.6"], text: "TFC and NON_FIRST_FRAGMENTS scope per Child SA and per direction/both." },
  { ids: ["C-4.7", "C-4.8", "C-4.9"], text: "Complex selectors, ICMP type/code and MH type as ports, OPAQUE 65535-0." },
  {
    ids: ["C-4.10", "C-4.11", "C-4.12"],
    text: "Narrowing rules incl. first selector; ADDITIONAL_TS_POSSIBLE; no SINGLE_PAIR_REQUIRED needed.",
  },
  {
    ids: ["C-4.13"],
    text: "An assigned inner address creates a temporary entry: the client gets selectors for it and no other.",
  },
  {
    ids: ["C-4.13-1"],
    text:
      "Peer authorization: selectors are allowed per authenticated identity; without a pool and without such policy a client cannot claim another's address.",
  },
  {
    ids: ["C-5.1", "C-5.3", "C-5.4"],
    text: "Rekey of IKE SA (SPIs in proposals, counters 0, window 1) and Child SA (REKEY_SA with the initiator's inbound SPI).",
  },
  { ids: ["C-5.2"], text: "Reauthentication = new IKE SA, then old deleted." },
  { ids: ["C-5.5"], text: "Old SA's PRF used in the rekey SKEYSEED." },
  {
    ids: ["C-5.6", "C-5.7", "C-5.8"],
    text: "Deletes in pairs, inbound SPIs only; deleting the IKE SA gets an empty response.",
  },
  { ids: ["C-5.9"], text: "Original initiator of the new IKE SA is who initiated its rekey." },
  { ids: ["C-5.10"], text: "Nonces compared octet by octet; a prefix is lower." },
  {
    ids: ["C-5.11.1", "C-5.11.2", "C-5.11.3", "C-5.11.4", "C-5.11.5", "C-5.11.6", "C-5.11.7", "C-5.11.8", "C-5.11.9"],
    text: "Every collision case of the section, each as a test with the messages crossing.",
  },
  {
    ids: ["C-5.11.10"],
    text:
      "The summary table, every cell a test; where RFC 7296 2.25 decided otherwise (TEMPORARY_FAILURE, CHILD_SA_NOT_FOUND; of two rekeyings the one with the lowest nonce LOSES) the newer rule holds and the row says so.",
  },
  { ids: ["C-5.12"], text: "DH in IKE SA rekey." },
  {
    ids: ["C-6.1", "C-6.2", "C-6.3", "C-6.4", "C-6.5", "C-6.6", "C-6.7", "C-6.8"],
    text: "Configuration payloads: zero-length request, SUBNET/NETMASK meaning, IPv6 form, expiry, failure notifies.",
  },
  { ids: ["C-7.1"], text: "ID_IPV4/6_ADDR compared by policy, not to the packet's source." },
  { ids: ["C-7.3"], text: "Window never shrinks." },
  { ids: ["C-7.4"], text: "Nonce 16-256 octets, at least half the prf key." },
  {
    ids: ["C-7.5", "C-7.6"],
    text: "Four zero octets on port 4500 only; initiator may go straight to 4500; reply to the port it came from.",
  },
  {
    ids: ["C-7.7"],
    text: "SPI values for messages outside an IKE SA (INVALID_IKE_SPI, INVALID_MAJOR_VERSION, UNSUPPORTED_CRITICAL_PAYLOAD).",
  },
  { ids: ["C-7.8"], text: "Notify Protocol ID/SPI rules." },
  { ids: ["C-7.9"], text: "INITIAL_CONTACT in the first IKE_AUTH request." },
  { ids: ["C-7.10"], text: "No alignment assumed." },
  { ids: ["C-7.12"], text: "Numbers of the IKEv2 registry for ESP and IKE alike (never those of IKEv1)." },
  { ids: ["C-7.11"], text: "AES needs the key length attribute; proposal without it refused." },
  { ids: ["C-7.13"], text: "ESP+AH bundle refused." },
  { ids: ["C-8"], text: "The listed implementation mistakes, each as a test that this project does not make it." },
  { ids: ["C-A"], text: "Payloads are accepted in any order." },
  { ids: ["C-A-1"], text: "Payloads are sent in the order of Appendix A, in every exchange, by both ends." },
];
