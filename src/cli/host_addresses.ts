/**
 * Addresses of hosts that options name.
 *
 * @module
 */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { LATE, within } from "../store/patience.ts";

/** How long names are looked up, in milliseconds. */
const PATIENCE_MS = 10_000;

/** A name has no address, or nobody says so in time: one line that names it. */
export class HostNameError extends Error {
  override readonly name = "HostNameError";
}

/** What looks a name up: all of its addresses, the preferred one first, or a rejection. Other ones are for tests. */
export type LookUp = (name: string) => Promise<readonly string[]>;

/**
 * Puts addresses in the place of names: one entry becomes as many as its name has addresses, in the system's order.
 *
 * @throws {HostNameError} a name has none, or is not answered for within 10 seconds.
 */
export async function atAddresses<Host extends { readonly address: string }>(
  hosts: readonly Host[],
  lookUp: LookUp = systemLookUp,
): Promise<readonly Host[]> {
  const all = await Promise.all(hosts.map(async (host) => {
    const addresses = await addressesOf(host.address, lookUp);
    return addresses.map((address) => ({ ...host, address }));
  }));
  return all.flat();
}

/** Whether it is a name, which {@link atAddresses} looks up. */
export function isHostName(address: string): boolean {
  return isIP(address) === 0;
}

async function addressesOf(host: string, lookUp: LookUp): Promise<readonly string[]> {
  if (!isHostName(host)) return [host];
  let found;
  try {
    found = await within(lookUp(host), PATIENCE_MS);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
    const words = code === "ENOTFOUND" || code === "ENODATA"
      ? "there is no such host"
      : error instanceof Error
      ? error.message
      : error;
    throw new HostNameError(`${host}: ${words}`);
  }
  if (found === LATE) throw new HostNameError(`${host}: no answer about its address within ${PATIENCE_MS / 1000} seconds`);
  if (found.length === 0) throw new HostNameError(`${host}: it has no address`);
  return [...new Set(found)];
}

async function systemLookUp(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}
