/**
 * Connections to an HTTP server, so many at once: those that idle make room, and those that do not read what they asked for go.
 *
 * @module
 */
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { clearTimeout, setTimeout } from "node:timers";

/** Requests of one connection that are answered at once: browsers and Prometheus send one, and each answer takes memory until it is read. */
const MOST_ANSWERS = 4;
/** Streams have no end, and look themselves after who does not read them. */
const STREAM = /^text\/event-stream\b/;

export interface ConnectionBounds {
  readonly most: number;
  /** How long an answer may take, until its client has read it, in milliseconds. */
  readonly answerMs: number;
}

/**
 * Has a server keep at most so many connections. A newcomer ends the one that waits longest for a request; where all are being answered, the
 * newcomer goes. Requests of a connection that has been ended may still be told: its `destroyed` says so.
 */
export function boundConnections(server: Server, { most, answerMs }: ConnectionBounds): void {
  /** Those that ask for nothing now, the one that does so longest first. */
  const idle = new Set<Socket>();
  /** How many requests of each are being answered. */
  const answering = new Map<Socket, number>();

  server.on("connection", (socket) => {
    if (idle.size + answering.size >= most) {
      const [longest] = idle;
      if (longest === undefined) return void socket.destroy();
      idle.delete(longest);
      longest.destroy();
    }
    idle.add(socket);
    socket.once("close", () => {
      idle.delete(socket);
      answering.delete(socket);
    });
  });

  server.prependListener("request", ({ socket }, response) => {
    const count = (answering.get(socket) ?? 0) + 1;
    if (socket.destroyed || count > MOST_ANSWERS) return void socket.destroy();
    idle.delete(socket);
    answering.set(socket, count);
    const patience = setTimeout(() => isStream(response) || socket.destroy(), answerMs);
    patience.unref();
    response.once("close", () => {
      clearTimeout(patience);
      const left = (answering.get(socket) ?? 0) - 1;
      if (left > 0) return void answering.set(socket, left);
      if (answering.delete(socket) && !socket.destroyed) idle.add(socket);
    });
  });
}

function isStream(response: ServerResponse): boolean {
  return STREAM.test(String(response.getHeader("content-type") ?? ""));
}
