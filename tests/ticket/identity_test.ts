import assert from "node:assert/strict";
import { test } from "node:test";
import { foldIdentity, type Identity, identityKey, sameIdentity } from "../../src/ticket/identity.ts";

const [IPV4, FQDN, RFC822, KEY_ID] = [1, 2, 3, 11];
const of = (idType: number, text: string): Identity => ({ idType, identification: new TextEncoder().encode(text) });

test("identities are compared by their type, and without case where case says nothing", () => {
  const same: readonly (readonly [Identity, Identity])[] = [
    [of(FQDN, "Gateway.EXAMPLE"), of(FQDN, "gateway.example")],
    [of(RFC822, "user@Example.ORG"), of(RFC822, "user@example.org")],
    [of(RFC822, `"a@B"@Example.org`), of(RFC822, `"a@B"@example.org`)],
    [of(KEY_ID, "Branch"), of(KEY_ID, "Branch")],
  ];
  const different: readonly (readonly [Identity, Identity])[] = [
    [of(FQDN, "gateway.example"), of(KEY_ID, "gateway.example")],
    [of(FQDN, "gateway.example"), of(FQDN, "gateway.example.")],
    [of(FQDN, "gateway.example"), of(FQDN, "gateway-example")],
    [of(FQDN, "a[b"), of(FQDN, "a{b")],
    [of(FQDN, "\u00e4"), of(FQDN, "\u00c4")],
    [of(RFC822, "User@example.org"), of(RFC822, "user@example.org")],
    [of(RFC822, `"a@B"@example.org`), of(RFC822, `"a@b"@example.org`)],
    [of(RFC822, "User"), of(RFC822, "user")],
    [of(KEY_ID, "Branch"), of(KEY_ID, "branch")],
    [of(IPV4, "ABCD"), of(IPV4, "abcd")],
  ];
  for (const [a, b] of same) {
    assert.ok(sameIdentity(a, b));
    assert.equal(identityKey(a), identityKey(b));
  }
  for (const [a, b] of different) {
    assert.ok(!sameIdentity(a, b));
    assert.notEqual(identityKey(a), identityKey(b));
  }
});

test("folding leaves the identity as it was sent alone", () => {
  const sent = of(FQDN, "Gateway.Example");
  assert.equal(new TextDecoder().decode(foldIdentity(sent).identification), "gateway.example");
  assert.equal(new TextDecoder().decode(sent.identification), "Gateway.Example");
});
