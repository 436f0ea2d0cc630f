import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { connect } from "../../src/client/client.ts";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { concealing } from "../../src/crypto/concealed.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { ChildSa } from "../../src/ike/child_sa/child_sa.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { initiatorConfiguration } from "../../src/ike/policy/initiator_configuration.ts";
import { responderConfiguration } from "../../src/ike/policy/responder_configuration.ts";
import { ClientTicketFile } from "../../src/store/client_ticket_file.ts";
import { MemoryClientTickets } from "../../src/store/memory_client_tickets.ts";
import { Passphrase } from "../../src/store/passphrase.ts";
import { loadOrCreateTicketKeyRing, readTicketKeys } from "../../src/store/ticket_key_file.ts";
import { createTicketMasterFile, readTicketMasters } from "../../src/store/ticket_master_file.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { EapChallengePeer } from "../simulation/eap_challenge.ts";
import { effectsOf } from "../simulation/simulation.ts";

const SHARED_KEY = new TextEncoder().encode("a shared key of these tests");
const EAP_KEY = new TextEncoder().encode("the gateway's key before EAP");

/** All that prints an object: what is asked of it goes from nothing to everything. */
const WAYS: Readonly<Record<string, (value: unknown) => string>> = {
  "inspect": (value) => inspect(value),
  "inspect with all depths and hidden properties": (value) =>
    inspect(value, { depth: 20, showHidden: true, maxArrayLength: null }),
  "inspect with getters": (value) => inspect(value, { depth: 20, showHidden: true, getters: true, maxArrayLength: null }),
  "inspect without what objects say": (value) => inspect(value, { depth: 20, customInspect: false, maxArrayLength: null }),
  "JSON": (value) => JSON.stringify(value, (_, inner) => typeof inner === "bigint" ? `${inner}` : inner) ?? "",
  ...("Deno" in globalThis && {
    "Deno.inspect": (value: unknown) => Deno.inspect(value),
    "Deno.inspect with all": (value: unknown) =>
      Deno.inspect(value, { depth: 20, showHidden: true, getters: true, iterableLimit: 10_000 }),
  }),
};

test("[R-9.7-1] whatever is printed of what a program has in hand, or turned to JSON, shows no key", async () => {
  const folder = mkdtempSync(join(tmpdir(), "printed-secrets-"));
  const effects: Effect[] = [];
  const onEffect = (effect: Effect) => void effects.push(effect);
  const [keyFile, masterFile] = ["keys", "masters"].map((name) => join(folder, name));
  const ticketKeys = loadOrCreateTicketKeyRing(keyFile, systemRandom, Math.floor(Date.now() / 1000));
  createTicketMasterFile(masterFile, systemRandom, "aes256gcm16");
  const responder = responderConfiguration({
    identity: parseIdentity("gateway.example"),
    presharedKeyOf: () => SHARED_KEY,
    ticketKeys,
    exposeKeys: true,
    eap: {
      methodFor: () => undefined,
      admits: () => true,
      gatewayKey: EAP_KEY,
      exposeGatewayKeyToOfflineGuessing: true,
    },
  });
  const options = { identity: parseIdentity("client@example.org"), presharedKey: SHARED_KEY, exposeKeys: true };
  const initiator = initiatorConfiguration(options);
  const byEap = initiatorConfiguration({ ...options, eap: { method: () => new EapChallengePeer({ secret: EAP_KEY }) } });
  const gateway = await Gateway.listen({ configuration: responder, addresses: ["127.0.0.1"], port: 0, natPort: 0, onEffect });
  try {
    const address = { address: "127.0.0.1", port: gateway.local[0].port, natPort: gateway.encapsulatedLocal[0].port };
    const tickets = new MemoryClientTickets();
    const passphrase = new Passphrase(SHARED_KEY);
    const session = await connect({ gateway: address, configuration: initiator, tickets, onEffect });
    assert.equal(await session.rekey(), true);
    const { ticket } = session;
    assert.ok(ticket);
    const keys = readTicketKeys(keyFile)!;
    const masters = readTicketMasters(masterFile);
    const things: Record<string, unknown> = {
      gateway,
      responder,
      initiator,
      byEap,
      session,
      ticket,
      tickets,
      ticketKeys,
      current: ticketKeys.current,
      allKeys: ticketKeys.keys,
      ofOpenKeys: new TicketKeyRing([{ ...ticketKeys.current }], systemRandom).keys,
      keys,
      masters,
      passphrase,
      file: new ClientTicketFile(join(folder, "ticket"), { passphrase }),
      childSa: session.childSa,
      childSas: new Map([[1, session.childSa]]),
      error: new Error("it failed", { cause: session.childSa }),
      ...Object.fromEntries(effects.map((effect, index) => [`${effect.type} ${index}`, effect])),
    };
    const ikeKeys = effectsOf(effects, "ike-sa-keys");
    assert.equal(ikeKeys.length, 4, "of two IKE SAs at both ends");
    const secrets: readonly Uint8Array[] = [
      SHARED_KEY,
      EAP_KEY,
      ticket.skD,
      ...ticketKeys.keys.map(({ key }) => key),
      ...masters.map(({ secret }) => secret),
      ...ikeKeys.flatMap((effect) => Object.values(effect.keys) as Uint8Array[]),
      ...effectsOf(effects, "child-sa-up").flatMap((
        { childSa },
      ) => [childSa.inbound.encryptionKey, childSa.outbound.encryptionKey]),
    ].filter(({ length }) => length > 0);
    assert.equal(secrets.every((secret) => secret.some((octet) => octet !== 0)), true, "nothing is wiped yet");
    for (const [way, print] of Object.entries(WAYS)) {
      for (const [name, thing] of Object.entries(things)) {
        const printed = print(thing).replace(/\s+/g, " ");
        for (const secret of secrets) {
          for (const form of formsOf(secret)) assert.ok(!printed.includes(form), `${name} by ${way}: ${printed.slice(0, 400)}`);
        }
      }
    }
  } finally {
    await gateway.close();
    rmSync(folder, { recursive: true });
  }
});

test("what is concealed is read by its name as before, and says in print that it is there", () => {
  const open = { name: "a", secret: Uint8Array.of(1, 2, 3), none: undefined as string | undefined };
  const concealed = concealing(open, "secret");
  assert.equal(concealed.secret, open.secret);
  assert.deepEqual({ ...concealed }, open);
  assert.deepEqual(concealed, open);
  assert.equal(JSON.stringify(concealed), `{"name":"a","secret":"concealed"}`);
  assert.equal(inspect(concealed), "{ name: 'a', none: undefined, secret: 'concealed' }");
  assert.equal(JSON.stringify(concealing<{ a: number; b?: number }>({ a: 1 }, "b")), `{"a":1}`);
});

test("a Child SA prints all but its keys", async () => {
  const gateway = await Gateway.listen({
    configuration: responderConfiguration({
      identity: parseIdentity("gateway.example"),
      presharedKeyOf: () => SHARED_KEY,
      ticketKeys: TicketKeyRing.generate(systemRandom, Math.floor(Date.now() / 1000)),
    }),
    addresses: ["127.0.0.1"],
    port: 0,
    natPort: 0,
  });
  try {
    const address = { address: "127.0.0.1", port: gateway.local[0].port, natPort: gateway.encapsulatedLocal[0].port };
    const configuration = initiatorConfiguration({ identity: parseIdentity("c"), presharedKey: SHARED_KEY });
    const session = await connect({ gateway: address, configuration });
    const shown = JSON.parse(JSON.stringify(session.childSa)) as ChildSa;
    assert.equal(shown.inboundSpi, session.childSa.inboundSpi);
    assert.equal(shown.inbound as unknown, "concealed");
    assert.match(inspect(session.childSa), /inbound: 'concealed'|inbound: concealed/);
    await session.close();
  } finally {
    await gateway.close();
  }
});

/** The first octets of a secret, as programs write them. */
function formsOf(secret: Uint8Array): string[] {
  const some = [...secret.subarray(0, 6)];
  const digits = some.map((octet) => octet.toString(16).padStart(2, "0"));
  const text = new TextDecoder().decode(secret);
  return [
    some.join(", "),
    some.join(","),
    digits.join(""),
    digits.join(" "),
    some.map((octet, index) => `"${index}":${octet}`).join(","),
    ...(/^[ -~]+$/.test(text) ? [text] : []),
  ];
}
