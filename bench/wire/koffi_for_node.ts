/**
 * The optional peer koffi, which Node needs for sockets in batches, where a bundle in a temporary folder finds it.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { OPTIONAL_PEERS } from "../../scripts/npm/project.ts";

/** @return the folder it was installed in, for `NODE_PATH`; `undefined`: npm could not, and Node's gateways do without */
export function koffiForNode(folder: string): string | undefined {
  // Apart: npm's files in it would say to Node what the bundles are.
  const prefix = join(folder, "koffi");
  const install = ["install", "--silent", "--no-audit", "--no-fund", "--prefix", prefix, `koffi@${OPTIONAL_PEERS.koffi}`];
  try {
    mkdirSync(prefix);
    execFileSync("npm", install, { stdio: "ignore" });
    return join(prefix, "node_modules");
  } catch {
    return undefined;
  }
}
