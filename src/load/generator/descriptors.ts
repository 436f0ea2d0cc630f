/**
 * Whether this process may open as many sockets as a load asks for.
 *
 * @module
 */
import { readFileSync } from "node:fs";

/** What a process has open besides: files, pipes, the runtime's own. */
const OTHERS = 64;

/** @throws {RangeError} it may not, and what would help; where the system does not tell, nothing is thrown */
export function checkDescriptors(needed: number): void {
  const most = mostDescriptors();
  if (most === undefined || needed + OTHERS <= most) return;
  throw new RangeError(
    `${needed} sockets need ${needed + OTHERS} file descriptors, this process may have ${most}: ulimit -n ${needed + OTHERS}`,
  );
}

function mostDescriptors(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
