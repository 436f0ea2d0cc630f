import assert from "node:assert/strict";
import { test } from "node:test";
import type { EapServerMethod } from "../../../src/ike/authentication/eap/eap_method.ts";
import { Responder, responderConfiguration, type ResponderOptions } from "../../../src/ike/responder.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import { runWave } from "../../../src/ike/steps/wave.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { NotifyType } from "../../../src/wire/constants.ts";
import { copyOf, upAndTicket } from "../../simulation/coming_back.ts";
import { eapClient, eapSimulation } from "../../simulation/eap_scene.ts";
import { HANDMADE_IDENTITY, HandmadeClient } from "../../simulation/handmade_client.ts";
import { notifyTypes } from "../../simulation/messages.ts";
import { effectsOf, fqdn, PRESHARED_KEY, Simulation } from "../../simulation/simulation.ts";

const BROKEN = new Error("the directory does not answer");
const broken = (): never => {
  throw BROKEN;
};
/** What programs without types return by mistake: all of it is truthy. */
const NO_ANSWERS = [Promise.resolve("yes"), Promise.reject(BROKEN), foreignPromise(), "yes", 1] as unknown[];
for (const answer of NO_ANSWERS) if (answer instanceof Promise) answer.catch(() => {});

/** Of another library, or another realm: no instance of this one's Promise. */
function foreignPromise(): PromiseLike<boolean> {
  const promise = Promise.reject(BROKEN);
  return { then: (onValue, onFault) => promise.then(onValue, onFault) };
}

/** A simulation whose gateway is asked by functions of the test's, and what the gateway's owner is told of them. */
async function withHooks(hooks: Partial<ResponderOptions>) {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  return { simulation, faults: install(simulation, hooks) };
}

function install(simulation: Simulation, hooks: Partial<ResponderOptions>): string[] {
  const faults: string[] = [];
  const { ticketKeys } = simulation;
  const identity = fqdn("gateway.example");
  simulation.gateway = new Responder(
    responderConfiguration({ identity, presharedKeyOf: () => PRESHARED_KEY, ticketKeys, ...hooks }),
    simulation.random.octets,
    { onHookFault: (hook) => faults.push(hook) },
  );
  return faults;
}

test("a lookup of a shared key that throws, or finds what is no key, refuses its client, and not the one in the same wave", async () => {
  const lookups = [broken, ...NO_ANSWERS.map((answer) => () => answer as Uint8Array)];
  for (const lookup of lookups) {
    let asked = 0;
    const { simulation, faults } = await withHooks({ presharedKeyOf: () => ++asked === 1 ? lookup() : PRESHARED_KEY });
    const [unlucky, lucky] = [new HandmadeClient(simulation), new HandmadeClient(simulation)];
    const requests: Uint8Array[] = [];
    for (const client of [unlucky, lucky]) {
      requests.push(await client.authRequest(await client.init(), { initiatorId: HANDMADE_IDENTITY }));
    }
    const [ofUnlucky, ofLucky] = await runWave(
      requests.map((octets) => simulation.gateway.receive(unlucky.datagram(octets), simulation.now)),
      simulation.services,
    );
    assert.deepEqual(effectsOf(ofUnlucky, "ike-sa-down").map(({ reason }) => reason), ["authentication-failed"]);
    assert.equal(effectsOf(ofUnlucky, "send").length, 1, "the refusal of any wrong key");
    assert.equal(effectsOf(ofLucky, "ike-sa-up").length, 1);
    assert.deepEqual(faults, ["presharedKeyOf"]);
  }
});

test("policy that throws, or gives what is no word, lets nobody in", async () => {
  const answers = [broken, ...NO_ANSWERS.map((answer) => () => answer as Record<string, never>)];
  for (const authorize of [...answers, () => ({ permittedAddresses: ["no address"] })]) {
    const { simulation, faults } = await withHooks({ authorize });
    const client = new HandmadeClient(simulation);
    const request = await client.authRequest(await client.init(), { initiatorId: HANDMADE_IDENTITY });
    const { effects } = await client.deliver(request);
    assert.deepEqual(downs(effects), ["authentication-failed"]);
    assert.deepEqual(faults, ["authorize"]);
  }
});

test("policy that throws at a ticket, or answers neither true nor false, refuses it", async () => {
  for (
    const answer of [
      broken,
      ...NO_ANSWERS.map((answer) => () => answer as boolean),
      () => undefined as unknown as boolean,
    ]
  ) {
    const { simulation, client } = await upAndTicket();
    const faults = install(simulation, { authorizeResumption: answer });
    const handmade = new HandmadeClient(simulation);
    const { replies: [reply], effects } = await handmade.deliver(
      handmade.resumeRequest(copyOf(client.ticket).ticket, simulation.random.octets(32)),
    );
    assert.deepEqual(notifyTypes(reply.payloads), [NotifyType.TICKET_NACK]);
    assert.deepEqual(effectsOf(effects, "ticket-refused").map(({ reason }) => reason), ["not-authorized"]);
    assert.deepEqual(faults, ["authorizeResumption"]);
  }
});

test("a form of resumption that cannot be told resumes nobody", async () => {
  for (const form of [broken, () => "rfc9999" as "rfc5723"]) {
    const { simulation, client } = await upAndTicket();
    const faults = install(simulation, { resumptionAuthenticationOf: form });
    const handmade = new HandmadeClient(simulation);
    const ticket = copyOf(client.ticket);
    const { effects } = await handmade.deliver(await handmade.authRequest(await handmade.resume(ticket), ticket));
    assert.deepEqual(downs(effects), ["authentication-failed"]);
    assert.deepEqual(faults, ["resumptionAuthenticationOf"]);
  }
});

const REQUEST = { kind: "request", typeData: new Uint8Array(4) } as const;
const METHODS: readonly (() => EapServerMethod)[] = [
  broken,
  () => ({ type: 4 }) as EapServerMethod,
  () => method({ begin: broken }),
  () => method({ respond: broken }),
  () => method({ begin: () => turn({ kind: "request", typeData: new Uint8Array(70_000) }) }),
  () => method({ respond: () => turn({ kind: "success", msk: "a key" as unknown as Uint8Array }) }),
  () => method({ respond: () => turn({ kind: "success", identity: "me" as never }) }),
  () => method({ respond: () => turn("fine" as never) }),
];

test("an EAP method that throws, or comes to what is no outcome, fails for its client", async () => {
  const provider = await loadProvider("ts");
  for (const methodFor of METHODS) {
    const simulation = eapSimulation({ provider, eap: { methodFor } });
    const client = await eapClient(simulation);
    assert.deepEqual(downs(simulation.gatewayEffects), ["authentication-failed"]);
    assert.deepEqual(effectsOf(client.effects, "ike-sa-down").length, 1, "the client is told");
    assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-up"), []);
  }
});

test("an identity that EAP's policy throws at, or says no word to, is not admitted", async () => {
  const provider = await loadProvider("ts");
  for (const admits of [broken, () => Promise.resolve("yes") as unknown as boolean]) {
    const simulation = eapSimulation({ provider, eap: { admits } });
    await eapClient(simulation);
    assert.deepEqual(downs(simulation.gatewayEffects), ["authentication-failed"]);
  }
});

function method(parts: Partial<EapServerMethod>): EapServerMethod {
  return { type: 254, begin: () => turn(REQUEST), respond: () => turn({ kind: "failure" }), ...parts };
}

// deno-lint-ignore require-yield
function* turn<T>(outcome: T): Generator<never, T, never> {
  return outcome;
}

function downs(effects: readonly Effect[]): string[] {
  return effectsOf(effects, "ike-sa-down").map(({ reason }) => reason);
}
