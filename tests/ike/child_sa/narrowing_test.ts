/**
 * Narrowing of traffic selectors by IP protocol and port (RFC 7296, section 2.9; RFC 4718, section 4.10).
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { anyIpv4Selector, anyIpv6Selector, isNarrowedFrom, narrow } from "../../../src/ike/child_sa/traffic_selectors.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { NotifyType } from "../../../src/wire/constants.ts";
import type { TrafficSelector } from "../../../src/wire/payload.ts";
import { effectsOf, Simulation } from "../../simulation/simulation.ts";

const [ANY, TCP, UDP] = [0, 6, 17].map((ipProtocol): TrafficSelector => ({ ...anyIpv4Selector(), ipProtocol }));
const TCP_HTTPS: TrafficSelector = { ...TCP, startPort: 443, endPort: 443 };

test("[C-4.10] protocols meet only if they are the same, or one is any, and what is left is the narrower one", () => {
  const cases: readonly [TrafficSelector, TrafficSelector, TrafficSelector | undefined][] = [
    [TCP, UDP, undefined],
    [TCP_HTTPS, UDP, undefined],
    [TCP, TCP, TCP],
    [TCP, ANY, TCP],
    [ANY, UDP, UDP],
    [ANY, ANY, ANY],
    [TCP_HTTPS, ANY, TCP_HTTPS],
    [TCP, TCP_HTTPS, TCP_HTTPS],
    [anyIpv6Selector(), ANY, undefined],
  ];
  for (const [offered, allowed, expected] of cases) {
    assert.deepEqual(narrow([offered], [allowed]), expected ? [expected] : []);
    assert.deepEqual(narrow([allowed], [offered]), expected ? [expected] : []);
  }
});

test("[C-4.10] an initiator takes an answer for the protocols it offered alone", () => {
  assert.equal(isNarrowedFrom([TCP], [ANY]), true);
  assert.equal(isNarrowedFrom([TCP], [UDP, TCP]), true);
  assert.equal(isNarrowedFrom([TCP], [UDP]), false);
  assert.equal(isNarrowedFrom([ANY], [TCP]), false);
  assert.equal(isNarrowedFrom([TCP, UDP], [TCP]), false);
});

test("[C-4.10] an offer for TCP gets no Child SA from a policy for UDP, and one for all protocols gets one for UDP", async () => {
  const provider = await loadProvider("ts");
  for (const [offered, expected] of [[TCP, undefined], [ANY, UDP]] as const) {
    const simulation = new Simulation({ provider, gateway: { localSelectors: [UDP] } });
    const client = simulation.addClient({ remoteSelectors: [offered] });
    await simulation.start(client);
    await simulation.run();
    assert.deepEqual(
      effectsOf(client.effects, "child-sa-up").map(({ childSa }) => childSa.remoteSelectors),
      expected ? [[expected]] : [],
    );
    assert.deepEqual(
      effectsOf(client.effects, "child-sa-failed").map(({ notifyType }) => notifyType),
      expected ? [] : [NotifyType.TS_UNACCEPTABLE],
    );
  }
});
