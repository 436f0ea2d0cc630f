/**
 * The recorded resumption between two deployed peers, through this project's own keys, protection and authentication.
 */
import assert from "node:assert/strict";
import type { CryptoProvider } from "../../../../src/crypto/provider.ts";
import { createTsKeyExchange } from "../../../../src/crypto/ts/key_exchange.ts";
import {
  authenticate,
  type Credential,
  type SignedContent,
  verifyAuthentication,
} from "../../../../src/ike/authentication/signed_content.ts";
import { type IkeSaKeys, keysFromTicket } from "../../../../src/ike/ike_sa/ike_sa_keys.ts";
import { noncePair } from "../../../../src/ike/ike_sa/nonces.ts";
import { type IkeSuite, ikeSuiteOf } from "../../../../src/ike/ike_sa/suite.ts";
import { FragmentBuffer } from "../../../../src/ike/message/fragments.ts";
import { openMessage, type ProtectionContext, type Role } from "../../../../src/ike/message/protected_message.ts";
import { open, prfPlus, type Step } from "../../../../src/ike/steps/step.ts";
import { runWave, type WaveServices } from "../../../../src/ike/steps/wave.ts";
import { MemoryTicketClaims } from "../../../../src/store/memory_claims.ts";
import { ProtocolId, TransformType } from "../../../../src/wire/constants.ts";
import { decodeMessage, decodePayloads, encodeMessage, encodePayloads, type Message } from "../../../../src/wire/message.ts";
import {
  type RecordedAuth,
  type RecordedMessage,
  recordedResumption,
  type RecordedSa,
} from "../../../vectors/recorded_resumption.ts";
import { fromHex, toHex } from "../../../vectors/vectors.ts";
import { testEveryProvider } from "../../every_provider.ts";

const recording = recordedResumption();

testEveryProvider("[R-5.1-1] [R-5.1-2] every SK_* of the recorded resumptions follows from the old SK_d", async (provider) => {
  const resumed = recording.sas.filter(({ kind }) => kind === "resume");
  assert.equal(resumed.length, 2);
  for (const sa of resumed) {
    const nonces = noncePair(fromHex(sa.Ni), fromHex(sa.Nr));
    const keys = await run(keysFromTicket(recordedSuite(), fromHex(sa.SK_d_old!), nonces, spisOf(sa)), provider);
    assert.deepEqual(hexOf(keys), hexOf(recordedKeys(sa)));
  }
});

testEveryProvider(
  "every protected message of the recording opens to the octets inside it, fragments included",
  async (provider) => {
    let opened = 0;
    for (const sa of recording.sas) {
      const fragments: Uint8Array[] = [];
      for (const recorded of sa.messages) {
        const message = decoded(recorded);
        const protectedPayload = message.payloads.find((payload) => payload.type === "SK" || payload.type === "SKF");
        if (protectedPayload?.type === "SK") {
          const inner = await run(openMessage(contextOf(sa, recorded), message), provider);
          assert.ok(inner?.ok);
          assert.equal(toHex(encodePayloads(inner.value).octets), recorded.inner_plain ?? "");
          opened++;
        } else if (protectedPayload?.type === "SKF") {
          fragments.push(await openFragment(sa, recorded, message, protectedPayload.offset, provider));
          if (protectedPayload.fragmentNumber < protectedPayload.totalFragments) continue;
          assert.equal(fragments.map(toHex).join(""), recorded.inner_plain);
          assert.ok(decodePayloads(recorded.inner_np!, fromHex(recorded.inner_plain!)).ok);
          opened++;
        }
      }
    }
    // Three times IKE_AUTH and INFORMATIONAL, request and response.
    assert.equal(opened, 12);
  },
);

testEveryProvider("[C-3.1] AUTH of the recorded full exchange is the one on the wire, both ways", async (provider) => {
  const [full] = recording.sas;
  const credential: Credential = { kind: "shared-key", presharedKey: new TextEncoder().encode(recording.psk) };
  for (const role of ["initiator", "responder"] as const) {
    const auth: Uint8Array = await run(authenticate(credential, signedContent(full, role)), provider);
    assert.equal(toHex(auth), authOf(full, role).on_wire);
  }
});

testEveryProvider(
  "[R-4.3.3-1] AUTH of the recorded resumptions in the standard's form is what an independent program computed",
  async (provider) => {
    for (const sa of recording.sas.filter(({ kind }) => kind === "resume")) {
      for (const role of ["initiator", "responder"] as const) {
        const auth: Uint8Array = await run(authenticate({ kind: "resumption" }, signedContent(sa, role)), provider);
        assert.equal(toHex(auth), authOf(sa, role)["rfc5723_sec4.3.3_prf(SK_p,msg|nonce|prf(SK_p,ID))"]);
        assert.notEqual(toHex(auth), authOf(sa, role).on_wire);
      }
    }
  },
);

testEveryProvider(
  "AUTH of the recorded resumptions in the form of message-only is the one on the wire, both ways, and is verified as such",
  async (provider) => {
    for (const sa of recording.sas.filter(({ kind }) => kind === "resume")) {
      for (const role of ["initiator", "responder"] as const) {
        const credential = { kind: "resumption", form: "message-only" } as const;
        const auth: Uint8Array = await run(authenticate(credential, signedContent(sa, role)), provider);
        assert.equal(toHex(auth), authOf(sa, role).on_wire);
        assert.equal(toHex(auth), authOf(sa, role)["message_only_prf(SK_p,msg)"]);
        assert.equal(await run(verifyAuthentication(credential, signedContent(sa, role), auth), provider), true);
        const standard = verifyAuthentication({ kind: "resumption", form: "rfc5723" }, signedContent(sa, role), auth);
        assert.equal(await run(standard, provider), false, "the two forms are not taken for each other");
      }
    }
  },
);

testEveryProvider(
  "the recorded answer in three fragments is put together in any order, once, and from authentic fragments alone",
  async (provider) => {
    const [full] = recording.sas;
    const recorded = full.messages.filter(({ fragment }) => fragment !== undefined);
    assert.equal(recorded.length, 3);
    for (const order of [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 0, 1, 1, 2]]) {
      const context = { ...contextOf(full, recorded[0]), fragments: new FragmentBuffer(1_228) };
      const results = [];
      for (const index of order) {
        const forged = fromHex(recorded[index].raw);
        forged[forged.length - 1] ^= 1;
        assert.equal(await run(openMessage(context, decodedOctets(forged)), provider), undefined);
        results.push(await run(openMessage(context, decoded(recorded[index])), provider));
      }
      const whole = results.pop();
      assert.ok(results.every((result) => result === undefined));
      assert.ok(whole?.ok);
      assert.equal(toHex(encodePayloads(whole.value).octets), recorded[2].inner_plain);
      const again = await run(openMessage(context, decoded(recorded[0])), provider);
      assert.equal(again, undefined, "a fragment that comes late is not news");
    }
  },
);

testEveryProvider("every recorded message is made again from its decoded form, octet by octet", async (provider) => {
  for (const { messages } of recording.sas) {
    for (const recorded of messages) {
      const { header, payloads } = decoded(recorded);
      assert.equal(toHex(encodeMessage(header, payloads)), recorded.raw);
    }
  }
  // The prf+ of the whole keymat, so that the lengths in the recording and in the suite agree.
  const [full] = recording.sas;
  const seed = [fromHex(full.Ni), fromHex(full.Nr), fromHex(full.SPIi), fromHex(full.SPIr)];
  const keymat = await run(prfPlus({ prf: recordedSuite().prf, key: fromHex(full.SKEYSEED), seed, length: 208 }), provider);
  assert.equal(toHex(keymat).startsWith(full.keymat), true);
});

async function run<T>(step: Step<T>, provider: CryptoProvider): Promise<T> {
  const services: WaveServices = {
    provider,
    keyExchange: createTsKeyExchange(),
    random: (length) => new Uint8Array(length),
    claims: new MemoryTicketClaims(() => 0),
  };
  return (await runWave([step], services))[0];
}

/** SAr of the recorded full exchange. */
function recordedSuite(): IkeSuite {
  const response = decoded(recording.sas[0].messages.find(({ from }) => from === "responder")!);
  const proposal = response.payloads.find((payload) => payload.type === "SA")!.proposals[0];
  assert.equal(proposal.protocolId, ProtocolId.IKE);
  assert.equal(proposal.transforms.find(({ transformType }) => transformType === TransformType.ENCR)?.transformId, 20);
  return ikeSuiteOf(proposal)!;
}

async function openFragment(
  sa: RecordedSa,
  recorded: RecordedMessage,
  message: Message,
  associatedDataLength: number,
  provider: CryptoProvider,
): Promise<Uint8Array> {
  const { suite, keys } = contextOf(sa, recorded);
  const plaintext = await run(
    open({
      protection: suite.protection,
      encryptionKey: keys.skEr,
      integrityKey: keys.skAr,
      sealed: message.octets,
      associatedDataLength,
    }),
    provider,
  );
  assert.ok(plaintext);
  return plaintext.subarray(0, plaintext.length - 1 - plaintext[plaintext.length - 1]);
}

function contextOf(sa: RecordedSa, { from }: RecordedMessage): ProtectionContext {
  // Whoever opens a message is the other end.
  const role: Role = from === "initiator" ? "responder" : "initiator";
  return {
    suite: recordedSuite(),
    keys: recordedKeys(sa),
    role,
    sealed: { next: 0n },
    random: (length: number) => new Uint8Array(length),
  };
}

function signedContent(sa: RecordedSa, role: Role): SignedContent {
  const keys = recordedKeys(sa);
  const ours = role === "initiator";
  const first = sa.messages.find(({ from }) => from === role)!;
  const body = fromHex(ours ? sa.IDi : sa.IDr);
  return {
    prf: recordedSuite().prf,
    skP: ours ? keys.skPi : keys.skPr,
    realMessage: fromHex(first.raw),
    peerNonce: fromHex(ours ? sa.Nr : sa.Ni),
    identity: { idType: body[0], identification: body.subarray(4) },
  };
}

function authOf(sa: RecordedSa, role: Role): RecordedAuth {
  return role === "initiator" ? sa.AUTH_i : sa.AUTH_r;
}

function recordedKeys(sa: RecordedSa): IkeSaKeys {
  return {
    skD: fromHex(sa.SK_d),
    skAi: new Uint8Array(0),
    skAr: new Uint8Array(0),
    skEi: fromHex(sa.SK_ei + sa.salt_i),
    skEr: fromHex(sa.SK_er + sa.salt_r),
    skPi: fromHex(sa.SK_pi),
    skPr: fromHex(sa.SK_pr),
  };
}

function hexOf(keys: IkeSaKeys): Record<string, string> {
  const names = ["skD", "skAi", "skAr", "skEi", "skEr", "skPi", "skPr"] as const;
  return Object.fromEntries(names.map((name) => [name, toHex(keys[name])]));
}

function spisOf(sa: RecordedSa): { initiatorSpi: bigint; responderSpi: bigint } {
  return { initiatorSpi: BigInt(`0x${sa.SPIi}`), responderSpi: BigInt(`0x${sa.SPIr}`) };
}

function decoded({ raw }: RecordedMessage): Message {
  return decodedOctets(fromHex(raw));
}

function decodedOctets(octets: Uint8Array): Message {
  const result = decodeMessage(octets);
  assert.ok(result.ok);
  return result.value;
}
