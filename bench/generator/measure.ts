/**
 * The passes: generators of each checkout in turn, at one gateway, whose word is asked for what they say.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { GatewayProcess } from "../../src/load/gateway_process.ts";
import { toHexadecimal } from "../../src/wire/hexadecimal.ts";
import { onDeno, type Starter } from "../runtimes.ts";
import { GeneratorError, MeasuredProcess } from "./measured_process.ts";
import type { Options } from "./options.ts";
import type { Pass, ScenarioName } from "./protocol.ts";
import { gatewayArguments } from "./setting.ts";

const PRESHARED_KEY_LENGTH = 32;
const OWNER_ONLY = 0o600;
/** Passes before those that count: machine code is made in them. */
const WARM_UP_PASSES = 1;
/** How long an outage may take. */
const OUTAGE_SECONDS = 30;

export type CheckoutName = "change" | "base";

/** A generator of one checkout for some scenarios, not yet started. */
export interface Contestant {
  readonly checkout: CheckoutName;
  readonly scenario: ScenarioName;
  readonly starter: Starter;
}

/** One pass that counts. */
export interface Sample extends Pass {
  readonly checkout: CheckoutName;
  readonly scenario: ScenarioName;
  /** Passes of one number are neighbours in time. */
  readonly pass: number;
}

export interface Measured {
  readonly runtime: string;
  readonly samples: readonly Sample[];
  /** The same, of passes in which samples of the stack were taken. */
  readonly profiled: readonly Sample[];
}

interface MeasureSetting extends Pick<Options, "clients" | "passes" | "seconds" | "profile"> {
  readonly contestants: readonly Contestant[];
  readonly folder: string;
  readonly note: (line: string) => void;
  /** Told of the samples, before there is any: they come one by one. */
  readonly onBegin: (samples: readonly Sample[]) => void;
}

/** @throws {GeneratorError} a generator could not be measured, or a client did not come back as it should */
export async function measureAll(setting: MeasureSetting): Promise<Measured> {
  const { contestants, folder, clients, passes, seconds, note } = setting;
  const presharedKey = toHexadecimal(systemRandom(PRESHARED_KEY_LENGTH));
  const keyFile = join(folder, "psk");
  writeFileSync(keyFile, `0x${presharedKey}\n`, { mode: OWNER_ONLY });
  const program = onDeno(new URL("../../src/cli/main.ts", import.meta.url));
  const startGateway = (port?: number, natPort?: number) =>
    GatewayProcess.start(program, gatewayArguments(keyFile, join(folder, "ticket-keys"), port, natPort));
  let gateway = await startGateway();
  const { local, encapsulatedLocal } = gateway;
  const restart = async (): Promise<void> => {
    await gateway.kill();
    gateway = await startGateway(local.port, encapsulatedLocal.port);
  };
  const samples: Sample[] = [];
  const profiled: Sample[] = [];
  const running: MeasuredProcess[] = [];
  setting.onBegin(samples);
  try {
    for (const [index, { starter, scenario, checkout }] of contestants.entries()) {
      note(`${checkout}, ${scenario}: ${clients} clients`);
      const endpoints = { gateway: local, encapsulatedGateway: encapsulatedLocal };
      running.push(await MeasuredProcess.start(starter, { ...endpoints, presharedKey, clients, name: `generator-${index}` }));
    }
    const measure = async (index: number, pass: number, profile: boolean): Promise<Sample> => {
      const { checkout, scenario } = contestants[index];
      const command = { scenario, profile, seconds: scenario === "outage" ? OUTAGE_SECONDS : seconds };
      const measured = await running[index].pass(command, restart);
      await check(measured, scenario, clients, gateway);
      return { ...measured, checkout, scenario, pass };
    };
    for (let pass = -WARM_UP_PASSES; pass < passes; pass++) {
      if (pass >= 0) note(`pass ${pass + 1} of ${passes}`);
      for (const index of inTurn(contestants.length, pass)) {
        const sample = await measure(index, pass, false);
        if (pass >= 0) samples.push(sample);
      }
    }
    for (let index = 0; setting.profile && index < contestants.length; index++) {
      profiled.push(await measure(index, passes, true));
    }
    return { runtime: running[0].runtime, samples, profiled };
  } finally {
    await Promise.all(running.map((one) => one.end()));
    await gateway.kill();
  }
}

/** @throws {GeneratorError} */
async function check(pass: Pass, scenario: ScenarioName, clients: number, gateway: GatewayProcess): Promise<void> {
  if (pass.failed > 0 || pass.resumed === 0 || scenario !== "resume" && pass.resumed !== clients) {
    throw new GeneratorError(`${scenario}: ${pass.resumed} came back by their tickets, ${pass.failed} did not`);
  }
  if (pass.fingerprints === undefined) return;
  const { fingerprints } = await gateway.ask("fingerprints");
  const others = Object.entries(pass.fingerprints).filter(([ikeSa, keys]) => fingerprints[ikeSa] !== keys);
  if (others.length > 0) {
    throw new GeneratorError(`${scenario}: the gateway has other Child SA keys than ${others.length} clients`);
  }
}

/** There and back again: A B, B A. What changes on the machine meanwhile concerns both alike. */
function inTurn(count: number, pass: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  return pass % 2 === 0 ? order : order.reverse();
}
