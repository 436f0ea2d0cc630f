/**
 * The native libraries, in processes of their own that stay between the rounds: each is asked for a pass over all sessions and answers
 * with its time, after it compared every output (bench/peers-rs/src/native_peer).
 *
 * @module
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { WrongOutput } from "./check.ts";
import type { OperationName } from "./implementation.ts";

export const NATIVE_NAMES = ["native-ring", "native-rustcrypto"] as const;
export type NativeName = typeof NATIVE_NAMES[number];

const PEERS: Readonly<Record<NativeName, string>> = { "native-ring": "ring", "native-rustcrypto": "rust-crypto" };
const NANOSECONDS = 1_000;

export class NativePeer {
  readonly name: NativeName;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(name: NativeName, program: string, sessionsPath: string) {
    this.name = name;
    this.#child = spawn(program, [PEERS[name], sessionsPath], { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /**
   * Microseconds a session.
   *
   * @throws {WrongOutput} an output was not what it has to be.
   */
  async time(what: "resume" | OperationName): Promise<number> {
    this.#child.stdin.write(`${what}\n`);
    const { done, value } = await this.#lines.next();
    if (done === true) throw new Error(`${this.name} ended before its time`);
    const [, operation, session] = /^wrong (.+) (\d+)$/.exec(value) ?? [];
    if (operation !== undefined) {
      throw new WrongOutput(`${this.name}: ${operation}: the output of session ${session} is wrong`);
    }
    return Number(value) / NANOSECONDS;
  }

  /** Its process ends with its input. */
  close(): void {
    this.#child.stdin.end();
  }
}
