/**
 * A gateway of the program's on loopback, and clients that connect to it.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { type Ended, ended, type Environment, startIn } from "./command_line.ts";

export interface GatewayProcess {
  readonly child: ChildProcess;
  readonly end: Promise<Ended>;
  /** Where its shared key is. */
  readonly folder: string;
  /** Its first event. */
  readonly listening: { readonly [name: string]: unknown };
  readonly connect: (...more: string[]) => Promise<Ended>;
  /** The same, not waited for, with variables of its own. */
  readonly connecting: (environment: Environment, ...more: string[]) => ChildProcess;
  /** What it has said on standard error so far. */
  readonly complaints: () => string;
  readonly remove: () => void;
}

/** A gateway process on loopback, and a folder with its shared key. */
export function gatewayProcess(...options: string[]): Promise<GatewayProcess> {
  return gatewayProcessIn({}, ...options);
}

/** The same with variables of its own. */
export async function gatewayProcessIn(environment: Environment, ...options: string[]): Promise<GatewayProcess> {
  const folder = mkdtempSync(join(tmpdir(), "program-test-"));
  const pskFile = join(folder, "psk");
  writeFileSync(pskFile, "a secret that both ends hold\n", { mode: 0o600 });
  const child = startIn(
    environment,
    ...["gateway", "--address", "127.0.0.1", "--port", "0", "--nat-port", "0", "--identity", "gateway.example"],
    ...["--psk-file", pskFile, "--ticket-keys", join(folder, "ticket-keys"), ...options],
  );
  const end = ended(child);
  let complaints = "";
  child.stderr!.on("data", (text) => complaints += text);
  const [line] = await lines(child.stdout!, 1);
  const listening = JSON.parse(line);
  const { port, nat_port: natPort } = listening;
  const connecting = (variables: Environment, ...more: string[]) =>
    startIn(
      variables,
      ...["connect", "--peer", `127.0.0.1:${port}`, "--peer-nat-port", `${natPort}`, "--identity", "client@example.org"],
      ...["--peer-identity", "gateway.example", "--psk-file", pskFile, "--json", "--hold", "0", ...more],
    );
  const connect = (...more: string[]) => ended(connecting({}, ...more));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  return { child, end, folder, listening, connect, connecting, complaints: () => complaints, remove };
}

/** The first event of a name. */
export function eventNamed(stdout: string, name: string): { readonly [name: string]: unknown } {
  const events = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  const found = events.find(({ event }) => event === name);
  assert.ok(found, `no ${name} among ${events.map(({ event }) => event).join(", ")}`);
  return found;
}

/** The next lines of a stream. */
export function lines(stream: Readable, count: number): Promise<string[]> {
  const read: string[] = [];
  const reader = createInterface({ input: stream });
  return new Promise((resolve, reject) => {
    reader.on("line", (line) => {
      read.push(line);
      if (read.length === count) resolve(read);
    });
    stream.once("close", () => reject(new Error(`the stream ended after ${read.length} of ${count} lines`)));
  });
}
