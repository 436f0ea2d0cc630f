/**
 * An attacker that is a client as well: it brings an IKE SA up, and then has its keys to do as it likes with.
 *
 * @module
 */
import { InitiatorDriver, pathOf } from "../../src/client/initiator_driver.ts";
import { NO_CLAIMS } from "../../src/client/no_claims.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { Initiator } from "../../src/ike/initiator.ts";
import type { IkeSuite } from "../../src/ike/ike_sa/suite.ts";
import { systemClock } from "../../src/transport/system_clock.ts";
import type { AttackerMeans } from "../../src/load/hostile/attack.ts";
import { ATTACKER_ADDRESS, clientConfiguration } from "./setting.ts";
import type { SpiPair } from "../../src/ike/ike_sa/spi.ts";

const NAME = "insider";

/** An established IKE SA, as far as its initiator's messages go. */
export interface InsiderSa {
  readonly spis: SpiPair;
  readonly suite: IkeSuite;
  readonly encryptionKey: Uint8Array;
  readonly integrityKey: Uint8Array;
  /** From the address and port of the IKE SA. Counted. */
  readonly send: (octets: Uint8Array) => void;
}

/** Full exchanges of one identity, one after the other. @throws {Error} the gateway refuses one. */
export async function bringUpInsider(means: AttackerMeans, count: number): Promise<InsiderSa[]> {
  const driver = new InitiatorDriver({
    services: { provider: means.provider, keyExchange: means.keyExchange, random: systemRandom, claims: NO_CLAIMS },
    clock: systemClock,
    onFault: (fault) => {
      throw fault;
    },
  });
  means.atEnd(() => driver.close());
  const transport = await driver.openSocket({ address: ATTACKER_ADDRESS });
  // All of them stay: the client does not say that the latest is its only one.
  const configuration = { ...clientConfiguration(NAME, means.presharedKey, true), initialContact: false };
  const sas: InsiderSa[] = [];
  while (sas.length < count) {
    const path = pathOf(transport, means.gateway, means.encapsulatedGateway);
    const initiator = new Initiator(configuration, path, systemRandom);
    const { spis, suite, keys } = await new Promise<Extract<Effect, { type: "ike-sa-keys" }>>((resolve, reject) => {
      let ofIkeSa: Extract<Effect, { type: "ike-sa-keys" }> | undefined;
      let isUp = false;
      driver.start(initiator, transport, (effect) => {
        if (effect.type === "ike-sa-keys") ofIkeSa = effect;
        else if (effect.type === "ike-sa-up") isUp = true;
        if (isUp && ofIkeSa !== undefined) resolve(ofIkeSa);
        if (effect.type === "ike-sa-down") reject(new Error(`the insider is no client: ${effect.reason}`));
      });
    });
    sas.push({
      spis,
      suite,
      encryptionKey: keys.skEi.slice(),
      integrityKey: keys.skAi.slice(),
      send: (octets) => {
        means.count();
        transport.send({ octets, local: transport.local, remote: means.gateway, encapsulated: false });
      },
    });
  }
  return sas;
}
