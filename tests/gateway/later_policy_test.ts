/**
 * Policy that answers by promises, and signatures: who waits for them, who does not, and for how long.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadCertificates } from "../../src/certificates/options.ts";
import { Client } from "../../src/client/client.ts";
import { ConnectionError } from "../../src/client/connection_error.ts";
import { parseIdentity, parseSelectors } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway, type GatewayOptions } from "../../src/gateway/gateway.ts";
import type { CertificateClaim } from "../../src/ike/authentication/certificate_authentication.ts";
import { initiatorConfiguration } from "../../src/ike/policy/initiator_configuration.ts";
import { responderConfiguration, type ResponderOptions } from "../../src/ike/policy/responder_configuration.ts";
import { HookError } from "../../src/ike/steps/hook_faults.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import { identityKey } from "../../src/ticket/identity.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { authorityOf, credentialOf, issue } from "../certificates/authority.ts";

const SECRET = new TextEncoder().encode("a secret that both ends hold");
const SLOW = identityKey(parseIdentity("slow.example"));

interface Scene {
  readonly gateway: Gateway;
  readonly client: Client;
  readonly faults: unknown[];
  connect(name: string, ticket?: ClientTicket): ReturnType<Client["connect"]>;
}

async function withGateway(
  policy: Partial<ResponderOptions>,
  body: (scene: Scene) => Promise<void>,
  options: Partial<GatewayOptions> = {},
): Promise<void> {
  const faults: unknown[] = [];
  const gateway = await Gateway.listen({
    configuration: responderConfiguration({
      identity: parseIdentity("gateway.example"),
      presharedKeyOf: () => SECRET,
      ticketKeys: TicketKeyRing.generate(systemRandom, Date.now() / 1000),
      ...policy,
    }),
    addresses: ["127.0.0.1"],
    port: 0,
    natPort: 0,
    onFault: (fault) => faults.push(fault),
    ...options,
  });
  const client = await Client.open({ address: "127.0.0.1" });
  const connect: Scene["connect"] = (name, ticket) =>
    client.connect({
      configuration: initiatorConfiguration({ identity: parseIdentity(name), presharedKey: SECRET }),
      gateway: { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port },
      ticket,
    });
  try {
    await body({ gateway, client, faults, connect });
  } finally {
    await client.close();
    await gateway.close();
  }
}

test("every function of policy may answer by a promise: clients come up, and come back by their tickets", async () => {
  const later = <T>(value: T) => new Promise<T>((resolve) => setTimeout(() => resolve(value), 2));
  const policy: Partial<ResponderOptions> = {
    presharedKeyOf: () => later(SECRET),
    resumptionAuthenticationOf: () => later("rfc5723" as const),
    authorize: () => later({}),
    authorizeResumption: () => later(true),
    remoteSelectorsOf: () => later(parseSelectors("10.1.0.0/16")),
  };
  for (const name of [...Object.keys(policy), "all"] as (keyof typeof policy | "all")[]) {
    await withGateway(name === "all" ? policy : { [name]: policy[name] }, async ({ connect, faults }) => {
      const names = ["one", "two", "three"];
      const sessions = await Promise.all(names.map((name) => connect(name)));
      const tickets = sessions.map((session) => session.abandon());
      const back = await Promise.all(names.map((name, index) => connect(name, tickets[index])));
      assert.deepEqual(back.map(({ resumed }) => resumed), [true, true, true], name);
      // The lane has learnt that policy answers later, and by which function.
      const again = back.map((session) => session.abandon());
      const third = await Promise.all(names.map((name, index) => connect(name, again[index])));
      assert.deepEqual(third.map(({ resumed }) => resumed), [true, true, true], name);
      if (name === "remoteSelectorsOf" || name === "all") {
        const [selector] = third[0].childSa.localSelectors;
        assert.deepEqual(selector.startAddress, Uint8Array.of(10, 1, 0, 0));
      }
      assert.deepEqual(faults, [], name);
    });
  }
});

test("a function is asked once about a client that comes back: its next answer may come later than the ticket is used", async () => {
  const selectors = parseSelectors("10.1.0.0/16");
  let asked = 0;
  // What a cache knows for a moment.
  const remoteSelectorsOf = () => asked++ === 0 ? selectors : Promise.resolve(selectors);
  await withGateway({ remoteSelectorsOf }, async ({ connect, faults }) => {
    const session = await connect("one");
    const ticket = session.abandon();
    asked = 0;
    const back = await connect("one", ticket);
    assert.equal(back.resumed, true);
    assert.deepEqual(back.childSa.localSelectors[0].startAddress, Uint8Array.of(10, 1, 0, 0));
    assert.equal(asked, 1);
    assert.deepEqual(faults, []);
  });
});

test("a function that answers by a promise is called as often for clients that come back whether the lane asks it first or not", async () => {
  const later = <T>(value: T) => new Promise<T>((resolve) => setTimeout(() => resolve(value), 2));
  const answers: Partial<ResponderOptions> = {
    presharedKeyOf: () => later(SECRET),
    resumptionAuthenticationOf: () => later("rfc5723" as const),
    authorizeResumption: () => later(true),
    remoteSelectorsOf: () => later(parseSelectors("10.1.0.0/16")),
  };
  for (const [hook, answer] of Object.entries(answers) as [keyof typeof answers, () => unknown][]) {
    const calls: number[] = [];
    for (const lane of [true, false]) {
      let asked = 0;
      const counting = () => {
        asked++;
        return answer();
      };
      await withGateway({ [hook]: counting }, async ({ connect, faults }) => {
        const ticket = (await connect("one")).abandon();
        asked = 0;
        assert.equal((await connect("one", ticket)).resumed, true);
        calls.push(asked);
        assert.deepEqual(faults, []);
      }, { lane });
    }
    const [withLane, without] = calls;
    assert.ok(without > 0);
    assert.equal(withLane, without, hook);
  }
});

test("a promise of another make is waited for once: it may be a query that runs whenever somebody does", async () => {
  let runs = 0;
  const query = (): PromiseLike<Uint8Array> => ({
    then: (resolve, reject) => {
      if (++runs > 1) throw new Error("the query was run before");
      return Promise.resolve(SECRET).then(resolve, reject);
    },
  });
  let asked = 0;
  await withGateway({ presharedKeyOf: () => asked++ === 0 ? query() : SECRET }, async ({ connect, faults }) => {
    assert.ok(await connect("one"));
    assert.equal(runs, 1);
    assert.deepEqual(faults, []);
  });
});

test("a client whose shared key is waited for keeps nobody else waiting; what it sends again meanwhile is passed over", async () => {
  let answer: (key: Uint8Array) => void = () => {};
  const waits = new Promise<Uint8Array>((resolve) => answer = resolve);
  let asked = 0;
  const presharedKeyOf: ResponderOptions["presharedKeyOf"] = (identity) => {
    if (identityKey(identity) !== SLOW) return SECRET;
    return asked++ === 0 ? waits : SECRET;
  };
  await withGateway({ presharedKeyOf }, async ({ connect, gateway }) => {
    const slow = connect("slow.example");
    for (let round = 0; round < 5; round++) assert.ok(await connect(`quick-${round}.example`));
    // Until its request has come again.
    while (gateway.counters.dropped_messages_total === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(asked, 1);
    answer(SECRET);
    assert.equal((await slow).resumed, false);
    assert.equal(gateway.establishedCount, 6);
  }, { policyTimeoutMs: 20_000 });
});

test("a function that never answers, or whose promise is rejected, refuses its client alone, and its owner is told", async () => {
  const throwing: PromiseLike<never> = {
    then: () => {
      throw new Error("no connection");
    },
  };
  const promises = [() => new Promise<never>(() => {}), () => Promise.reject(new Error("no connection")), () => throwing];
  for (const promise of promises) {
    const presharedKeyOf: ResponderOptions["presharedKeyOf"] = (identity) =>
      identityKey(identity) === SLOW ? promise() : SECRET;
    await withGateway({ presharedKeyOf }, async ({ connect, faults, gateway }) => {
      const slow = assert.rejects(connect("slow.example"), (error: unknown) => {
        return error instanceof ConnectionError && error.reason === "authentication-failed";
      });
      assert.ok(await connect("quick.example"));
      await slow;
      const [fault, ...more] = faults;
      assert.ok(fault instanceof HookError && fault.hook === "presharedKeyOf" && more.length === 0, String(faults));
      assert.match(fault.message, /no answer within 50 ms|no connection/);
      assert.equal(gateway.establishedCount, 1);
    }, { policyTimeoutMs: 50 });
  }
});

test("a certificate that is long judged keeps nobody else waiting", async () => {
  let judge: () => void = () => {};
  const waits = new Promise<void>((resolve) => judge = resolve);
  const authority = authorityOf("Slow", "P-256", {}, undefined, Date.now());
  const issued = (name: string) => credentialOf(issue({ subject: name, names: [{ dNSName: name }] }, authority, Date.now()));
  const ofGateway = await loadCertificates({ authorities: [authority.der], credentials: [issued("gateway.example")] });
  const certificates = { ...ofGateway, verify: (claim: CertificateClaim) => waits.then(() => ofGateway.verify(claim)) };
  await withGateway({ certificates }, async ({ connect, client, gateway }) => {
    const slow = client.connect({
      configuration: initiatorConfiguration({
        identity: parseIdentity("slow.example"),
        peerIdentity: parseIdentity("gateway.example"),
        certificates: await loadCertificates({ authorities: [authority.der], credentials: [issued("slow.example")] }),
      }),
      gateway: { ...gateway.local[0], natPort: gateway.encapsulatedLocal[0].port },
    });
    while (gateway.counters.dropped_messages_total === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    for (let round = 0; round < 5; round++) assert.ok(await connect(`quick-${round}.example`));
    assert.equal(gateway.establishedCount, 5);
    judge();
    await slow;
    assert.equal(gateway.establishedCount, 6);
  }, { policyTimeoutMs: 20_000 });
});

test("a gateway is closed while a function of its policy has yet to answer", async () => {
  await withGateway({ presharedKeyOf: () => new Promise<never>(() => {}) }, async ({ connect, gateway, client, faults }) => {
    const slow = assert.rejects(connect("slow.example"));
    while (gateway.halfOpenCount === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await gateway.close();
    await client.close();
    await slow;
    assert.deepEqual(faults, []);
  });
});

test("a time out of range is refused", async () => {
  for (const policyTimeoutMs of [0, -1, 60_001, NaN]) {
    await assert.rejects(
      withGateway({}, () => Promise.resolve(), { policyTimeoutMs }),
      /policyTimeoutMs is .*, expected 1 to 60000/,
    );
  }
});
