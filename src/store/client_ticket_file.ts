/**
 * A client's ticket in a file, so that a client can resume after a restart of its own (RFC 5723, section 4.2).
 *
 * The file is JSON, readable by its owner alone: a ticket with its SK_d, or the same sealed under a passphrase (see passphrase.ts).
 *
 * @module
 */
import { rmSync } from "node:fs";
import { type ClientTicket, isSameTicket } from "../ticket/client_ticket.ts";
import { type ClientTicketKey, type ClientTicketStore, isUsable } from "../ticket/client_ticket_store.ts";
import { type Identity, sameIdentity } from "../ticket/identity.ts";
import { ClientTicketFileError } from "./client_ticket_file_error.ts";
import { type KeptTicket, ticketOfJson, ticketToJson } from "./client_ticket_text.ts";
import { messageOf, readOwnersFile, replaceOwnersFile } from "./owners_file.ts";
import { putFileBack, recoverTakenFiles, takeFile, takenFiles } from "./taken_ticket_file.ts";
import { type Passphrase, type SealedText, sealedTextOf } from "./passphrase.ts";

const FILE_VERSION = 2;
/** Covered by the seal besides the ticket: nothing that was sealed for another purpose passes for a ticket. */
const PURPOSE = "ike-resume client ticket 2";

interface Taken {
  readonly path: string;
  readonly kept: KeptTicket;
}

/** How the file is kept. */
export interface ClientTicketFileOptions {
  /** The ticket is sealed under it. With it, a file that is not sealed is refused; without it, one that is. */
  readonly passphrase?: Passphrase;
}

/**
 * A store for the one ticket of one client: it keeps what was saved last, and under another gateway or identity finds nothing.
 *
 * Every method rejects with a {@link ClientTicketFileError} when the file is open to others than its owner, cannot be read or written, or
 * does not hold a ticket. Such a file is left as it is.
 */
export class ClientTicketFile implements ClientTicketStore {
  readonly #path: string;
  readonly #passphrase: Passphrase | undefined;
  /** Tickets that this store has taken out. */
  readonly #taken: Taken[] = [];
  /** Changes run one after the other: sealing takes time, and the last change has to be the one that stays. */
  #last: Promise<unknown> = Promise.resolve();

  /** `path`: where it is kept; nothing is read or written yet. */
  constructor(path: string, { passphrase }: ClientTicketFileOptions = {}) {
    this.#path = path;
    this.#passphrase = passphrase;
  }

  load(key: ClientTicketKey, nowEpochSeconds: number): Promise<ClientTicket | undefined> {
    return this.#inTurn(async () => (await this.#usable(key, nowEpochSeconds))?.ticket);
  }

  take(key: ClientTicketKey, nowEpochSeconds: number): Promise<ClientTicket | undefined> {
    return this.#inTurn(async () => {
      this.#attempt("put back", () => recoverTakenFiles(this.#path));
      if (await this.#usable(key, nowEpochSeconds) === undefined) return undefined;
      const taken = this.#attempt("take", () => takeFile(this.#path));
      if (taken === undefined) return undefined;
      // Another process may have put one in its place since it was read.
      const kept = await this.#read(taken).catch(() => undefined);
      if (kept && isOf(kept, key) && isUsable(kept.ticket, nowEpochSeconds)) {
        this.#taken.push({ path: taken, kept });
        return kept.ticket;
      }
      this.#attempt("put back", () => putFileBack(this.#path, taken));
      return undefined;
    });
  }

  putBack(key: ClientTicketKey, ticket: ClientTicket): Promise<void> {
    return this.#inTurn(() => {
      for (const { path } of this.#takeOut((kept) => isOf(kept, key) && isSameTicket(kept.ticket, ticket))) {
        this.#attempt("put back", () => putFileBack(this.#path, path));
      }
      return Promise.resolve();
    });
  }

  save(key: ClientTicketKey, ticket: ClientTicket): Promise<void> {
    // Taken now: the ticket's SK_d may be wiped before its turn comes.
    const content = ticketToJson({ key, ticket });
    return this.#inTurn(async () => {
      const sealed = await this.#passphrase?.seal(JSON.stringify(content), PURPOSE, this.#sealedBefore());
      this.#attempt("write", () => replaceOwnersFile(this.#path, textOf(sealed ?? content)));
    });
  }

  remove(key: ClientTicketKey, ticket: ClientTicket): Promise<void> {
    const condition = (kept: KeptTicket) => isOf(kept, key) && isSameTicket(kept.ticket, ticket);
    return this.#inTurn(async () => {
      for (const { path } of this.#takeOut(condition)) this.#delete(path);
      const kept = await this.#read();
      if (kept && condition(kept)) this.#delete();
    });
  }

  removeAllOf(identity: Identity): Promise<void> {
    return this.#inTurn(async () => {
      for (const path of [this.#path, ...this.#attempt("read", () => takenFiles(this.#path))]) {
        const kept = await this.#read(path);
        if (kept && sameIdentity(kept.key.identity, identity)) this.#delete(path);
      }
      this.#takeOut(({ key }) => sameIdentity(key.identity, identity));
    });
  }

  /** The ticket that is there, if it may be presented. One that has expired is forgotten. */
  async #usable(key: ClientTicketKey, nowEpochSeconds: number): Promise<KeptTicket | undefined> {
    const kept = await this.#read();
    if (kept === undefined || !isOf(kept, key)) return undefined;
    if (isUsable(kept.ticket, nowEpochSeconds)) return kept;
    this.#delete();
    return undefined;
  }

  #takeOut(condition: (kept: KeptTicket) => boolean): Taken[] {
    const found = this.#taken.filter(({ kept }) => condition(kept));
    for (const one of found) this.#taken.splice(this.#taken.indexOf(one), 1);
    return found;
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #read(path = this.#path): Promise<KeptTicket | undefined> {
    const content = this.#readObject(path);
    if (content === undefined) return undefined;
    const kept = ticketOfJson("sealed" in content ? await this.#open(content) : this.#plain(content));
    return typeof kept === "string" ? this.#fail(kept) : kept;
  }

  #readObject(path = this.#path): Record<string, unknown> | undefined {
    const text = this.#attempt("read", () => readOwnersFile(path));
    if (text === undefined) return undefined;
    const content = this.#parse(text);
    return content.version === FILE_VERSION ? content : this.#fail(`no "version": ${FILE_VERSION}`);
  }

  async #open(content: Record<string, unknown>): Promise<Record<string, unknown>> {
    const sealed = sealedTextOf(content);
    if (sealed === undefined) return this.#fail("its seal is none that is made here");
    if (this.#passphrase === undefined) return this.#fail("sealed under a passphrase, and none was given");
    const text = await this.#passphrase.open(sealed, PURPOSE);
    return text === undefined ? this.#fail("another passphrase seals it, or it was altered") : this.#parse(text);
  }

  #plain(content: Record<string, unknown>): Record<string, unknown> {
    return this.#passphrase === undefined
      ? content
      : this.#fail("not sealed, though a passphrase was given: remove it, and the next session brings a new ticket");
  }

  /** The seal that the next one replaces: with its salt, the passphrase need not be stretched again. */
  #sealedBefore(): SealedText | undefined {
    try {
      return sealedTextOf(this.#readObject());
    } catch {
      return undefined;
    }
  }

  #parse(text: string): Record<string, unknown> {
    let content: unknown;
    try {
      content = JSON.parse(text);
    } catch {
      // The parser's own message may quote what it read.
      return this.#fail("not JSON");
    }
    return typeof content === "object" && content !== null ? content as Record<string, unknown> : this.#fail("not an object");
  }

  #delete(path = this.#path): void {
    this.#attempt("remove", () => rmSync(path, { force: true }));
  }

  #attempt<T>(what: string, action: () => T): T {
    try {
      return action();
    } catch (cause) {
      const message = messageOf(cause);
      throw new ClientTicketFileError(`ticket: cannot ${what} ${this.#path}: ${message}`, { cause });
    }
  }

  #fail(what: string): never {
    throw new ClientTicketFileError(`ticket: ${this.#path}: ${what}`);
  }
}

function isOf({ key }: KeptTicket, { gateway, identity }: ClientTicketKey): boolean {
  return key.gateway === gateway && sameIdentity(key.identity, identity);
}

function textOf(content: object): string {
  return `${JSON.stringify({ version: FILE_VERSION, ...content }, undefined, 2)}\n`;
}
