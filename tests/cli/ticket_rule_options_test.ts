import assert from "node:assert/strict";
import { Command } from "commander";
import { test } from "node:test";
import { addTicketOptions, statedTicketOptions, type TicketOptions } from "../../src/cli/ticket_options.ts";
import { responderConfiguration } from "../../src/ike/responder.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";
import { fqdn, PRESHARED_KEY, START_EPOCH_SECONDS } from "../simulation/simulation.ts";

const REQUIRED = {
  identity: fqdn("gateway.example"),
  presharedKeyOf: () => PRESHARED_KEY,
  ticketKeys: TicketKeyRing.generate(new SeededRandom(1).octets, START_EPOCH_SECONDS),
};

function stated(...words: string[]) {
  const command = addTicketOptions(new Command());
  command.parse(words, { from: "user" });
  return statedTicketOptions(command.opts<TicketOptions>());
}

test("[R-5-8] without options the rules about tickets are as they are without the program: each refusal is on", () => {
  const configured = responderConfiguration({ ...REQUIRED, ...stated() });
  const plain = responderConfiguration(REQUIRED);
  for (const name of Object.keys(stated()) as (keyof typeof plain)[]) assert.deepEqual(configured[name], plain[name], name);
});

test("an operator turns each of them off by a word of its own", () => {
  const words = "--ticket-lifetime 600 --tickets reference --tickets-per-ike-sa 4 --tickets-per-identity 40 " +
    "--no-bind-tickets-to-shared-key --resume-with-any-algorithms --resumption-reauthenticates";
  const { profiles: _, ...rules } = stated(...words.split(" "));
  assert.deepEqual(rules, {
    ticketKind: "reference",
    ticketLifetimeSeconds: 600,
    ticketsPerIkeSa: 4,
    ticketsPerIdentity: 40,
    bindTicketsToSharedKey: false,
    resumeWithAnyAlgorithms: true,
    resumptionReauthenticates: true,
  });
});
