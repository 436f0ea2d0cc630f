/**
 * What a client makes of the answer to IKE_AUTH after IKE_SESSION_RESUME, whose every payload is made by hand.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { authenticate } from "../../../../src/ike/authentication/signed_content.ts";
import { anyIpv4Selector } from "../../../../src/ike/child_sa/traffic_selectors.ts";
import { keysFromTicket } from "../../../../src/ike/ike_sa/ike_sa_keys.ts";
import { noncePair } from "../../../../src/ike/ike_sa/nonces.ts";
import { chooseEsp, defaultEspProposals } from "../../../../src/ike/ike_sa/proposals.ts";
import { ikeSuiteOf } from "../../../../src/ike/ike_sa/suite.ts";
import { findNotify, findPayload } from "../../../../src/ike/message/notify.ts";
import type { Effect } from "../../../../src/ike/states/effect.ts";
import type { Identity } from "../../../../src/ticket/identity.ts";
import { AuthenticationMethod, CertificateEncoding, ExchangeType, IdType, NotifyType } from "../../../../src/wire/constants.ts";
import { encodeMessage } from "../../../../src/wire/message.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { copyOf, upAndTicket } from "../../../simulation/coming_back.ts";
import { HANDMADE_GATEWAY_ESP_SPI, HandmadeGateway } from "../../../simulation/handmade_gateway.ts";
import { effectsOf, fqdn } from "../../../simulation/simulation.ts";

const GATEWAY = fqdn("gateway.example");
const SHARED_KEY = AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE;

interface Changes {
  readonly method?: number;
  readonly identity?: Identity;
  readonly add?: readonly Payload[];
}

/** A client without a required gateway presents a ticket; the answer is right but for the changes, AUTH over what it says included. */
async function answerTo({ method = SHARED_KEY, identity = GATEWAY, add = [] }: Changes = {}): Promise<{
  readonly effects: readonly Effect[];
  readonly request: readonly Payload[];
}> {
  const { simulation, client } = await upAndTicket();
  const ticket = copyOf(client.ticket);
  const again = simulation.addClient(
    { identity: ticket.initiatorId, peerIdentity: undefined, initialContact: true },
    copyOf(ticket),
  );
  const gateway = new HandmadeGateway(simulation, again);
  await simulation.start(again);
  const { header, payloads } = gateway.received;
  const suite = ikeSuiteOf(ticket.proposal)!;
  const spis = { initiatorSpi: header.initiatorSpi, responderSpi: 0x2000n };
  const nonces = noncePair(findPayload(payloads, "Nonce")!.nonce, simulation.random.octets(32));
  const keys = await gateway.run(keysFromTicket(suite, ticket.skD, nonces, spis));
  const response = encodeMessage(
    { ...spis, exchangeType: ExchangeType.IKE_SESSION_RESUME, fromInitiator: false, isResponse: true, messageId: 0 },
    [{ type: "Nonce", nonce: nonces.responderNonce }],
  );
  await gateway.deliver(response);
  const answered = { suite, spis, nonces, keys, response };
  const request = await gateway.open(answered, gateway.received);
  const data = await gateway.run(authenticate({ kind: "resumption", form: "rfc5723" }, {
    prf: suite.prf,
    skP: keys.skPr,
    realMessage: response,
    peerNonce: nonces.initiatorNonce,
    identity,
  }));
  const effects = await gateway.deliver(
    await gateway.seal(answered, [
      { type: "IDr", ...identity },
      ...add,
      { type: "AUTH", method, data },
      {
        type: "SA",
        proposals: [chooseEsp(findPayload(request, "SA")!.proposals, defaultEspProposals(), HANDMADE_GATEWAY_ESP_SPI)!],
      },
      { type: "TSi", selectors: [anyIpv4Selector()] },
      { type: "TSr", selectors: [anyIpv4Selector()] },
    ]),
  );
  return { effects, request };
}

test("[R-4.3.3-3] a client names the ticket's IDr when it resumes, though its configuration names none, and accepts that one", async () => {
  const { effects, request } = await answerTo();
  const { idType, identification } = findPayload(request, "IDr")!;
  assert.deepEqual([idType, [...identification]], [GATEWAY.idType, [...GATEWAY.identification]]);
  assert.equal(findPayload(request, "CERT"), undefined);
  assert.deepEqual(effectsOf(effects, "ike-sa-up").map(({ resumed }) => resumed), [true]);
});

test("[C-7.9] after a resumption there is no INITIAL_CONTACT: that replaces the old IKE SA and no other", async () => {
  const { request } = await answerTo();
  assert.equal(findNotify(request, NotifyType.INITIAL_CONTACT), undefined);
});

test("[R-4.3.3-5] [R-4.3.3-3] a client that resumes refuses another IDr than the ticket's, though AUTH covers it", async () => {
  const others = [fqdn("other.example"), { ...GATEWAY, idType: IdType.ID_KEY_ID }];
  for (const identity of others) assertRefused((await answerTo({ identity })).effects);
});

test("[R-4.3.3-5] [R-4.3.3-1] a client that resumes refuses AUTH of another method than shared key, with the right octets", async () => {
  for (const method of Object.values(AuthenticationMethod)) {
    if (method !== SHARED_KEY) assertRefused((await answerTo({ method })).effects);
  }
});

test("[R-4.3.3-5] a client that resumes refuses a certificate in the answer", async () => {
  const certificate: Payload = {
    type: "CERT",
    encoding: CertificateEncoding.X509_CERTIFICATE_SIGNATURE,
    certificate: Uint8Array.of(0x30, 0),
  };
  assertRefused((await answerTo({ add: [certificate] })).effects);
});

/** No IKE SA, and on to a full exchange. */
function assertRefused(effects: readonly Effect[]): void {
  assert.deepEqual(effectsOf(effects, "ike-sa-up"), []);
  assert.deepEqual(effectsOf(effects, "resumption-failed").map(({ reason }) => reason), ["refused"]);
}
