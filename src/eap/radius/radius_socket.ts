/**
 * Requests to one server of RADIUS over UDP: sent again until there is an authentic answer, or patience ends.
 *
 * @module
 */
import { createSocket, type Socket } from "node:dgram";
import { clearTimeout, setTimeout } from "node:timers";
import type { RandomSource } from "../../crypto/key_exchange.ts";
import type { RadiusServer } from "../mod.ts";
import { accessRequest, type Attribute, AUTHENTICATOR_LENGTH, type RadiusAnswer, readAnswer } from "./radius_packet.ts";

/** Identifiers of one socket: requests that it can wait for at once (RFC 2865, section 3). */
const IDENTIFIERS = 256;
const DEFAULT_PORT = 1_812;
/** How long a socket is kept that nothing is asked by: the next one has another port, which is harder to guess. */
const LONGEST_IDLE_MS = 30_000;
/** Sockets to one server, and so 4,096 requests at once. */
const MOST_SOCKETS = 16;

/** An answer, and what of its request is needed to read it. */
export interface Answered {
  readonly answer: RadiusAnswer;
  readonly authenticator: Uint8Array;
}

interface Pending {
  readonly packet: Uint8Array;
  readonly authenticator: Uint8Array;
  readonly settle: (answered: Answered | undefined) => void;
  timer?: ReturnType<typeof setTimeout>;
  waitMs: number;
  triesLeft: number;
}

/** How often a request is sent, and how long each is waited for: the first so many milliseconds, each next twice as many. */
export interface RadiusPatience {
  readonly firstWaitMs: number;
  readonly tries: number;
}

export class RadiusSockets {
  readonly #server: RadiusServer;
  readonly #random: RandomSource;
  readonly #sockets: RadiusSocket[] = [];

  constructor(server: RadiusServer, random: RandomSource) {
    this.#server = server;
    this.#random = random;
  }

  /** `undefined`: no answer came, or too many are waited for. Never rejects. */
  async ask(attributes: readonly Attribute[], patience: RadiusPatience): Promise<Answered | undefined> {
    let socket = this.#sockets.find((one) => one.hasRoom);
    if (socket === undefined && this.#sockets.length < MOST_SOCKETS) {
      socket = new RadiusSocket(this.#server, this.#random);
      this.#sockets.push(socket);
    }
    return await socket?.ask(attributes, patience);
  }

  close(): void {
    for (const socket of this.#sockets.splice(0)) socket.close();
  }
}

class RadiusSocket {
  readonly #server: RadiusServer;
  readonly #random: RandomSource;
  readonly #pending = new Map<number, Pending>();
  #socket: Promise<Socket | undefined> | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #next: number;

  constructor(server: RadiusServer, random: RandomSource) {
    this.#server = server;
    this.#random = random;
    this.#next = random(1)[0];
  }

  get hasRoom(): boolean {
    return this.#pending.size < IDENTIFIERS;
  }

  async ask(attributes: readonly Attribute[], { firstWaitMs, tries }: RadiusPatience): Promise<Answered | undefined> {
    const identifier = this.#freeIdentifier();
    const authenticator = this.#random(AUTHENTICATOR_LENGTH);
    const packet = accessRequest(identifier, authenticator, attributes, this.#server.secret);
    if (packet === undefined) return undefined;
    const answered = await new Promise<Answered | undefined>((settle) => {
      const pending = { packet, authenticator, settle, waitMs: firstWaitMs, triesLeft: tries };
      this.#pending.set(identifier, pending);
      this.#send(pending);
    });
    this.#pending.delete(identifier);
    if (this.#pending.size === 0) this.#rest();
    return answered;
  }

  /** Nothing is waited for: the socket keeps no process alive, and goes if it stays so. */
  #rest(): void {
    const opened = this.#socket;
    void opened?.then((socket) => socket?.unref());
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (this.#pending.size > 0 || this.#socket !== opened) return;
      this.#socket = undefined;
      void opened?.then((socket) => socket?.close());
    }, LONGEST_IDLE_MS);
    this.#idle.unref();
  }

  close(): void {
    clearTimeout(this.#idle);
    for (const { timer, settle } of this.#pending.values()) {
      clearTimeout(timer);
      settle(undefined);
    }
    void this.#socket?.then((socket) => socket?.close());
    this.#socket = undefined;
  }

  #freeIdentifier(): number {
    do this.#next = (this.#next + 1) % IDENTIFIERS; while (this.#pending.has(this.#next));
    return this.#next;
  }

  #send(pending: Pending): void {
    if (pending.triesLeft === 0) return pending.settle(undefined);
    pending.triesLeft--;
    pending.timer = setTimeout(() => this.#send(pending), pending.waitMs);
    pending.waitMs *= 2;
    this.#socket ??= this.#open();
    void this.#socket.then((socket) => socket?.ref().send(pending.packet, () => {}));
  }

  /** Connected: nothing but what comes from the server is handed over. `undefined`: it could not be; the next request tries again. */
  #open(): Promise<Socket | undefined> {
    const { host, port = DEFAULT_PORT } = this.#server;
    const opened: Promise<Socket | undefined> = new Promise((resolve) => {
      const socket = createSocket({ type: host.includes(":") ? "udp6" : "udp4" });
      const end = (): void => {
        if (this.#socket === opened) this.#socket = undefined;
        resolve(undefined);
        try {
          socket.close();
        } catch {
          // It is closed already.
        }
      };
      socket.on("error", end);
      socket.on("message", (octets) => this.#take(new Uint8Array(octets)));
      socket.on("connect", () => resolve(socket));
      socket.connect(port, host);
    });
    return opened;
  }

  #take(octets: Uint8Array): void {
    const pending = octets.length > 1 ? this.#pending.get(octets[1]) : undefined;
    const answer = pending && readAnswer(octets, pending.packet, this.#server.secret);
    // One that is not authentic is none: the right one may be on its way.
    if (pending === undefined || answer === undefined) return;
    clearTimeout(pending.timer);
    pending.settle({ answer, authenticator: pending.authenticator });
  }
}
