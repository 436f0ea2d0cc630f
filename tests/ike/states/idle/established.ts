/**
 * An IKE SA that is up, as nearly all are.
 *
 * @module
 */
import { TICKET_AES_256_GCM } from "../../../../src/crypto/registry.ts";
import { ConcealedKeys } from "../../../../src/ike/child_sa/concealed_keys.ts";
import { addressRangeSelector, anyIpv4Selector } from "../../../../src/ike/child_sa/traffic_selectors.ts";
import { cutKeys } from "../../../../src/ike/ike_sa/ike_sa_keys.ts";
import { defaultIkeProposals, offerIke } from "../../../../src/ike/ike_sa/proposals.ts";
import { sharedIkeSuiteOf } from "../../../../src/ike/ike_sa/shared_suites.ts";
import { RequestMark } from "../../../../src/ike/message/repeated_request.ts";
import type { Established } from "../../../../src/ike/states/established.ts";
import type { IkeSuite } from "../../../../src/ike/ike_sa/suite.ts";
import { newTicketSeries } from "../../../../src/ike/states/ticket_series.ts";
import { repeatableRandom, runSeed } from "../../../crypto/random.ts";
import { endpoint, fqdn } from "../../../simulation/simulation.ts";

const random = repeatableRandom(runSeed);
const [proposal] = offerIke(defaultIkeProposals());
export const suite: IkeSuite = sharedIkeSuiteOf({
  ...proposal,
  transforms: proposal.transforms.filter(({ transformType }, index, all) =>
    all.findIndex((other) => other.transformType === transformType) === index
  ),
})!;
export const LAST_REQUEST: Uint8Array = random.octets(200);

/** In place of SK_pi and of SK_pr. */
const ZEROS = new Uint8Array(32);

/** Drawn once: of a hundred thousand, nearly all the time would go by drawing them. */
const [KEYMAT, KEYS, LAST_RESPONSE] = [2 * 36, 32 + 2 * 36, 430].map((length) => random.octets(length));

export function established(changes: Partial<Established> = {}): Established {
  const spis = { initiatorSpi: 0x8111_2222_3333_4444n, responderSpi: 0xfedc_ba98_7654_3210n };
  const own = Uint8Array.of(198, 51, 100, 7);
  const keymat = KEYMAT.slice();
  return {
    waitsFor: "requests",
    side: "gateway",
    role: "responder",
    spis,
    suite,
    keys: cutKeys(Uint8Array.of(...KEYS, ...ZEROS, ...ZEROS), suite),
    sealed: { next: 3n },
    fragments: undefined,
    initiatorId: fqdn("client.example"),
    responderId: fqdn("gateway.example"),
    authentication: { method: 2, items: { authenticatedAtEpochSeconds: 1_700_000_000 } },
    heardAtMs: 1_234.5,
    silenceMs: 30_000,
    endsAtMs: 86_400_000,
    reauthenticateByMs: undefined,
    ticketSeries: { ...newTicketSeries(spis), nextSerial: 2 ** 32, count: 1, window: 7 },
    path: { local: endpoint("192.0.2.1", 500), remote: endpoint("198.51.100.7", 65_535), encapsulated: false },
    peerBehindNat: false,
    receiveWindow: {
      expectedId: 0xffff_ffff,
      lastRequest: RequestMark.of(LAST_REQUEST),
      lastResponse: LAST_RESPONSE.slice(),
      answeredAtMs: 1_000.25,
    },
    sendWindow: { nextId: 5 },
    childSas: [{
      inboundSpi: 0xffff_fff0,
      outboundSpi: 256,
      protection: TICKET_AES_256_GCM,
      extendedSequenceNumbers: true,
      ...ConcealedKeys.pair({ keymat, start: 0, isInboundFirst: true }, TICKET_AES_256_GCM),
      localSelectors: [anyIpv4Selector()],
      remoteSelectors: [addressRangeSelector(own, own)],
      udpEncapsulation: false,
    }],
    children: undefined,
    ...changes,
  };
}
