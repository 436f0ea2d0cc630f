/**
 * Requests and answers as lines over a Unix socket. Whoever connects, and whatever comes, takes bounded memory and time.
 *
 * @module
 */
import { createServer, type Server, type Socket } from "node:net";
import { listenAt } from "./socket_place.ts";

/** Octets of a request at most. */
export const LONGEST_REQUEST = 16_384;
/** Connections at once; a newcomer ends the one that has been idle longest. */
const MOST_CONNECTIONS = 32;
/** How long a client may take nothing of what it has asked for, in milliseconds. */
const READ_PATIENCE_MS = 10_000;

/** Writes one line of an answer. False: its client is gone, or takes nothing; more need not be made. */
export type Reply = (line: string) => Promise<boolean>;

export interface LineServerOptions {
  readonly path: string;
  /** Answers one request; those of one connection come one after the other. Must not reject. */
  readonly answer: (request: string, reply: Reply) => Promise<void>;
  /** The last line for a client whose request is longer than {@link LONGEST_REQUEST}. */
  readonly tooLong: string;
  /** Default: 10 s. */
  readonly readPatienceMs?: number;
}

export class LineServer {
  readonly #options: LineServerOptions;
  readonly #server: Server;
  /** The one that has been idle longest comes first. */
  readonly #connections = new Set<Connection>();

  /** @throws {TransportError} why it cannot listen there */
  static async listen(options: LineServerOptions): Promise<LineServer> {
    const server = new LineServer(options);
    await listenAt(server.#server, options.path);
    // One that cannot be accepted is its client's trouble.
    server.#server.on("error", () => {});
    return server;
  }

  private constructor(options: LineServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Ends all connections, and removes the socket. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.end();
    await closed;
  }

  #accept(socket: Socket): void {
    if (this.#connections.size >= MOST_CONNECTIONS) {
      const idle = [...this.#connections].find((each) => each.isIdle) ?? [...this.#connections][0];
      this.#connections.delete(idle);
      idle.end();
    }
    const connection = new Connection(socket, this.#options, () => {
      // Behind all others: it has just said something.
      if (this.#connections.delete(connection)) this.#connections.add(connection);
    });
    this.#connections.add(connection);
    socket.once("close", () => this.#connections.delete(connection));
  }
}

class Connection {
  readonly #socket: Socket;
  readonly #options: LineServerOptions;
  readonly #onRequest: () => void;
  /** Octets behind the last line end. */
  #begun: Uint8Array[] = [];
  #begunOctets = 0;
  #isAnswering = false;

  constructor(socket: Socket, options: LineServerOptions, onRequest: () => void) {
    this.#socket = socket;
    this.#options = options;
    this.#onRequest = onRequest;
    socket.on("error", () => this.end());
    socket.on("data", (octets: Uint8Array) => void this.#take(octets));
  }

  get isIdle(): boolean {
    return !this.#isAnswering;
  }

  end(): void {
    this.#begun = [];
    this.#socket.destroy();
  }

  /** Nothing more is read until what came is answered. */
  async #take(octets: Uint8Array): Promise<void> {
    this.#socket.pause();
    this.#isAnswering = true;
    let from = 0;
    for (let end = octets.indexOf(LINE_END); end >= 0; end = octets.indexOf(LINE_END, from)) {
      const request = this.#complete(octets.subarray(from, end));
      if (request === undefined) return this.#refuse();
      from = end + 1;
      this.#onRequest();
      if (request.trim() !== "") await this.#options.answer(request, (line) => this.#reply(line));
      if (this.#socket.destroyed) return;
    }
    this.#begun.push(octets.slice(from));
    this.#begunOctets += octets.length - from;
    if (this.#begunOctets > LONGEST_REQUEST) return this.#refuse();
    this.#isAnswering = false;
    this.#socket.resume();
  }

  /** The line that these octets end; `undefined`: it is too long. */
  #complete(octets: Uint8Array): string | undefined {
    const length = this.#begunOctets + octets.length;
    const parts = [...this.#begun, octets];
    this.#begun = [];
    this.#begunOctets = 0;
    if (length > LONGEST_REQUEST) return undefined;
    const decoder = new TextDecoder();
    return parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode();
  }

  #refuse(): void {
    this.#begun = [];
    // Nothing more is read of it, and nothing waited for.
    this.#socket.end(`${this.#options.tooLong}\n`, () => this.#socket.destroy());
    setTimeout(() => this.#socket.destroy(), this.#options.readPatienceMs ?? READ_PATIENCE_MS).unref();
  }

  async #reply(line: string): Promise<boolean> {
    const socket = this.#socket;
    if (socket.destroyed) return false;
    if (socket.write(`${line}\n`)) return true;
    const isTaken = await new Promise<boolean>((resolve) => {
      const done = (taken: boolean) => {
        clearTimeout(timer);
        socket.off("drain", drained).off("close", gone);
        resolve(taken);
      };
      const drained = () => done(true);
      const gone = () => done(false);
      const timer = setTimeout(gone, this.#options.readPatienceMs ?? READ_PATIENCE_MS);
      socket.once("drain", drained).once("close", gone);
    });
    if (!isTaken) this.end();
    return isTaken;
  }
}

const LINE_END = 0x0a;
