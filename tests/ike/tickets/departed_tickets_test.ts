import assert from "node:assert/strict";
import { test } from "node:test";
import { DepartedTickets } from "../../../src/ike/tickets/departed_tickets.ts";
import type { IssuedTicket } from "../../../src/ticket/issued_ticket.ts";

function spisOf(number: number) {
  return { initiatorSpi: BigInt(number) << 40n, responderSpi: BigInt(number) };
}

function ticketOf(number: number): IssuedTicket {
  return { kind: "value", ticketId: number.toString(16).padStart(34, "0"), expiresAtEpochSeconds: 1_000 };
}

test("tickets of IKE SAs that are gone are taken once, in whatever order, and none by an IKE SA that shares one SPI alone", () => {
  for (const order of [[1, 2, 3], [3, 2, 1], [2, 3, 1]]) {
    const departed = new DepartedTickets();
    for (const number of [1, 2, 3]) departed.add(spisOf(number), ticketOf(number));
    const { initiatorSpi, responderSpi } = spisOf(3);
    assert.equal(departed.take({ initiatorSpi, responderSpi: 7n }), undefined);
    assert.equal(departed.take({ initiatorSpi: 7n, responderSpi }), undefined);
    for (const number of order) {
      assert.deepEqual(departed.take(spisOf(number)), ticketOf(number));
      assert.equal(departed.take(spisOf(number)), undefined);
    }
  }
});

test("the ticket of an IKE SA that went twice is the later one, and none is left once all are forgotten", () => {
  const departed = new DepartedTickets();
  departed.add(spisOf(1), ticketOf(1));
  departed.add(spisOf(1), ticketOf(2));
  assert.deepEqual(departed.takeLast(spisOf(1)), ticketOf(2));
  assert.equal(departed.take(spisOf(1)), undefined);
  departed.add(spisOf(1), ticketOf(1));
  departed.add(spisOf(2), ticketOf(2));
  departed.add(spisOf(1), ticketOf(3));
  assert.deepEqual([departed.take(spisOf(1)), departed.take(spisOf(1))], [ticketOf(3), undefined]);
  departed.add(spisOf(1), ticketOf(1));
  departed.add(spisOf(2), ticketOf(2));
  assert.equal(departed.takeLast(spisOf(1)), undefined);
  departed.clear();
  assert.deepEqual([departed.take(spisOf(1)), departed.take(spisOf(2))], [undefined, undefined]);
});
