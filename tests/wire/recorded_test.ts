import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeMessage, decodePayloads, encodeMessage, encodePayloads } from "../../src/wire/message.ts";
import type { Payload } from "../../src/wire/payload.ts";
import { checkRules } from "../../src/wire/rules.ts";
import { type RecordedMessage, recordedResumption } from "../vectors/recorded_resumption.ts";
import { fromHex, toHex } from "../vectors/vectors.ts";
import { decoded } from "./decoded.ts";

for (const [index, sa] of recordedResumption().sas.entries()) {
  for (const recorded of sa.messages) {
    const name =
      `${recorded.from}'s message ${recorded.msgid} of exchange ${recorded.exchange} in recorded SA ${index} (${sa.kind})` +
      (recorded.fragment === undefined ? "" : `, fragment ${recorded.fragment}`);

    test(`The ${name} decodes, keeps the rules and encodes to the same octets`, () => {
      const octets = fromHex(recorded.raw);
      const { header, payloads } = decoded(decodeMessage(octets));
      assert.deepEqual(payloads.map(nameOf), recorded.outer);
      assert.equal(header.messageId, recorded.msgid);
      assert.equal(header.exchangeType, recorded.exchange);
      assert.equal(header.isResponse, recorded.from === "responder");
      assert.equal(checkRules(header.exchangeType, header.isResponse, false, payloads), undefined);
      assert.equal(toHex(encodeMessage(header, payloads)), recorded.raw);
    });

    if (recorded.inner_plain !== undefined) {
      test(`The payloads inside the ${name} decode, keep the rules and encode to the same octets`, () => {
        const payloads = innerPayloads(recorded);
        assert.deepEqual(payloads.map(nameOf), recorded.inner);
        assert.equal(checkRules(recorded.exchange, recorded.from === "responder", true, payloads), undefined);
        const encoded = encodePayloads(payloads);
        assert.equal(encoded.firstPayload, recorded.inner_np);
        assert.equal(toHex(encoded.octets), recorded.inner_plain);
      });
    }
  }
}

test("[C-A] A recorded IKE_AUTH response with its ticket before IDr keeps the rules", () => {
  const [first] = recordedResumption().sas;
  const answer = first.messages.find(({ from, inner }) => from === "responder" && inner?.[0] === "N(16409)");
  assert.ok(answer !== undefined);
  assert.equal(checkRules(answer.exchange, true, true, innerPayloads(answer)), undefined);
});

function innerPayloads(recorded: RecordedMessage): readonly Payload[] {
  return decoded(decodePayloads(recorded.inner_np ?? 0, fromHex(recorded.inner_plain ?? "")));
}

function nameOf(payload: Payload): string {
  return payload.type === "N" ? `N(${payload.notifyType})` : payload.type;
}
