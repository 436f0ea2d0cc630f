/**
 * How a storm shows how far it is: a bar on a terminal, a line for each phase elsewhere. Always on standard error.
 *
 * @module
 */
// @ts-types="@types/cli-progress"
import cliProgress from "cli-progress";
import process from "node:process";
import type { StormObserver } from "../load/storm.ts";

const NAME_WIDTH = 22;

export function stormProgress(): StormObserver {
  return process.stderr.isTTY ? barProgress() : lineProgress();
}

function barProgress(): StormObserver {
  let bar: cliProgress.SingleBar | undefined;
  const end = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    phase(provider, name, total) {
      end();
      bar = new cliProgress.SingleBar({
        format: `${`${provider}: ${name}`.padEnd(NAME_WIDTH)} {bar} {value}/{total}  {duration_formatted}`,
        stream: process.stderr,
        hideCursor: true,
      }, cliProgress.Presets.shades_classic);
      bar.start(total, 0);
    },
    advance: () => bar?.increment(),
    note(line) {
      end();
      console.error(line);
    },
    end,
  };
}

function lineProgress(): StormObserver {
  return {
    phase: (provider, name, total) => console.error(`${provider}: ${total} ${name}`),
    advance: () => {},
    note: (line) => console.error(line),
    end: () => {},
  };
}
