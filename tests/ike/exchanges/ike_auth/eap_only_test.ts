import assert from "node:assert/strict";
import { test } from "node:test";
import { type EapOnly, isEnoughAlone } from "../../../../src/ike/authentication/eap/eap_only.ts";
import { initiatorConfiguration, type InitiatorOptions } from "../../../../src/ike/initiator.ts";
import { findPayload, notify } from "../../../../src/ike/message/notify.ts";
import { responderConfiguration } from "../../../../src/ike/responder.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { TicketKeyRing } from "../../../../src/ticket/ticket_key_ring.ts";
import { NotifyType } from "../../../../src/wire/constants.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { assertSameKeys, comeBack, gatewayChildSa, resumptions } from "../../../simulation/coming_back.ts";
import { byEap, eapClient, type EapSceneOptions, eapSimulation } from "../../../simulation/eap_scene.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { HandmadeGateway } from "../../../simulation/handmade_gateway.ts";
import { notifyTypes } from "../../../simulation/messages.ts";
import { effectsOf, fqdn, PRESHARED_KEY, Simulation } from "../../../simulation/simulation.ts";
import { testEveryProvider } from "../../every_provider.ts";

/** The Type of the method that the simulation's ends speak. */
const EXPERIMENTAL: EapOnly = [255];
/** A gateway that has nothing to prove itself with but EAP. */
const WITHOUT_PROOF = { gatewayKey: undefined, exposeGatewayKeyToOfflineGuessing: undefined } as const;
const ASKS: Payload = notify(NotifyType.EAP_ONLY_AUTHENTICATION);

testEveryProvider(
  "by EAP alone (RFC 5998) a client and a gateway with neither certificate nor shared key come up, and the ticket resumes",
  async (provider) => {
    const simulation = eapSimulation({ provider, eap: { ...WITHOUT_PROOF, eapOnly: EXPERIMENTAL } });
    const client = await eapClient(simulation, {}, eapOnly(EXPERIMENTAL));
    assert.equal(client.initiator.waitsFor, "requests");
    assertSameKeys(client.childSa, gatewayChildSa(simulation));
    const again = await comeBack(simulation, client);
    assert.deepEqual(resumptions(again), [true]);
  },
);

test("a gateway that is asked for EAP alone sends neither AUTH nor CERT before the method is over (RFC 5998, section 3)", async () => {
  const { types } = await firstAnswer({ eap: { eapOnly: EXPERIMENTAL } }, [ASKS]);
  assert.deepEqual(types, ["IDr", "EAP"]);
});

test("a gateway proves itself first to a client that does not ask for EAP alone, and where policy or the method does not allow it", async () => {
  for (
    const [eapOnly, add] of [[EXPERIMENTAL, []], [undefined, [ASKS]], ["safe", [ASKS]], [[26], [ASKS]]] as const
  ) {
    const { types } = await firstAnswer({ eap: { eapOnly } }, add);
    assert.deepEqual(types, ["IDr", "AUTH", "EAP"]);
  }
});

test("a gateway that can prove itself by EAP alone refuses clients that do not ask for it, and methods that do not do", async () => {
  for (const [eapOnly, add] of [[EXPERIMENTAL, []], ["safe", [ASKS]], [[26], [ASKS]]] as const) {
    const { types, notifies } = await firstAnswer({ eap: { ...WITHOUT_PROOF, eapOnly } }, add);
    assert.deepEqual(types, ["N"]);
    assert.deepEqual(notifies, [NotifyType.AUTHENTICATION_FAILED]);
  }
});

test("a client asks for EAP alone only where it would do with it", async () => {
  for (const [options, isAsked] of [[{}, false], [{ eapOnly: EXPERIMENTAL }, true]] as const) {
    const { gateway, answered } = await withHandmadeGateway({ ...byEap({}, options), presharedKey: PRESHARED_KEY });
    const request = await gateway.open(answered, gateway.received);
    assert.equal(notifyTypes([...request]).includes(NotifyType.EAP_ONLY_AUTHENTICATION), isAsked);
  }
});

test("a client that did not ask for EAP alone answers no gateway that leaves out AUTH", async () => {
  const { gateway, answered } = await withHandmadeGateway({ ...byEap(), presharedKey: PRESHARED_KEY });
  const effects = await gateway.deliver(await gateway.seal(answered, [identity("gateway.example"), REQUEST]));
  assert.deepEqual(effectsOf(effects, "send"), []);
});

test("a client answers another gateway than the one it wants nothing, and believes no AUTH that is wrong, though EAP alone would do", async () => {
  const other = await withHandmadeGateway({ ...eapOnly(EXPERIMENTAL), peerIdentity: fqdn("gateway.example") });
  const effects = await other.gateway.deliver(
    await other.gateway.seal(other.answered, [identity("other.example"), REQUEST]),
  );
  assert.deepEqual(effectsOf(effects, "send"), []);

  const wrong = await withHandmadeGateway({ ...eapOnly(EXPERIMENTAL), presharedKey: new Uint8Array(16).fill(3) });
  const proof = await wrong.gateway.proof(wrong.answered);
  assert.deepEqual(
    effectsOf(await wrong.gateway.deliver(await wrong.gateway.seal(wrong.answered, [...proof, REQUEST])), "send"),
    [],
  );
});

test("of a method that does not prove the gateway a client tells nothing to one that has not proven itself, but that there is none", async () => {
  const { gateway, answered } = await withHandmadeGateway(eapOnly("safe"));
  await gateway.deliver(await gateway.seal(answered, [identity("gateway.example"), REQUEST]));
  const response = findPayload(await gateway.open(answered, gateway.received), "EAP");
  // Nak, and no method that would do: RFC 3748, section 5.3.1.
  assert.deepEqual([...response!.message], [2, 7, 0, 6, 3, 0]);
});

test("a client that runs EAP alone does not believe a gateway that has not the method's key", async () => {
  for (const isRight of [true, false]) {
    const { gateway, answered } = await withHandmadeGateway(eapOnly(EXPERIMENTAL));
    await gateway.deliver(await gateway.seal(answered, [identity("gateway.example"), REQUEST]));
    await gateway.deliver(
      await gateway.seal(answered, [{ type: "EAP", message: Uint8Array.of(3, 7, 0, 4) }], { messageId: 2 }),
    );
    const peer = byEap().eap.method();
    await gateway.run(peer.respond(new Uint8Array(16)));
    const presharedKey = isRight ? peer.finish()!.msk! : new Uint8Array(64);
    const [, auth] = await gateway.proof(answered, presharedKey);
    const effects = await gateway.deliver(await gateway.seal(answered, [auth], { messageId: 3 }));
    assert.equal(effectsOf(effects, "ike-sa-up").length, isRight ? 1 : 0);
  }
});

test("EAP-MSCHAPv2 does not prove a gateway unless it is named, EAP-TLS does", () => {
  assert.deepEqual([13, 26, 4, 255].map((type) => isEnoughAlone(type, "safe")), [true, false, false, false]);
  assert.deepEqual([13, 26].map((type) => isEnoughAlone(type, [26])), [false, true]);
  assert.equal(isEnoughAlone(13, undefined), false);
});

test("what a configuration names for EAP alone is checked, and neither end needs another proof then", () => {
  const gateway = {
    identity: fqdn("gateway.example"),
    ticketKeys: TicketKeyRing.generate((length) => new Uint8Array(length).fill(7), 0),
  };
  const eap = { methodFor: () => undefined, admits: () => true };
  assert.ok(responderConfiguration({ ...gateway, eap: { ...eap, eapOnly: "safe" } }));
  assert.throws(() => responderConfiguration({ ...gateway, eap }), /neither presharedKeyOf nor certificates/);
  const client = { identity: fqdn("a.example") };
  assert.ok(initiatorConfiguration({ ...client, ...eapOnly("safe") }));
  assert.throws(() => initiatorConfiguration({ ...client, ...byEap() }), /neither presharedKey nor certificates/);
  for (const wrong of [[], [3], [256], [4.5]]) {
    assert.throws(() => responderConfiguration({ ...gateway, eap: { ...eap, eapOnly: wrong } }), /EAP: eapOnly is/);
    assert.throws(() => initiatorConfiguration({ ...client, ...byEap({}, { eapOnly: wrong }) }), /EAP: eapOnly is/);
  }
});

/** A Request of the simulation's method. */
const REQUEST: Payload = { type: "EAP", message: Uint8Array.of(1, 7, 0, 21, 255, ...new Uint8Array(16)) };

function identity(name: string): Payload {
  return { type: "IDr", ...fqdn(name) };
}

/** A client without a shared key or certificates. */
function eapOnly(methods: EapOnly): Pick<InitiatorOptions, "eap" | "presharedKey"> {
  return { ...byEap({}, { eapOnly: methods }), presharedKey: undefined };
}

/** What a gateway answers the first IKE_AUTH request of a client without AUTH. */
async function firstAnswer(options: Omit<EapSceneOptions, "provider">, add: readonly Payload[]) {
  const handmade = new HandmadeClient(eapSimulation({ provider: await loadProvider("ts"), ...options }));
  const exchange = await handmade.init();
  const { replies: [reply] } = await handmade.deliver(await handmade.authRequest(exchange, undefined, { omit: ["AUTH"], add }));
  const answer = await handmade.open(exchange, reply);
  return { types: answer.map(({ type }) => type), notifies: notifyTypes([...answer]) };
}

async function withHandmadeGateway(options: Partial<InitiatorOptions>) {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient(options);
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  return { gateway, answered: await gateway.answerInit() };
}
