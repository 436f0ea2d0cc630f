import assert from "node:assert/strict";
import { Command } from "commander";
import { test } from "node:test";
import { addPeerOptions, type PeerOptions, statedPeerOptions } from "../../src/cli/peer_options.ts";
import { formatSelector, parseIdentity } from "../../src/configuration/mod.ts";

function stated(...words: string[]) {
  const command = addPeerOptions(new Command());
  command.parse(words, { from: "user" });
  return statedPeerOptions(command.opts<PeerOptions>());
}

test("nothing is stated that was not given", () => {
  assert.deepEqual(stated(), {});
});

test("networks are one client's, found by its name in any case, and nobody else has any", () => {
  const { remoteSelectorsOf } = stated(
    "--remote-ts-of",
    "Site.example=10.1.0.0/16,10.2.0.0/16",
    "--remote-ts-of",
    "keyid:a=b=10.3.0.0/16",
  );
  assert.deepEqual(remoteSelectorsOf?.(parseIdentity("site.EXAMPLE"))?.map(formatSelector), [
    "10.1.0.0-10.1.255.255",
    "10.2.0.0-10.2.255.255",
  ]);
  assert.deepEqual(remoteSelectorsOf?.(parseIdentity("keyid:a=b"))?.map(formatSelector), ["10.3.0.0-10.3.255.255"]);
  assert.equal(remoteSelectorsOf?.(parseIdentity("other.example")), undefined);
});

test("the form of AUTH after resumption is one client's or all others', and the standard's where none is named", () => {
  const one = stated("--resumption-authentication", "old.example=message-only");
  assert.equal(one.resumptionAuthenticationOf?.(parseIdentity("old.example")), "message-only");
  assert.equal(one.resumptionAuthenticationOf?.(parseIdentity("new.example")), "rfc5723");
  const all = stated("--resumption-authentication", "message-only", "--resumption-authentication", "new.example=rfc5723");
  assert.equal(all.resumptionAuthenticationOf?.(parseIdentity("old.example")), "message-only");
  assert.equal(all.resumptionAuthenticationOf?.(parseIdentity("new.example")), "rfc5723");
});

test("both thresholds of cookies reach the gateway", () => {
  assert.deepEqual(stated("--cookie-threshold", "0", "--resumption-cookie-threshold", "10000000"), {
    cookieThreshold: 0,
    resumptionCookieThreshold: 10_000_000,
  });
});
