/**
 * Two network namespaces joined by a virtual cable: all traffic of a test stays inside them.
 *
 * ```
 *   inner 10.2.0.1/16                                   inner 10.1.0.1/16
 *   [ ours  10.99.0.1/24 veth0 ]-----------------[ veth0 10.99.0.2/24  theirs ]
 * ```
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import process from "node:process";
import { run } from "./command.ts";
import { processExists } from "./process_exists.ts";

export interface Namespace {
  /** As `ip netns` knows it. */
  readonly name: string;
  /** On the cable. */
  readonly address: string;
  /** Behind the tunnel: inside `innerNetwork`. */
  readonly innerAddress: string;
  readonly innerNetwork: string;
}

export interface NamespacePair {
  readonly ours: Namespace;
  readonly theirs: Namespace;
}

/** Names carry the process that made them, so that a later run can tell leftovers of a killed one. */
const NAME_PREFIX = "ikeresume";
const alive = new Set<string>();

export async function createNamespacePair(): Promise<NamespacePair> {
  const label = randomBytes(3).toString("hex");
  const ours = await createNamespace(`${label}-ours`);
  const theirs = await createNamespace(`${label}-theirs`);
  await run("ip", ["link", "add", "veth0", "netns", ours, "type", "veth", "peer", "name", "veth0", "netns", theirs]);
  return {
    ours: await furnish({ name: ours, address: "10.99.0.1", innerAddress: "10.2.0.1", innerNetwork: "10.2.0.0/16" }),
    theirs: await furnish({ name: theirs, address: "10.99.0.2", innerAddress: "10.1.0.1", innerNetwork: "10.1.0.0/16" }),
  };
}

/** A namespace with nothing but its own loopback interface. */
export async function createLoopbackNamespace(): Promise<string> {
  const name = await createNamespace(`${randomBytes(3).toString("hex")}-lo`);
  await run("ip", ["-n", name, "link", "set", "lo", "up"]);
  return name;
}

/** Processes inside have to be ended first: a namespace lives as long as one of them. */
export function deleteNamespace(name: string): void {
  spawnSync("ip", ["netns", "delete", name], { stdio: "ignore" });
  alive.delete(name);
}

/** A namespace without any interface that is up. `suffix`: what it is for. */
export async function createNamespace(suffix: string): Promise<string> {
  sweepLeftovers();
  const name = `${NAME_PREFIX}-${process.pid}-${suffix}`;
  await run("ip", ["netns", "add", name]);
  alive.add(name);
  return name;
}

/** Its addresses, its interface `veth0` up. */
export async function furnish(namespace: Namespace): Promise<Namespace> {
  const { name, address, innerAddress } = namespace;
  await run("ip", ["-n", name, "address", "add", `${address}/24`, "dev", "veth0"]);
  await run("ip", ["-n", name, "link", "set", "lo", "up"]);
  await run("ip", ["-n", name, "link", "set", "veth0", "up"]);
  // kernel-libipsec installs its routes only where a local address lies inside the local traffic selector.
  await run("ip", ["-n", name, "address", "add", `${innerAddress}/16`, "dev", "lo"]);
  return namespace;
}

let swept = false;

/** Removes what a run that was killed left behind, once. */
function sweepLeftovers(): void {
  if (swept) return;
  swept = true;
  const list = spawnSync("ip", ["netns", "list"], { encoding: "utf8" }).stdout ?? "";
  for (const line of list.split("\n")) {
    const owner = new RegExp(`^${NAME_PREFIX}-(\\d+)-\\S+`).exec(line);
    if (owner === null || processExists(Number(owner[1]))) continue;
    endProcessesIn(owner[0]);
    deleteNamespace(owner[0]);
  }
}

function endProcessesIn(namespace: string): void {
  const pids = spawnSync("ip", ["netns", "pids", namespace], { encoding: "utf8" }).stdout ?? "";
  for (const pid of pids.split("\n").filter((line) => line !== "")) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

process.on("exit", () => {
  for (const name of alive) deleteNamespace(name);
});
