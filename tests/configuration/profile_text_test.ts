import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigurationError, parseProfile, parseProfiles } from "../../src/configuration/mod.ts";
import { RFC_5723 } from "../../src/ike/profiles/rfc5723.ts";

test("forms of resumption are known by their names, several with commas between", () => {
  assert.equal(parseProfile("rfc5723"), RFC_5723);
  assert.deepEqual(parseProfiles("rfc5723, failover-03,resumption-00").map(({ name }) => name), [
    "rfc5723",
    "failover-03",
    "resumption-00",
  ]);
});

test("[B-4.2-5] [B-4.1-1] all numbers of a draft may be others for private use", () => {
  const failover = parseProfile("failover-03:exchange=241:opaque=50000:request=50001:ack=50002:nack=50003:gatewayList=50004");
  assert.equal(failover.presentation.exchangeType, 241);
  assert.equal(failover.gatewayListType, 50_004);
  const { request, ack, nack, grant, present } = failover.notifies;
  const types = [request, ack, nack, grant(1, 1), present(new Uint8Array(1), 1)].map(({ notifyType }) => notifyType);
  assert.deepEqual(types, [50_001, 50_002, 50_003, 50_000, 50_000]);
});

test("[A-3.3-1] the notify and its subtypes may have other numbers", () => {
  const { notifies } = parseProfile("resumption-00:ticket=60000:opaque=129:request=130:ack=131:nack=132");
  assert.equal(notifies.request.notifyType, 60_000);
  assert.deepEqual([notifies.request, notifies.ack, notifies.nack].map(({ data }) => [...data]), [[130], [131], [132]]);
  assert.deepEqual([...notifies.present(Uint8Array.of(7), 0x01020304).data], [129, 1, 2, 3, 4, 7]);
});

test("what is no profile is refused in one line that says what is expected", () => {
  for (
    const [text, expected] of [
      ["rfc5724", /not known, expected rfc5723, failover-03, resumption-00/],
      ["rfc5723:exchange=240", /assigned/],
      ["failover-03:exchange=38", /exchange is 38, expected 240 to 255/],
      ["failover-03:nack=16412", /nack is 16412, expected 40960 to 65535/],
      ["failover-03:nack=40960", /two notifies have one number/],
      ["failover-03:nak=50000", /"nak=50000" is no number of it, expected exchange, opaque/],
      ["resumption-00:opaque=0", /subtype opaque is 0, expected 1 to 255/],
      ["resumption-00:opaque=2", /two subtypes have one number/],
      ["", /not known/],
    ] as const
  ) {
    assert.throws(() => parseProfile(text), (error) => {
      assert.ok(error instanceof ConfigurationError);
      assert.match(error.message, expected);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  }
});
