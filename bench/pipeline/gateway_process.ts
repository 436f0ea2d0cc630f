/**
 * A measured process, seen from the bench: started, told what to do, and never left behind.
 *
 * @module
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import process from "node:process";
import type { Readable, Writable } from "node:stream";
import type { Starter } from "../runtimes.ts";
import { encodeFrame, type Frame, readFrames } from "./frames.ts";
import { type Answer, type Command, GATEWAY_PROTOCOL, type Hello } from "./protocol.ts";
import type { GatewaySetting } from "./setting.ts";

const NO_OCTETS = new Uint8Array(0);

/** A measured process did not do what it was told, or ended. */
export class GatewayProcessError extends Error {
  override readonly name = "GatewayProcessError";
}

type Received = Frame<Answer | Hello>;

export class GatewayProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #killAtExit: () => void;
  readonly #received: Received[] = [];
  #ended = false;
  #wake = (): void => {};
  #hello: Hello | undefined;

  /** @throws {GatewayProcessError} it ends, or is of another version. */
  static async start(starter: Starter, setting: GatewaySetting): Promise<GatewayProcess> {
    const gateway = new GatewayProcess(starter, setting);
    const { header } = await gateway.#next();
    gateway.#hello = header as Hello;
    if (gateway.#hello.protocol !== GATEWAY_PROTOCOL) {
      await gateway.end();
      throw new GatewayProcessError(
        `a measured process speaks version ${gateway.#hello.protocol}, expected ${GATEWAY_PROTOCOL}`,
      );
    }
    return gateway;
  }

  private constructor(starter: Starter, setting: GatewaySetting) {
    this.#child = spawn(starter.command, [...starter.arguments, JSON.stringify(setting)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#killAtExit = () => void this.#child.kill("SIGKILL");
    // First of all that happens then: what it runs from may go as well.
    process.prependOnceListener("exit", this.#killAtExit);
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    this.#child.once("error", end);
    this.#child.once("close", end);
    // That it is gone is told by its end.
    this.#child.stdin.on("error", () => {});
    readFrames<Answer | Hello>(this.#child.stdout, (frame) => {
      this.#received.push(frame);
      this.#wake();
    });
  }

  get hello(): Hello {
    if (this.#hello === undefined) throw new GatewayProcessError("a measured process has not started");
    return this.#hello;
  }

  /** One after the other. @throws {GatewayProcessError} it could not do it, or has ended. */
  async tell<Told extends Answer>(command: Command, octets: Uint8Array = NO_OCTETS): Promise<Frame<Told>> {
    this.#child.stdin.write(encodeFrame({ header: command, octets }));
    const answer = await this.#next();
    if ("wrong" in answer.header) throw new GatewayProcessError(`in a measured process: ${answer.header.wrong}`);
    return answer as Frame<Told>;
  }

  async end(): Promise<void> {
    this.#child.kill("SIGKILL");
    while (!this.#ended) await this.#change();
    process.off("exit", this.#killAtExit);
  }

  async #next(): Promise<Received> {
    for (;;) {
      const frame = this.#received.shift();
      if (frame !== undefined) return frame;
      if (this.#ended) throw new GatewayProcessError("a measured process ended before it answered");
      await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }
}
