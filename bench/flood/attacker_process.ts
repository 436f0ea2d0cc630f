/**
 * An attacker's process as its owner sees it: made ready, let loose, heard, and never left behind.
 *
 * @module
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import process from "node:process";
import type { Readable, Writable } from "node:stream";
import { readJsonLines } from "../../src/load/control_protocol.ts";
import { onDeno, type Starter } from "../runtimes.ts";
import type { AttackDone, AttackReady, AttackSetting } from "./attacker_protocol.ts";

/** How long it may take to prepare, and to end after its last datagram was due, in milliseconds. */
const PATIENCE_MS = 60_000;

interface Waiting {
  readonly resolve: (line: never) => void;
  readonly reject: (error: Error) => void;
}

export class AttackerProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #killAtExit: () => void;
  readonly #waiting: Waiting[] = [];
  readonly #attackMs: number;

  /** Resolves when it only waits to be let loose. @throws {Error} it ends instead; why is on standard error. */
  static async prepare(setting: AttackSetting): Promise<AttackerProcess> {
    const attacker = new AttackerProcess(onDeno(new URL("./attacker.ts", import.meta.url)), setting);
    const ready = attacker.#nextLine<AttackReady>(PATIENCE_MS);
    attacker.#child.stdin.write(`${JSON.stringify(setting)}\n`);
    await ready;
    return attacker;
  }

  private constructor(starter: Starter, setting: AttackSetting) {
    this.#attackMs = setting.count * 1000 / setting.rate;
    this.#child = spawn(starter.command, [...starter.arguments], { stdio: ["pipe", "pipe", "inherit"] });
    this.#killAtExit = () => this.#child.kill("SIGKILL");
    process.once("exit", this.#killAtExit);
    this.#child.stdin.on("error", () => {});
    this.#child.once("error", () => this.#refuseAll());
    readJsonLines(this.#child.stdout, (line) => this.#waiting.shift()?.resolve(line as never), () => this.#refuseAll());
  }

  /** Begins at once. Resolves when the attack is over. */
  attack(): Promise<AttackDone> {
    const done = this.#nextLine<AttackDone>(this.#attackMs + PATIENCE_MS);
    this.#child.stdin.write("{}\n");
    return done;
  }

  end(): void {
    process.off("exit", this.#killAtExit);
    this.#child.kill("SIGKILL");
  }

  #nextLine<Line>(patienceMs: number): Promise<Line> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#refuseAll(), patienceMs);
      this.#waiting.push({
        resolve: (line) => {
          clearTimeout(timer);
          resolve(line);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
    });
  }

  #refuseAll(): void {
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new Error("the attacker's process ended or fell silent before it was done"));
    }
  }
}
