import fc from "fast-check";
import assert from "node:assert/strict";
import { icvLength } from "../../../src/crypto/algorithms.ts";
import { defaultIkeProposals, offerIke } from "../../../src/ike/ike_sa/proposals.ts";
import { seal } from "../../../src/ike/steps/step.ts";
import { ExchangeType } from "../../../src/wire/constants.ts";
import { encodeProtectedPrefix } from "../../../src/wire/message.ts";
import { HandmadeClient, type HandmadeExchange } from "../../simulation/handmade_client.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";
import { testEveryProvider } from "../every_provider.ts";

const RUNS = 60;

testEveryProvider(
  "whoever makes keys with a gateway may seal what he likes: it throws nothing, and brings nothing up",
  async (provider) => {
    for (const offered of offerIke(defaultIkeProposals())) {
      const simulation = new Simulation({ provider });
      const handmade = new HandmadeClient(simulation);
      const send = async (plaintext: Uint8Array, firstPayload: number) => {
        const exchange = await handmade.init({ proposals: [offered] });
        const { encryption } = exchange.suite.protection;
        const rest = plaintext.length % encryption.blockLength;
        const whole = plaintext.subarray(0, plaintext.length - rest);
        const octets = await sealed(handmade, simulation, exchange, whole, firstPayload);
        const { effects, replies } = await handmade.deliver(octets);
        assert.equal(replies.length, 1);
        assert.equal(effectsOf(effects, "ike-sa-down").length, 1);
      };
      await send(new Uint8Array(0), 0);
      await send(new Uint8Array(0), 35);
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(255), async (plaintext, firstPayload) => {
          await send(plaintext, firstPayload);
        }),
        { numRuns: RUNS },
      );
      assert.equal(simulation.gateway.establishedCount, 0);
    }
  },
);

function sealed(
  handmade: HandmadeClient,
  simulation: Simulation,
  { suite: { protection }, keys, spis }: HandmadeExchange,
  plaintext: Uint8Array,
  firstPayload: number,
): Promise<Uint8Array> {
  const { ivLength } = protection.encryption;
  const header = { ...spis, exchangeType: ExchangeType.IKE_AUTH, fromInitiator: true, isResponse: false, messageId: 1 };
  return handmade.run(seal({
    protection,
    encryptionKey: keys.skEi,
    integrityKey: keys.skAi,
    iv: simulation.random.octets(ivLength),
    associatedData: encodeProtectedPrefix(header, firstPayload, ivLength + plaintext.length + icvLength(protection)),
    plaintext,
  }));
}
