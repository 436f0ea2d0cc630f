import assert from "node:assert/strict";
import { test } from "node:test";
import type { Effect } from "../../../src/ike/states/effect.ts";
import type { Step } from "../../../src/ike/steps/step.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { comesBackWith } from "../../simulation/coming_back.ts";
import { PRESHARED_KEY, Simulation } from "../../simulation/simulation.ts";

test("what policy is asked of a client counts as a stranger's until its ticket has opened", async () => {
  const waited: string[] = [];
  const simulation = new Simulation({
    provider: await loadProvider("ts"),
    gateway: {
      presharedKeyOf: () => Promise.resolve(PRESHARED_KEY),
      authorizeResumption: () => Promise.resolve(true),
      remoteSelectorsOf: () => Promise.resolve(undefined),
    },
  });
  function* watched(step: Step<Effect[]>): Step<Effect[]> {
    let progress = step.next();
    while (!progress.done) {
      const { operation, request } = progress.value;
      if (operation === "await") waited.push(`${request.what} ${request.hasTicket ? "with" : "without"} ticket`);
      progress = step.next(yield progress.value);
    }
    return progress.value;
  }
  const { gateway } = simulation;
  const receive = gateway.receive.bind(gateway);
  Object.assign(gateway, { receive: (...asked: Parameters<typeof receive>) => watched(receive(...asked)) });
  const client = await simulation.clientWithTicket();
  assert.deepEqual(waited.splice(0), ["presharedKeyOf without ticket", "remoteSelectorsOf without ticket"]);
  await comesBackWith(simulation, client, client.ticket);
  assert.deepEqual(
    new Set(waited),
    new Set([
      "authorizeResumption with ticket",
      "presharedKeyOf with ticket",
      "remoteSelectorsOf with ticket",
    ]),
  );
});
