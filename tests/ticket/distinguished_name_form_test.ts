import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseIdentity } from "../../src/configuration/mod.ts";
import { comparableName } from "../../src/ticket/distinguished_name_form.ts";
import { type Identity, identityKey, identityNumber, sameIdentity } from "../../src/ticket/identity.ts";
import { fromHexadecimal, toHexadecimal } from "../../src/wire/hexadecimal.ts";

const ID_DER_ASN1_DN = 9;
const named = (identification: Uint8Array): Identity => ({ idType: ID_DER_ASN1_DN, identification });
const isOne = (one: Identity, other: Identity) => [
  sameIdentity(one, other),
  identityKey(one) === identityKey(other),
  identityNumber(one) === identityNumber(other),
];

/** CN=eve ott,C=CH, the value of CN as it stands in DER. */
const nameOf = (value: string) => parseIdentity(`dn:CN=#${value},C=CH`);
const EVE = nameOf("0c07657665206f7474");

test("the form of a name is UTF8String in lower case, without spaces that say nothing", () => {
  // C=CH (PrintableString), CN=" Eve   Ott" (UTF8String), laid out by hand.
  const der = fromHexadecimal("3022310b3009060355040613024348311330110603550403" + "0c0a204576652020204f7474")!;
  assert.equal(
    toHexadecimal(comparableName(der)!),
    "301f310b300906035504060c0263683110300e06035504030c07657665206f7474",
  );
});

test("a distinguished name is the same in all forms that the owner of a certificate may say", () => {
  const forms: readonly (readonly [what: string, Identity])[] = [
    ["in upper case", nameOf("0c07455645204f5454")],
    ["as PrintableString", nameOf("1307657665206f7474")],
    ["as TeletexString", nameOf("1407657665206f7474")],
    ["as IA5String", nameOf("1607657665206f7474")],
    ["as BMPString", nameOf("1e0e006500760065" + "0020006f00740074")],
    ["as UniversalString", nameOf("1c1c000000650000007600000065000000200000006f0000007400000074")],
    ["with more spaces", nameOf("0c0b20657665202020" + "6f747420")],
    ["with another type of string elsewhere", parseIdentity("dn:CN=Eve Ott,C=#0c026368")],
  ];
  for (const [what, form] of forms) assert.deepEqual(isOne(EVE, form), [true, true, true], what);
  assert.deepEqual(isOne(parseIdentity("dn:CN=É"), parseIdentity("dn:CN=#1401e9")), [true, true, true]);
  assert.deepEqual(isOne(parseIdentity("dn:CN=a+OU=b"), parseIdentity("dn:OU=B+CN=A")), [true, true, true]);
});

test("what is another name stays one", () => {
  const others: readonly (readonly [what: string, Identity])[] = [
    ["a letter", nameOf("0c07657665206f7475")],
    ["no space", nameOf("0c066576656f7474")],
    ["a NUL within", nameOf("0c086576650020" + "6f7474")],
    ["octets that are no string", nameOf("0407657665206f7474")],
    ["octets that are no UTF-8", nameOf("0c07e57665206f7474")],
    ["another attribute", parseIdentity("dn:OU=eve ott,C=CH")],
    ["another order", parseIdentity("dn:C=CH,CN=eve ott")],
    ["one relative name of both", parseIdentity("dn:CN=eve ott+C=CH")],
    ["one attribute less", parseIdentity("dn:CN=eve ott")],
    ["one attribute that reads as two", parseIdentity("dn:CN=eve ott\\,C\\=CH")],
    ["the same octets as a key ID", { ...EVE, idType: 11 }],
  ];
  for (const [what, other] of others) assert.deepEqual(isOne(EVE, other), [false, false, false], what);
});

test("what is no name in DER, or longer than any, is compared octet by octet", () => {
  const { identification: der } = EVE;
  const upper = nameOf("0c07455645204f5454").identification;
  const inBer = Uint8Array.of(0x30, 0x81, ...upper.subarray(1));
  // An organization of 2,100 letters.
  const long = (letter: number) =>
    named(Uint8Array.of(
      ...[0x30, 0x82, 0x08, 0x45, 0x31, 0x82, 0x08, 0x41, 0x30, 0x82, 0x08, 0x3d, 6, 3, 0x55, 4, 10, 0x0c, 0x82, 0x08, 0x34],
      ...new Uint8Array(2_100).fill(letter),
    ));
  for (const other of [upper.subarray(0, -1), Uint8Array.of(...upper, 0), inBer, Uint8Array.of(0x30, 0), new Uint8Array(0)]) {
    assert.equal(comparableName(other), undefined);
    assert.deepEqual(isOne(named(der), named(other)), [false, false, false]);
    assert.deepEqual(isOne(named(other), named(other.slice())), [true, true, true]);
  }
  assert.deepEqual(isOne(long(0x61), long(0x41)), [false, false, false]);
});

test("a plain name, which is read where it stands, has the form that it has by way of another type of string", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "B", "Z", "@", "[", " ", "\t", "\x7f"), maxLength: 6 });
  const hexadecimal = (tag: number, text: string) =>
    toHexadecimal(Uint8Array.of(tag, text.length, ...new TextEncoder().encode(text)));
  const name = (tag: number, texts: string[]) =>
    parseIdentity(`dn:${texts.map((text) => `O=#${hexadecimal(tag, text)}`).join()}`);
  fc.assert(fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), fc.constantFrom(0x0c, 0x13, 0x16), (texts, tag) => {
    assert.deepEqual(comparableName(name(tag, texts).identification), comparableName(name(0x14, texts).identification));
  }));
});

test("whatever a peer makes of a name, it has one form, whose form is itself, and what has the same form is the same", () => {
  const value = fc.tuple(fc.constantFrom(0x0c, 0x13, 0x1c, 0x1e, 0x04), fc.uint8Array({ maxLength: 8 }));
  const attribute = fc.tuple(fc.constantFrom(3, 6, 11), value);
  const attributes = fc.array(attribute, { minLength: 1, maxLength: 2 });
  const wrap = (tag: number, ...content: number[]) => [tag, content.length, ...content];
  const names = fc.array(attributes, { minLength: 1, maxLength: 2 }).map((relatives) =>
    named(Uint8Array.from(wrap(
      0x30,
      ...relatives.flatMap((one) =>
        wrap(0x31, ...one.flatMap(([type, [tag, octets]]) => wrap(0x30, 6, 3, 0x55, 4, type, ...wrap(tag, ...octets))))
      ),
    )))
  );
  const texts = fc.string({ unit: "binary", maxLength: 12 }).map((text) =>
    parseIdentity(`dn:CN=#${toHexadecimal(Uint8Array.from(wrap(0x0c, ...new TextEncoder().encode(text))))}`)
  );
  fc.assert(fc.property(fc.oneof(names, texts), (name) => {
    const form = comparableName(name.identification);
    assert.ok(form !== undefined);
    assert.deepEqual(comparableName(form), form);
    assert.deepEqual(isOne(name, named(form)), [true, true, true]);
  }));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
    assert.deepEqual(isOne(named(octets), named(octets.slice())), [true, true, true]);
  }));
});
