/**
 * Breaks of the two drafts.
 *
 * @module
 */
import type { Break } from "./break.ts";

export const PROFILE_BREAKS: readonly Break[] = [
  {
    rows: ["B-4.2.1-2"],
    within: "src/ike/message/lone_message.ts",
    before: "data: [associatedData, inner.octets]",
    after: "data: [associatedData.subarray(0, 8)]",
    what: "the IV of two answers to one first message is the same",
  },
  {
    rows: ["B-7.8-1"],
    within: "src/ike/exchanges/protected_resume/acceptance.ts",
    before: "isUnconfirmed: true,",
    after: "",
    what: "a replayed first message takes the inner address of the IKE SA that is up",
  },
  {
    rows: ["B-4.2.2-2"],
    within: "src/ike/exchanges/protected_resume/responder.ts",
    before: "const cookie = findNotify(payloads, NotifyType.COOKIE)?.data;",
    after: "const cookie = findNotify([...payloads, ...request.message.payloads], NotifyType.COOKIE)?.data;",
    and: [{
      within: "src/ike/exchanges/protected_resume/responder.ts",
      before: "  { message: { header }, presented: { suite }, nonce, keys, payloads }: AuthenticRequest,",
      after: "  request: AuthenticRequest,",
    }, {
      within: "src/ike/exchanges/protected_resume/responder.ts",
      before: "if (cookies === false) return undefined;",
      after:
        "if (cookies === false) return undefined;\n  const { message: { header }, presented: { suite }, nonce, keys, payloads } = request;",
    }],
    what: "a cookie in clear does as well",
  },
  {
    rows: ["B-5-1"],
    within: "src/ike/profiles/failover_03.ts",
    before: "bindsResponderId: false,",
    after: "bindsResponderId: true,",
    what: "IDr is the ticket's, also at another gateway",
  },
  {
    rows: ["B-4.6-1"],
    within: "src/ike/profiles/failover_03.ts",
    before: "skeyseedData: (nonces) => [nonces],",
    after: "skeyseedData: (nonces) => [nonces, nonces],",
    what: "SKEYSEED rests on the nonces twice, at both ends",
  },
  {
    rows: ["B-4.5-1"],
    within: "src/ike/profiles/gateway_list.ts",
    before: "if (reader.error || length > reader.remaining) return undefined;",
    after: "if (reader.error || length > reader.remaining) break;",
    what: "what stands before the cut of a list is believed",
  },
  {
    rows: ["A-3.4-1"],
    within: "src/ike/profiles/resumption_00.ts",
    before: "skeyseedData: (nonces) => [nonces, FIRST_BLOCK],",
    after: "skeyseedData: (nonces) => [nonces],",
    what: "SKEYSEED is prf, not prf+, at both ends",
  },
  {
    rows: ["A-3.2-5"],
    within: "src/ike/exchanges/ike_auth",
    before: "const childNonces = piggyback && childNoncesOf(payloads, context);",
    after: "const childNonces = piggyback && undefined;",
    what: "the Child SA rests on the nonces of the IKE SA",
  },
  {
    rows: ["A-3.3-1"],
    within: "src/ike/profiles/resumption_00.ts",
    before: 'one.type === "N" && one.notifyType === ticketType && one.data[0] === subtype',
    after: 'one.type === "N" && one.notifyType === ticketType && (one.data[0] === subtype || one.data[0] > 4)',
    what: "reserved subtypes say what others do",
  },
  {
    rows: ["A-4.3-1"],
    within: "src/ike/profiles/resumption_00.ts",
    before: "const MOST_LIFETIME_SECONDS = 86_399;",
    after: "const MOST_LIFETIME_SECONDS = 864_000;",
    what: "a ticket lives for days",
  },
];
