/**
 * How a load shows how far it is: a bar on a terminal, beneath a line for each second; the lines alone elsewhere. Always on standard error.
 *
 * @module
 */
// @ts-types="@types/cli-progress"
import cliProgress from "cli-progress";
import process from "node:process";
import type { LoadSecond } from "../load/generator/load_report.ts";
import { secondLine } from "./load_output.ts";

export interface LoadProgress {
  second(ended: LoadSecond): void;
  note(line: string): void;
  /** Nothing follows. */
  end(): void;
}

/** @param seconds how long it will take; `undefined`: nobody knows, and there is no bar */
export function loadProgress(seconds: number | undefined): LoadProgress {
  const hasBar = process.stderr.isTTY && seconds !== undefined;
  return hasBar ? barProgress(Math.max(1, Math.ceil(seconds))) : lineProgress();
}

function barProgress(seconds: number): LoadProgress {
  const bars = new cliProgress.MultiBar({
    format: "{bar} {value}/{total} s  {up} up",
    stream: process.stderr,
    hideCursor: true,
  }, cliProgress.Presets.shades_classic);
  const bar = bars.create(seconds, 0, { up: 0 });
  return {
    second(ended) {
      bars.log(`${secondLine(ended)}\n`);
      bar.update(Math.min(seconds, ended.second), { up: ended.up });
    },
    note: (line) => bars.log(`${line}\n`),
    end: () => bars.stop(),
  };
}

function lineProgress(): LoadProgress {
  return {
    second: (ended) => console.error(secondLine(ended)),
    note: (line) => console.error(line),
    end: () => {},
  };
}
