/**
 * `ike-resume gateway --user`: started as root for the sake of its ports, and somebody else from then on.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import process from "node:process";
import { openLibrary } from "../transport/libc/deno_library.ts";
import { UsageError } from "./exit_status.ts";

const ROOT = 0;
const MOST_ID = 0xffff_fffe;

/** Whose rights the process is to have. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
}

/** The calls of the system that change whose rights a process has, for all of its threads. */
export interface Identities {
  geteuid(): number;
  seteuid(uid: number): void;
  setegid(gid: number): void;
  setuid(uid: number): void;
  setgid(gid: number): void;
  setgroups(groups: readonly number[]): void;
}

/** The process without `--user`: everything stays as it is. */
export const NOBODY_ELSE: UnprivilegedUser = { during: (make) => make(), becomeForGood() {}, became: Promise.resolve() };

export interface UnprivilegedUser {
  /** Does it with that user's rights, so that what is made is his, and as root again afterwards. */
  during<T>(make: () => T): T;
  /** The way back is closed: also to whoever takes the process over. */
  becomeForGood(): void;
  /** Resolves then. A client may come before, as soon as a port is bound: programs that are run for it must not have root's rights. */
  readonly became: Promise<void>;
}

/**
 * @param user `NAME`, `NAME:GROUP`, or the same in numbers; `undefined`: the process stays who it is.
 * @throws {UsageError} there is no such user or group, or this process is not root's.
 */
export function unprivilegedUser(user: string | undefined, identities?: Identities): UnprivilegedUser {
  if (user === undefined) return NOBODY_ELSE;
  const account = accountOf(user);
  if (account.uid === ROOT) throw new UsageError("--user: that is root, expected somebody with fewer rights");
  const of = identities ?? systemIdentities();
  if (of.geteuid() !== ROOT) throw new UsageError("--user: only root can become somebody else, and this process is not root's");
  return new OtherUser(account, of);
}

/**
 * What needs root's rights for as long as the gateway runs.
 *
 * @throws {UsageError} options contradict each other.
 */
export function refuseUserWith(
  { user, workers, xfrm }: { readonly user?: string; readonly workers?: number; readonly xfrm?: boolean },
): void {
  if (user === undefined) return;
  if (xfrm) {
    throw new UsageError("--user and --xfrm: the system's states are root's to change: see examples/systemd for capabilities");
  }
  if (workers !== undefined) {
    throw new UsageError(
      "--user and --workers: a worker that is started again binds ports: see examples/systemd for capabilities",
    );
  }
}

class OtherUser implements UnprivilegedUser {
  readonly #account: Account;
  readonly #of: Identities;
  readonly #became = Promise.withResolvers<void>();

  constructor(account: Account, identities: Identities) {
    this.#account = account;
    this.#of = identities;
  }

  during<T>(make: () => T): T {
    this.#of.setegid(this.#account.gid);
    this.#of.seteuid(this.#account.uid);
    const back = () => {
      this.#of.seteuid(ROOT);
      this.#of.setegid(ROOT);
    };
    let made: T;
    try {
      made = make();
    } catch (error) {
      back();
      throw error;
    }
    if (made instanceof Promise) return made.finally(back) as T;
    back();
    return made;
  }

  becomeForGood(): void {
    const { uid, gid, groups } = this.#account;
    // In this order: without the user's rights the groups could not be changed any more.
    this.#of.setgroups(groups);
    this.#of.setgid(gid);
    this.#of.setuid(uid);
    try {
      this.#of.seteuid(ROOT);
    } catch {
      return this.#became.resolve();
    }
    throw new Error("--user: this process could become root again");
  }

  get became(): Promise<void> {
    return this.#became.promise;
  }
}

/** As the system's own tools know accounts, wherever they are kept. */
export function accountOf(text: string): Account {
  const [user, group, ...more] = text.split(":");
  if (!user || group === "" || more.length > 0) throw new UsageError(`--user: ${text}: expected NAME or NAME:GROUP`);
  const uid = number(user) ?? asked("user", user, "id", ["-u", "--", user]);
  const stated = group === undefined ? undefined : number(group) ?? asked("group", group, "getent", ["group", "--", group]);
  if (number(user) !== undefined && stated === undefined) {
    throw new UsageError(`--user: ${text}: a user's number needs a group: ${user}:GROUP`);
  }
  const gid = stated ?? asked("user", user, "id", ["-g", "--", user]);
  return { uid, gid, groups: number(user) === undefined ? groupsOf(user, gid) : [gid] };
}

function groupsOf(user: string, gid: number): readonly number[] {
  const listed = answer("id", ["-G", "--", user])?.trim().split(/\s+/).map(Number) ?? [];
  return [...new Set([gid, ...listed.filter((group) => group !== ROOT)])];
}

function number(text: string): number | undefined {
  return /^\d+$/.test(text) && Number(text) <= MOST_ID ? Number(text) : undefined;
}

/** The number in an answer of `id`, or of `getent`, which has it behind two colons. */
function asked(kind: string, name: string, program: string, words: readonly string[]): number {
  const found = /^(?:[^:]*:[^:]*:)?(\d+)(?::|\s|$)/.exec(answer(program, words) ?? "");
  if (found === null) throw new UsageError(`--user: there is no ${kind} ${name}`);
  return Number(found[1]);
}

function answer(program: string, words: readonly string[]): string | undefined {
  try {
    return execFileSync(program, [...words], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 10_000 });
  } catch {
    return undefined;
  }
}

function systemIdentities(): Identities {
  const { geteuid, seteuid, setegid, setuid, setgid } = process;
  const setgroups = process.setgroups ?? denoSetgroups();
  if (!geteuid || !seteuid || !setegid || !setuid || !setgid || !setgroups) {
    throw new UsageError("--user: this system has no users to become");
  }
  return { geteuid, seteuid, setegid, setuid, setgid, setgroups: (groups) => setgroups([...groups]) };
}

/** Deno's node:process has all of them but this. */
function denoSetgroups(): ((groups: number[]) => void) | undefined {
  const library = openLibrary<{ setgroups(count: bigint, groups: Uint32Array): number }>({
    setgroups: { parameters: ["usize", "buffer"], result: "i32" },
  });
  if (typeof library === "string") throw new UsageError(`--user: ${library}`);
  return (groups) => {
    if (library.symbols.setgroups(BigInt(groups.length), Uint32Array.from(groups)) !== 0) {
      throw new Error("--user: the supplementary groups cannot be changed");
    }
  };
}
