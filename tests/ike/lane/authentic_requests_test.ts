import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { icvLength } from "../../../src/crypto/algorithms.ts";
import { addressRangeSelector } from "../../../src/ike/child_sa/traffic_selectors.ts";
import { defaultIkeProposals } from "../../../src/ike/ike_sa/proposals.ts";
import { notify } from "../../../src/ike/message/notify.ts";
import { loadKeyExchange, loadProvider } from "../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import { encodePaddedPayloads, encodeProtectedPrefix } from "../../../src/wire/message.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import { copyOf } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { effectsOf, fqdn } from "../../simulation/simulation.ts";
import { TwoGateways } from "./two_gateways.ts";
import { Crowd } from "./waves.ts";

const provider = await loadProvider("wasm");
const keyExchange = await loadKeyExchange();
const POOL = { ranges: [addressRangeSelector(Uint8Array.of(10, 9, 0, 0), Uint8Array.of(10, 9, 0, 255))], optional: true };
const WANTED: readonly Payload[] = [
  notify(NotifyType.TICKET_REQUEST),
  { type: "IDr", ...fqdn("gateway.example") },
  { type: "CP", configurationType: 1, attributes: [{ attributeType: 1, value: new Uint8Array(0) }] },
];
/** Octets at the start of what a client sends: IDi and AUTH. What is changed behind them leaves the proof good. */
const PROOF_LENGTH = 68;
/** Version, flags, and the flags of SK: reserved bits are ignored (RFC 7296, sections 3.1 and 3.2). */
const CHANGEABLE = [17, 19, 29];

const RUNS = 100;

/** A change to what stands in an IKE_AUTH request, before it is sealed. */
interface Change {
  readonly kind: "octet" | "cut" | "insert" | "first payload" | "pad length" | "header";
  readonly place: number;
  readonly value: number;
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom("octet", "octet", "octet", "cut", "insert", "first payload", "pad length", "header"),
  place: fc.nat(0xffff),
  value: fc.nat(255),
});

const [aead, cbc] = defaultIkeProposals();
const SCENES = {
  "an AEAD": { proposal: aead },
  "CBC and an integrity algorithm": { proposal: cbc },
  "an AEAD and inner addresses": { proposal: aead, innerAddresses: POOL },
  "CBC and inner addresses": { proposal: cbc, innerAddresses: POOL },
} as const;

for (const [name, { proposal, ...gateway }] of Object.entries(SCENES)) {
  test(`whatever an authentic IKE_AUTH request holds, lane and steps make the same of it, with ${name}`, async () => {
    const gateways = new TwoGateways({ provider, keyExchange, gateway: () => gateway });
    const crowd = new Crowd(gateways, 1, () => ({ ikeProposals: [proposal] }));
    const random = new SeededRandom(4);
    const services = { ...gateways.steps.services, random: new SeededRandom(3).octets };
    const handmade = new HandmadeClient(
      { services, random, receive: (datagram) => gateways.receive([datagram]) },
      "198.51.100.0",
    );
    let up = 0;
    const changes = fc.array(change, { maxLength: 3 });
    const wanted = fc.subarray([...WANTED]);
    await fc.assert(
      fc.asyncProperty(changes, wanted, fc.boolean(), async (changes, add, keepsProof) => {
        crowd.clients[0].ticket = undefined;
        await crowd.comeUp();
        const ticket = copyOf(crowd.clients[0].ticket!);
        const exchange = await handmade.resume(ticket);
        const { suite, keys, spis } = exchange;
        const { blockLength } = suite.protection.encryption;
        const inner = encodePaddedPayloads(await handmade.authPayloads(exchange, ticket.initiatorId, { add }), blockLength);
        const { octets, firstPayload } = changed(inner, changes, keepsProof ? PROOF_LENGTH : 0, blockLength);
        const header = { ...spis, exchangeType: ExchangeType.IKE_AUTH, fromInitiator: true, isResponse: false, messageId: 1 };
        const { protection } = suite;
        const { ivLength } = protection.encryption;
        const prefix = encodeProtectedPrefix(header, firstPayload, ivLength + octets.length + icvLength(protection));
        for (const { kind, place, value } of changes) {
          if (kind === "header") prefix[CHANGEABLE[value % CHANGEABLE.length]] ^= 1 << place % 8;
        }
        const [request] = provider.seal([{
          protection,
          encryptionKey: keys.skEi,
          integrityKey: keys.skAi,
          iv: random.octets(ivLength),
          associatedData: prefix,
          plaintext: octets,
        }]);
        const { effects } = await handmade.deliver(request);
        up += effectsOf(effects, "ike-sa-up").length;
        gateways.nowMs += 31_000;
        await gateways.perform((responder, now) => responder.timeout(now));
      }),
      { numRuns: RUNS },
    );
    assert.ok(up > RUNS / 10, "the changes leave enough that comes up");
  });
}

function changed(
  { octets, firstPayload }: { readonly octets: Uint8Array; readonly firstPayload: number },
  changes: readonly Change[],
  from: number,
  blockLength: number,
) {
  let result = octets.slice();
  let first = firstPayload;
  for (const { kind, place, value } of changes) {
    const at = Math.min(result.length - 1, from + place % Math.max(1, result.length - from));
    if (result.length < 2) break;
    if (kind === "octet") result[at] = value;
    else if (kind === "pad length") result[result.length - 1] = value;
    else if (kind === "first payload") first = value;
    // Where there are blocks, whole ones.
    else if (kind === "cut") result = result.slice(0, at - at % blockLength);
    else if (kind === "insert") {
      const more = new Uint8Array(blockLength * (1 + value % 9));
      result = Uint8Array.of(...result.subarray(0, at), ...more, ...result.subarray(at));
    }
  }
  return { octets: result, firstPayload: first };
}
