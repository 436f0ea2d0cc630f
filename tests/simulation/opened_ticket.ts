/**
 * What stands in a ticket by value, as its gateway reads it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { openTicket } from "../../src/ike/steps/step.ts";
import { runWave } from "../../src/ike/steps/wave.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import { openTicketRequest, withoutPadding } from "../../src/ticket/ticket_by_value.ts";
import { decodeTicketState, type TicketState } from "../../src/ticket/ticket_state.ts";
import type { Simulation } from "./simulation.ts";

export async function openTicketState(simulation: Simulation, { ticket }: Pick<ClientTicket, "ticket">): Promise<TicketState> {
  const request = openTicketRequest(ticket, simulation.ticketKeys);
  assert.ok(request);
  const [plaintext] = await runWave([openTicket(request)], simulation.services);
  const content = plaintext && withoutPadding(request, plaintext);
  const state = content && decodeTicketState(content);
  assert.ok(state);
  return state;
}
