import assert from "node:assert/strict";
import { test } from "node:test";
import type { CryptoProvider } from "../../../src/crypto/provider.ts";
import type { TicketClaims, WaveServices } from "../../../src/ike/steps/wave.ts";
import { loadKeyExchange, loadProvider } from "../../../src/providers/mod.ts";
import { TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { effectsOf, START_EPOCH_SECONDS } from "../../simulation/simulation.ts";
import { TwoGateways } from "./two_gateways.ts";
import { Crowd } from "./waves.ts";

const CROWD = 3;
const provider: CryptoProvider = await loadProvider("wasm");
const keyExchange = await loadKeyExchange();

type Operation = "openTickets" | "deriveAndOpen" | "authenticate";

/** A provider that throws at one client's requests, alone or among others, and remembers the keys that it gave out. */
class Choosy {
  /** Which of the clients, by the order in which they are served alone. */
  fails: { readonly operation: Operation; readonly which: number } | undefined;
  readonly keys: Uint8Array[] = [];
  #seen = 0;

  of(services: WaveServices): WaveServices {
    const choosy = new Proxy(services.provider, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        return (batch: readonly unknown[]) => {
          const { fails } = this;
          if (name === fails?.operation && (batch.length > 1 || this.#seen++ % CROWD === fails.which)) {
            throw new Error(`no ${name}`);
          }
          const results: unknown = member.call(target, batch);
          if (name === "deriveAndOpen") {
            this.keys.push(...(results as { keyingMaterial: Uint8Array }[]).map(({ keyingMaterial }) => keyingMaterial));
          }
          return results;
        };
      },
    });
    return { ...services, provider: choosy };
  }
}

test("a request that cryptography throws at ends its own client's alone, in the lane as in the steps", async () => {
  for (const operation of ["openTickets", "deriveAndOpen", "authenticate"] as const) {
    const choosy = [new Choosy(), new Choosy()];
    let made = 0;
    const gateways = new TwoGateways({ provider, keyExchange, services: (services) => choosy[made++].of(services) });
    const crowd = new Crowd(gateways, CROWD);
    await crowd.comeUp();
    for (const one of choosy) one.fails = { operation, which: 1 };
    const before = gateways.taken;
    await crowd.comeUp();
    assert.ok(gateways.taken > before);
    assert.equal(gateways.lane.faults.length, 1, operation);
    const up = crowd.clients.filter(({ effects }) => effectsOf(effects, "ike-sa-up").length === 1);
    assert.equal(up.length, CROWD - 1, operation);
  }
});

test("keys that a claim which fails leaves behind are wiped", async () => {
  const choosy = [new Choosy(), new Choosy()];
  let made = 0;
  let isDown = false;
  const gateways = new TwoGateways({
    provider,
    keyExchange,
    services: (services) => choosy[made++].of({ ...services, claims: throwing(services.claims, () => isDown) }),
  });
  const crowd = new Crowd(gateways, CROWD);
  await crowd.comeUp();
  isDown = true;
  await crowd.comeUp();
  const { keys } = choosy[1];
  assert.equal(keys.length, CROWD);
  for (const one of keys) assert.ok(one.every((octet) => octet === 0));
});

test("a store whose promise has nothing but `then` is waited for", async () => {
  const gateways = new TwoGateways({
    provider,
    keyExchange,
    services: ({ revocations: _, ...services }) => ({
      ...services,
      claims: { isClaimed: (batch) => services.claims.isClaimed(batch), claim: (batch) => bare(services.claims.claim(batch)) },
    }),
  });
  const crowd = new Crowd(gateways, CROWD);
  await crowd.comeUp();
  await crowd.comeUp();
  for (const { effects } of crowd.clients) assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
});

test("ticket keys that cannot be had end each request by itself, and no wave", async () => {
  let isGone = false;
  const rings: TicketKeyRing[] = [];
  const gateways = new TwoGateways({
    provider,
    keyExchange,
    gateway: (ring) => {
      const keys = ring.keys;
      const source = () => {
        if (isGone) throw new Error("no keys");
        return keys;
      };
      rings.push(TicketKeyRing.of(source, new SeededRandom(9).octets, START_EPOCH_SECONDS));
      return { ticketKeys: rings.at(-1) };
    },
  });
  const crowd = new Crowd(gateways, CROWD);
  await crowd.comeUp();
  // Time goes back: whether other keys are due is asked anew.
  isGone = true;
  gateways.nowMs -= 500_000;
  await crowd.comeUp();
  assert.equal(gateways.lane.faults.length, CROWD);
  isGone = false;
  gateways.nowMs += 500_000;
  await crowd.comeUp();
  assert.equal(gateways.lane.faults.length, CROWD);
  // A ring that throws when it is asked for a key.
  for (const ring of rings) {
    ring.find = () => {
      throw new Error("no key");
    };
  }
  await crowd.comeUp();
  assert.equal(gateways.lane.faults.length, 2 * CROWD);
});

function throwing(claims: TicketClaims, isDown: () => boolean): TicketClaims {
  return {
    isClaimed: (batch) => claims.isClaimed(batch),
    claim: (batch) => {
      if (isDown()) throw new Error("no store");
      return claims.claim(batch);
    },
  };
}

/** A promise of another make, whose `then` gives nothing back. */
function bare<T>(value: T | Promise<T>): Promise<T> {
  const then = (whenKept: (value: T) => void) => {
    setTimeout(() => void Promise.resolve(value).then(whenKept));
  };
  return { then } as unknown as Promise<T>;
}
