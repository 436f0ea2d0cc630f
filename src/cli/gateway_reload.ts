/**
 * Reading a gateway's configuration file again while it runs, on SIGHUP: users, secrets and certificates count at once, whatever else changed is named.
 *
 * @module
 */
import type { Command } from "commander";
import process from "node:process";
import { isDeepStrictEqual } from "node:util";
import type { IkeSaAdministration } from "../gateway/ike_sa_administration.ts";
import { messageOf } from "../store/owners_file.ts";
import type { Identity } from "../ticket/identity.ts";
import type { EventObject } from "./effect_event.ts";
import { UsageError } from "./exit_status.ts";
import { blamingFile } from "./gateway_options.ts";
import type { ReadGatewayFile } from "./gateway_file/read_gateway_file.ts";
import type { LiveProofs } from "./live_proofs.ts";
import type { LogLevel, LogThreshold } from "./log/log_levels.ts";
import type { ServiceNotify } from "./service_notify.ts";
import { type GatewayCommandOptions, readGatewayProofs } from "./stated_gateway.ts";
import type { PolicyHook } from "./users/policy_hook.ts";

/** What reading it again came to. */
export interface Reloaded {
  readonly users: number;
  /** Fields whose new values count from the next start on: `listen.port`. */
  readonly needRestart: readonly string[];
  /** Who may not stay up; `undefined`: nobody that was up before is to go. */
  readonly putOut?: (identity: Identity) => boolean;
  /** IKE SAs that were ended for that. */
  readonly ended?: number;
}

/** How a gateway reads its file again. */
export type Reload = () => Promise<Reloaded>;

/** What of a gateway goes by a file that is read again, beside its users and proofs. */
export interface LiveParts {
  /** Asked anew about everybody. */
  readonly policy?: PolicyHook;
  readonly threshold?: LogThreshold;
}

/** Fields that count at once, beside those of users and what proofs are read of. */
const LIVE_FIELDS: readonly string[] = ["clients.only_users", "log.level"];

/**
 * @param command `ike-resume gateway`
 * @param options what it was started with
 * @returns throws a {@link UsageError} where the file, or one that it names, will not do: then nothing has changed
 */
export function reloadOf(
  command: Command,
  options: GatewayCommandOptions,
  proofs: LiveProofs,
  { policy, threshold }: LiveParts = {},
): Reload {
  const { file: started, users } = options;
  if (started === undefined || users === undefined) {
    return () => Promise.reject(new UsageError("there is no configuration file to read again"));
  }
  let last = started;
  return oneByOne(() =>
    blamingFile(started.path, command, async () => {
      const { readGatewayFile } = await import("./gateway_file/read_gateway_file.ts");
      const { valueByFile } = await import("./gateway_file/apply_file.ts");
      const file = readGatewayFile(started.path, command);
      const known = users.read(file);
      const onlyUsers = valueByFile(file, command, "--only-users") === true;
      const logLevel = valueByFile(file, command, "--log-level") as LogLevel;
      const hadNetworks = users.haveNetworks;
      // All at once from here on: clients are served while files are read, and nobody is to be judged by half of a change.
      proofs.replace(await readGatewayProofs(options, known.passwords.size > 0));
      const earlier = users.replace(known);
      users.areAll = onlyUsers;
      if (threshold && changedFields(last, file).includes("log.level")) threshold.level = logLevel;
      last = file;
      policy?.forget();
      const needRestart = changedFields(started, file).filter((field) => !LIVE_FIELDS.includes(field));
      if (!hadNetworks && users.haveNetworks && policy === undefined) needRestart.push("user.remote");
      return { users: users.count, needRestart, putOut: users.putOutSince(earlier) };
    })
  );
}

/** The same, and whoever may not stay is ended, and its tickets with it. Clients are served meanwhile. */
export function endingThose(reload: Reload, gateway: IkeSaAdministration): Reload {
  return async () => {
    const reloaded = await reload();
    const { putOut } = reloaded;
    if (putOut === undefined) return reloaded;
    let ended = 0;
    for await (const page of gateway.ikeSas()) {
      const leaving = page.filter(({ isEnding, eapIdentity, initiatorId }) => !isEnding && putOut(eapIdentity ?? initiatorId));
      await Promise.all(leaving.map(({ spis }) => gateway.deleteSa(spis)));
      ended += leaving.length;
    }
    return { ...reloaded, ended };
  };
}

/** Of two that read at once the one that began first could be the last to count. */
function oneByOne(reload: Reload): Reload {
  let last: Promise<unknown> = Promise.resolve();
  return () => {
    const next = last.then(reload);
    last = next.catch(() => {});
    return next;
  };
}

/** Asks for that at each SIGHUP, one after the other, and tells what came of it. Without a file too: the signal would end the process otherwise. */
export function reloadOnHangup(
  reload: Reload,
  tell: (event: EventObject) => void,
  complain: (line: string) => void,
  service: ServiceNotify,
): void {
  let last: Promise<void> = Promise.resolve();
  process.on("SIGHUP", () => {
    service.reloading();
    last = last.then(() => toldReload(reload, tell, complain)()).then(() => {}, () => {}).then(() => service.ready());
  });
}

/** The same, and what came of it is told. */
export function toldReload(reload: Reload, tell: (event: EventObject) => void, complain: (line: string) => void): Reload {
  return async () => {
    try {
      const reloaded = await reload();
      const { users, needRestart, ended = 0 } = reloaded;
      tell({
        event: "configuration-reloaded",
        users,
        ...(ended > 0 && { ended }),
        ...(needRestart.length > 0 && { need_restart: needRestart }),
      });
      if (needRestart.length > 0) complain(`changed, and counts from the next start on: ${needRestart.join(", ")}`);
      return reloaded;
    } catch (error) {
      const reason = messageOf(error);
      tell({ event: "configuration-rejected", reason });
      complain(`the configuration stays as it was: ${reason}`);
      throw error;
    }
  };
}

/** Fields whose value is another one, or that came or went. Contents of the files that fields name are no part of this. */
function changedFields({ tables: before }: ReadGatewayFile, { tables: now }: ReadGatewayFile): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].flatMap((table) => {
    const keys = new Set([...Object.keys(before[table] ?? {}), ...Object.keys(now[table] ?? {})]);
    return [...keys].filter((key) => !isDeepStrictEqual(before[table]?.[key], now[table]?.[key])).map((key) =>
      `${table}.${key}`
    );
  });
}
