/**
 * EAP-MSCHAPv2 in IKE_AUTH, with a gateway that proves itself by a certificate.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadCertificates } from "../../src/certificates/options.ts";
import { loadMschapv2, type PasswordLookup } from "../../src/eap/mod.ts";
import { EapPeer } from "../../src/ike/authentication/eap/eap_peer.ts";
import { EapServer } from "../../src/ike/authentication/eap/eap_server.ts";
import { DEFAULT_EAP_LIMITS } from "../../src/ike/authentication/eap/eap_limits.ts";
import { identityOfNai } from "../../src/ike/authentication/eap/nai.ts";
import type { InitiatorOptions } from "../../src/ike/initiator.ts";
import type { ResponderOptions } from "../../src/ike/responder.ts";
import type { Step } from "../../src/ike/steps/step.ts";
import { IdType } from "../../src/wire/constants.ts";
import { authorityOf, credentialOf, issue } from "../certificates/authority.ts";
import { passwordHash } from "../../src/eap/mschapv2_keys.ts";
import { effectsOf, fqdn, Simulation } from "../simulation/simulation.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";
import { createTsProvider } from "../../src/crypto/ts/provider.ts";

const PASSWORDS: Readonly<Record<string, string>> = { "alice@example.org": "Ångström 🔑", bob: "secret" };
const known: PasswordLookup = (name) => PASSWORDS[name];

async function scene(
  user: string,
  password: string,
  { passwordOf = known, eap = {}, client = {} }: {
    readonly passwordOf?: PasswordLookup;
    readonly eap?: Partial<NonNullable<ResponderOptions["eap"]>>;
    readonly client?: Partial<InitiatorOptions>;
  } = {},
) {
  const random = new SeededRandom(7).octets;
  const method = await loadMschapv2(random);
  const authority = authorityOf();
  const gateway = issue({ subject: "Gateway", names: [{ dNSName: "gateway.example" }] }, authority);
  const authorities = [authority.der];
  const simulation = new Simulation({
    provider: createTsProvider(),
    gateway: {
      presharedKeyOf: () => undefined,
      certificates: await loadCertificates({ authorities, credentials: [credentialOf(gateway)] }),
      eap: { methodFor: () => method.server(passwordOf), admits: () => true, ...eap },
    },
  });
  const one = simulation.addClient({
    identity: identityOfNai(user),
    presharedKey: undefined,
    certificates: await loadCertificates({ authorities }),
    eap: { method: () => method.peer(user, password) },
    ...client,
  });
  await simulation.start(one);
  await simulation.run(60_000);
  return { simulation, client: one };
}

for (const askIdentity of [false, true]) {
  for (const user of Object.keys(PASSWORDS)) {
    test(`[C-3.4] [C-3.5] ${user} comes up by EAP-MSCHAPv2, ${askIdentity ? "asked for an EAP identity first" : "not asked for an EAP identity"}, and policy knows the name as the method has it`, async () => {
      const admitted: number[] = [];
      const { simulation, client } = await scene(user, PASSWORDS[user], {
        eap: {
          askIdentity,
          admits: ({ idType, identification }) =>
            admitted.push(idType) > 0 && new TextDecoder().decode(identification) === user,
        },
      });
      const [up] = effectsOf(simulation.gatewayEffects, "ike-sa-up");
      assert.ok(up);
      assert.deepEqual(admitted, [user.includes("@") ? IdType.ID_RFC822_ADDR : IdType.ID_KEY_ID]);
      const [{ childSa }] = effectsOf(simulation.gatewayEffects, "child-sa-up");
      assert.deepEqual(childSa.inbound.encryptionKey, client.childSa.outbound.encryptionKey);
    });
  }
}

test("[C-3.5] policy goes by the name that the method has authenticated, whatever IDi says", async () => {
  const { simulation } = await scene("bob", PASSWORDS.bob, { client: { identity: fqdn("laptop.example") } });
  const [up] = effectsOf(simulation.gatewayEffects, "ike-sa-up");
  assert.deepEqual(up.eapIdentity, identityOfNai("bob"));
  assert.deepEqual(up.initiatorId, fqdn("laptop.example"));
});

test("passwords may be kept as their hashes, and asked for by a promise; what fails or throws refuses the client", async () => {
  const good: readonly PasswordLookup[] = [
    () => passwordHash("secret"),
    () => Promise.resolve("secret"),
    () => Promise.resolve(passwordHash("secret")),
  ];
  for (const passwordOf of good) {
    const { simulation } = await scene("bob", "secret", { passwordOf });
    assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-up").length, 1);
  }
  const bad: readonly PasswordLookup[] = [
    () => undefined,
    () => "",
    () => new Uint8Array(15),
    () => Promise.reject(new Error("no directory")),
    () => {
      throw new Error("no directory");
    },
  ];
  for (const passwordOf of bad) {
    const { simulation, client } = await scene("bob", "secret", { passwordOf });
    assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-up"), []);
    assert.equal(effectsOf(client.effects, "ike-sa-down")[0].reason, "authentication-failed");
  }
});

test("a wrong password, and a user whom nobody knows, are refused in the same words", async () => {
  for (const [user, password] of [["bob", "Secret"], ["bob", ""], ["carol", "secret"]]) {
    const { simulation, client } = await scene(user, password);
    assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-up"), []);
    assert.equal(effectsOf(simulation.gatewayEffects, "authentication-failed")[0].method, "eap");
    assert.equal(effectsOf(client.effects, "ike-sa-down")[0].reason, "authentication-failed");
  }
});

test("a client that knows no such method says so by a legacy Nak, and comes to nothing", async () => {
  const other = { type: 4, respond: () => run(), finish: () => undefined };
  const { simulation } = await scene("bob", "secret", { client: { eap: { method: () => other } } });
  assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-up"), []);
});

// deno-lint-ignore require-yield -- it is never asked.
function* run(): Step<undefined> {
  return undefined;
}

test("whatever a client answers a challenge with, the conversation fails and nothing throws", async () => {
  const { server } = await loadMschapv2(new SeededRandom(3).octets);
  const right = async () => {
    const peer = (await loadMschapv2(new SeededRandom(4).octets)).peer("bob", "secret");
    const method = server(known);
    const begun = method.begin().next();
    assert.ok(begun.done && begun.value.kind === "request");
    const answered = peer.respond(begun.value.typeData).next();
    assert.ok(answered.done && answered.value);
    return { method, answer: answered.value };
  };
  const { method, answer } = await right();
  assert.equal(ended(method.respond(answer)).kind, "request");
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.tuple(fc.nat(answer.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, difference]) => {
      const altered = answer.slice();
      altered[at] ^= difference;
      return altered;
    }),
    fc.nat(answer.length - 1).map((length) => answer.slice(0, length)),
  );
  await fc.assert(
    fc.asyncProperty(hostile, async (octets) => {
      const { method, answer } = await right();
      const outcome = ended(method.respond(octets));
      // Reserved octets and flags mean nothing.
      const differs = octets.length !== answer.length || octets.some((octet, at) => octet !== answer[at] && !isReserved(at));
      if (differs) assert.equal(outcome.kind, "failure");
    }),
    { numRuns: 200 },
  );
});

function isReserved(at: number): boolean {
  return at >= 21 && at < 29 || at === 53;
}

function ended<T>(step: Step<T>): T {
  const progress = step.next();
  assert.ok(progress.done);
  return progress.value;
}

test("a client believes no Success that does not prove the password, and answers one challenge alone", async () => {
  const method = await loadMschapv2(new SeededRandom(5).octets);
  const server = method.server(() => "another");
  const peer = method.peer("bob", "secret");
  const begun = ended(server.begin());
  assert.ok(begun.kind === "request");
  assert.equal(peer.finish(), undefined);
  assert.ok(ended(peer.respond(begun.typeData)));
  assert.equal(ended(peer.respond(begun.typeData)), undefined);
  for (const text of ["S=", `S=${"0".repeat(40)}`, `S=${"0".repeat(40)} M=OK`, "M=OK"]) {
    const data = new TextEncoder().encode(text);
    const typeData = Uint8Array.of(3, 0, 0, 4 + data.length, ...data);
    assert.equal(ended(peer.respond(typeData)), undefined);
  }
  assert.equal(peer.finish(), undefined);
  assert.deepEqual(ended(peer.respond(Uint8Array.of(4, 0, 0, 4))), Uint8Array.of(4));
  assert.equal(peer.finish(), undefined);
});

test("an EAP identity that is asked for is answered, and anything else in its place fails", async () => {
  const { server, peer } = await loadMschapv2(new SeededRandom(6).octets);
  const began = () => {
    const gateway = new EapServer([server(known)], DEFAULT_EAP_LIMITS, 255, true);
    const turn = ended(gateway.begin());
    assert.deepEqual(turn, { kind: "request", message: Uint8Array.of(1, 255, 0, 5, 1) });
    return { gateway, turn };
  };
  const { gateway, turn } = began();
  const client = new EapPeer([peer("bob", "secret")], new TextEncoder().encode("bob"), DEFAULT_EAP_LIMITS);
  const answer = ended(client.receive(turn.message, () => true));
  assert.ok(answer.kind === "response");
  assert.deepEqual(answer.message, Uint8Array.of(2, 255, 0, 8, 1, 0x62, 0x6f, 0x62));
  const next = ended(gateway.respond(answer.message));
  assert.deepEqual([next.kind, next.message[1], next.message[4]], ["request", 0, 26]);
  for (
    const wrong of [
      Uint8Array.of(2, 255, 0, 5, 26),
      Uint8Array.of(2, 254, 0, 5, 1),
      Uint8Array.of(2, 255, 0, 6, 3, 26),
      new Uint8Array(0),
    ]
  ) {
    assert.equal(ended(began().gateway.respond(wrong)).kind, "failure");
  }
});
