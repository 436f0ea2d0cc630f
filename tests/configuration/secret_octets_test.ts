import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigurationError, parsePresharedKey, parseSecret } from "../../src/configuration/mod.ts";
import { toHexadecimal } from "../../src/wire/hexadecimal.ts";

const octets = (text: string) => new TextEncoder().encode(text);
const KEY = octets("correct horse battery");

test("a shared key is understood in every form that people write, and is always the same octets", () => {
  const forms: readonly (string | Uint8Array)[] = [
    "correct horse battery",
    "correct horse battery\n",
    "correct horse battery\r\n",
    "\ufeffcorrect horse battery\n",
    "0x636f727265637420686f7273652062617474657279",
    "0X636F727265637420686F7273652062617474657279\r\n",
    "0sY29ycmVjdCBob3JzZSBiYXR0ZXJ5\n",
    "\ufeff0sY29ycmVjdCBob3JzZSBiYXR0ZXJ5",
  ];
  for (const form of forms) {
    assert.deepEqual(parsePresharedKey(typeof form === "string" ? octets(form) : form), KEY, JSON.stringify(form));
  }
  assert.deepEqual(parsePresharedKey(octets("0sAQI=")), Uint8Array.of(1, 2));
  assert.deepEqual(parsePresharedKey(octets("0sAQI")), Uint8Array.of(1, 2), "without padding");
});

test("octets that are no text are the key as they are, so that two different ones never become one", () => {
  const one = Uint8Array.of(0xff, 0xfe, 0xfd, 0xfc, 0x00, 0x0a, 0x20);
  const other = Uint8Array.of(0x80, 0x81, 0x82, 0x83, 0x00, 0x0a, 0x20);
  assert.deepEqual(parsePresharedKey(one), one);
  assert.deepEqual(parsePresharedKey(other), other);
  assert.deepEqual(parsePresharedKey(Uint8Array.of(...one, 0x0a)), one, "one line end goes");
  const marked = Uint8Array.of(0xef, 0xbb, 0xbf, 0xff);
  assert.deepEqual(parsePresharedKey(marked), marked, "what begins like a byte order mark and is no text");
  assert.deepEqual(parseSecret(one), one);
});

test("what would silently be another key than the one that was meant is refused, and no octet of it is shown", () => {
  const refused: readonly (readonly [string | Uint8Array, RegExp])[] = [
    ["", /^nothing/],
    ["\n", /^nothing/],
    ["\ufeff", /^nothing/],
    [" \t\r\n\n", /^only blanks/],
    [new Uint8Array(32), /^only zero octets/],
    ["correct horse battery\n\n", /^several lines/],
    ["correct horse\nbattery\n", /^several lines/],
    ["correct horse battery \n", /^a blank/],
    [" correct horse battery", /^a blank/],
    [`"correct horse battery"`, /^quotes/],
    [`%any gw : PSK "correct horse battery"`, /^a line of ipsec\.secrets/],
    ["0x", /hexadecimal/],
    ["0xcorrect", /hexadecimal/],
    ["0x636", /hexadecimal/],
    ["0s", /base64/],
    ["0scorrect horse", /base64/],
    ["0sAQJ=", /base64/],
    [Uint8Array.of(0xff, 0xfe, 0x63, 0, 0x6f, 0), /^UTF-16/],
    [Uint8Array.of(0xfe, 0xff, 0, 0x63, 0, 0x6f), /^UTF-16/],
  ];
  for (const [form, why] of refused) {
    const given = typeof form === "string" ? octets(form) : form;
    assert.throws(() => parsePresharedKey(given), (error: unknown) => {
      assert.ok(error instanceof ConfigurationError, JSON.stringify(form));
      assert.match(error.message, why, JSON.stringify(form));
      assert.doesNotMatch(error.message, /correct|battery|636/);
      return true;
    });
  }
});

test("a passphrase is one line as it stands there, whatever it begins with", () => {
  for (const text of ["0x61", "0sYQ==", `"quoted"`]) {
    assert.equal(toHexadecimal(parseSecret(octets(`${text}\n`))), toHexadecimal(octets(text)));
  }
  assert.throws(() => parseSecret(octets("one\ntwo\n")), /several lines/);
});

test("the key is a copy: wiping what the file held does not touch it", () => {
  const file = octets("correct horse battery\n");
  const key = parsePresharedKey(file);
  file.fill(0);
  assert.deepEqual(key, KEY);
});
