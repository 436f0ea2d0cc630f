import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { notify } from "../../../src/ike/message/notify.ts";
import { redirect } from "../../../src/ike/message/redirect_notifies.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import type { Header } from "../../../src/wire/header.ts";
import { effectsOf } from "../../simulation/simulation.ts";
import { added, type Change, KnowingGateway, NONCE, scene, UNKNOWN } from "./knowing_gateway.ts";
import type { TwinClients } from "./twin_clients.ts";

/** What stands in heads of answers that are none. What is sealed is authentic under such a head. */
const HEADS: readonly (readonly [string, Partial<Header>])[] = [
  ["that it is a request", { isResponse: false }],
  ["that it is the initiator's", { fromInitiator: true }],
  ["message ID 2", { messageId: 2 }],
  ["message ID 2^32 - 1", { messageId: 0xffff_ffff }],
  ["another exchange", { exchangeType: ExchangeType.INFORMATIONAL }],
  ["IKE_SA_INIT", { exchangeType: ExchangeType.IKE_SA_INIT }],
  ["no SPI of a responder", { responderSpi: 0n }],
];

test("[R-9.4-1] a message whose head is not that of the answer is none, whoever has sealed it, and the answer brings the client up after it", async () => {
  for (const [name, head] of HEADS) {
    const { crowd, gateway } = await scene(2);
    const begun = await crowd.start();
    assert.deepEqual(await crowd.deliver(await new KnowingGateway(crowd).resumed(begun, undefined, head)), [], name);
    const sent = await crowd.deliver(await gateway.resumed(begun));
    await crowd.deliver(await gateway.authenticated(sent));
    assertBack(crowd, name);
  }
  for (const [name, head] of [...HEADS, ["another SPI of a responder", { responderSpi: 0x9999n }]] as const) {
    const { crowd, gateway } = await scene(2);
    const sent = await crowd.deliver(await gateway.resumed(await crowd.start()));
    assert.deepEqual(await crowd.deliver(await gateway.authenticated(sent, undefined, undefined, head)), [], name);
    for (const { effects } of crowd.clients) assert.deepEqual(effectsOf(effects, "ike-sa-up"), [], name);
    await crowd.deliver(await gateway.authenticated(sent));
    assertBack(crowd, name);
  }
});

/** First answers that anyone on the path can make: nothing in them is signed. */
const FORGED: readonly (readonly [string, Change])[] = [
  ["another nonce", () => [NONCE]],
  ["a nonce of 16 octets", () => [{ type: "Nonce", nonce: new Uint8Array(16) }]],
  ["a nonce of 256 octets", () => [{ type: "Nonce", nonce: new Uint8Array(256) }]],
  ["TICKET_NACK", () => [notify(NotifyType.TICKET_NACK)]],
  ["TICKET_NACK behind a nonce", added(notify(NotifyType.TICKET_NACK))],
  ["NO_PROPOSAL_CHOSEN", () => [notify(NotifyType.NO_PROPOSAL_CHOSEN)]],
  ["an error behind a nonce", added(notify(NotifyType.INVALID_SYNTAX))],
  ["COOKIE", () => [notify(NotifyType.COOKIE, new Uint8Array(8).fill(1))]],
  ["REDIRECT", (payloads) => [redirect("192.0.2.9", payloads[0].type === "Nonce" ? payloads[0].nonce : undefined)]],
  ["two nonces", added(NONCE)],
  ["nothing", () => []],
  ["a critical payload that nobody knows", added({ ...UNKNOWN, critical: true })],
  ["a payload that nobody knows", added({ ...UNKNOWN, critical: false })],
  [
    "a NAT",
    added(
      notify(NotifyType.NAT_DETECTION_SOURCE_IP, new Uint8Array(20)),
      notify(NotifyType.NAT_DETECTION_DESTINATION_IP, new Uint8Array(20)),
    ),
  ],
  ["one end of a NAT detection", added(notify(NotifyType.NAT_DETECTION_SOURCE_IP, new Uint8Array(20)))],
  [
    "that it knows of fragments, twice",
    added(notify(NotifyType.IKEV2_FRAGMENTATION_SUPPORTED), notify(NotifyType.IKEV2_FRAGMENTATION_SUPPORTED)),
  ],
];

test("[R-9.4-1] a forged answer, whatever it says, does not end a resumption: the gateway's own, which comes after it, is tried, and brings the client up", async () => {
  for (const [name, change] of FORGED) {
    for (const isInOneWave of [false, true]) {
      const { crowd, gateway } = await scene(2);
      const begun = await crowd.start();
      const forged = await new KnowingGateway(crowd).resumed(begun, change);
      const right = await gateway.resumed(begun);
      const sent = isInOneWave
        ? await crowd.deliver([...forged, ...right])
        : [...await crowd.deliver(forged), ...await crowd.deliver(right)];
      // All of them reach the gateway, which can open those to its own answer.
      await crowd.deliver(await gateway.authenticated(await gateway.ownOf(sent)));
      for (const { effects } of crowd.clients) {
        assert.deepEqual(effectsOf(effects, "ike-sa-up").map(({ resumed }) => resumed), [true], name);
        assert.deepEqual(effectsOf(effects, "resumption-failed"), [], name);
      }
      assert.deepEqual(crowd.faults, [], name);
    }
  }
});

test("[R-9.4-1] whatever stands in an answer to IKE_AUTH that is not authentic, however short it is, the gateway's own brings the client up after it", async () => {
  const forgery = fc.record({ inner: fc.uint8Array({ maxLength: 80 }), firstPayload: fc.nat(255), isTwice: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(forgery, async ({ inner, firstPayload, isTwice }) => {
      const { crowd, gateway } = await scene(3);
      const sent = await crowd.deliver(await gateway.resumed(await crowd.start()));
      const right = await gateway.authenticated(sent);
      const forged = right.map((datagram) => ({ ...datagram, octets: unsealed(datagram.octets, firstPayload, inner) }));
      await crowd.deliver(isTwice ? [...forged, ...forged] : forged);
      await crowd.deliver(right);
      for (const { effects } of crowd.clients) {
        assert.deepEqual(effectsOf(effects, "ike-sa-up").map(({ resumed }) => resumed), [true]);
      }
      assert.deepEqual(crowd.faults, []);
    }),
    { numRuns: 40 },
  );
});

function assertBack({ clients, faults }: TwinClients, name: string): void {
  for (const { effects } of clients) {
    assert.deepEqual(effectsOf(effects, "ike-sa-up").map(({ resumed }) => resumed), [true], name);
  }
  assert.deepEqual(faults, [], name);
}

/** A message of the same header, whose SK payload nobody has sealed. */
function unsealed(message: Uint8Array, firstPayload: number, inner: Uint8Array): Uint8Array {
  const octets = Uint8Array.of(...message.subarray(0, 32), ...inner);
  const view = new DataView(octets.buffer);
  view.setUint32(24, octets.length);
  octets[28] = firstPayload;
  view.setUint16(30, octets.length - 28);
  return octets;
}
