/**
 * IKE_AUTH with garbage in it, on half-open IKE SAs that a real address began: every one has to be decrypted to be found out, and the first
 * of each IKE SA takes its keys to be made.
 *
 * @module
 */
import { systemRandom } from "../../../src/crypto/system_random.ts";
import { CURVE25519 } from "../../../src/crypto/registry.ts";
import { ExchangeType, PayloadNumber } from "../../../src/wire/constants.ts";
import { encodeProtectedPrefix } from "../../../src/wire/message.ts";
import type { AttackerMeans, AttackKind } from "../../../src/load/hostile/attack.ts";
import { ATTACKER_ADDRESS } from "../setting.ts";
import {
  cookieIn,
  type FirstMessage,
  initMessage,
  responderSpiIn,
  resumeMessage,
  varied,
  withCookie,
} from "../../../src/load/hostile/first_messages.ts";
import { RecentMessages } from "../../../src/load/hostile/recent_messages.ts";

/** Every so many datagrams begin an IKE SA; the others are garbage for those that were begun. */
const FIRST_MESSAGE_EVERY = 4;
/** Half-open IKE SAs that are kept busy: the oldest make room. */
const MOST_HALF_OPEN = 256;
const PUBLIC_VALUES = 16;
/** IV, ciphertext and ICV of a short IKE_AUTH. */
const PROTECTED_LENGTH = 200;

export const GARBAGE_AUTHS: readonly AttackKind[] = [
  garbageAuth(
    "garbage-auth",
    "IKE_AUTH with garbage on half-open IKE SAs of one address",
    ({ keyExchange }) => Array.from({ length: PUBLIC_VALUES }, () => initMessage(CURVE25519, keyExchange)),
  ),
  garbageAuth(
    "garbage-auth-resumed",
    "the same on half-open IKE SAs of good tickets",
    ({ goodTickets }) => goodTickets.map(resumeMessage),
  ),
];

interface HalfOpen {
  readonly initiatorSpi: bigint;
  readonly responderSpi: bigint;
}

function garbageAuth(name: string, what: string, firstMessages: (means: AttackerMeans) => readonly FirstMessage[]): AttackKind {
  return {
    name,
    what,
    prepare: async (means) => {
      const socket = await means.open(ATTACKER_ADDRESS);
      const messages = firstMessages(means);
      const sent = new RecentMessages();
      const halfOpen: HalfOpen[] = [];
      socket.onAnswer = (answer) => {
        const request = sent.take(answer);
        if (request === undefined) return;
        const cookie = cookieIn(answer);
        if (cookie !== undefined) {
          const again = withCookie(request, cookie);
          sent.add(again);
          return socket.send(again);
        }
        if (responderSpiIn(answer).some((octet) => octet !== 0)) halfOpen.push(spisOf(answer));
        if (halfOpen.length > MOST_HALF_OPEN) halfOpen.shift();
      };
      return (index) => {
        if (index % FIRST_MESSAGE_EVERY !== 0 && halfOpen.length > 0) {
          return socket.send(garbageFor(halfOpen[index % halfOpen.length]));
        }
        const request = varied(messages[index % messages.length]);
        sent.add(request);
        socket.send(request);
      };
    },
  };
}

function spisOf(answer: Uint8Array): HalfOpen {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.length);
  return { initiatorSpi: view.getBigUint64(0), responderSpi: view.getBigUint64(8) };
}

function garbageFor(spis: HalfOpen): Uint8Array {
  const header = { ...spis, exchangeType: ExchangeType.IKE_AUTH, fromInitiator: true, isResponse: false, messageId: 1 };
  const prefix = encodeProtectedPrefix(header, PayloadNumber.IDi, PROTECTED_LENGTH);
  const octets = new Uint8Array(prefix.length + PROTECTED_LENGTH);
  octets.set(prefix);
  octets.set(systemRandom(PROTECTED_LENGTH), prefix.length);
  return octets;
}
