/**
 * A measured process: the clients of a storm. All of them are lost, and all come back at once, again and again.
 *
 * @module
 */
import { childSaFingerprint, ikeSaName } from "../../src/load/child_sa_fingerprint.ts";
import * as clientFleet from "../../src/load/client_fleet.ts";
import { loadKeyExchange, loadProvider } from "../../src/providers/mod.ts";
import { serveBench } from "./serve_bench.ts";
import { ADDRESS, clientConfiguration } from "./setting.ts";
import { WaveCount } from "./wave_count.ts";

const SEED = 1;
/** How many are under way at a time as they come up first. */
const CONCURRENCY = 128;

await serveBench(async (setting) => {
  const { clients, gateway, encapsulatedGateway } = setting;
  // Commits that have none of it know nothing of other transports, and tell nothing of waves.
  const waves = new WaveCount(clientFleet.openFleetTransport);
  const fleet = await clientFleet.ClientFleet.open({
    clients,
    seed: SEED,
    address: ADDRESS,
    gateway,
    encapsulatedGateway,
    provider: await loadProvider("auto"),
    keyExchange: await loadKeyExchange(),
    openTransport: waves.open,
    configurationOf: (client) => clientConfiguration(client, setting),
  });
  await fleet.connect(0, clients, CONCURRENCY);
  return async (_command, watch) => {
    waves.begin();
    watch.begin();
    // What a client leaves behind is put away at its cost as well.
    fleet.loseConnections();
    const outcomes = await fleet.connect(0, clients, Infinity);
    watch.end();
    const back = outcomes.filter((outcome) => outcome.ok && outcome.resumed);
    return {
      resumed: back.length,
      failed: clients - back.length,
      wave: waves.mean,
      fingerprints: Object.fromEntries(
        back.map((outcome) => {
          if (!outcome.ok) throw new Error("only those are left that are back");
          return [ikeSaName(outcome.spis), childSaFingerprint(outcome.childSa, "initiator")];
        }),
      ),
    };
  };
});
