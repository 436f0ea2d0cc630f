/**
 * IKE_SESSION_RESUME of draft-sheffer-ipsec-failover-03, responder's side: two messages that both make the IKE SA and its Child SA (section 4.2), or
 * four where a cookie is asked for (section 4.2.2).
 *
 * @module
 */
import { wipe } from "../../../crypto/wipe.ts";
import { copyIdentity } from "../../../ticket/identity.ts";
import { NotifyType } from "../../../wire/constants.ts";
import type { Message } from "../../../wire/message.ts";
import type { Payload } from "../../../wire/payload.ts";
import { checkExchangeRules } from "../../../wire/rules.ts";
import { type SubsetKeys, subsetKeys, wipeSubsetKeys } from "../../ike_sa/subset_keys.ts";
import type { CookieJar } from "../../message/cookie.ts";
import { loneProtection, sealLoneMessage } from "../../message/lone_message.ts";
import { findNotify, findPayload, notify } from "../../message/notify.ts";
import { openMessage } from "../../message/protected_message.ts";
import { LaterAnswers, type Waiting } from "../../policy/later_answers.ts";
import type { ResumptionProfile } from "../../profiles/resumption_profile.ts";
import { isNonceLongEnough } from "../../states/first_exchange.ts";
import type { Datagram } from "../../steps/datagram.ts";
import type { Step } from "../../steps/step.ts";
import { type FirstAnswer, refuseFirst, responseHeader } from "../first_response.ts";
import { admittedByTicket } from "../ike_auth/responder_authentication.ts";
import { type GoodTicket, isWaitedOut, openPresented } from "../presented_ticket.ts";
import type { ResponderContext } from "../responder_context.ts";
import { acceptProtected } from "./acceptance.ts";

/**
 * HDR, Ni, N(TICKET_OPAQUE), [N+,] SK {[N(COOKIE),] IDi, [IDr,] [CP,] SAi2, TSi, TSr [, N(TICKET_REQUEST)]} → HDR, SK {IDr, Nr, [CP,] SAr2, TSi, TSr
 * [, N(TICKET_OPAQUE)]}, or HDR, SK {N(COOKIE)}, or N(TICKET_NACK) in clear, whatever is wrong.
 *
 * @param waiting is told while policy is waited for.
 * @param cookies makes cookies where they are asked for.
 */
export function* respondToProtected(
  message: Message,
  datagram: Datagram,
  profile: ResumptionProfile,
  waiting: Waiting,
  cookies: CookieJar | false,
  context: ResponderContext,
): Step<FirstAnswer> {
  const { nack, presented: presentedIn } = profile.notifies;
  const refuse = (reason: string, fault?: unknown) => refuseFirst(message, nack, reason, fault);
  const nonce = findPayload(message.payloads, "Nonce")?.nonce;
  const ticket = presentedIn(message.payloads);
  if (!nonce || !ticket) return refuse("malformed");
  const presented = yield* openPresented(ticket, profile.ticketFormat, message.header.initiatorSpi, datagram, waiting, context);
  if ("reason" in presented) {
    if (isWaitedOut(presented, context.configuration)) return { kind: "dropped", reason: presented.reason };
    return refuse(presented.reason, presented.fault);
  }
  const { suite, state: { skD } } = presented;
  let keys: SubsetKeys | undefined;
  try {
    if (!isNonceLongEnough(nonce.length, suite)) return refuse("nonce-too-short");
    keys = yield* subsetKeys(suite, skD, nonce);
    const opened = yield* openMessage(loneProtection(keys, suite, "responder"), message);
    // Who presents it does not know its SK_d.
    if (opened === undefined) return refuse("not-authentic");
    if (!opened.ok || checkExchangeRules(profile.presentation.rules, false, true, opened.value)) return refuse("malformed");
    const request = { message, datagram, profile, presented, nonce, keys, payloads: opened.value };
    return (yield* challenge(request, cookies, context)) ?? (yield* answer(request, waiting, context)) ??
      refuse("not-admitted");
  } finally {
    wipe(skD);
    if (keys) wipeSubsetKeys(keys);
  }
}

/** A request that opened under the keys of its ticket: it was made by the client, if perhaps not now. */
export interface AuthenticRequest {
  readonly message: Message;
  readonly datagram: Datagram;
  readonly profile: ResumptionProfile;
  readonly presented: GoodTicket;
  /** Ni. */
  readonly nonce: Uint8Array;
  readonly keys: SubsetKeys;
  /** Those inside SK. */
  readonly payloads: readonly Payload[];
}

/**
 * HDR, SK {N(COOKIE)}, unless a good one came. Nothing is kept. The cookie does not depend on the address, so that of one request, wherever it is sent
 * from, there is one answer for as long as a secret of cookies lasts: see `message/lone_message.ts`.
 */
function* challenge(
  { message: { header }, presented: { suite }, nonce, keys, payloads }: AuthenticRequest,
  cookies: CookieJar | false,
  { now }: ResponderContext,
): Step<FirstAnswer | undefined> {
  if (cookies === false) return undefined;
  const content = { nonce, initiatorSpi: header.initiatorSpi };
  const cookie = findNotify(payloads, NotifyType.COOKIE)?.data;
  if (cookie && (yield* cookies.isValid(cookie, content, now))) return undefined;
  const asked = [notify(NotifyType.COOKIE, yield* cookies.make(content, now))];
  return {
    kind: "challenged",
    response: yield* sealLoneMessage(keys, suite, "responder", responseHeader(header, 0n), [], asked),
  };
}

/** `undefined`: the client may not come in. */
function* answer(request: AuthenticRequest, waiting: Waiting, context: ResponderContext): Step<FirstAnswer | undefined> {
  const { presented, payloads, profile, datagram: { remote } } = request;
  const claimed = findPayload(payloads, "IDi");
  if (claimed === undefined) return undefined;
  const initiatorId = copyIdentity(claimed);
  const policy = new LaterAnswers(context.configuration, true, waiting);
  const client = yield* policy.ask((configuration) =>
    admittedByTicket(presented, initiatorId, payloads, remote, profile, { ...context, configuration })
  );
  if (client === undefined) return undefined;
  yield* policy.askForSelectors(client.items.eapIdentity ?? initiatorId);
  if (context.revokedIdentities.has(presented.state)) return undefined;
  return yield* acceptProtected(request, client, { ...context, configuration: policy.configuration });
}
