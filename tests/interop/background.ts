/**
 * Programs that run beside a test, in a network namespace, and are ended with it whatever happens.
 *
 * @module
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import process from "node:process";
import type { Readable, Writable } from "node:stream";
import { pause } from "./command.ts";

const running = new Set<BackgroundProgram>();

export class BackgroundProgram {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #name: string;
  #output = "";
  #ended = false;

  /** `namespace`: as `ip netns` knows it. `onLine` gets each line of standard output. */
  constructor(
    name: string,
    namespace: string,
    command: readonly string[],
    options: { readonly onLine?: (line: string) => void; readonly environment?: Record<string, string> } = {},
  ) {
    this.#name = name;
    // `ip netns exec` becomes the program by exec: a signal to the child reaches the program itself.
    this.#child = spawn("ip", ["netns", "exec", namespace, ...command], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...options.environment },
    });
    running.add(this);
    let partial = "";
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#output += text;
      const lines = (partial + text).split("\n");
      partial = lines.pop() ?? "";
      for (const line of lines) options.onLine?.(line);
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => this.#output += text);
    this.#child.stdin.on("error", () => {}); // it may end while we write
    this.#child.on("error", (error) => this.#output += `${error.message}\n`);
    this.#child.on("close", () => {
      this.#ended = true;
      running.delete(this);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Standard output and standard error, as they came: for the message of a failed test. */
  get output(): string {
    return this.#output;
  }

  writeLine(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Asks it to end, and kills it when it has not within two seconds. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.#ended) return;
    this.#child.kill(signal);
    for (let waited = 0; waited < 2_000 && !this.#ended; waited += 20) await pause(20);
    if (!this.#ended) this.kill();
    for (let waited = 0; waited < 2_000 && !this.#ended; waited += 20) await pause(20);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  toString(): string {
    return `--- ${this.#name}${this.#ended ? " (ended)" : ""}\n${this.#output}`;
  }
}

process.on("exit", () => {
  for (const program of running) program.kill();
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  // Handlers of "exit" end programs and namespaces. `deno test` has a handler of its own for an interrupt and may be faster: the next
  // run sweeps what is left.
  process.on(signal, () => process.exit(signal === "SIGINT" ? 130 : 143));
}
