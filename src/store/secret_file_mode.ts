/**
 * Who may open a file of secrets: one rule for all of them.
 *
 * @module
 */
import type { Stats } from "node:fs";
import process from "node:process";

const PERMISSIONS = 0o777;
/** All rights of the group and of everyone else. */
const OTHERS = 0o077;
const GROUP_READS = 0o040;
const ROOT = 0;

/** On Windows modes are made up: the access control list, which nothing here reads, says who may open a file. */
const MODES_MEAN_SOMETHING = process.platform !== "win32";

/** The part of `Stats` that the rule looks at. */
export type FileAccess = Pick<Stats, "mode" | "uid" | "gid">;

/**
 * What is wrong with a secret file's mode, and what is expected; `undefined`: nothing is. Right are
 *
 * - 0600 and whatever allows less: the owner alone opens it;
 * - with the group's right to read as well (0640, 0440), if the group is one of this process's and the owner is root or the
 *   process's own user. Container platforms hand secrets in this way to a program that does not run as root (Kubernetes:
 *   `fsGroup`).
 */
export function refusalOfMode({ mode, uid, gid }: FileAccess): string | undefined {
  const others = mode & OTHERS;
  if (others === 0 || !MODES_MEAN_SOMETHING) return undefined;
  if (others === GROUP_READS && (uid === ROOT || uid === process.geteuid?.()) && groupsOfProcess().includes(gid)) {
    return undefined;
  }
  const digits = (mode & PERMISSIONS).toString(8).padStart(4, "0");
  return `has mode ${digits}, expected 0600${
    others === GROUP_READS ? ", or this process's own group and root or this user as owner" : ""
  }`;
}

/** What is wrong with the owner of a file that secrets are to be written into, whatever its mode; `undefined`: nothing is. */
export function refusalOfOwner({ uid }: Pick<Stats, "uid">): string | undefined {
  const self = process.geteuid?.();
  if (uid === ROOT || self === undefined || uid === self) return undefined;
  return `belongs to user ${uid}, expected root or this one (${self})`;
}

function groupsOfProcess(): readonly number[] {
  const effective = process.getegid?.();
  return [...process.getgroups?.() ?? [], ...(effective === undefined ? [] : [effective])];
}
