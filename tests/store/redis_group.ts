/**
 * Real servers of Redis, or of Valkey, of a test's own that stand in for each other: a primary with replicas under Sentinels, and a cluster.
 *
 * @module
 */
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { REDIS, redisCommand, RedisServer } from "./redis_server.ts";
import { skipIsFailure } from "../skips.ts";

const PATIENCE_MS = 30_000;
const PRIMARY_NAME = "tickets";
/** How long a server may be silent before it counts as gone. */
const DOWN_AFTER_MS = 500;

export class SentinelGroup {
  readonly servers: readonly RedisServer[];
  readonly #sentinels: readonly RedisServer[];

  /** One primary, `replicas` of it, and three Sentinels. */
  static async start(replicas: number, program: string = REDIS): Promise<SentinelGroup> {
    const serve = (words: Parameters<typeof RedisServer.start>[1]) => RedisServer.start(undefined, words, program);
    const quick = ["--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"];
    const primary = await serve(() => quick);
    const servers = [primary];
    for (let count = 0; count < replicas; count++) {
      servers.push(await serve(() => [...quick, "--replicaof", "127.0.0.1", `${primary.port}`]));
    }
    await until(async () =>
      (await redisCommand(primary.port, "INFO", "replication")).split("state=online").length === replicas + 1
    );
    const sentinels: RedisServer[] = [];
    for (let count = 0; count < 3; count++) sentinels.push(await serve(sentinelOf(primary.port)));
    const group = new SentinelGroup(servers, sentinels);
    const known = async () => {
      const [{ port }] = sentinels;
      const answer = await redisCommand(port, "SENTINEL", "CKQUORUM", PRIMARY_NAME);
      const found = await redisCommand(port, "SENTINEL", "REPLICAS", PRIMARY_NAME);
      return answer.startsWith("+OK 3 usable") && found.startsWith(`*${replicas}`);
    };
    await until(known);
    return group;
  }

  private constructor(servers: readonly RedisServer[], sentinels: readonly RedisServer[]) {
    this.servers = servers;
    this.#sentinels = sentinels;
  }

  get url(): string {
    return `redis+sentinel://${this.#sentinels.map(({ port }) => `127.0.0.1:${port}`).join(",")}/${PRIMARY_NAME}`;
  }

  /** The primary, as the Sentinels know it. */
  async primary(): Promise<RedisServer | undefined> {
    const answer = await redisCommand(this.#sentinels[0].port, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", PRIMARY_NAME);
    return this.servers.find(({ port }) => answer.includes(`\r\n${port}\r\n`));
  }

  /** Kills the primary, and resolves when another server is it: with that one. */
  async failOver(): Promise<RedisServer> {
    const old = await this.primary();
    await old?.stop();
    return await this.successorOf(old);
  }

  async successorOf(old: RedisServer | undefined): Promise<RedisServer> {
    let found: RedisServer | undefined;
    await until(async () => {
      found = await this.primary();
      return found !== undefined && found !== old && (await redisCommand(found.port, "ROLE")).includes("master");
    });
    return found!;
  }

  async remove(): Promise<void> {
    await Promise.all([...this.#sentinels, ...this.servers].map((server) => server.remove()));
  }
}

function sentinelOf(primaryPort: number): (port: number, folder: string) => readonly string[] {
  return (port, folder) => {
    const path = join(folder, "sentinel.conf");
    writeFileSync(
      path,
      [
        `port ${port}`,
        `sentinel monitor ${PRIMARY_NAME} 127.0.0.1 ${primaryPort} 2`,
        `sentinel down-after-milliseconds ${PRIMARY_NAME} ${DOWN_AFTER_MS}`,
        `sentinel failover-timeout ${PRIMARY_NAME} 3000`,
        `sentinel parallel-syncs ${PRIMARY_NAME} 2`,
      ].join("\n"),
    );
    return [path, "--sentinel"];
  };
}

export class ClusterGroup {
  readonly servers: readonly RedisServer[];

  /** Three primaries with a replica each. */
  static async start(program: string = REDIS): Promise<ClusterGroup> {
    const words = (port: number, folder: string) => [
      ...["--cluster-enabled", "yes", "--cluster-config-file", join(folder, "nodes.conf")],
      // The bus of a cluster is 10,000 ports above, unless it is told.
      ...["--cluster-node-timeout", "1000", "--cluster-port", `${port > 50_000 ? port - 20_000 : port + 10_000}`],
      ...["--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0"],
    ];
    const servers: RedisServer[] = [];
    for (let count = 0; count < 6; count++) servers.push(await RedisServer.start(undefined, words, program));
    const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
    await run("redis-cli", ["--cluster", "create", ...addresses, "--cluster-replicas", "1", "--cluster-yes"]);
    await until(async () => {
      const states = await Promise.all(servers.map(({ port }) => redisCommand(port, "CLUSTER", "INFO")));
      const roles = await Promise.all(servers.map(({ port }) => redisCommand(port, "ROLE")));
      const isReplicated = roles.filter((role) => role.includes("connected")).length === 3;
      return states.every((state) => state.includes("cluster_state:ok")) && isReplicated;
    });
    return new ClusterGroup(servers);
  }

  private constructor(servers: readonly RedisServer[]) {
    this.servers = servers;
  }

  get url(): string {
    return `redis+cluster://${this.servers.map(({ port }) => `127.0.0.1:${port}`).join(",")}`;
  }

  /** Kills one primary, and resolves when its replica has taken its place and the cluster is whole again. */
  async failOver(): Promise<void> {
    const roles = await Promise.all(this.servers.map(({ port }) => redisCommand(port, "ROLE")));
    await this.servers[roles.findIndex((role) => role.includes("master"))].stop();
    const left = this.servers.filter((_, index) => index !== roles.findIndex((role) => role.includes("master")));
    await until(async () => {
      const now = await Promise.all(left.map(({ port }) => redisCommand(port, "ROLE")));
      const states = await Promise.all(left.map(({ port }) => redisCommand(port, "CLUSTER", "INFO")));
      return now.filter((role) => role.includes("master")).length === 3 &&
        states.every((state) => state.includes("cluster_state:ok"));
    });
  }

  async remove(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.remove()));
  }
}

/** `false`, or why tests that need it are skipped. */
export function lacksRedisCli(): string | false {
  if (spawnSync("redis-cli", ["--version"]).status === 0) return false;
  if (skipIsFailure()) {
    throw new Error("redis-cli is not installed, and IKE_RESUME_NO_SKIPS is set; expected the Debian package redis-tools");
  }
  return "redis-cli is not installed (Debian package redis-tools)";
}

async function run(program: string, words: readonly string[]): Promise<void> {
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (text) => said += text);
  const status = await new Promise((resolve) => child.once("exit", resolve));
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${said}`);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!await isSo().catch(() => false)) {
    if (performance.now() > deadline) throw new Error("redis: the servers did not agree in time");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
