import assert from "node:assert/strict";
import { test } from "node:test";
import type { Identity } from "../../src/ticket/identity.ts";
import { RevokedIdentities } from "../../src/ticket/revoked_identities.ts";

const CLIENT: Identity = { idType: 2, identification: new TextEncoder().encode("client.example") };
const NAI: Identity = { idType: 3, identification: new TextEncoder().encode("alice@realm.example") };
const NOW = 1_700_000_000;
const LAST_EXPIRY = NOW + 3_600;

function ofClient(expiresAtEpochSeconds: number, eapIdentity?: Identity) {
  return { initiatorId: CLIENT, eapIdentity, expiresAtEpochSeconds };
}

test("[R-9.8-1] a ticket that was issued in the second of the revocation is refused with the earlier ones, the next second's is not", () => {
  const revoked = new RevokedIdentities();
  revoked.add(CLIENT, LAST_EXPIRY, at(NOW));
  assert.equal(revoked.has(ofClient(LAST_EXPIRY - 1)), true);
  assert.equal(revoked.has(ofClient(LAST_EXPIRY)), true);
  assert.equal(revoked.has(ofClient(LAST_EXPIRY + 1)), false);
});

test("[R-9.8-1] [R-5-3] an identity is told from others by its type and all its octets, IDi or the one that EAP authenticated", () => {
  const revoked = new RevokedIdentities();
  revoked.add(NAI, LAST_EXPIRY, at(NOW));
  assert.equal(revoked.has(ofClient(LAST_EXPIRY)), false);
  assert.equal(revoked.has(ofClient(LAST_EXPIRY, NAI)), true);
  assert.equal(revoked.has(ofClient(LAST_EXPIRY, { ...NAI, idType: 11 })), false);
  assert.equal(revoked.has({ initiatorId: NAI, expiresAtEpochSeconds: LAST_EXPIRY }), true);
});

test("[R-9.8-1] a ticket that says when it was issued is judged by that, however long it lives", () => {
  const revoked = new RevokedIdentities();
  revoked.add(CLIENT, LAST_EXPIRY, at(NOW));
  for (const lifetime of [60, 3_600, 24 * 3_600]) {
    for (const [age, expected] of [[100, true], [0, true], [-1, false]]) {
      const issue = { series: "00".repeat(8), serial: 1, issuedAtEpochSeconds: NOW - Number(age) };
      assert.equal(revoked.has({ ...ofClient(NOW + lifetime), issue }), expected, `${lifetime} ${age}`);
    }
  }
});

test("[R-9.8-1] an earlier revocation that is told later gives no ticket back", () => {
  const revoked = new RevokedIdentities();
  revoked.add(CLIENT, LAST_EXPIRY, at(NOW));
  revoked.add(CLIENT, LAST_EXPIRY - 600, at(NOW - 600));
  assert.equal(revoked.has(ofClient(LAST_EXPIRY)), true);
  assert.equal(revoked.has({ ...ofClient(LAST_EXPIRY), issue: { series: "", serial: 1, issuedAtEpochSeconds: NOW } }), true);
});

test("[R-9.8-1] an identity stays revoked while another is, as long as its own tickets may live", () => {
  const revoked = new RevokedIdentities();
  revoked.add(CLIENT, LAST_EXPIRY, at(NOW));
  revoked.add(NAI, LAST_EXPIRY + 3_600, at(LAST_EXPIRY));
  assert.equal(revoked.has(ofClient(LAST_EXPIRY)), true);
});

test("[R-9.8-1] an identity stays revoked for thirty days, by the clock that goes slower", () => {
  const DAY = 86_400;
  const issued = { ...ofClient(LAST_EXPIRY + 90 * DAY), issue: { series: "", serial: 1, issuedAtEpochSeconds: NOW } };
  for (const [wallDays, steadyDays, expected] of [[29, 29, true], [31, 29, true], [29, 31, true], [31, 31, false]]) {
    const revoked = new RevokedIdentities();
    revoked.add(CLIENT, LAST_EXPIRY, at(NOW));
    const later = { epochSeconds: NOW + Number(wallDays) * DAY, monotonicMs: 1_000 * (NOW + Number(steadyDays) * DAY) };
    revoked.add(NAI, LAST_EXPIRY, later);
    assert.equal(revoked.has(issued), expected, `${wallDays} ${steadyDays}`);
  }
});

/** An instant of clocks that agree. */
function at(epochSeconds: number): { readonly epochSeconds: number; readonly monotonicMs: number } {
  return { epochSeconds, monotonicMs: 1_000 * epochSeconds };
}
