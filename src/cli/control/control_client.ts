/**
 * The other end of a gateway's control socket: one request, and the lines of its answer.
 *
 * @module
 */
import { createConnection } from "node:net";
import { createInterface } from "node:readline";
import { messageOf } from "../../store/owners_file.ts";

/** One line for people: the gateway cannot be asked, or says what is wrong. */
export class ControlError extends Error {
  override readonly name = "ControlError";
}

/** A line of an answer: an item, or the last one. */
export type ControlLine = { readonly [name: string]: unknown };

/**
 * Asks, and gives each line of the answer as it comes, the last one too: it has `done`.
 *
 * @throws {ControlError} nobody answers there, or the gateway refuses.
 */
export async function* askControl(path: string, request: object): AsyncGenerator<ControlLine, void, undefined> {
  const socket = createConnection({ path });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", (error: Error & { code?: string }) => reject(new ControlError(whyNot(path, error))));
    });
    let fault: unknown;
    socket.on("error", (error) => fault = error);
    socket.write(`${JSON.stringify(request)}\n`);
    for await (const line of createInterface({ input: socket, crlfDelay: Infinity })) {
      const said = lineOf(line);
      if (typeof said.error === "string") throw new ControlError(said.error);
      yield said;
      if (said.done === true) return;
    }
    throw new ControlError(`the gateway at ${path} ended the connection${fault ? `: ${messageOf(fault)}` : ""}`);
  } finally {
    socket.destroy();
  }
}

function lineOf(line: string): ControlLine {
  try {
    const said: unknown = JSON.parse(line);
    if (typeof said === "object" && said !== null) return said as ControlLine;
  } catch {
    // Said below.
  }
  throw new ControlError("what answers there is no gateway of this program");
}

function whyNot(path: string, { code, message }: Error & { code?: string }): string {
  switch (code) {
    case "ENOENT":
      return `there is no socket ${path}: a gateway is told where by --control-socket, and this command by --socket`;
    case "ECONNREFUSED":
      return `no gateway answers at ${path}`;
    case "EACCES":
    case "EPERM":
      return `${path} is its owner's alone: expected the user that the gateway runs as, or root`;
    default:
      return `${path}: ${message}`;
  }
}
