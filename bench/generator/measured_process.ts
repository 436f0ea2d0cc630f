/**
 * A measured generator, seen from the bench: started, told what to do, and never left behind.
 *
 * @module
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import process from "node:process";
import type { Readable, Writable } from "node:stream";
import { readJsonLines } from "../../src/load/control_protocol.ts";
import type { Starter } from "../runtimes.ts";
import type { Command, GeneratorSetting, Hello, Pass, Ready, Said } from "./protocol.ts";

/** A generator did not do what it was told, or ended. */
export class GeneratorError extends Error {
  override readonly name = "GeneratorError";
}

export class MeasuredProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #killAtExit: () => void;
  readonly #said: Said[] = [];
  #isEnded = false;
  #wake = (): void => {};
  #runtime = "";

  /** Its clients may be up by then. @throws {GeneratorError} it ends instead */
  static async start(starter: Starter, setting: GeneratorSetting): Promise<MeasuredProcess> {
    const started = new MeasuredProcess(starter, setting);
    started.#runtime = (await started.#next<Hello>()).runtime;
    return started;
  }

  private constructor({ command, arguments: words }: Starter, setting: GeneratorSetting) {
    this.#child = spawn(command, [...words, JSON.stringify(setting)], { stdio: ["pipe", "pipe", "inherit"] });
    this.#killAtExit = () => void this.#child.kill("SIGKILL");
    // First of all that happens then: what it runs from may go as well.
    process.prependOnceListener("exit", this.#killAtExit);
    const end = (): void => {
      this.#isEnded = true;
      this.#wake();
    };
    this.#child.once("error", end);
    this.#child.once("close", end);
    // That it is gone is told by its end.
    this.#child.stdin.on("error", () => {});
    readJsonLines(this.#child.stdout, (line) => {
      this.#said.push(line as Said);
      this.#wake();
    }, () => {});
  }

  /** With its version. */
  get runtime(): string {
    return this.#runtime;
  }

  /**
   * One pass after the other.
   *
   * @param onReady The gateway is to go away, and come again.
   * @throws {GeneratorError} it could not do it, or has ended
   */
  async pass(command: Command, onReady: () => Promise<void>): Promise<Pass> {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    for (;;) {
      const said = await this.#next<Ready | Pass>();
      if (!("ready" in said)) return said;
      await onReady();
    }
  }

  async end(): Promise<void> {
    this.#child.kill("SIGKILL");
    while (!this.#isEnded) await this.#change();
    process.off("exit", this.#killAtExit);
  }

  async #next<Expected extends Said>(): Promise<Expected> {
    for (;;) {
      const said = this.#said.shift();
      if (said !== undefined && "wrong" in said) throw new GeneratorError(`in a generator: ${said.wrong}`);
      if (said !== undefined) return said as Expected;
      if (this.#isEnded) throw new GeneratorError("a generator ended before it answered");
      await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }
}
