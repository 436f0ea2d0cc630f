/**
 * What an interoperation test needs from the machine, and what happens where it is missing: skipped with one clear line on a
 * developer's machine, failed in CI (environment variable IKE_RESUME_NO_SKIPS set).
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { nodePath } from "../node_bundle.ts";

export type Need =
  | "root"
  | "network namespaces"
  | "charon"
  | "charon's OpenSSL plugin"
  | "charon's EAP-MSCHAPv2 plugin"
  | "charon's EAP-TLS plugin"
  | "charon's EAP-RADIUS plugin"
  | "FreeRADIUS"
  | "Node"
  | "swanctl"
  | "user-space ESP"
  | "/dev/net/tun"
  | "nftables"
  | "strongSwan 6"
  | "tshark";

/** Where Debian and others put the IKE daemon of strongSwan. */
const CHARON_PATHS = ["/usr/lib/ipsec/charon", "/usr/libexec/ipsec/charon", "/usr/lib/strongswan/charon"];
const PLUGIN_FOLDERS = ["/usr/lib/ipsec/plugins", "/usr/libexec/ipsec/plugins", "/usr/lib/strongswan/plugins"];

/** The environment variable that says where strongSwan 6 was unpacked. */
const STRONGSWAN6 = "IKE_RESUME_STRONGSWAN6";

const HOW_TO_GET: Record<Need, string> = {
  "root": "run as root",
  "network namespaces": "install iproute2, and allow network namespaces (CAP_NET_ADMIN and CAP_SYS_ADMIN)",
  "charon": "install strongswan-charon",
  "charon's OpenSSL plugin": "install libstrongswan-standard-plugins",
  "charon's EAP-MSCHAPv2 plugin": "install libcharon-extauth-plugins",
  "charon's EAP-TLS plugin": "install libcharon-extra-plugins",
  "charon's EAP-RADIUS plugin": "install libcharon-extra-plugins",
  "FreeRADIUS": "install freeradius",
  "Node": "install Node 22 or later, or npm",
  "swanctl": "install strongswan-swanctl",
  "user-space ESP": "install libcharon-extra-plugins (kernel-libipsec)",
  "/dev/net/tun": "load the tun module",
  "nftables": "install nftables",
  "strongSwan 6": `run scripts/setup-strongswan6.sh FOLDER, and set ${STRONGSWAN6} to that folder`,
  "tshark": "install tshark",
};

const PRESENT: Record<Need, () => boolean> = {
  "root": () => process.getuid?.() === 0,
  "network namespaces": () => onPath("ip") && canUnshare(),
  "charon": () => charonPath() !== undefined,
  "charon's OpenSSL plugin": () => hasPlugin("openssl"),
  "charon's EAP-MSCHAPv2 plugin": () => hasPlugin("eap-mschapv2"),
  "charon's EAP-TLS plugin": () => hasPlugin("eap-tls"),
  "charon's EAP-RADIUS plugin": () => hasPlugin("eap-radius"),
  "FreeRADIUS": () => onPath("freeradius"),
  "Node": () => nodePath() !== undefined,
  "swanctl": () => onPath("swanctl"),
  "user-space ESP": () => hasPlugin("kernel-libipsec"),
  "/dev/net/tun": () => exists("/dev/net/tun"),
  "nftables": () => onPath("nft"),
  "strongSwan 6": () => strongSwan6Folder() !== "" && exists(`${strongSwan6Folder()}/usr/lib/ipsec/charon`),
  "tshark": () => onPath("tshark") && onPath("dumpcap"),
};

/** One line that says what is missing and how to get it; `undefined` when all is there. */
export function whatIsMissing(needs: readonly Need[]): string | undefined {
  const missing = needs.filter((need) => !PRESENT[need]());
  if (missing.length === 0) return undefined;
  return missing.map((need) => `${need} is missing: ${HOW_TO_GET[need]}`).join("; ");
}

export function charonPath(): string | undefined {
  return CHARON_PATHS.find(exists);
}

/** Where scripts/setup-strongswan6.sh has unpacked it; empty: nowhere. */
export function strongSwan6Folder(): string {
  return process.env[STRONGSWAN6] ?? "";
}

function hasPlugin(name: string): boolean {
  return PLUGIN_FOLDERS.some((folder) => exists(`${folder}/libstrongswan-${name}.so`));
}

function exists(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** A container's root may lack the right to make namespaces. */
function canUnshare(): boolean {
  return spawnSync("unshare", ["--net", "--mount", "true"], { stdio: "ignore", timeout: 10_000 }).status === 0;
}

function onPath(command: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => exists(join(folder, command)));
}
