/**
 * `bench core`: makes the sessions, starts the measured processes one after the other, and reports.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";
import { statedOptions } from "../stated_options.ts";
import { ifStopped, unfinishedJson } from "../unfinished.ts";
import { WrongOutput } from "./check.ts";
import { generateSessions } from "./generate_sessions.ts";
import type { Measured, MeasureSetting } from "./measure.ts";
import { measureOnce, measureStarter } from "./measured_process.ts";
import { buildNativeProgram } from "./native_program.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { type CoreReport, coreReport } from "./report.ts";
import { decodeSessions, encodeSessions } from "./session_file.ts";
import { reportTable } from "./table.ts";

const SESSIONS = 512;
const SEED = 1;
const EXIT_WRONG = 1;

type Extent = Omit<MeasureSetting, "sessionsPath" | "nativeProgram"> & { readonly processes: number };

const FULL: Extent = {
  processes: 5,
  rounds: 15,
  operationRounds: 5,
  warmUpRounds: 3,
  workerRepetitions: 5,
  workerPhaseMs: 200,
};
const QUICK: Extent = {
  processes: 1,
  rounds: 2,
  operationRounds: 1,
  warmUpRounds: 1,
  workerRepetitions: 1,
  workerPhaseMs: 50,
};

/** @return the exit status */
export async function coreCommand(args: readonly string[]): Promise<number> {
  const options = statedOptions(args, { name: "core", usage: USAGE, parse: parseOptions, showsUsage: true });
  if (typeof options === "number") return options;
  if (options.writeSessions !== undefined) {
    writeFileSync(options.writeSessions, encodeSessions(generateSessions(SESSIONS, SEED)));
    return 0;
  }
  try {
    const report = await measureAll(options, (line) => options.json || console.error(line));
    console.log(options.json ? JSON.stringify(report) : reportTable(report));
    return 0;
  } catch (error) {
    if (!(error instanceof WrongOutput)) throw error;
    console.error(`bench core: ${error.message}. No time counts.`);
    return EXIT_WRONG;
  }
}

async function measureAll(options: Options, note: (line: string) => void): Promise<CoreReport> {
  const { processes, ...extent } = options.quick ? QUICK : FULL;
  const folder = new TemporaryFolder("ike-resume-bench-core-");
  const removeAtExit = (): void => folder.remove();
  process.once("exit", removeAtExit);
  try {
    const sessionsPath = options.sessions ?? join(folder.path, "sessions");
    if (options.sessions === undefined) writeFileSync(sessionsPath, encodeSessions(generateSessions(SESSIONS, SEED)));
    const native = buildNativeProgram(note);
    if ("absent" in native) note(`the native libraries are absent: ${native.absent}`);
    const nativeProgram = "path" in native ? native.path : undefined;
    const starter = await measureStarter(options.runtime, options.node, folder.path);
    const measured: Measured[] = [];
    const report = (): CoreReport =>
      coreReport(measured, {
        quick: options.quick,
        rounds: extent.rounds,
        sessions: decodeSessions(readFileSync(sessionsPath)),
        native,
      });
    ifStopped(() => {
      if (measured.length === 0) return undefined;
      return options.json ? unfinishedJson(report()) : reportTable(report());
    });
    for (let index = 1; index <= processes; index++) {
      note(`process ${index} of ${processes} on ${options.runtime}`);
      measured.push(await measureOnce(starter, { ...extent, sessionsPath, nativeProgram }));
    }
    return report();
  } finally {
    process.removeListener("exit", removeAtExit);
    folder.remove();
  }
}
