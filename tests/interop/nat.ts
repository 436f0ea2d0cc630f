/**
 * A NAT in a namespace of its own, between two others, which gives what is behind it other ports or another address in the midst.
 *
 * ```
 *   [ inside  10.98.0.1/24 veth0 ]---[ inner 10.98.0.254/24   nat   outer 10.99.0.9/24 ]---[ veth0 10.99.0.2/24  outside ]
 * ```
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { run } from "./command.ts";
import { createNamespace, furnish, type Namespace, type NamespacePair } from "./namespaces.ts";

const INNER = "10.98.0.254";
const OUTSIDE = "10.99.0.2";

export interface Nat {
  readonly name: string;
  /** Where those outside see who is inside, now. */
  readonly address: string;
  /** The ports that it gives now begin here. */
  readonly firstPort: number;
  /** What it knew is forgotten: from now on ports are other ones, and with `address` that too. */
  rebind(address?: string): Promise<void>;
}

export interface NattedPair {
  readonly pair: NamespacePair;
  readonly nat: Nat;
}

/** One of our two ends is behind the NAT. */
export async function createNattedPair(inside: "ours" | "theirs"): Promise<NattedPair> {
  const label = randomBytes(3).toString("hex");
  const [ours, theirs, name] = [
    await createNamespace(`${label}-ours`),
    await createNamespace(`${label}-theirs`),
    await createNamespace(`${label}-nat`),
  ];
  const [within, without] = inside === "ours" ? [ours, theirs] : [theirs, ours];
  await run("ip", ["link", "add", "veth0", "netns", within, "type", "veth", "peer", "name", "inner", "netns", name]);
  await run("ip", ["link", "add", "veth0", "netns", without, "type", "veth", "peer", "name", "outer", "netns", name]);
  const ends = await Promise.all(
    ([[ours, "10.2.0"], [theirs, "10.1.0"]] as const).map(([end, inner]): Promise<Namespace> =>
      furnish({
        name: end,
        address: end === within ? "10.98.0.1" : OUTSIDE,
        innerAddress: `${inner}.1`,
        innerNetwork: `${inner}.0/16`,
      })
    ),
  );
  await run("ip", ["-n", name, "address", "add", `${INNER}/24`, "dev", "inner"]);
  await run("ip", ["-n", name, "link", "set", "inner", "up"]);
  await run("ip", ["-n", within, "route", "add", "default", "via", INNER]);
  await run("ip", ["netns", "exec", name, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1"]);
  const nat = new Masquerade(name);
  await nat.rebind("10.99.0.9");
  return { pair: { ours: ends[0], theirs: ends[1] }, nat };
}

class Masquerade implements Nat {
  readonly name: string;
  #address = "";
  #firstPort = 20_000;

  constructor(name: string) {
    this.name = name;
  }

  get address(): string {
    return this.#address;
  }

  get firstPort(): number {
    return this.#firstPort;
  }

  async rebind(address: string = this.#address): Promise<void> {
    // Linux forgets what it masqueraded by an interface that goes down.
    await run("ip", ["-n", this.name, "link", "set", "outer", "down"]);
    await run("ip", ["-n", this.name, "address", "flush", "dev", "outer"]);
    this.#firstPort += 1_000;
    const ports = `${this.#firstPort}-${this.#firstPort + 999}`;
    const rules = [
      "flush ruleset",
      "add table ip nat",
      "add chain ip nat out { type nat hook postrouting priority 100; }",
      `add rule ip nat out oifname outer meta l4proto udp masquerade to :${ports}`,
    ].join("; ");
    await run("ip", ["netns", "exec", this.name, "nft", rules]);
    await run("ip", ["-n", this.name, "address", "add", `${address}/24`, "dev", "outer"]);
    await run("ip", ["-n", this.name, "link", "set", "outer", "up"]);
    this.#address = address;
  }
}
