/**
 * Distinguished names as text (RFC 4514). The octets are those of certificates that OpenSSL 3.0.19 made (`openssl req -utf8 -subj …`), the texts what
 * it prints of them (`openssl x509 -subject -nameopt RFC2253`).
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatIdentity, parseIdentity } from "../../src/configuration/mod.ts";
import { fromHexadecimal, toHexadecimal } from "../../src/wire/hexadecimal.ts";

const OF_OPENSSL = [
  ["CN=laptop", "3011310f300d06035504030c066c6170746f70"],
  [
    "UID=two+CN=one,O=A\\\\B,C=CH",
    "303c310b3009060355040613024348310c300a060355040a0c03415c42311f300a06035504030c036f6e653011060a0992268993f22c6401010c0374776f",
  ],
  [
    'serialNumber=12-3,emailAddress=a@example.org,CN=\\ x = 1\\ ,OU=\\#1 \\"Sales\\"\\;\\<a\\>,O=M\\C3\\BCller\\, S\\C3\\B6hne \\+ Co,C=CH,DC=example,DC=org',
    "3081b231133011060a0992268993f22c64011916036f726731173015060a0992268993f22c64011916076578616d706c65310b3009060355040613024348311d301b060355040a0c144dc3bc6c6c65722c2053c3b6686e65202b20436f31173015060355040b0c0e2331202253616c6573223b3c613e3110300e06035504030c072078203d203120311c301a06092a864886f70d010901160d61406578616d706c652e6f7267310d300b0603550405130431322d33",
  ],
] as const;

const derOf = (text: string) => {
  const { idType, identification } = parseIdentity(`dn:${text}`);
  assert.equal(idType, 9);
  return toHexadecimal(identification);
};
const textOf = (der: string) => formatIdentity({ idType: 9, identification: fromHexadecimal(der)! });

test("a distinguished name as text is the octets that OpenSSL makes of it, and reads as the text again", () => {
  for (const [text, der] of OF_OPENSSL) {
    assert.equal(derOf(text), der, text);
    const shown = textOf(der);
    assert.equal(derOf(shown.slice("dn:".length)), der, shown);
  }
  assert.equal(textOf(OF_OPENSSL[0][1]), "dn:CN=laptop");
  assert.equal(textOf(OF_OPENSSL[1][1]), "dn:CN=one+UID=two,O=A\\\\B,C=CH");
});

test("spaces between parts, the case of types, dotted numbers and characters beyond ASCII are taken", () => {
  const [, [, der], [, long]] = OF_OPENSSL;
  assert.equal(derOf("cn = one + uid=two , o=A\\\\B ,  c=CH"), der);
  assert.equal(derOf("0.9.2342.19200300.100.1.1=two+2.5.4.3=one,2.5.4.10=A\\5cB,2.5.4.6=CH"), der);
  const written =
    'serialNumber=12-3,E=a@example.org,CN=\\ x = 1\\  ,OU=\\#1 \\"Sales\\"\\;\\<a\\>,O=Müller\\, Söhne \\+ Co,C=CH,DC=example,DC=org';
  assert.equal(derOf(written), long);
  // 1.2.840.113549: several octets for one arc, and a value in DER.
  assert.equal(derOf("1.2.840.113549=#0c0161"), "300f310d300b06062a864886f70d0c0161");
});

test("what is no distinguished name is refused with what was expected, in one line", () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["", /is no attribute: expected a type, =, and a value/],
    ["laptop", /"laptop" is no attribute/],
    ["CN=a,", /"" is no attribute/],
    ["CN=a,,O=b", /"" is no attribute/],
    ["CN=", /CN: no value/],
    ["CN=a+", /"" is no attribute/],
    ["=a", /attribute "": allowed are CN, /],
    ["XY=a", /attribute "XY": allowed are CN, .*dotted numbers/],
    ["3.4.5=a", /attribute "3\.4\.5"/],
    ["1.40.5=a", /attribute "1\.40\.5"/],
    ["CN=a;b", /CN: \\ is missing/],
    ['CN="a"', /CN: \\ is missing/],
    ["CN=a\\", /CN: \\ is missing/],
    ["CN=a\\z", /CN: \\ is missing/],
    ["CN=a\0", /CN: \\ is missing/],
    ["CN=\\ff", /CN: its octets are no UTF-8/],
    ["CN=#0c01", /CN: expected the hexadecimal digits of DER behind #/],
    ["CN=#0c", /CN: expected the hexadecimal digits of DER/],
    ["CN=#xyz", /CN: expected the hexadecimal digits of DER/],
    ["C=CHE", /C: "CHE" has characters or a length/],
    ["serialNumber=a_b", /serialNumber: "a_b" has characters/],
    ["DC=ü", /DC: "ü" has characters/],
    [`CN=${"x".repeat(1_024)}`, /allowed are 1 to 1024/],
  ];
  for (const [text, message] of wrong) {
    assert.throws(() => parseIdentity(`dn:${text}`), (error: Error) => {
      assert.equal(error.name, "ConfigurationError", text);
      assert.match(error.message, message, text);
      return true;
    });
  }
});

test("whatever octets a peer calls a distinguished name, its text is plain ASCII, and stands for those octets alone", () => {
  const mutated = fc.tuple(fc.constantFrom(...OF_OPENSSL.map(([, der]) => der)), fc.nat(200), fc.nat(255)).map(
    ([der, at, octet]) => {
      const octets = fromHexadecimal(der)!;
      octets[at % octets.length] = octet;
      return octets;
    },
  );
  fc.assert(fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 60 })), (identification) => {
    const text = formatIdentity({ idType: 9, identification });
    assert.match(text, /^[\x20-\x7e]*$/);
    if (text.startsWith("dn:")) assert.deepEqual(parseIdentity(text).identification, identification);
    else assert.equal(text, `type 9:${toHexadecimal(identification)}`);
  }));
  // A value of another kind of string than this end writes: digits, or it would be another identity when it is read.
  assert.equal(textOf("3011310f300d060355040313066c6170746f70"), "dn:CN=#13066c6170746f70");
  // A peer's name may be longer than one that is put into words.
  assert.match(textOf(`3082040${"a"}${"00".repeat(0x40a)}`), /^type 9:/);
});
