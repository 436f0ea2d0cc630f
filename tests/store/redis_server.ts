/**
 * A real server of Redis, or of Valkey, of a test's own: on a free port of the loopback address, with a folder of its own, and never left behind.
 *
 * @module
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import process from "node:process";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";
import { skipIsFailure } from "../skips.ts";

const PATIENCE_MS = 10_000;

export const REDIS = "redis-server";
/** Where `scripts/setup-valkey.sh` has put it, or on the path. */
export const VALKEY: string = process.env.IKE_RESUME_VALKEY ?? "valkey-server";

/** As {@link lacksRedis}. */
export function lacksValkey(): string | false {
  if (spawnSync(VALKEY, ["--version"]).status === 0) return false;
  if (skipIsFailure()) {
    throw new Error(`${VALKEY} does not start, and IKE_RESUME_NO_SKIPS is set; expected what scripts/setup-valkey.sh fetches`);
  }
  return told(
    "valkey-server is not installed, and IKE_RESUME_VALKEY names none (scripts/setup-valkey.sh): Valkey is not tested",
  );
}

/** `false`, or why tests that need the server are skipped. Continuous integration must have it. */
export function lacksRedis(): string | false {
  if (spawnSync(REDIS, ["--version"]).status === 0) return false;
  if (skipIsFailure()) {
    throw new Error("redis-server is not installed, and IKE_RESUME_NO_SKIPS is set; expected the Debian package redis-server");
  }
  return told("redis-server is not installed (Debian package redis-server): tests of the Redis store are skipped");
}

/** The programs that tests of every server run over, and why not. */
export function serversUnderTest(): readonly {
  readonly name: string;
  readonly program: string;
  readonly skip: string | false;
}[] {
  return [{ name: "redis", program: REDIS, skip: lacksRedis() }, { name: "valkey", program: VALKEY, skip: lacksValkey() }];
}

/** Not every runner shows why a test was skipped. */
function told(reason: string): string {
  if (!toldReasons.has(reason)) console.error(reason);
  toldReasons.add(reason);
  return reason;
}

const toldReasons = new Set<string>();

export class RedisServer {
  readonly port: number;
  readonly #folder: TemporaryFolder;
  readonly #password: string | undefined;
  readonly #more: MoreWords;
  readonly #program: string;
  #child: ChildProcess | undefined;

  /**
   * @param more further words of its command line: of its port, and of a folder of its own
   * @param program {@link REDIS} or {@link VALKEY}
   */
  static async start(password?: string, more: MoreWords = () => [], program: string = REDIS): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), password, more, program);
    await server.startAgain();
    return server;
  }

  private constructor(port: number, password: string | undefined, more: MoreWords, program: string) {
    this.#program = program;
    this.port = port;
    this.#password = password;
    this.#more = more;
    this.#folder = new TemporaryFolder("ike-resume-redis-");
  }

  get url(): string {
    return `redis://${this.#password === undefined ? "" : `:${this.#password}@`}127.0.0.1:${this.port}`;
  }

  /** On the same port, with what it had written before: every command is on the disk when it is answered. */
  async startAgain(): Promise<void> {
    const options = ["--port", `${this.port}`, "--bind", "127.0.0.1", "--dir", this.#folder.path, "--save", ""];
    const durable = ["--appendonly", "yes", "--appendfsync", "always"];
    const secret = this.#password === undefined ? [] : ["--requirepass", this.#password];
    const child = spawn(this.#program, [...this.#more(this.port, this.#folder.path), ...options, ...durable, ...secret], {
      stdio: "ignore",
    });
    this.#child = child;
    running.add(child);
    const deadline = performance.now() + PATIENCE_MS;
    while (!await answers(this.port)) {
      if (child.exitCode !== null || performance.now() > deadline) throw new Error(`${this.#program} did not start`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** How many keys it holds. Without a password only. */
  async keyCount(): Promise<number> {
    const socket = connect(this.port, "127.0.0.1");
    socket.write("DBSIZE\r\n");
    const [answer] = await once(socket, "data");
    socket.destroy();
    return Number(/^:(\d+)/.exec(String(answer))?.[1]);
  }

  /** Stands still: connections stay, and nothing is answered. */
  pause(): void {
    this.#signal("SIGSTOP");
  }

  goOn(): void {
    this.#signal("SIGCONT");
  }

  /** Kills it. What it had acknowledged is in its file. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    running.delete(child);
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  }

  async remove(): Promise<void> {
    await this.stop();
    this.#folder.remove();
  }

  /** By its number: some runtimes take a child that was sent any signal for one that is gone. */
  #signal(signal: "SIGSTOP" | "SIGCONT"): void {
    const pid = this.#child?.pid;
    if (pid !== undefined) process.kill(pid, signal);
  }
}

const running = new Set<ChildProcess>();
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

type MoreWords = (port: number, folder: string) => readonly string[];

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

/** One command of few words, in clear, and what the server answers, as it is written. */
export async function redisCommand(port: number, ...words: readonly string[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`);
  const [answer] = await once(socket, "data");
  socket.destroy();
  return String(answer);
}

/** While it reads its file it answers -LOADING. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => socket.write("PING\r\n"));
    socket.once("data", (data) => {
      resolve(!data.toString().startsWith("-LOADING"));
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
  });
}
