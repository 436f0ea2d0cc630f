/**
 * A measured process: started, and heard to its end.
 *
 * @module
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { type RuntimeName, type Starter, starterOf } from "../runtimes.ts";
import { WrongOutput } from "./check.ts";
import type { MeasureAnswer, Measured, MeasureSetting } from "./measure.ts";

/** @param folder for what Node runs */
export function measureStarter(runtime: RuntimeName, node: string | undefined, folder: string): Promise<Starter> {
  const source = (name: string): URL => new URL(name, import.meta.url);
  return starterOf({ measure: source("./measure.ts"), core_worker: source("./core_worker.ts") }, runtime, node, folder);
}

/**
 * Runs one measured process to its end.
 *
 * @throws {WrongOutput} an implementation gave a wrong output there.
 */
export async function measureOnce(starter: Starter, setting: MeasureSetting): Promise<Measured> {
  const child = spawn(starter.command, [...starter.arguments, JSON.stringify(setting)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const killAtExit = (): void => void child.kill("SIGKILL");
  process.once("exit", killAtExit);
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  process.removeListener("exit", killAtExit);
  if (output === "") throw new Error(`a measured process ended with status ${status} and said nothing`);
  const answer = JSON.parse(output) as MeasureAnswer;
  if ("wrong" in answer) throw new WrongOutput(answer.wrong);
  return answer;
}
