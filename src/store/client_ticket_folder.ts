/**
 * A client's tickets in a folder: a file for each gateway and identity.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { ClientTicket } from "../ticket/client_ticket.ts";
import type { ClientTicketKey, ClientTicketStore } from "../ticket/client_ticket_store.ts";
import { foldIdentity, type Identity } from "../ticket/identity.ts";
import { placeOfTaken } from "./taken_ticket_file.ts";
import { ClientTicketFile, type ClientTicketFileOptions } from "./client_ticket_file.ts";
import { ClientTicketFileError } from "./client_ticket_file_error.ts";

const OWNER_ONLY = 0o700;
/** SHA-256 of gateway and identity: file names tell nobody who connects to which gateway. */
const FILE_NAME = /^[0-9a-f]{64}\.json$/;

/** Rejects as {@link ClientTicketFile} does. */
export class ClientTicketFolder implements ClientTicketStore {
  readonly #path: string;
  readonly #options: ClientTicketFileOptions;
  readonly #files = new Map<string, ClientTicketFile>();

  /**
   * Makes the folder, for its owner alone, if there is none.
   *
   * @throws {ClientTicketFileError} it cannot be made.
   */
  constructor(path: string, options: ClientTicketFileOptions = {}) {
    this.#path = path;
    this.#options = options;
    try {
      mkdirSync(path, { recursive: true, mode: OWNER_ONLY });
    } catch (cause) {
      throw cannotUse(path, cause);
    }
  }

  load(key: ClientTicketKey, nowEpochSeconds: number): Promise<ClientTicket | undefined> {
    return this.#fileOf(key).load(key, nowEpochSeconds);
  }

  take(key: ClientTicketKey, nowEpochSeconds: number): Promise<ClientTicket | undefined> {
    return this.#fileOf(key).take(key, nowEpochSeconds);
  }

  putBack(key: ClientTicketKey, ticket: ClientTicket): Promise<void> {
    return this.#fileOf(key).putBack(key, ticket);
  }

  save(key: ClientTicketKey, ticket: ClientTicket): Promise<void> {
    return this.#fileOf(key).save(key, ticket);
  }

  remove(key: ClientTicketKey, ticket: ClientTicket): Promise<void> {
    return this.#fileOf(key).remove(key, ticket);
  }

  async removeAllOf(identity: Identity): Promise<void> {
    let names: string[];
    try {
      const found = readdirSync(this.#path).map((name) => placeOfTaken(name) ?? name);
      names = [...new Set(found)].filter((name) => FILE_NAME.test(name));
    } catch (cause) {
      throw cannotUse(this.#path, cause);
    }
    // A file that cannot be read must not keep the others: a user who logs out wants all gone that can go.
    const results = await Promise.allSettled(names.map((name) => this.#file(name).removeAllOf(identity)));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  }

  #fileOf({ gateway, identity }: ClientTicketKey): ClientTicketFile {
    const hash = createHash("sha256").update(`${identity.idType} ${gateway}\0`).update(foldIdentity(identity).identification);
    return this.#file(`${hash.digest("hex")}.json`);
  }

  #file(name: string): ClientTicketFile {
    const file = this.#files.get(name) ?? new ClientTicketFile(join(this.#path, name), this.#options);
    this.#files.set(name, file);
    return file;
  }
}

function cannotUse(path: string, cause: unknown): ClientTicketFileError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new ClientTicketFileError(`ticket: cannot use the folder ${path}: ${message}`, { cause });
}
