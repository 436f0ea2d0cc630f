/**
 * The ticket keys of `ike-resume gateway`: made in memory, kept in a file, or derived from a master secret.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { setInterval } from "node:timers";
import { systemRandom } from "../crypto/system_random.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { type FollowOptions, followTicketKeyFile, followTicketMasterFile } from "../store/followed_ticket_keys.ts";
import type { FileWatch } from "../store/file_watch.ts";
import {
  loadOrCreateTicketKeyRing,
  readTicketKeys,
  refuseUnwritableTicketKeys,
  saveTicketKeyRing,
  TicketKeyFileError,
  writeTicketKeys,
} from "../store/ticket_key_file.ts";
import { readTicketMasters } from "../store/ticket_master_file.ts";
import { DEFAULT_EPOCH_SECONDS, derivedTicketKeyRing } from "../ticket/derived_ticket_keys.ts";
import { TICKET_ALGORITHMS, type TicketAlgorithm, ticketKeyName } from "../ticket/ticket_key.ts";
import { rotateTicketKeys } from "../ticket/ticket_key_changes.ts";
import { TicketKeyRing } from "../ticket/ticket_key_ring.ts";
import { systemClock } from "../transport/system_clock.ts";
import type { EventObject } from "./effect_event.ts";
import { UsageError } from "./exit_status.ts";
import { wholeNumber } from "./option_values.ts";

/** A year and some: longer is no rotation. */
const LONGEST_ROTATION_SECONDS = 400 * 86_400;

/** A key of a file that seals for longer should have been replaced. */
const OVERDUE_SECONDS = 30 * 86_400;
const REMINDER_INTERVAL_MS = 3_600_000;

export interface TicketKeyOptions {
  readonly ticketKeys?: string;
  readonly ticketKeyRotation?: number;
  readonly ticketKeyAlgorithm?: TicketAlgorithm;
  readonly ticketMaster?: string;
  readonly ticketEpoch?: number;
  readonly ticketLifetime: number;
}

export function addTicketKeyOptions(command: Command): Command {
  const rotation = wholeNumber(1, LONGEST_ROTATION_SECONDS);
  return command
    .option(
      "--ticket-keys <file>",
      "keep ticket keys in this file, so that tickets outlive a restart; made if it is not there, read again when it changes",
    )
    .option(
      "--ticket-key-rotation <seconds>",
      "make a new ticket key that often, here alone: in memory, or in a file that no other gateway writes",
      rotation,
    )
    .addOption(
      new Option("--ticket-key-algorithm <name>", "algorithm of ticket keys that are made here").choices(TICKET_ALGORITHMS),
    )
    .option(
      "--ticket-master <file>",
      "derive ticket keys from the master secret in this file: gateways that share it take back each other's clients",
    )
    .option(
      "--ticket-epoch <seconds>",
      `how long a derived ticket key seals, the same at all gateways (default: ${DEFAULT_EPOCH_SECONDS})`,
      rotation,
    );
}

/** A ring, and what keeps it up to date. */
export interface GatewayTicketKeys {
  readonly ring: TicketKeyRing;
  /**
   * Has the next key seal at once.
   *
   * @returns its name.
   * @throws {UsageError | TicketKeyFileError | TicketKeyChangeError} the keys are not made here, or their file will not do.
   */
  rotate(): string;
  /** Begins to follow the file, if there is one. */
  follow(write: (event: EventObject) => void, complain: (line: string) => void): FileWatch | undefined;
}

/**
 * Makes the ring that the options ask for.
 *
 * @throws {UsageError} they contradict each other, the file will not do, or keys would not outlive tickets by far enough.
 */
export function gatewayTicketKeys(options: TicketKeyOptions, provider: CryptoProvider): GatewayTicketKeys {
  refuseContradictions(options);
  try {
    const keys = options.ticketMaster === undefined ? ownKeys(options) : derivedKeys(options.ticketMaster, options, provider);
    keys.ring.checkTicketLifetime(options.ticketLifetime);
    return keys;
  } catch (error) {
    if (error instanceof TicketKeyFileError || error instanceof RangeError) {
      throw new UsageError(`--${optionToBlame(options)}: ${error.message}`);
    }
    throw error;
  }
}

function refuseContradictions(options: TicketKeyOptions): void {
  const { ticketKeys, ticketMaster, ticketKeyRotation, ticketKeyAlgorithm, ticketEpoch } = options;
  if (ticketMaster !== undefined) {
    if (ticketKeys !== undefined) throw new UsageError("--ticket-keys and --ticket-master: allowed is one of them");
    if (ticketKeyRotation !== undefined) {
      throw new UsageError("--ticket-key-rotation and --ticket-master: derived keys rotate by --ticket-epoch");
    }
    if (ticketKeyAlgorithm !== undefined) {
      throw new UsageError("--ticket-key-algorithm and --ticket-master: the file names the algorithm behind the secret");
    }
  } else if (ticketEpoch !== undefined) throw new UsageError("--ticket-epoch: allowed only with --ticket-master");
}

function ownKeys(
  { ticketKeys: path, ticketKeyRotation, ticketKeyAlgorithm, ticketLifetime }: TicketKeyOptions,
): GatewayTicketKeys {
  const { epochSeconds } = systemClock();
  const policy = {
    ticketLifetimeSeconds: ticketLifetime,
    ...(ticketKeyAlgorithm && { algorithm: ticketKeyAlgorithm }),
    ...(ticketKeyRotation && { rotationSeconds: ticketKeyRotation, makesKeys: true }),
  };
  if (path === undefined) {
    const ring = TicketKeyRing.generate(systemRandom, epochSeconds, policy);
    return { ring, rotate: () => rotated(ring), follow: () => undefined };
  }
  const ring = loadOrCreateTicketKeyRing(path, systemRandom, epochSeconds, policy);
  if (ticketKeyRotation !== undefined) refuseUnwritableTicketKeys(path);
  return {
    ring,
    rotate() {
      if (ticketKeyRotation === undefined) return turned(path, ring, ticketLifetime);
      const name = rotated(ring);
      saveTicketKeyRing(path, ring);
      return name;
    },
    follow(write, complain) {
      ring.onKeyMade = () => {
        try {
          saveTicketKeyRing(path, ring);
        } catch (error) {
          complain(error instanceof Error ? error.message : String(error));
        }
      };
      if (ticketKeyRotation === undefined) remindOfRotation(ring, write, complain);
      return followTicketKeyFile(followOptions(path, ring, ticketLifetime, write, complain));
    },
  };
}

/** A new key seals at once. */
function rotated(ring: TicketKeyRing): string {
  return ticketKeyName(ring.rotate(systemRandom, systemClock().epochSeconds).keyId);
}

/** The file gets one turn, as by "ike-resume ticket keys rotate": other gateways that follow it have had the time to learn its staged key. */
function turned(path: string, ring: TicketKeyRing, ticketLifetimeSeconds: number): string {
  const keys = readTicketKeys(path);
  if (keys === undefined) throw new TicketKeyFileError(`ticket keys: no file ${path}`);
  const nowEpochSeconds = Math.floor(systemClock().epochSeconds);
  const algorithm = ring.current.algorithm;
  const turn = rotateTicketKeys(keys, systemRandom, algorithm, { nowEpochSeconds, ticketLifetimeSeconds });
  writeTicketKeys(path, turn);
  ring.replace(turn, nowEpochSeconds);
  return ticketKeyName(ring.current.keyId);
}

/** Keys of a file change by someone's hand or timer (RFC 5723, section 9.5): whoever forgets it is told, once for each key. */
function remindOfRotation(ring: TicketKeyRing, write: (event: EventObject) => void, complain: (line: string) => void): void {
  let told: string | undefined;
  const look = () => {
    const { keyId, madeAtEpochSeconds, activeFromEpochSeconds = madeAtEpochSeconds } = ring.current;
    const key = ticketKeyName(keyId);
    const seconds = Math.floor(systemClock().epochSeconds - activeFromEpochSeconds);
    if (seconds < OVERDUE_SECONDS || key === told) return;
    told = key;
    complain(
      `ticket key ${key} seals for ${Math.floor(seconds / 86_400)} days: it is time for "ike-resume ticket keys rotate"`,
    );
    write({ event: "ticket-key-overdue", key, seals_for_s: seconds });
  };
  look();
  setInterval(look, REMINDER_INTERVAL_MS).unref();
}

function derivedKeys(
  path: string,
  { ticketEpoch = DEFAULT_EPOCH_SECONDS, ticketLifetime }: TicketKeyOptions,
  provider: CryptoProvider,
): GatewayTicketKeys {
  const ring = derivedTicketKeyRing(
    provider,
    { masters: readTicketMasters(path), epochSeconds: ticketEpoch, ticketLifetimeSeconds: ticketLifetime },
    systemRandom,
    systemClock().epochSeconds,
  );
  return {
    ring,
    rotate: () => {
      throw new UsageError("keys rotate: derived ticket keys change by the clock, see --ticket-epoch");
    },
    follow: (write, complain) =>
      followTicketMasterFile(followOptions(path, ring, ticketLifetime, write, complain), provider, ticketEpoch),
  };
}

function followOptions(
  path: string,
  ring: TicketKeyRing,
  ticketLifetimeSeconds: number,
  write: (event: EventObject) => void,
  complain: (line: string) => void,
): FollowOptions {
  return {
    path,
    ring,
    ticketLifetimeSeconds,
    nowEpochSeconds: () => systemClock().epochSeconds,
    onReloaded: () =>
      write({
        event: "ticket-keys-reloaded",
        current: ticketKeyName(ring.current.keyId),
        staged: ring.staged.map(({ keyId }) => ticketKeyName(keyId)),
        keys: ring.keys.length,
      }),
    onRejected: ({ message }) => {
      write({ event: "ticket-keys-rejected", reason: message });
      complain(`the ticket keys stay as they were: ${message}`);
    },
  };
}

function optionToBlame({ ticketMaster, ticketEpoch, ticketKeys, ticketKeyRotation }: TicketKeyOptions): string {
  if (ticketMaster !== undefined) return ticketEpoch === undefined ? "ticket-master" : "ticket-epoch";
  if (ticketKeyRotation !== undefined) return "ticket-key-rotation";
  return ticketKeys === undefined ? "ticket-lifetime" : "ticket-keys";
}
