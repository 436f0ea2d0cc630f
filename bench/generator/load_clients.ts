/**
 * A measured process: `load` as a whole, with its clients, its schedule and what it counts. A new load for each pass.
 *
 * @module
 */
import { load, type LoadOptions } from "../../src/load/generator/load.ts";
import { loadKeyExchange, loadProvider } from "../../src/providers/mod.ts";
import { serveBench } from "./serve_bench.ts";
import { ADDRESS, clientConfiguration } from "./setting.ts";

const SEED = 1;
const SOCKETS = 4;
/** How long clients may take to come up before anything is measured. */
const MOST_SECONDS_BEFORE = 60;
/** What `load` notes of an outage. */
const UP = /clients are up: stop the gateway now/;
const AWAY = /the gateway is away/;

await serveBench(async (setting) => {
  const { clients, gateway, encapsulatedGateway } = setting;
  const common: Omit<LoadOptions, "scenario" | "shape" | "signal"> = {
    gateway,
    encapsulatedGateway,
    addresses: [ADDRESS],
    sockets: SOCKETS,
    clients,
    holdMs: 0,
    seed: SEED,
    loss: 0,
    jitter: 0,
    ticketExpected: true,
    thresholds: [],
    provider: await loadProvider("auto"),
    keyExchange: await loadKeyExchange(),
    configurationOf: (client) => clientConfiguration(client, setting),
  };
  return async ({ scenario, seconds }, watch, say) => {
    const stop = new AbortController();
    if (scenario === "outage") {
      const shape = { model: "closed", seconds } as const;
      const { operations, failed } = await load({ ...common, scenario, shape, signal: stop.signal }, {
        second: () => {},
        note: (line) => {
          if (UP.test(line)) say({ ready: true });
          if (AWAY.test(line)) watch.begin();
        },
      });
      watch.end();
      return { resumed: operations.resumption?.succeeded ?? 0, failed, wave: null };
    }
    const shape = { model: "closed", seconds: MOST_SECONDS_BEFORE + seconds } as const;
    let measured = -1;
    let resumed = 0;
    let failed = 0;
    await load({ ...common, scenario: "resume", shape, signal: stop.signal }, {
      second: (_ended, { operations: { full, resumption } }) => {
        if (measured < 0) {
          // They begin in the first second, and in all that follow only those do who have not come up yet.
          if (full !== undefined || resumption === undefined) return;
          measured = 0;
          return watch.begin();
        }
        if (measured === seconds) return;
        resumed += resumption?.succeeded ?? 0;
        failed += (resumption?.failed ?? 0) + (full?.failed ?? 0);
        if (++measured < seconds) return;
        watch.end();
        stop.abort();
      },
      note: () => {},
    });
    return { resumed, failed, wave: null };
  };
});
