/**
 * Messages of both ends that are too long for a datagram: they go out in fragments (RFC 7383).
 *
 * @module
 */
import assert from "node:assert/strict";
import { createDecipheriv } from "node:crypto";
import { test } from "node:test";
import { parseIkeProposal } from "../../../src/configuration/mod.ts";
import type { CryptoProvider } from "../../../src/crypto/provider.ts";
import type { IkeSaKeys } from "../../../src/ike/ike_sa/ike_sa_keys.ts";
import { notify } from "../../../src/ike/message/notify.ts";
import type { Datagram } from "../../../src/ike/steps/datagram.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import { peekHeader } from "../../../src/wire/header.ts";
import { decodePayloads } from "../../../src/wire/message.ts";
import type { TrafficSelector } from "../../../src/wire/payload.ts";
import { assertSameKeys, comeBack, gatewayChildSa, resumptions } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { decoded } from "../../simulation/messages.ts";
import { effectsOf, type SimulatedClient, Simulation } from "../../simulation/simulation.ts";
import { testEveryProvider } from "../every_provider.ts";

/** Octets of IPv6, UDP and the non-ESP marker before a message. */
const BEFORE_MESSAGE = 52;
const DEFAULT_LENGTH = 1_280 - BEFORE_MESSAGE;
const SMALLEST_LENGTH = 576 - BEFORE_MESSAGE;

/** So many that request and response are longer than a packet; a response has no more than `MOST` of them. */
const MANY: readonly TrafficSelector[] = Array.from({ length: 80 }, (_, index) => network(index, index));
const MOST = 32;

/** Networks of IPv6, from one to another. */
function network(first: number, last: number): TrafficSelector {
  const address = (index: number, rest: number) =>
    Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, index, ...new Uint8Array(10).fill(rest));
  return {
    selectorType: 8,
    ipProtocol: 0,
    startPort: 0,
    endPort: 65_535,
    startAddress: address(first, 0),
    endAddress: address(last, 0xfe),
  };
}

const SUITES = ["aes256gcm16-prfsha256-x25519", "chacha20poly1305-prfsha512-x25519", "aes192-sha384-prfsha384-x25519"];

/** A client that asks for many networks; the gateway answers with them. */
async function scene(
  { provider, ike, ...options }:
    & { provider?: CryptoProvider; ike?: string }
    & Partial<
      Pick<ConstructorParameters<typeof Simulation>[0], "seed" | "conditions">
    > = {},
): Promise<{ simulation: Simulation; client: SimulatedClient }> {
  const simulation = new Simulation({
    provider: provider ?? await loadProvider("ts"),
    gateway: { exposeKeys: true, localSelectors: MANY },
    ...options,
  });
  const proposals = ike ? { ikeProposals: [parseIkeProposal(ike)] } : {};
  return { simulation, client: simulation.addClient({ ...proposals, remoteSelectors: MANY }) };
}

function ofAuth({ octets }: Datagram): boolean {
  return peekHeader(octets)?.exchangeType === ExchangeType.IKE_AUTH;
}

function isFragment({ octets }: Datagram): boolean {
  return decoded(octets).payloads.at(-1)?.type === "SKF";
}

for (const ike of SUITES) {
  testEveryProvider(`long requests and responses go out in fragments, none longer than a packet: ${ike}`, async (provider) => {
    const { simulation, client } = await scene({ provider, ike });
    await simulation.start(client);
    await simulation.run();
    assertSameKeys(client.childSa, gatewayChildSa(simulation));
    assert.equal(client.childSa.remoteSelectors.length, MOST);
    const sent = simulation.network.sent.filter(ofAuth);
    for (const isResponse of [false, true]) {
      const fragments = sent.filter(({ octets }) => peekHeader(octets)?.isResponse === isResponse);
      assert.ok(fragments.length >= 2 && fragments.length <= 4, `${fragments.length} fragments`);
      const numbers = fragments.map(({ octets }) => {
        const [payload] = decoded(octets).payloads;
        assert.ok(payload.type === "SKF");
        assert.equal(payload.firstPayload > 0, payload.fragmentNumber === 1);
        return [payload.fragmentNumber, payload.totalFragments];
      });
      assert.deepEqual(numbers, fragments.map((_, index) => [index + 1, fragments.length]));
      assert.ok(fragments.every(({ octets }) => octets.length <= DEFAULT_LENGTH));
      // All but the last are as long as they may be.
      assert.ok(fragments.slice(0, -1).every(({ octets }) => octets.length > DEFAULT_LENGTH - 32));
    }
  });
}

test("the fragments of a message open by AES-GCM alone, each bound to its numbers, and hold the payloads in one piece", async () => {
  const { simulation, client } = await scene({ ike: SUITES[0] });
  await simulation.start(client);
  await simulation.run();
  const [{ keys }] = effectsOf(simulation.gatewayEffects, "ike-sa-keys");
  const fragments = simulation.network.sent.filter(ofAuth).filter(({ octets }) => !peekHeader(octets)!.isResponse);
  const pieces = fragments.map(({ octets }) => openedByHand(octets, keys));
  const [first] = decoded(fragments[0].octets).payloads;
  const whole = decodePayloads(
    first.type === "SKF" ? first.firstPayload : 0,
    Uint8Array.from(pieces.flatMap((piece) => [...piece])),
  );
  assert.ok(whole.ok);
  assert.deepEqual(whole.value.map(({ type }) => type), ["IDi", "IDr", "AUTH", "SA", "TSi", "TSr", "N"]);
  const ivs = fragments.map(({ octets }) => octets.subarray(36, 44).join());
  assert.equal(new Set(ivs).size, ivs.length);
});

/** RFC 5282 and RFC 7383: 36 octets of associated data, 8 of IV, ciphertext, 16 of tag; Pad Length at the end. */
function openedByHand(octets: Uint8Array, { skEi }: IkeSaKeys): Uint8Array {
  const nonce = Uint8Array.of(...skEi.subarray(32), ...octets.subarray(36, 44));
  const decipher = createDecipheriv("aes-256-gcm", skEi.subarray(0, 32), nonce, { authTagLength: 16 });
  decipher.setAAD(octets.subarray(0, 36));
  decipher.setAuthTag(octets.subarray(-16));
  const plaintext = new Uint8Array(decipher.update(octets.subarray(44, -16)));
  decipher.final();
  return plaintext.subarray(0, plaintext.length - 1 - plaintext[plaintext.length - 1]);
}

for (let seed = 1; seed <= 8; seed++) {
  test(`fragments that are lost, doubled and out of order make up their message in the end, seed ${seed}`, async () => {
    const conditions = { loss: 0.15, duplication: 0.2, minimumDelayMs: 1, maximumDelayMs: 300 };
    const { simulation, client } = await scene({ seed, conditions });
    await simulation.start(client);
    await simulation.run();
    assert.equal(client.initiator.waitsFor, "requests");
    assertSameKeys(client.childSa, gatewayChildSa(simulation));
    assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-up").length, 1);
  });
}

test("where long packets are lost both ends come down to the smallest fragments, and stay there (RFC 7383, section 2.5.2)", async () => {
  const { simulation, client } = await scene();
  simulation.network.interference = (datagram) => datagram.octets.length > SMALLEST_LENGTH ? undefined : datagram;
  await simulation.start(client);
  await simulation.run();
  assertSameKeys(client.childSa, gatewayChildSa(simulation));
  const auth = simulation.network.sent.filter(ofAuth);
  const requests = auth.filter(({ octets }) => !peekHeader(octets)?.isResponse);
  const long = requests.filter(({ octets }) => octets.length > SMALLEST_LENGTH);
  // Twice as long as they may be, then in the smallest.
  assert.equal(long.length, 2 * 3);
  assert.ok(requests.slice(requests.indexOf(long.at(-1)!) + 2).every(({ octets }) => octets.length <= SMALLEST_LENGTH));
  const responses = auth.filter(({ octets }) => peekHeader(octets)?.isResponse);
  assert.ok(responses.at(-1)!.octets.length <= SMALLEST_LENGTH);
  // A rekeyed IKE SA begins where the one before it was.
  const before = simulation.network.sent.length;
  await simulation.act(client, client.initiator.rekey(simulation.now));
  await simulation.run();
  assert.equal(effectsOf(client.effects, "ike-sa-rekeyed").length, 1);
  assert.ok(simulation.network.sent.slice(before).every(({ octets }) => octets.length <= SMALLEST_LENGTH));
});

test("a gateway whose long response does not get through cuts it smaller when its short request has come three times", async () => {
  const { simulation, client } = await scene();
  const options = { remoteSelectors: [network(0, 255)] };
  const short = simulation.addClient(options);
  simulation.network.interference = (datagram) => datagram.octets.length > SMALLEST_LENGTH ? undefined : datagram;
  await simulation.start(short);
  await simulation.run();
  assert.equal(client.initiator.waitsFor, "start");
  assert.equal(short.childSa.remoteSelectors.length, MOST);
  const auth = simulation.network.sent.filter(ofAuth);
  assert.equal(auth.filter(({ octets }) => !peekHeader(octets)?.isResponse).length, 3, "the same request, three times");
  assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-up").length, 1);
});

test("nothing is cut for a peer that never said that it puts fragments together", async () => {
  const { simulation } = await scene();
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.init();
  const selectors = [network(0, 255)];
  const changes = { replace: [{ type: "TSr" as const, selectors }], add: [notify(NotifyType.TICKET_REQUEST)] };
  const request = await handmade.authRequest(exchange, undefined, changes);
  for (let times = 0; times < 4; times++) {
    const { replies } = await handmade.deliver(request);
    assert.equal(replies.length, 1);
    assert.ok(replies[0].octets.length > DEFAULT_LENGTH);
    assert.equal(replies[0].payloads[0].type, "SK");
  }
});

test("a resumption whose messages are long is cut in the lane as in the steps", async () => {
  for (const lane of [true, false]) {
    const simulation = new Simulation({ provider: await loadProvider("wasm"), lane, gateway: { localSelectors: MANY } });
    const client = await simulation.clientWithTicket({ remoteSelectors: MANY });
    const before = simulation.network.sent.length;
    const again = await comeBack(simulation, client, client.ticket, {
      remoteSelectors: MANY.slice(0, 20),
      fragmentSize: 65_535,
    });
    assert.deepEqual(resumptions(again), [true]);
    const back = await comeBack(simulation, again, again.ticket, {
      remoteSelectors: [network(0, 255)],
    });
    assert.deepEqual(resumptions(back), [true]);
    assertSameKeys(back.childSa, gatewayChildSa(simulation));
    const responses = simulation.network.sent.slice(before).filter(ofAuth).filter(({ octets }) =>
      peekHeader(octets)?.isResponse
    );
    const fragments = responses.filter(isFragment);
    assert.ok(fragments.length >= 2);
    assert.ok(responses.every(({ octets }) => octets.length <= DEFAULT_LENGTH));
  }
});

test("a length of packets that no link has is refused with the reason", async () => {
  for (const fragmentSize of [575, 0, -1, 65_536, 1_000.5, NaN]) {
    const provider = await loadProvider("ts");
    assert.throws(() => new Simulation({ provider, gateway: { fragmentSize } }), /fragmentSize is .*, expected/);
    assert.throws(() => new Simulation({ provider }).addClient({ fragmentSize }), /fragmentSize is .*, expected/);
  }
});
