/**
 * Real addresses that begin IKE SAs, answer every cookie, and never follow up: the table of half-open IKE SAs fills.
 *
 * @module
 */
import { CURVE25519 } from "../../../src/crypto/registry.ts";
import type { AttackKind } from "../attack.ts";
import { openAll } from "../senders.ts";
import { ATTACKER_ADDRESS, ATTACKER_ADDRESSES } from "../setting.ts";
import { filled } from "./filled.ts";
import { cookieIn, initMessage, varied, withCookie } from "./first_messages.ts";
import { RecentMessages } from "./recent_messages.ts";

const PUBLIC_VALUES = 16;

const OF_ONE = halfOpen("half-open", "IKE_SA_INIT from one address, cookies answered, IKE_AUTH never sent", [ATTACKER_ADDRESS]);
const OF_MANY = halfOpen("half-open-many-addresses", "the same from many networks", ATTACKER_ADDRESSES);

export const HALF_OPENS: readonly AttackKind[] = [OF_ONE, filled(OF_ONE), OF_MANY, filled(OF_MANY)];

function halfOpen(name: string, what: string, addresses: readonly string[]): AttackKind {
  return {
    name,
    what,
    prepare: async (means) => {
      const sockets = await openAll(means, addresses);
      const messages = Array.from({ length: PUBLIC_VALUES }, () => initMessage(CURVE25519, means.keyExchange));
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
