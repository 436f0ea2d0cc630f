/**
 * A gateway in a process of its own: started, asked, killed without warning, and never left behind.
 *
 * @module
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import process from "node:process";
import type { Readable, Writable } from "node:stream";
import type { Endpoint } from "../ike/steps/datagram.ts";
import { type ControlAnswers, type ControlCommand, type ListeningAnnouncement, readJsonLines } from "./control_protocol.ts";
import { GatewayProcessError } from "./gateway_process_error.ts";

/** How long a gateway may take from its start to its sockets, in milliseconds: a cold cache of modules is the worst case. */
const START_PATIENCE_MS = 60_000;

/** How to start the program that holds the command `gateway`. */
export interface Program {
  /** An executable, such as the runtime that runs this process. */
  readonly command: string;
  /** What stands before the command `gateway`: the runtime's own options and the entry script. */
  readonly arguments: readonly string[];
}

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

export class GatewayProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #ended: Promise<void>;
  readonly #killAtExit: () => void;
  readonly #waiting: Waiting[] = [];
  #announcement: ListeningAnnouncement | undefined;

  /**
   * Starts `gateway --control` and waits until it listens.
   *
   * @throws {GatewayProcessError} it ends or stays silent instead; what it had to say is on standard error.
   */
  static async start(program: Program, gatewayArguments: readonly string[]): Promise<GatewayProcess> {
    const gateway = new GatewayProcess(program, gatewayArguments);
    const timer = setTimeout(() => gateway.#child.kill("SIGKILL"), START_PATIENCE_MS);
    try {
      gateway.#announcement = await gateway.#nextLine<ListeningAnnouncement>();
      return gateway;
    } finally {
      clearTimeout(timer);
    }
  }

  private constructor(program: Program, gatewayArguments: readonly string[]) {
    const options = ["gateway", "--control", ...gatewayArguments];
    this.#child = spawn(program.command, [...program.arguments, ...options], { stdio: ["pipe", "pipe", "inherit"] });
    this.#killAtExit = () => this.#child.kill("SIGKILL");
    process.once("exit", this.#killAtExit);
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", () => resolve());
      this.#child.once("exit", () => resolve());
    });
    // A gateway that was just killed cannot be written to; that it is gone is told by its exit.
    this.#child.stdin.on("error", () => {});
    readJsonLines(this.#child.stdout, (line) => this.#waiting.shift()?.resolve(line as never), () => this.#refuseAll());
    void this.#ended.then(() => this.#refuseAll());
  }

  get local(): Endpoint {
    return { address: this.#listening.address, port: this.#listening.port };
  }

  get encapsulatedLocal(): Endpoint {
    return { address: this.#listening.address, port: this.#listening.nat_port };
  }

  /** The process's number; `undefined` where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The name of the provider of its cryptography. */
  get provider(): string {
    return this.#listening.provider;
  }

  /** The transport of its sockets. */
  get transport(): string {
    return this.#listening.transport;
  }

  /** Sends a command and waits for its answer. One after the other. */
  ask<Command extends ControlCommand>(command: Command): Promise<ControlAnswers[Command]> {
    const answer = this.#nextLine<ControlAnswers[Command]>();
    this.#child.stdin.write(`${JSON.stringify({ command })}\n`);
    return answer;
  }

  /** Kills it at once (SIGKILL), as a crash would. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
    process.off("exit", this.#killAtExit);
  }

  /** Tells it to end (SIGTERM), in its own time. Resolves when it is gone. */
  async stop(): Promise<void> {
    const { pid } = this.#child;
    try {
      // By its number: Deno takes a child that was sent any signal for one that is gone, and closes the pipes to it, which ends it at once.
      if (pid !== undefined) process.kill(pid, "SIGTERM");
    } catch {
      // It has ended already.
    }
    await this.#ended;
    process.off("exit", this.#killAtExit);
  }

  get #listening(): ListeningAnnouncement {
    if (this.#announcement === undefined) throw new GatewayProcessError("the gateway's process has not started");
    return this.#announcement;
  }

  #nextLine<Line>(): Promise<Line> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.reject(endedTooSoon());
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #refuseAll(): void {
    for (const { reject } of this.#waiting.splice(0)) reject(endedTooSoon());
  }
}

function endedTooSoon(): GatewayProcessError {
  return new GatewayProcessError("the gateway's process ended before it answered");
}
