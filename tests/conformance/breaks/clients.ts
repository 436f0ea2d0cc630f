/** Breaks of who may what: stores of tickets and their files, identities, addresses, and what is said of them on the wire. @module */
import type { Break } from "./break.ts";

export const CLIENT_BREAKS: readonly Break[] = [
  {
    rows: ["R-6.2-5"],
    within: "src/store/memory_client_tickets.ts",
    before: "if (kept && isSameTicket(kept.ticket, ticket)) this.#forget(nameOf(key));",
    after: "this.#forget(nameOf(key));",
    what: "the end of one IKE SA takes whatever ticket is in the store",
  },
  {
    rows: ["R-9.10-3"],
    within: "src/store/memory_client_tickets.ts",
    before: "this.#kept.delete(nameOf(key));\n    if (kept) this.#taken.push(kept);",
    after: "if (kept) this.#taken.push(kept);",
    what: "two connections that share a store present one ticket",
  },
  {
    rows: ["R-9.7-1"],
    within: "src/ticket/client_ticket.ts",
    before: 'return concealing(ticket, "skD");',
    after: "return ticket;",
    what: "printing a ticket shows SK_d",
  },
  {
    rows: ["R-9.7-1", "R-6.1-4"],
    within: "src/store/secret_file_mode.ts",
    before: "if (others === 0 || ",
    after: "if (others !== -1 || ",
    what: "files of secrets that others may open are taken",
  },
  {
    rows: ["R-9.5-1"],
    within: "src/ticket/ticket_key.ts",
    before: "const key = random(ticketKeyLength(algorithm));",
    after: "const key = random(1)[0] < 0 ? random(1) : new Uint8Array(ticketKeyLength(algorithm)).fill(7);",
    what: "every ticket key is the same",
  },
  {
    rows: ["C-4.13-1"],
    within: "src/ike/exchanges/ike_auth/remote_selectors.ts",
    before: "!remoteAddresses.isPools(selector) && claims.isFree(selector, identityKey)",
    after: "!remoteAddresses.isPools(selector)",
    what: "a client claims another's address by its selectors",
  },
  {
    rows: ["C-5.8"],
    within: "src/ike/exchanges/informational/responder.ts",
    before: "return { payloads: [], next: state, ends: true, effects: [] };",
    after: "return { payloads: deletes, next: state, ends: true, effects: [] };",
    what: "the answer to a DELETE of the IKE SA is not empty",
  },
  {
    rows: ["C-7.6"],
    within: "src/ike/exchanges/reply.ts",
    before: "datagram: { octets, local, remote, encapsulated }",
    after: "datagram: { octets, local: { ...local, port: 500 }, remote, encapsulated }",
    what: "the gateway answers from port 500 whatever port a request came to",
  },
  {
    rows: ["C-7.8"],
    within: "src/wire/payloads/notify.ts",
    before: "const protocolId = reader.u8();",
    after: "const protocolId = reader.u8() & 1;",
    what: "the Protocol ID of a notify is not decoded as it came",
  },
  {
    rows: ["C-A"],
    within: "src/wire/rules.ts",
    before: "const counts = new Map<PayloadType, number>();",
    after:
      'if (payloads.findIndex(({ type }) => type === "IDr") > 0) return broken("IDr", "first");\n  const counts = new Map<PayloadType, number>();',
    what: "payloads have to come in the order of the appendix",
  },
  {
    rows: ["R-4.2-3"],
    within: "src/ike/tickets/client_ticket.ts",
    before: "authenticationMethod: sa.authentication.method,",
    after: "authenticationMethod: 0,",
    what: "the client does not keep the authentication method with its ticket",
  },
  {
    rows: ["C-2.2"],
    within: "src/ike/exchanges/ike_sa_init/initiator.ts",
    before: "fromInitiator: true, isResponse: false, messageId: 0 },",
    after: "fromInitiator: true, isResponse: false, messageId: form.cookie ? 1 : 0 },",
    what: "the request with the cookie has message ID 1",
  },
  {
    rows: ["C-5.7"],
    within: "src/ike/exchanges/informational/responder.ts",
    before: "state.childSas.filter(({ outboundSpi }) => named.some((spi) => espSpiOf(spi) === outboundSpi))",
    after: "state.childSas.filter(({ inboundSpi }) => named.some((spi) => espSpiOf(spi) === inboundSpi))",
    what: "a DELETE is taken to name the receiver's inbound SPI",
  },
  {
    rows: ["R-4.3.2-9"],
    within: "src/client/session_options.ts",
    before: "if (peerIdentity === undefined) return address",
    after: 'if (peerIdentity === undefined) return "anywhere";\n  if (peerIdentity === undefined) return address',
    what: "a ticket is shown to a gateway at another address, where no identity is required",
  },
];
