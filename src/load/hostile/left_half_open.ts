/**
 * Real addresses that begin IKE SAs, answer every cookie, and never follow up.
 *
 * @module
 */
import type { AttackerMeans, AttackKind } from "./attack.ts";
import { openAll } from "./senders.ts";
import { cookieIn, type FirstMessage, varied, withCookie } from "./first_messages.ts";
import { RecentMessages } from "./recent_messages.ts";

export function leftHalfOpen(
  name: string,
  what: string,
  addresses: readonly string[],
  firstMessages: (means: AttackerMeans) => readonly FirstMessage[],
): AttackKind {
  return {
    name,
    what,
    prepare: async (means) => {
      const sockets = await openAll(means, addresses);
      const messages = firstMessages(means);
      const sent = new RecentMessages();
      for (const socket of sockets) {
        socket.onAnswer = (answer) => {
          const cookie = cookieIn(answer);
          const request = cookie && sent.take(answer);
          if (request) socket.send(withCookie(request, cookie));
        };
      }
      return (index) => {
        const request = varied(messages[index % messages.length]);
        sent.add(request);
        sockets[index % sockets.length].send(request);
      };
    },
  };
}
