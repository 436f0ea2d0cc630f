/**
 * Ticket keys that change while the gateway runs: a ring follows its file (RFC 5723, section 6.1).
 *
 * A changed file is checked as a whole before anything in it counts. If it will not do, the ring stays as it is.
 *
 * @module
 */
import type { CryptoProvider } from "../crypto/provider.ts";
import { contain } from "../ike/steps/hook_faults.ts";
import { derivedTicketKeys } from "../ticket/derived_ticket_keys.ts";
import { checkTicketKeySchedule } from "../ticket/ticket_key_policy.ts";
import type { TicketKeyRing } from "../ticket/ticket_key_ring.ts";
import { warnOfFault } from "./fault_warning.ts";
import { FileWatch } from "./file_watch.ts";
import { readTicketKeys, TicketKeyFileError } from "./ticket_key_file.ts";
import { readTicketMasters } from "./ticket_master_file.ts";

/** Which file is followed, for which ring, and who is told. */
export interface FollowOptions {
  /** The file; it may be replaced while it is followed. */
  readonly path: string;
  /** Takes the file's keys, in the place of its own. */
  readonly ring: TicketKeyRing;
  /** Seconds that tickets live at most: the file's keys have to open them as long. */
  readonly ticketLifetimeSeconds: number;
  /** The time, in seconds since 1970. */
  readonly nowEpochSeconds: () => number;
  /** Called when the ring has the file's keys. If this or the next function throws, that becomes a warning of the runtime. */
  readonly onReloaded?: () => void;
  /** Called with the reason when the file changed and will not do. The ring is as it was. */
  readonly onRejected: (reason: Error) => void;
  /** Milliseconds between two looks at the file. Default: 1,000. */
  readonly intervalMs?: number;
}

/** Follows a file of ticket keys. Close what is returned to end it. */
export function followTicketKeyFile(options: FollowOptions): FileWatch {
  const { path, ring, ticketLifetimeSeconds } = options;
  return follow(options, (now) => {
    const keys = readTicketKeys(path);
    if (keys === undefined) throw new TicketKeyFileError(`ticket keys: no file ${path}`);
    checkTicketKeySchedule(keys, now, ticketLifetimeSeconds);
    ring.replace(keys, now);
  });
}

/** Follows a file of master secrets. */
export function followTicketMasterFile(options: FollowOptions, provider: CryptoProvider, epochSeconds: number): FileWatch {
  const { path, ring, ticketLifetimeSeconds } = options;
  return follow(options, (now) => {
    const masters = readTicketMasters(path);
    ring.replaceSource(derivedTicketKeys(provider, { masters, epochSeconds, ticketLifetimeSeconds }), now);
  });
}

function follow(options: FollowOptions, reload: (nowEpochSeconds: number) => void): FileWatch {
  const { path, nowEpochSeconds, onReloaded, onRejected, intervalMs } = options;
  const take = (): boolean => {
    try {
      reload(nowEpochSeconds());
      return true;
    } catch (error) {
      tell("onRejected", () => onRejected(error instanceof Error ? error : new Error(String(error))));
      return false;
    }
  };
  const watch = new FileWatch({
    path,
    ...(intervalMs && { intervalMs }),
    onChange: () => void (take() && tell("onReloaded", () => onReloaded?.())),
  });
  // Without this, a change between the ring's making and the first look would be missed.
  take();
  return watch;
}

function tell(hook: string, run: () => unknown): void {
  contain(run, (fault) => warnOfFault(`ticket keys: ${hook}`, fault));
}
