/**
 * Connections to an HTTP server, so many at once: those that idle make room.
 *
 * @module
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Has a server keep at most so many connections. A newcomer ends the one that waits longest for a request; where all are being answered, the
 * newcomer goes.
 */
export function boundConnections(server: Server, most: number): void {
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
    idle.delete(socket);
    answering.set(socket, (answering.get(socket) ?? 0) + 1);
    response.once("close", () => {
      const left = (answering.get(socket) ?? 0) - 1;
      if (left > 0) return void answering.set(socket, left);
      if (answering.delete(socket) && !socket.destroyed) idle.add(socket);
    });
  });
}
