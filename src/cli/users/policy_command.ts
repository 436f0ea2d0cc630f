/**
 * Asks a command about an identity: the question on its standard input, the answer on its standard output. No shell.
 *
 * @module
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { LONGEST_ANSWER } from "./policy_answer.ts";

/** Asks once. Rejects where there is no answer: why. The signal ends what is under way. */
export type Ask = (question: string, signal: AbortSignal) => Promise<Uint8Array>;

/** Variables that a command sees: secrets of the gateway may stand in others. */
const PASSED_ON = ["PATH", "LANG", "LC_ALL", "TZ", "HOME"];

export function askCommand(path: string): Ask {
  return (question, signal) =>
    new Promise((resolve, reject) => {
      const child = spawn(path, [], { stdio: ["pipe", "pipe", "ignore"], env: environment(), shell: false });
      const chunks: Uint8Array[] = [];
      let length = 0;
      const end = (settle: () => void) => {
        signal.removeEventListener("abort", onAbort);
        // What it has started may hold the pipe open.
        child.stdout.destroy();
        child.stdin.destroy();
        child.kill("SIGKILL");
        settle();
      };
      const fail = (error: Error) => end(() => reject(error));
      const onAbort = () => fail(new Error("no answer in time"));
      signal.addEventListener("abort", onAbort);
      child.on("error", fail);
      child.stdout.on("data", (chunk: Uint8Array) => {
        length += chunk.length;
        if (length > LONGEST_ANSWER) fail(new Error(`more than ${LONGEST_ANSWER} octets`));
        else chunks.push(chunk);
      });
      child.stdout.on("error", fail);
      // A command that reads nothing may answer all the same.
      child.stdin.on("error", () => {});
      child.stdin.end(question);
      child.on("close", (code, ended) => {
        if (code === 0) return end(() => resolve(joined(chunks, length)));
        fail(new Error(ended === null ? `it ended with status ${code}` : `it was ended by ${ended}`));
      });
    });
}

function environment(): Record<string, string> {
  return Object.fromEntries(PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }));
}

export function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
