/**
 * A gateway sends a client to another one (RFC 5685, sections 3 and 6).
 *
 * @module
 */
import { encodeMessage, type Message } from "../../wire/message.ts";
import { redirect, redirectSupportOf } from "../message/redirect_notifies.ts";
import { findPayload } from "../message/notify.ts";
import { profileOfExchange } from "../profiles/resumption_profile.ts";
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import type { Datagram } from "../steps/datagram.ts";
import { type FirstAnswer, responseHeader } from "./first_response.ts";

/**
 * The answer to a first message whose client goes elsewhere, with its own nonce in it; `undefined`: it stays. Nothing is kept. A gateway that leaves has no other
 * answer: a client that does not follow tries another gateway by itself.
 */
export function redirectFirst(
  message: Message,
  { remote }: Datagram,
  { redirectFirst, profiles, leavesTo }: ResponderConfiguration,
): FirstAnswer | undefined {
  const profile = profileOfExchange(profiles, message.header.exchangeType);
  // There the client believes nothing in clear; what it says holds for the IKE SA that is made.
  const mayBeSent = redirectFirst && profile?.presentation.kind !== "protected-exchange";
  const nonce = mayBeSent && findPayload(message.payloads, "Nonce")?.nonce;
  const support = nonce && redirectSupportOf(message.payloads);
  if (!redirectFirst || !support) return leavesTo !== undefined ? { kind: "dropped", reason: "leaving" } : undefined;
  const to = redirectFirst({ remote, resumes: profile !== undefined, ...support });
  if (to === undefined) return undefined;
  return { kind: "redirected", response: encodeMessage(responseHeader(message.header, 0n), [redirect(to, nonce)]), to };
}
