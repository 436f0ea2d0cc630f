/**
 * First messages, which open an exchange without an IKE SA: IKE_SA_INIT and IKE_SESSION_RESUME, repeated ones, cookies, and what is refused
 * before anything is kept.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import { ExchangeType, NotifyType } from "../../wire/constants.ts";
import { type Header, peekHeader } from "../../wire/header.ts";
import { encodeMessage, type Message } from "../../wire/message.ts";
import { checkRules } from "../../wire/rules.ts";
import type { WireError } from "../../wire/wire_error.ts";
import { CookieJar } from "../cookie.ts";
import type { Datagram } from "../datagram.ts";
import type { Effect, SpiPair } from "../effect.ts";
import type { Instant } from "../instant.ts";
import { findNotify, findPayload, notify } from "../notify.ts";
import type { ResponderConfiguration } from "../responder_configuration.ts";
import type { Step } from "../step.ts";
import { responseHeader } from "./first_response.ts";
import type { IkeSaTable } from "./ike_sa_table.ts";
import { respondToInit } from "./ike_sa_init.ts";
import { respondToResume } from "./ike_session_resume.ts";
import { InitialExchanges } from "./initial_exchanges.ts";
import { drop, reply } from "./reply.ts";
import { type FirstAnswer, isTooLong, type ResponderContext } from "./state.ts";

export class FirstMessages {
  readonly #configuration: ResponderConfiguration;
  readonly #cookies: CookieJar;
  readonly #sas: IkeSaTable;
  readonly #initial: InitialExchanges;

  constructor(configuration: ResponderConfiguration, random: RandomSource, sas: IkeSaTable) {
    this.#configuration = configuration;
    this.#cookies = new CookieJar(random);
    this.#sas = sas;
    this.#initial = new InitialExchanges(configuration.halfOpenLifetimeMs, random);
  }

  /** When the first half-open IKE SA expires, in monotonic milliseconds. */
  get nextExpiryMs(): number | undefined {
    return this.#initial.nextExpiryMs;
  }

  /** Takes out the first exchanges whose time is over. */
  expire(nowMs: number): readonly SpiPair[] {
    return this.#initial.expire(nowMs);
  }

  *receive(message: Message, datagram: Datagram, context: ResponderContext): Step<Effect[]> {
    const { header } = message;
    if (header.isResponse || !header.fromInitiator || header.messageId !== 0) return drop("no-such-sa");
    if (header.initiatorSpi === 0n) return drop("zero-spi");
    const repeated = this.#initial.find(message);
    // Found by the whole packet, not by its SPI alone: RFC 4718, section 2.3.
    if (repeated) return [reply(repeated.response, datagram)];
    const { exchangeType } = header;
    if (exchangeType !== ExchangeType.IKE_SA_INIT && exchangeType !== ExchangeType.IKE_SESSION_RESUME) {
      return drop("no-such-sa");
    }
    if (checkRules(exchangeType, false, false, message.payloads) !== undefined) {
      return exchangeType === ExchangeType.IKE_SESSION_RESUME
        ? refuseTicket(header, datagram, "malformed")
        : drop("malformed-rule");
    }
    // A ticket that is too long gets its answer, and leaves nothing behind.
    if (exchangeType === ExchangeType.IKE_SA_INIT && isTooLong(message, this.#configuration)) return drop("too-long");

    const { halfOpenCount } = this.#sas;
    if (halfOpenCount >= this.#configuration.halfOpenLimit) return drop("half-open-limit");
    const { cookieThreshold, resumptionCookieThreshold = cookieThreshold } = this.#configuration;
    const threshold = exchangeType === ExchangeType.IKE_SESSION_RESUME ? resumptionCookieThreshold : cookieThreshold;
    const challenge = halfOpenCount >= threshold ? yield* this.#challenge(message, datagram, context.now) : undefined;
    if (challenge) return [reply(challenge, datagram)];

    const answer = exchangeType === ExchangeType.IKE_SA_INIT
      ? yield* respondToInit(message, datagram, context)
      : yield* respondToResume(message, datagram, context);
    return this.#keep(answer, message, datagram, context.now);
  }

  /** N(COOKIE), unless the message brought a valid one. Nothing is kept (RFC 7296, section 2.6). */
  *#challenge(message: Message, datagram: Datagram, now: Instant): Step<Uint8Array | undefined> {
    const nonce = findPayload(message.payloads, "Nonce")?.nonce;
    if (nonce === undefined) return undefined;
    const content = { remote: datagram.remote, nonce, initiatorSpi: message.header.initiatorSpi };
    const cookie = findNotify(message.payloads, NotifyType.COOKIE)?.data;
    if (cookie !== undefined && (yield* this.#cookies.isValid(cookie, content, now))) return undefined;
    const fresh = yield* this.#cookies.make(content, now);
    return encodeMessage(responseHeader(message.header, 0n), [notify(NotifyType.COOKIE, fresh)]);
  }

  #keep(answer: FirstAnswer, message: Message, datagram: Datagram, now: Instant): Effect[] {
    switch (answer.kind) {
      case "dropped":
        return drop(answer.reason);
      case "refused": {
        const refusal = message.header.exchangeType === ExchangeType.IKE_SESSION_RESUME ? "ticket-refused" : "init-refused";
        const fault = answer.fault === undefined ? {} : { fault: answer.fault };
        return [reply(answer.response, datagram), { type: refusal, reason: answer.reason, ...fault }];
      }
      case "accepted": {
        const { responderSpi } = answer.next.first.spis;
        this.#sas.set(responderSpi, answer.next);
        this.#initial.add(message, answer.response, responderSpi, now.monotonicMs);
        return [reply(answer.response, datagram)];
      }
    }
  }
}

/**
 * A request to resume whose nonce is of a length that none has is refused as one with a bad ticket is: a client that knows no other refusal
 * goes on to a full exchange (RFC 5723, section 4.3.2). The answer is shorter than any such request.
 */
export function refuseUndecodable(datagram: Datagram, { payload }: WireError): Effect[] | undefined {
  const header = peekHeader(datagram.octets);
  if (payload !== "Nonce" || header?.exchangeType !== ExchangeType.IKE_SESSION_RESUME) return undefined;
  const isFirst = !header.isResponse && header.fromInitiator && header.messageId === 0 && header.responderSpi === 0n;
  return isFirst && header.initiatorSpi !== 0n ? refuseTicket(header, datagram, "malformed") : undefined;
}

function refuseTicket(request: Header, datagram: Datagram, reason: string): Effect[] {
  const response = encodeMessage(responseHeader(request, 0n), [notify(NotifyType.TICKET_NACK)]);
  return [reply(response, datagram), { type: "ticket-refused", reason }];
}
