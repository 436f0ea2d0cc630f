/**
 * RADIUS, from what a program says of it.
 *
 * @module
 */
import type { Radius, RadiusOptions } from "../mod.ts";
import { RadiusClient } from "./radius_client.ts";
import { LONGEST_VALUE } from "./radius_packet.ts";
import { RadiusRelay } from "./radius_relay.ts";

const MOST_SERVERS = 16;
const LONGEST_WAIT_MS = 10_000;
const MOST_TRIES = 10;

/** @throws {RangeError} an option is out of range: which, and what would be right. */
export function openRadius(options: RadiusOptions): Radius {
  const { servers, nasIdentifier, firstWaitMs = 1, tries = 1 } = options;
  check("servers", servers.length, 1, MOST_SERVERS, "servers");
  for (const { secret, port = 1 } of servers) {
    check("secret", secret.length, 1, 65_535, "octets");
    check("port", port, 1, 65_535);
  }
  check("nasIdentifier", new TextEncoder().encode(nasIdentifier).length, 1, LONGEST_VALUE, "octets");
  check("firstWaitMs", firstWaitMs, 1, LONGEST_WAIT_MS);
  check("tries", tries, 1, MOST_TRIES);
  const client = new RadiusClient(options);
  return { relay: () => new RadiusRelay({ client, nasIdentifier }), close: () => client.close() };
}

function check(name: string, value: number, least: number, most: number, unit = ""): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const words = unit === "" ? `${value}` : `${value} ${unit}`;
  throw new RangeError(`RADIUS: ${name} is ${words}, expected a whole number from ${least} to ${most}`);
}
