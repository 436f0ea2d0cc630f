/**
 * What AUTH of each end covers: the same at both ends (RFC 7296, section 2.15; RFC 9242, section 3.3.2).
 *
 * @module
 */
import type { Identity } from "../../../ticket/identity.ts";
import type { SignedContent } from "../../authentication/signed_content.ts";
import type { IkeSaKeys } from "../../ike_sa/ike_sa_keys.ts";
import type { FirstExchange } from "../../states/first_exchange.ts";
import { intAuthOf } from "../../states/intermediate.ts";

/** What the client's AUTH covers. */
export function initiatorContent(first: FirstExchange, { skPi }: IkeSaKeys, identity: Identity): SignedContent {
  const { suite, initiatorMessage, nonces, intermediate } = first;
  const intAuth = intAuthOf(intermediate);
  return { prf: suite.prf, skP: skPi, realMessage: initiatorMessage, peerNonce: nonces.responderNonce, identity, intAuth };
}

/** What the gateway's AUTH covers. */
export function responderContent(first: FirstExchange, { skPr }: IkeSaKeys, identity: Identity): SignedContent {
  const { suite, responderMessage, nonces, intermediate } = first;
  const intAuth = intAuthOf(intermediate);
  return { prf: suite.prf, skP: skPr, realMessage: responderMessage, peerNonce: nonces.initiatorNonce, identity, intAuth };
}
