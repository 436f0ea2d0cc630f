/**
 * Breaks of Child SAs that CREATE_CHILD_SA makes.
 *
 * @module
 */
import type { Break } from "./break.ts";

export const CHILD_SA_BREAKS: readonly Break[] = [
  {
    rows: ["C-4.1"],
    within: "src/ike/exchanges/create_child_sa/child_initiator.ts",
    before: "attempt.retries === MAXIMUM_RETRIES",
    after: "attempt.retries === 0",
    what: "INVALID_KE_PAYLOAD for a Child SA leads to no retry",
  },
  {
    rows: ["C-4.1"],
    within: "src/ike/exchanges/create_child_sa/child_responder.ts",
    before: "if (!hasRoom(state, old, rules.limit)) return refuse(NotifyType.NO_ADDITIONAL_SAS);",
    after: "if (!old) return refuse(NotifyType.NO_ADDITIONAL_SAS);",
    what: "NO_ADDITIONAL_SAS to every additional Child SA",
  },
  {
    rows: ["C-4.12"],
    within: "src/ike/exchanges/create_child_sa/child_orders.ts",
    before: "remotePolicy ? narrow(traffic.remoteSelectors, remotePolicy) : traffic.remoteSelectors",
    after: "traffic.remoteSelectors",
    what: "an initiator offers selectors that its own policy does not allow",
  },
  {
    rows: ["C-5.4"],
    within: "src/ike/exchanges/create_child_sa/child_responder.ts",
    before: "childSas.find(({ outboundSpi }) => outboundSpi === named)",
    after: "childSas.find(({ inboundSpi }) => inboundSpi === named)",
    what: "REKEY_SA is taken to name the receiver's inbound SPI",
  },
  {
    rows: ["C-5.11.1"],
    within: "src/ike/exchanges/informational/responder.ts",
    before: "gone.filter((childSa) => !isOurs(childSa))",
    after: "gone.filter((childSa) => !isOurs(childSa) || true)",
    what: "a DELETE of a Child SA that this end is deleting itself gets the other half",
  },
  {
    rows: ["C-5.11.3"],
    within: "src/ike/exchanges/create_child_sa/child_outcome.ts",
    before: "crossing !== undefined && lowerNonce(crossing.lowestNonce, lowestNonce) === lowestNonce",
    after: "crossing !== undefined && lowerNonce(crossing.lowestNonce, lowestNonce) !== lowestNonce",
    what: "of two Child SAs made at once the one with the lowest nonce stays",
  },
  {
    rows: ["C-5.11.6"],
    within: "src/ike/exchanges/create_child_sa/child_outcome.ts",
    before: "if (!denied.includes(childSa.outboundSpi)) return",
    after: "if (denied.length < 100) return",
    what: "a Child SA that the peer deleted before its answer came stays",
  },
  {
    rows: ["C-5.11.7"],
    within: "src/ike/exchanges/create_child_sa/child_responder.ts",
    before: "return refusal(denying(state, spi), {",
    after: "return refusal(state, {",
    what: "a Child SA that the peer gave up, since it was not known yet, stays",
  },
  {
    rows: ["C-5.11.8"],
    within: "src/ike/exchanges/create_child_sa/responder.ts",
    before: 'const isBusy = outstanding?.purpose === "child" ||',
    after: "const isBusy =",
    what: "an IKE SA is rekeyed while a Child SA of it is half made",
  },
  {
    rows: ["C-5.11.5", "C-5.11.10"],
    within: "src/ike/exchanges/create_child_sa/child_responder.ts",
    before: "if (old && (isBeingClosed(state, old.inboundSpi) || isGoneOnWith",
    after: "if (old && (isGoneOnWith",
    what: "a Child SA that is being deleted is rekeyed",
  },
  {
    rows: ["C-4.5"],
    within: "src/ike/child_sa/child_sa_traits.ts",
    before: "isSaid(ESP_TFC_PADDING_NOT_SUPPORTED) && {",
    after: "!wanted.tfcPadding && isSaid(ESP_TFC_PADDING_NOT_SUPPORTED) && {",
    what: "a peer that takes no TFC padding gets it, unless this end takes none either",
  },
  {
    rows: ["C-4.6"],
    within: "src/ike/child_sa/child_sa_traits.ts",
    before: "wanted.nonFirstFragments && isSaid(NON_FIRST_FRAGMENTS_ALSO)",
    after: "wanted.nonFirstFragments",
    what: "an end that wants fragments has them, whatever its peer says",
  },
  {
    rows: ["C-4.8"],
    within: "src/ike/child_sa/traffic_selectors.ts",
    before: "if (isOpaque(inner)) return isOpaque(outer) || isAnyPort(outer);",
    after: "if (isOpaque(inner)) return isOpaque(outer);",
    and: [{
      within: "src/ike/child_sa/traffic_selectors.ts",
      before: "(isOpaque(a) || isAnyPort(a)) && (isOpaque(b) || isAnyPort(b))",
      after: "isOpaque(a) && isOpaque(b)",
    }],
    what: "a selector with OPAQUE ports is not within one with any",
  },
  {
    rows: ["C-4.11"],
    within: "src/ike/exchanges/ike_auth/remote_selectors.ts",
    before: "return isCut ? [notify(NotifyType.ADDITIONAL_TS_POSSIBLE)] : [];",
    after: "return isCut ? [notify(NotifyType.SINGLE_PAIR_REQUIRED)] : [];",
    what: "a gateway that grants a part says SINGLE_PAIR_REQUIRED",
  },
  {
    rows: ["C-5.1"],
    within: "src/ike/exchanges/create_child_sa/child_initiator.ts",
    before: "protocolId: ProtocolId.ESP, spi: espSpiOctets(task.inboundSpi)",
    after: "protocolId: ProtocolId.ESP, spi: espSpiOctets(task.inboundSpi ^ 1)",
    what: "REKEY_SA names another SPI than the initiator's inbound one",
  },
  {
    rows: ["C-5.2"],
    within: "src/ike/exchanges/ike_auth/configuration_reply.ts",
    before: "holder === predecessor || isSameClient(",
    after: "holder === predecessor || false && isSameClient(",
    what: "a client that proves itself anew gets another inner address",
  },
  {
    rows: ["C-5.2"],
    within: "src/client/client.ts",
    before: "const isOnly = !isAnyActive(name);",
    after: "const isOnly = true || !isAnyActive(name);",
    what: "a client that proves itself anew says INITIAL_CONTACT",
  },
  {
    rows: ["C-7.3"],
    within: "src/ike/exchanges/requests.ts",
    before: "if (outstanding) {",
    after: 'if (outstanding && purpose !== "rekey") {',
    what: "a request is sent while another waits for its answer",
  },
];
