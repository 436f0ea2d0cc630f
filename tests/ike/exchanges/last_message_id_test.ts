/**
 * An IKE SA that has used all of its message IDs (RFC 7296, section 2.2).
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { EstablishedContext } from "../../../src/ike/exchanges/established_context.ts";
import { sendRequest } from "../../../src/ike/exchanges/requests.ts";
import { DEFAULT_RETRANSMISSION } from "../../../src/ike/message/retransmission.ts";
import { runWave } from "../../../src/ike/steps/wave.ts";
import { peekHeader } from "../../../src/wire/header.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";
import { established } from "../states/idle/established.ts";
import { createTsProvider } from "../../../src/crypto/ts/provider.ts";

const NOW = { monotonicMs: 5_000, epochSeconds: 1_700_000_000 };

test("a request goes out with the last message ID, and an IKE SA that has none left is over without a word", async () => {
  const { services, random } = new Simulation({ provider: createTsProvider() });
  const context = { random: random.octets, retransmission: DEFAULT_RETRANSMISSION } as unknown as EstablishedContext;
  const asks = async (nextId: number) => {
    const state = established({ sendWindow: { nextId } });
    return { state, transition: (await runWave([sendRequest(state, "liveness", NOW, context)], services))[0] };
  };
  const { transition: last } = await asks(0xffff_ffff);
  const [{ datagram }] = effectsOf(last.effects, "send");
  assert.equal(peekHeader(datagram.octets)?.messageId, 0xffff_ffff);
  const { state, transition: none } = await asks(2 ** 32);
  assert.deepEqual(none.effects.map(({ type }) => type), ["ike-sa-down"]);
  assert.equal(none.next, undefined);
  assert.ok(state.keys.skD.every((octet) => octet === 0));
});
