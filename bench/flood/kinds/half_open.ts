/**
 * A real address that begins IKE SAs, answers every cookie, and never follows up: the table of half-open IKE SAs fills.
 *
 * @module
 */
import { CURVE25519 } from "../../../src/crypto/registry.ts";
import type { AttackKind } from "../attack.ts";
import { ATTACKER_ADDRESS } from "../setting.ts";
import { cookieIn, initMessage, varied, withCookie } from "./first_messages.ts";
import { RecentMessages } from "./recent_messages.ts";

const PUBLIC_VALUES = 16;

export const HALF_OPEN: AttackKind = {
  name: "half-open",
  what: "IKE_SA_INIT from one address, cookies answered, IKE_AUTH never sent",
  prepare: async (means) => {
    const socket = await means.open(ATTACKER_ADDRESS);
    const messages = Array.from({ length: PUBLIC_VALUES }, () => initMessage(CURVE25519, means.keyExchange));
    const sent = new RecentMessages();
    socket.onAnswer = (answer) => {
      const cookie = cookieIn(answer);
      const request = cookie && sent.take(answer);
      if (request) socket.send(withCookie(request, cookie));
    };
    return (index) => {
      const request = varied(messages[index % messages.length]);
      sent.add(request);
      socket.send(request);
    };
  },
};
