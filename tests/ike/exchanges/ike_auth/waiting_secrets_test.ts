/**
 * Secrets of a step that waits for policy when its gateway ends.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CryptoProvider } from "../../../../src/crypto/provider.ts";
import type { ResponderOptions } from "../../../../src/ike/policy/responder_configuration.ts";
import type { Effect } from "../../../../src/ike/states/effect.ts";
import type { Step } from "../../../../src/ike/steps/step.ts";
import { runWave } from "../../../../src/ike/steps/wave.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { copyOf } from "../../../simulation/coming_back.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { PRESHARED_KEY, Simulation } from "../../../simulation/simulation.ts";

/** The same provider, and all keying material that it gives out. */
function keptOf(provider: CryptoProvider): { readonly provider: CryptoProvider; readonly material: Uint8Array[] } {
  const material: Uint8Array[] = [];
  const kept = <T extends { readonly keyingMaterial: Uint8Array } | undefined>(results: T[]): T[] => {
    for (const one of results) if (one) material.push(one.keyingMaterial);
    return results;
  };
  const watched: CryptoProvider = Object.create(provider, {
    deriveKeys: {
      value: (batch: Parameters<CryptoProvider["deriveKeys"]>[0]) => {
        const made = provider.deriveKeys(batch);
        material.push(...made);
        return made;
      },
    },
    deriveAndOpen: { value: (batch: Parameters<CryptoProvider["deriveAndOpen"]>[0]) => kept(provider.deriveAndOpen(batch)) },
    authenticate: { value: (batch: Parameters<CryptoProvider["authenticate"]>[0]) => kept(provider.authenticate(batch)) },
  });
  return { provider: watched, material };
}

const never = () => new Promise<never>(() => {});

for (const hook of ["presharedKeyOf", "authorizeResumption", "resumptionAuthenticationOf", "remoteSelectorsOf"] as const) {
  test(`nothing is left of the keys of a resumption that waits for ${hook} when its gateway ends`, async () => {
    const simulation = new Simulation({ provider: await loadProvider("ts") });
    const ticket = copyOf((await simulation.clientWithTicket()).ticket);
    let waits = false;
    const before: Partial<ResponderOptions> = {
      presharedKeyOf: () => PRESHARED_KEY,
      resumptionAuthenticationOf: () => "rfc5723",
    };
    const others = { authorizeResumption: () => true, remoteSelectorsOf: () => undefined };
    const answers: Partial<ResponderOptions> = { ...before, ...others };
    const ask = answers[hook] as (...asked: never[]) => unknown;
    simulation.restartGateway({ ...before, [hook]: (...asked: never[]) => waits ? never() : ask(...asked) });
    const handmade = new HandmadeClient(simulation);
    const request = await handmade.authRequest(await handmade.resume(ticket), ticket);
    waits = true;
    const { provider, material } = keptOf(simulation.services.provider);
    const aside: Step<Effect[]>[] = [];
    const step = simulation.gateway.receive(handmade.datagram(request), simulation.now);
    await runWave([step], { ...simulation.services, provider }, (one) => {
      aside.push(one);
      return [];
    });
    assert.equal(aside.length, 1);
    assert.ok(material.some((octets) => octets.some((octet) => octet !== 0)));
    aside[0].return([]);
    for (const octets of material) assert.ok(octets.every((octet) => octet === 0));
  });
}
