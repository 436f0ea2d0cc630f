/** Keys of Child SAs that CREATE_CHILD_SA makes, computed apart from this project (RFC 7296, section 2.17). */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { findPayload } from "../../../../src/ike/message/notify.ts";
import { agree } from "../../../../src/ike/steps/step.ts";
import { ExchangeType, TransformType } from "../../../../src/wire/constants.ts";
import { handmadeUp } from "../../../simulation/handmade_up.ts";
import { effectsOf } from "../../../simulation/simulation.ts";
import { childOffer } from "./handmade_child.ts";

const CURVE25519 = 31;

for (const pfs of [false, true]) {
  test(`[C-4.1] ${pfs ? "with PFS KEYMAT = prf+(SK_d, g^ir | Ni | Nr)" : "without PFS KEYMAT = prf+(SK_d, Ni | Nr)"}, the initiator's direction first`, async () => {
    const { handmade, exchange, up } = await handmadeUp();
    const [{ childSa: first }] = effectsOf(up, "child-sa-up");
    const nonce = new Uint8Array(32).fill(0x33);
    const pair = await handmade.keyPair(CURVE25519);
    const offer = childOffer(first, { nonce }).flatMap((payload) => {
      if (!pfs) return [payload];
      if (payload.type === "Nonce") {
        return [payload, { type: "KE", group: CURVE25519, keyExchangeData: pair.publicValue } as const];
      }
      if (payload.type !== "SA") return [payload];
      const group = { transformType: TransformType.KE, transformId: CURVE25519, attributes: [] };
      return [{ ...payload, proposals: payload.proposals.map((one) => ({ ...one, transforms: [...one.transforms, group] })) }];
    });
    const { replies: [reply], effects } = await handmade.deliver(
      await handmade.seal(exchange, offer, 2, { exchangeType: ExchangeType.CREATE_CHILD_SA }),
    );
    const answer = await handmade.open(exchange, reply);
    const theirs = findPayload(answer, "KE");
    assert.equal(theirs !== undefined, pfs);
    const secret = theirs ? (await handmade.run(agree({ pair, peerPublicValue: theirs.keyExchangeData })))! : new Uint8Array(0);
    const [{ childSa }] = effectsOf(effects, "child-sa-up");
    const { inbound, outbound } = childSa;
    const keys = [inbound.encryptionKey, inbound.integrityKey, outbound.encryptionKey, outbound.integrityKey];
    const made = Uint8Array.from(keys.flatMap((key) => [...key]));
    const seed = Uint8Array.from([...secret, ...nonce, ...findPayload(answer, "Nonce")!.nonce]);
    assert.deepEqual(made, prfPlus(`sha${8 * exchange.suite.prf.outputLength}`, exchange.keys.skD, seed, made.length));
  });
}

/** RFC 7296, section 2.13. */
function prfPlus(hash: string, key: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const octets: number[] = [];
  let last: Uint8Array = new Uint8Array(0);
  for (let count = 1; octets.length < length; count++) {
    last = createHmac(hash, key).update(last).update(seed).update(Uint8Array.of(count)).digest();
    octets.push(...last);
  }
  return Uint8Array.from(octets.slice(0, length));
}
