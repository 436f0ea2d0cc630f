import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIdentity } from "../../../src/configuration/mod.ts";
import { DomainIdentities } from "../../../src/gateway/domain/domain_identities.ts";
import type { RevokedIdentity } from "../../../src/store/store_channel.ts";
import { identityKey } from "../../../src/ticket/identity.ts";

const ADA = parseIdentity("ada@example.org");

/** A store each of whose writes is answered when a test says so. */
function heldStore() {
  const kept: RevokedIdentity[] = [];
  const writes: { readonly take: () => void; readonly fail: () => void }[] = [];
  const store = {
    add: (one: RevokedIdentity) =>
      new Promise<void>((resolve, reject) =>
        writes.push({
          take: () => {
            kept.push(one);
            resolve();
          },
          fail: () => reject(new Error("no room")),
        })
      ),
    all: () => Promise.resolve(kept),
  };
  return { store, kept, writes };
}

test("what was revoked anew while the store took an earlier word of it is owed until the store has that too", async () => {
  const { store, kept, writes } = heldStore();
  const revoked: number[] = [];
  const identities = new DomainIdentities({
    store,
    revoke: (_, untilEpochSeconds) => {
      revoked.push(untilEpochSeconds);
      return Promise.resolve();
    },
    onFault: (fault) => assert.fail(String(fault)),
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  try {
    const first = identities.add(ADA, 100);
    await turn();
    const second = identities.add(ADA, 200);
    await turn();
    assert.equal(writes.length, 2);
    writes[0].take();
    await first;
    writes[1].fail();
    await assert.rejects(second, /no room/);
    const look = identities.look();
    await turn();
    assert.equal(writes.length, 3, "it is still owed");
    writes[2].take();
    await look;
    assert.deepEqual(kept.map(({ key, untilEpochSeconds }) => [key, untilEpochSeconds]), [
      [identityKey(ADA), 100],
      [identityKey(ADA), 200],
    ]);
    assert.deepEqual(revoked, [100, 200]);
  } finally {
    identities.close();
  }
});
