import assert from "node:assert/strict";
import { test } from "node:test";
import type { CryptoProvider } from "../../../src/crypto/provider.ts";
import type { WaveServices } from "../../../src/ike/steps/wave.ts";
import { loadKeyExchange, loadProvider } from "../../../src/providers/mod.ts";
import { effectsOf } from "../../simulation/simulation.ts";
import { TwoGateways } from "./two_gateways.ts";
import { Crowd } from "./waves.ts";

const CROWD = 3;
const provider: CryptoProvider = await loadProvider("wasm");
const keyExchange = await loadKeyExchange();

type Operation = Exclude<keyof CryptoProvider, "name" | "forgetTicketKeys">;

/** Fails one operation while it is told to, and remembers the secrets that it gave out. */
class Failing {
  operation: Operation | undefined;
  readonly secrets: Uint8Array[] = [];

  of(services: WaveServices): WaveServices {
    const failing = new Proxy(services.provider, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        return (batch: unknown) => {
          const sealsTicket = this.operation === "sealWithTicket" && name === "sealLaidOut";
          if (name === this.operation || sealsTicket) throw new Error(`no ${this.operation}`);
          const results: unknown = member.call(target, batch);
          if (name === "openTickets") this.secrets.push(...(results as Uint8Array[]).filter((one) => one !== undefined));
          return results;
        };
      },
    });
    return { ...services, provider: failing };
  }
}

test("a provider that fails in the midst ends what the wave asked for, leaves no secret, and no half-open IKE SA that is busy", async () => {
  for (const operation of ["openTickets", "deriveAndOpen", "authenticate", "sealWithTicket"] as const) {
    const failing = [new Failing(), new Failing()];
    let made = 0;
    const gateways = new TwoGateways({ provider, keyExchange, services: (services) => failing[made++].of(services) });
    const crowd = new Crowd(gateways, CROWD);
    await crowd.comeUp();
    for (const one of failing) one.operation = operation;
    await crowd.comeUp();
    assert.equal(gateways.lane.faults.length, CROWD, operation);
    for (const one of failing) one.operation = undefined;
    // A ticket is used before the answer is sealed.
    if (operation === "sealWithTicket") { for (const client of crowd.clients) client.ticket = undefined; }
    // Clients come again, and come up.
    await crowd.comeUp();
    for (const { effects } of crowd.clients) assert.equal(effectsOf(effects, "ike-sa-up").length, 1, operation);
    gateways.nowMs += 31_000;
    await gateways.perform((responder, now) => responder.timeout(now));
    assert.equal(gateways.lane.responder.halfOpenCount, 0);
    gateways.lane.responder.dispose();
    gateways.steps.responder.dispose();
  }
});

test("a store that throws, or rejects, ends what the wave asked for, and the opened tickets are wiped", async () => {
  for (const rejects of [false, true]) {
    for (const method of ["isClaimed", "claim"] as const) {
      let isDown = false;
      const failing = [new Failing(), new Failing()];
      let made = 0;
      const gateways = new TwoGateways({
        provider,
        keyExchange,
        services: (services) => {
          const { claims } = services;
          const down = () => {
            if (rejects) return Promise.reject(new Error("no store"));
            throw new Error("no store");
          };
          return failing[made++].of({
            ...services,
            claims: {
              claim: (batch) => isDown && method === "claim" ? down() : claims.claim(batch),
              isClaimed: (batch) => isDown && method === "isClaimed" ? down() : claims.isClaimed(batch),
            },
          });
        },
      });
      const crowd = new Crowd(gateways, CROWD);
      await crowd.comeUp();
      isDown = true;
      await crowd.comeUp();
      assert.equal(gateways.lane.faults.length, CROWD);
      if (method === "isClaimed") { for (const secret of failing[1].secrets) assertWiped(secret); }
      isDown = false;
      await crowd.comeUp();
      for (const { effects } of crowd.clients) assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
    }
  }
});

function assertWiped(secret: Uint8Array): void {
  assert.ok(secret.every((octet) => octet === 0));
}

test("a store of states that throws, or rejects, is the same to lane and steps, whatever it was asked", async () => {
  for (const rejects of [false, true]) {
    for (const method of ["get", "put", "delete"] as const) {
      let isDown = false;
      const gateways = new TwoGateways({
        provider,
        keyExchange,
        gateway: () => ({ ticketKind: "reference" }),
        services: (services) => {
          const ticketStates = new Proxy(services.ticketStates!, {
            get(target, name) {
              const member: unknown = Reflect.get(target, name, target);
              if (typeof member !== "function") return member;
              return (batch: unknown) => {
                if (!isDown || name !== method) return member.call(target, batch);
                if (rejects) return Promise.reject(new Error("no store"));
                throw new Error("no store");
              };
            },
          });
          return { ...services, ticketStates };
        },
      });
      const crowd = new Crowd(gateways, CROWD);
      await crowd.comeUp();
      isDown = true;
      await crowd.comeUp();
      isDown = false;
      for (const client of crowd.clients) client.ticket = undefined;
      await crowd.comeUp();
      for (const { effects } of crowd.clients) assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
    }
  }
});
