import assert from "node:assert/strict";
import { Command } from "commander";
import { test } from "node:test";
import { addLifeOptions, type LifeOptions, statedLifeOptions } from "../../src/cli/life_options.ts";
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
  const command = addLifeOptions(new Command());
  command.parse(words, { from: "user" });
  return statedLifeOptions(command.opts<LifeOptions>());
}

test("what is not given is as it is without the program", () => {
  const configured = responderConfiguration({ ...REQUIRED, ...stated() });
  const plain = responderConfiguration(REQUIRED);
  for (const name of Object.keys(stated()) as (keyof typeof plain)[]) assert.equal(configured[name], plain[name], name);
});

test("lifetimes, signs of life, uniqueness and limits reach the gateway", () => {
  const words =
    "--ike-lifetime 14400 --reauthentication 86400 --liveness 0 --liveness-rate 50 --unique replace --ike-sa-limit 500 " +
    "--half-open-limit 300 --most-fragment-octets 1000000 --no-ike-rekey";
  assert.deepEqual(stated(...words.split(" ")), {
    ikeSaLifetimeSeconds: 14_400,
    rekeyIkeSas: false,
    reauthenticationSeconds: 86_400,
    livenessSeconds: 0,
    livenessChecksPerSecond: 50,
    uniqueIdentities: "replace",
    ikeSaLimit: 500,
    halfOpenLimit: 300,
    mostFragmentOctets: 1_000_000,
  });
  assert.equal(stated("--unique", "3").uniqueIdentities, 3);
});
