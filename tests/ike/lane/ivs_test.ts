import assert from "node:assert/strict";
import { test } from "node:test";
import type { CryptoProvider, LaidOutMessage, SealRequest, SealWithTicketRequest } from "../../../src/crypto/provider.ts";
import type { WaveServices } from "../../../src/ike/steps/wave.ts";
import { loadKeyExchange, loadProvider } from "../../../src/providers/mod.ts";
import { toHexadecimal } from "../../../src/wire/hexadecimal.ts";
import { effectsOf } from "../../simulation/simulation.ts";
import { TwoGateways } from "./two_gateways.ts";
import { Crowd } from "./waves.ts";

const CROWD = 3;
const IV_LENGTH = 8;
const provider: CryptoProvider = await loadProvider("wasm");
const keyExchange = await loadKeyExchange();

/** Every key and IV that a gateway was to seal with, also where that failed: what was sealed may have left all the same. */
class Sealed {
  readonly used: string[] = [];
  failsAfter = false;

  of(services: WaveServices): WaveServices {
    const watching = new Proxy(services.provider, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        return (batch: readonly unknown[]) => {
          this.#note(name, batch);
          const results: unknown = member.call(target, batch);
          // The steps seal by the second.
          if (this.failsAfter && (name === "sealLaidOut" || name === "sealWithTicket")) throw new Error("too late");
          return results;
        };
      },
    });
    return { ...services, provider: watching };
  }

  #note(name: string | symbol, batch: readonly unknown[]): void {
    if (name === "seal") { for (const { encryptionKey, iv } of batch as SealRequest[]) this.#add(encryptionKey, iv); }
    if (name === "sealWithTicket") {
      for (const { ticket, message } of batch as SealWithTicketRequest[]) {
        this.#add(ticket.encryptionKey, ticket.iv);
        this.#add(message.encryptionKey, message.iv);
      }
    }
    if (name !== "sealLaidOut") return;
    for (const { encryptionKey, octets, associatedDataLength, ticket } of batch as LaidOutMessage[]) {
      this.#add(encryptionKey, octets.subarray(associatedDataLength, associatedDataLength + IV_LENGTH));
      if (ticket === undefined) continue;
      const start = ticket.start + ticket.associatedDataLength;
      this.#add(ticket.encryptionKey, octets.subarray(start, start + IV_LENGTH));
    }
  }

  #add(key: Uint8Array, iv: Uint8Array): void {
    this.used.push(`${toHexadecimal(key)} ${toHexadecimal(iv)}`);
  }
}

test("no IV is used twice under one key where the lane answers IKE_AUTH, or fails to, and the steps all that follows", async () => {
  const sealed = [new Sealed(), new Sealed()];
  let made = 0;
  const gateways = new TwoGateways({ provider, keyExchange, services: (services) => sealed[made++].of(services) });
  const crowd = new Crowd(gateways, CROWD);
  await crowd.comeUp();
  const before = gateways.taken;
  await crowd.comeUp();
  assert.equal(gateways.taken - before, 2 * CROWD);
  for (const act of ["checkLiveness", "rekey", "close"] as const) {
    for (const { effects } of crowd.clients) {
      const [{ spis }] = effectsOf(effects, "ike-sa-up");
      await crowd.take(await gateways.perform((responder, now) => responder[act](spis, now)));
    }
  }
  for (const client of crowd.clients) client.ticket = undefined;
  await crowd.comeUp();
  // The answers are lost in the provider, their tickets used: when the requests come again they are refused.
  const auth = await crowd.take(await gateways.receive(await crowd.start()));
  for (const one of sealed) one.failsAfter = true;
  await gateways.receive(auth);
  for (const one of sealed) one.failsAfter = false;
  const effects = await gateways.receive(auth);
  assert.equal(effectsOf(effects, "ike-sa-down").length, CROWD);
  // The steps, asked again each alone, seal the same again.
  const [, { used }] = sealed;
  assert.ok(used.length > 8 * CROWD);
  assert.equal(new Set(used).size, used.length);
});
