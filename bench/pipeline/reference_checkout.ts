/**
 * A second checkout, of another commit, to be measured beside this one: gone when the bench is, whichever way that ends.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A commit cannot be checked out: there is none of this name, or no git. */
export class NoSuchCommit extends Error {
  override readonly name = "NoSuchCommit";
}

export class ReferenceCheckout {
  readonly ref: string;
  /** Short. */
  readonly commit: string;
  readonly #folder: TemporaryFolder;
  /** Where it is. */
  readonly path: string;
  readonly #bench: string;
  readonly #removeAtExit: () => void;

  /**
   * @param bench The folder of the bench that measures, from the top of a checkout.
   * @throws {NoSuchCommit}
   */
  constructor(ref: string, bench: string) {
    this.ref = ref;
    this.#bench = bench;
    this.commit = git("rev-parse", "--short", "--verify", "--end-of-options", `${ref}^{commit}`).trim();
    // Before the folder is told to go at the exit: git has to find what it is to forget.
    this.#removeAtExit = () => this.remove();
    process.once("exit", this.#removeAtExit);
    this.#folder = new TemporaryFolder("ike-resume-bench-against-");
    this.path = join(this.#folder.path, "checkout");
    try {
      git("worktree", "add", "--detach", "--quiet", this.path, this.commit);
      // Beside its own: one measure for both.
      cpSync(join(ROOT, bench), join(this.path, this.#ourBench), { recursive: true });
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** A measured process as this checkout has it, around what that commit has. */
  measuredByUs(file: string): URL {
    return pathToFileURL(join(this.path, this.#ourBench, file));
  }

  /** As that commit itself has it: where the two differ in what they ask for. `undefined`: it has none. */
  measuredByItself(file: string): URL | undefined {
    const path = join(this.path, this.#bench, file);
    return existsSync(path) ? pathToFileURL(path) : undefined;
  }

  /** Whether that commit has a file, named from the top of the checkout, with this text in it. */
  has(file: string, text = ""): boolean {
    const path = join(this.path, file);
    return existsSync(path) && readFileSync(path, "utf8").includes(text);
  }

  get #ourBench(): string {
    return `${this.#bench}-of-this-checkout`;
  }

  remove(): void {
    process.off("exit", this.#removeAtExit);
    try {
      if (existsSync(this.path)) git("worktree", "remove", "--force", this.path);
    } catch {
      // It has not come to be.
    } finally {
      this.#folder.remove();
    }
  }
}

function git(...words: string[]): string {
  try {
    return execFileSync("git", ["-C", ROOT, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const said = (error as { readonly stderr?: string }).stderr?.trim() ?? "";
    throw new NoSuchCommit(`git ${words[0]}: ${said.split("\n").at(-1) || (error as Error).message}`);
  }
}
