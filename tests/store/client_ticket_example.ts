/**
 * A ticket as a client keeps it, for tests of the stores.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import type { ClientTicketKey } from "../../src/ticket/client_ticket_store.ts";

export const NOW = 1_700_000_000;

export const KEY: ClientTicketKey = {
  gateway: "192.0.2.1:500",
  identity: { idType: 3, identification: new TextEncoder().encode("client@example.org") },
};
export const OTHER_GATEWAY: ClientTicketKey = { ...KEY, gateway: "192.0.2.2:500" };
export const OTHER_IDENTITY: ClientTicketKey = {
  ...KEY,
  identity: { idType: 2, identification: KEY.identity.identification },
};

/** SK_d is all of one octet, so that it is found in whatever shows it. */
export function exampleTicket(mark = 9): ClientTicket {
  return {
    ticket: Uint8Array.from({ length: 200 }, (_, index) => index ^ mark),
    expiresAtEpochSeconds: NOW + 3_600,
    initiatorId: KEY.identity,
    responderId: { idType: 2, identification: new TextEncoder().encode("gateway.example") },
    authenticationMethod: 2,
    proposal: {
      number: 1,
      protocolId: 1,
      spi: new Uint8Array(0),
      transforms: [
        { transformType: 1, transformId: 20, attributes: [{ attributeType: 14, value: 256 }] },
        { transformType: 2, transformId: 5, attributes: [] },
        { transformType: 4, transformId: 31, attributes: [] },
      ],
    },
    skD: new Uint8Array(32).fill(mark),
  };
}

/** Every item is the same, whatever kind of object holds it. */
export function assertSameTicket(actual: ClientTicket | undefined, expected: ClientTicket): void {
  assert.ok(actual);
  assert.deepEqual(plain(actual), plain(expected));
}

function plain({ ...items }: ClientTicket): unknown {
  return JSON.parse(JSON.stringify(items, (_, value) => value instanceof Uint8Array ? [...value] : value));
}
