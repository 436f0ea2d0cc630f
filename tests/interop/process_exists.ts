import { accessSync } from "node:fs";

/** Whether a process with that id is there. */
export function processExists(pid: number): boolean {
  try {
    accessSync(`/proc/${pid}`);
    return true;
  } catch {
    return false;
  }
}
