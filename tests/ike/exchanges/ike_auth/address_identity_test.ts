/** Identities that are addresses: what they are compared with is policy's affair (RFC 4718, section 7.1). @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIdentity } from "../../../../src/configuration/mod.ts";
import { anyIpv4Selector } from "../../../../src/ike/child_sa/traffic_selectors.ts";
import type { AuthenticatedClient } from "../../../../src/ike/policy/authorization.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { formatIdentity } from "../../../../src/configuration/identity_text.ts";
import { resumptions } from "../../../simulation/coming_back.ts";
import { effectsOf, Simulation } from "../../../simulation/simulation.ts";

/** Neither is the source of any packet, nor in any selector. */
const ADDRESSES = ["192.0.2.200", "2001:db8::77"];

for (const address of ADDRESSES) {
  test(`[C-7.1] a client and a gateway that are ${address} by identity come up and back from elsewhere, with selectors of others`, async () => {
    const identity = parseIdentity(address);
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { identity } });
    const options = { identity, peerIdentity: identity, localSelectors: [anyIpv4Selector()] };
    const client = simulation.addClient(options);
    await simulation.start(client);
    await simulation.run();
    assert.equal(effectsOf(client.effects, "child-sa-up").length, 1);
    assert.notEqual(client.address, address);
    const again = simulation.addClient(options, client.ticket);
    await simulation.start(again);
    await simulation.run();
    assert.deepEqual(resumptions(again), [true]);
  });

  test(`[C-7.1] policy that compares ${address} with the packet's source has both, and its word counts`, async () => {
    const identity = parseIdentity(address);
    const asked: string[] = [];
    const authorize = ({ identity, remote }: AuthenticatedClient) => {
      asked.push(`${formatIdentity(identity)} from ${remote.address}`);
      return formatIdentity(identity) === remote.address ? {} : undefined;
    };
    const simulation = new Simulation({ provider: await loadProvider("ts"), gateway: { authorize } });
    for (const [from, isUp] of [["198.51.100.9", false], [address, true]] as const) {
      const client = simulation.addClient({ identity }, undefined, from);
      await simulation.start(client);
      await simulation.run();
      assert.equal(effectsOf(client.effects, "ike-sa-up").length, isUp ? 1 : 0, from);
    }
    assert.deepEqual(asked, [`${address} from 198.51.100.9`, `${address} from ${address}`]);
  });
}
