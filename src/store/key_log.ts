/**
 * Keys of IKE SAs in the form of Wireshark's `ikev2_decryption_table`, so that tshark and Wireshark show what SK payloads hold.
 * Whoever has this file reads the traffic: it is off unless asked for, and readable by its owner only.
 *
 * @module
 */
import { decryptionTableNames } from "../crypto/decryption_table_names.ts";
import type { Effect } from "../ike/states/effect.ts";
import { ikeSpiDigits, toHexadecimal } from "../wire/hexadecimal.ts";
import { BoundedLines } from "./bounded_lines.ts";
import { type AppendedFile, appendSecretsTo } from "./line_sinks.ts";
import { messageOf } from "./owners_file.ts";

/** A key log cannot be written: the message names the file. */
export class KeyLogError extends Error {
  /** Tells it from other errors where `instanceof` cannot, as in logs. */
  override readonly name = "KeyLogError";
}

/** The effect that a state machine emits when its configuration says `exposeKeys`. */
export type IkeSaKeysEffect = Extract<Effect, { type: "ike-sa-keys" }>;

/**
 * One line of the table, without its end: SPIi, SPIr, SK_ei, SK_er, cipher, SK_ai, SK_ar, integrity algorithm. Encryption keys carry their
 * salt. `undefined` for algorithms that Wireshark's table has no name for.
 */
export function keyLogLine({ spis, suite, keys }: IkeSaKeysEffect): string | undefined {
  const names = decryptionTableNames(suite.protection);
  if (names === undefined) return undefined;
  return [
    ikeSpiDigits(spis.initiatorSpi),
    ikeSpiDigits(spis.responderSpi),
    toHexadecimal(keys.skEi),
    toHexadecimal(keys.skEr),
    `"${names.encryption}"`,
    toHexadecimal(keys.skAi),
    toHexadecimal(keys.skAr),
    `"${names.integrity}"`,
  ].join(",");
}

export interface KeyLogOptions {
  /**
   * Called once when lines cannot be written, as on a full disk, until they can. The message names the file. Must not throw.
   */
  readonly onFault?: (fault: KeyLogError) => void;
  /** Called when lines are written again, with the number lost meanwhile. Must not throw. */
  readonly onRecovery?: (lost: number) => void;
}

/** How long {@link KeyLog.close} waits for lines that are not written yet, in milliseconds. */
const CLOSE_PATIENCE_MS = 200;
/** How long {@link KeyLog.flush} does, which nobody's traffic waits for. */
const FLUSH_PATIENCE_MS = 2_000;

/**
 * A key log file. Lines are appended. Neither a full nor a stalled disk holds the writer up: up to 1 MiB of lines wait for it,
 * some 3,000; lines beyond that are lost and counted.
 */
export class KeyLog {
  readonly #file: AppendedFile;
  readonly #lines: BoundedLines;

  /**
   * Opens or makes the file, for its owner only (mode 0600), whatever it was before. The owner is this user, or root.
   *
   * @throws {KeyLogError} it cannot be opened.
   */
  constructor(path: string, { onFault, onRecovery }: KeyLogOptions = {}) {
    try {
      this.#file = appendSecretsTo(path);
    } catch (error) {
      throw new KeyLogError(`key log: cannot open ${path}: ${messageOf(error)}`, { cause: error });
    }
    this.#lines = new BoundedLines({
      sink: this.#file,
      onFault: (error) => onFault?.(new KeyLogError(`key log: cannot write ${path}: ${messageOf(error)}`, { cause: error })),
      ...(onRecovery && { onRecovery }),
    });
  }

  /** Lines that were lost so far. */
  get lostLines(): number {
    return this.#lines.leftOut;
  }

  /** Writes the line of one IKE SA, soon: what a crash interrupts is most worth reading. */
  write(effect: IkeSaKeysEffect): void {
    const line = keyLogLine(effect);
    if (line !== undefined) this.#lines.write(line);
  }

  /** Resolves when all lines that wait now are written, or never will be; after two seconds at most. */
  flush(): Promise<void> {
    return this.#lines.flush(FLUSH_PATIENCE_MS);
  }

  /** Writes what waits, if that takes no longer than a fifth of a second. Nothing can be written after it. */
  async close(): Promise<void> {
    await this.#lines.close(CLOSE_PATIENCE_MS);
    this.#file.close();
  }

  /** See {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
