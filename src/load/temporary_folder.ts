/**
 * A folder for the secrets of one run, gone with it: also when the process ends in the middle.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

export class TemporaryFolder {
  readonly path: string;
  readonly #removeAtExit: () => void;

  /** `prefix`: what its name begins with. Only its owner can look into it. */
  constructor(prefix: string) {
    this.path = mkdtempSync(join(tmpdir(), prefix));
    this.#removeAtExit = () => rmSync(this.path, { recursive: true, force: true });
    process.once("exit", this.#removeAtExit);
  }

  remove(): void {
    process.off("exit", this.#removeAtExit);
    this.#removeAtExit();
  }
}
