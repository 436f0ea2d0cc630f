/**
 * What a first message comes to, and the answers that leave no state behind (RFC 7296, section 2.6; RFC 5723, section 4.3.2).
 *
 * @module
 */
import type { Header } from "../../wire/header.ts";
import { encodeMessage, type Message } from "../../wire/message.ts";
import type { NotifyPayload } from "../../wire/payload.ts";
import type { Effect } from "../states/effect.ts";
import type { AwaitingAuth, AwaitingConfirmation } from "../states/responder_state.ts";

/** The header of an answer to a first message; with nothing created, SPIr is zero (RFC 4718, section 2.1). */
export function responseHeader(request: Header, responderSpi: bigint): Header {
  return {
    initiatorSpi: request.initiatorSpi,
    responderSpi,
    exchangeType: request.exchangeType,
    fromInitiator: false,
    isResponse: true,
    messageId: request.messageId,
  };
}

/** One unprotected notify, and nothing kept. */
export function refuseFirst(request: Message, refusal: NotifyPayload, reason: string, fault?: unknown): FirstAnswer {
  return { kind: "refused", response: encodeMessage(responseHeader(request.header, 0n), [refusal]), reason, fault };
}

/** The answer to a first message. A refusal leaves no state behind. */
export type FirstAnswer =
  | {
    readonly kind: "accepted";
    readonly response: Uint8Array;
    readonly next: AwaitingAuth | AwaitingConfirmation;
    readonly told?: readonly Effect[];
  }
  /** The client is to send its request again, with a cookie. */
  | { readonly kind: "challenged"; readonly response: Uint8Array }
  | { readonly kind: "refused"; readonly response: Uint8Array; readonly reason: string; readonly fault?: unknown }
  /** The client is sent to another gateway. */
  | { readonly kind: "redirected"; readonly response: Uint8Array; readonly to: string }
  | { readonly kind: "dropped"; readonly reason: string };
