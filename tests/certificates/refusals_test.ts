/**
 * What certificates are not taken, at the gateway, by table: each line is one thing wrong with a client that is right otherwise.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CertificateOptions } from "../../src/certificates/options.ts";
import { IdType } from "../../src/wire/constants.ts";
import type { Identity } from "../../src/ticket/identity.ts";
import { effectsOf } from "../simulation/simulation.ts";
import {
  authorityOf,
  credentialOf,
  criticalExtension,
  issue,
  type Issued,
  revocationListOf,
  subjectOf,
  type Wanted,
} from "./authority.ts";
import { certificateScene, CLIENT_NAME, tried } from "./scene.ts";

const KEY_ENCIPHERMENT = 0x04;
const DIGITAL_SIGNATURE = 0x01;
const NAMES = [{ dNSName: CLIENT_NAME }];

interface Line {
  readonly what: string;
  /** Made of a good authority: what the client has, and what else the gateway is given. */
  readonly of: (authority: Issued) => {
    readonly end: Issued;
    readonly above?: readonly Issued[];
    readonly gateway?: Partial<CertificateOptions>;
  };
  /** `undefined`: the client comes in. */
  readonly refusal?: RegExp;
}

function client(wanted: Partial<Wanted>, issuer: Issued): Issued {
  return issue({ subject: "Client", names: NAMES, ...wanted }, issuer);
}

const LINES: readonly Line[] = [
  { what: "nothing", of: (ca) => ({ end: client({}, ca) }) },
  { what: "a key for signatures", of: (ca) => ({ end: client({ keyUsage: DIGITAL_SIGNATURE }, ca) }) },
  { what: "a purpose of IKE's", of: (ca) => ({ end: client({ purposes: ["1.3.6.1.5.5.7.3.17"] }, ca) }) },
  {
    what: "an intermediate authority that is sent",
    of: (ca) => {
      const middle = authorityOf("Middle", "P-256", {}, ca);
      return { end: client({}, middle), above: [middle] };
    },
  },
  {
    what: "an intermediate authority behind six others of no use",
    of: (ca) => {
      const middle = authorityOf("Middle", "P-256", {}, ca);
      const others = Array.from({ length: 6 }, (_, index) => authorityOf(`Other ${index}`));
      return { end: client({}, middle), above: [...others.map((one) => authorityOf("Of no use", "P-256", {}, one)), middle] };
    },
  },
  {
    what: "an intermediate authority that the gateway knows",
    of: (ca) => {
      const middle = authorityOf("Middle", "P-384", {}, ca);
      return { end: client({}, middle), gateway: { intermediates: [middle.der] } };
    },
  },
  {
    what: "two intermediate authorities, where so many may be",
    of: (ca) => {
      const upper = authorityOf("Upper", "P-256", { authority: { isAuthority: true, pathLength: 1 } }, ca);
      const lower = authorityOf("Lower", "P-256", { authority: { isAuthority: true, pathLength: 0 } }, upper);
      return { end: client({}, lower), above: [lower, upper] };
    },
  },
  {
    what: "its own certificate among the authorities",
    of: () => {
      const end = issue({ subject: "Alone", names: NAMES });
      return { end, gateway: { authorities: [end.der] } };
    },
  },
  {
    what: "a revocation list in time that names others",
    of: (ca) => ({
      end: client({}, ca),
      gateway: { revocationLists: [revocationListOf(ca, [client({}, ca)])], requireRevocationLists: true },
    }),
  },
  {
    what: "another authority",
    of: () => ({ end: client({}, authorityOf()) }),
    refusal: /not signed by its issuer|no certificate of a trusted/,
  },
  {
    what: "no authority at all",
    of: () => ({ end: issue({ subject: "Client", names: NAMES }) }),
    refusal: /no certificate of a trusted/,
  },
  { what: "an end in the past", of: (ca) => ({ end: client({ days: [-9, -1] }, ca) }), refusal: /has expired/ },
  { what: "a beginning to come", of: (ca) => ({ end: client({ days: [1, 9] }, ca) }), refusal: /not valid yet/ },
  {
    what: "another name",
    of: (ca) => ({ end: client({ names: [{ dNSName: "client2.example" }] }, ca) }),
    refusal: /does not name/,
  },
  { what: "a wildcard", of: (ca) => ({ end: client({ names: [{ dNSName: "*.example" }] }, ca) }), refusal: /does not name/ },
  {
    what: "its name as that of a mailbox",
    of: (ca) => ({ end: client({ names: [{ rfc822Name: CLIENT_NAME }] }, ca) }),
    refusal: /does not name/,
  },
  {
    what: "its name as common name alone",
    of: (ca) => ({ end: issue({ subject: CLIENT_NAME }, ca) }),
    refusal: /does not name/,
  },
  {
    what: "a key for encryption alone",
    of: (ca) => ({ end: client({ keyUsage: KEY_ENCIPHERMENT }, ca) }),
    refusal: /may not sign/,
  },
  {
    what: "a purpose that is not IKE's",
    of: (ca) => ({ end: client({ purposes: ["1.3.6.1.5.5.7.3.3"] }, ca) }),
    refusal: /another purpose/,
  },
  {
    what: "a critical extension that nobody knows",
    of: (ca) => ({ end: client({ extensions: [criticalExtension("1.2.3.4")] }, ca) }),
    refusal: /extension 1\.2\.3\.4/,
  },
  {
    what: "an issuer that is no authority",
    of: (ca) => {
      const other = client({}, ca);
      return { end: client({}, other), above: [other] };
    },
    refusal: /no authority/,
  },
  {
    what: "an issuer whose key may not sign certificates",
    of: (ca) => {
      const middle = authorityOf("Middle", "P-256", { keyUsage: DIGITAL_SIGNATURE }, ca);
      return { end: client({}, middle), above: [middle] };
    },
    refusal: /may not sign certificates/,
  },
  {
    what: "an issuer that has expired",
    of: (ca) => {
      const middle = authorityOf("Middle", "P-256", { days: [-9, -1] }, ca);
      return { end: client({}, middle), above: [middle] };
    },
    refusal: /has expired/,
  },
  {
    what: "an issuer with name constraints",
    of: (ca) => {
      const middle = authorityOf("Middle", "P-256", { extensions: [criticalExtension("2.5.29.30")] }, ca);
      return { end: client({}, middle), above: [middle] };
    },
    refusal: /extension 2\.5\.29\.30/,
  },
  {
    what: "more authorities below one another than may be",
    of: (ca) => {
      const upper = authorityOf("Upper", "P-256", { authority: { isAuthority: true, pathLength: 0 } }, ca);
      const lower = authorityOf("Lower", "P-256", {}, upper);
      return { end: client({}, lower), above: [lower, upper] };
    },
    refusal: /too many authorities/,
  },
  {
    what: "a chain that is too long",
    of: (ca) => {
      const above: Issued[] = [];
      for (let level = 0, issuer = ca; level < 5; level++) {
        above.unshift(issuer = authorityOf(`Level ${level}`, "P-256", {}, issuer));
      }
      return { end: client({}, above[0]), above };
    },
    refusal: /no certificate of a trusted authority/,
  },
  {
    what: "a missing link",
    of: (ca) => ({ end: client({}, authorityOf("Middle", "P-256", {}, ca)) }),
    refusal: /no certificate of a trusted authority/,
  },
  {
    what: "an issuer of the same name and another key",
    of: (ca) => {
      const [middle, false_] = [authorityOf("Middle", "P-256", {}, ca), authorityOf("Middle", "P-256")];
      return { end: client({}, { ...false_, keyIdentifier: middle.keyIdentifier }), above: [middle] };
    },
    refusal: /not signed by its issuer/,
  },
  {
    what: "a signature over SHA-1",
    of: (ca) => ({ end: client({ hash: "sha1" }, ca), gateway: { allowSha1: true } }),
    refusal: /algorithm that is not taken/,
  },
  {
    what: "its revocation",
    of: (ca) => {
      const end = client({}, ca);
      return { end, gateway: { revocationLists: [revocationListOf(ca, [end])] } };
    },
    refusal: /was revoked/,
  },
  {
    what: "its revocation by a list that is out of time",
    of: (ca) => {
      const end = client({}, ca);
      return { end, gateway: { revocationLists: [revocationListOf(ca, [end], [-9, -8])] } };
    },
    refusal: /was revoked/,
  },
  {
    what: "the revocation of its issuer",
    of: (ca) => {
      const middle = authorityOf("Middle", "P-256", {}, ca);
      return { end: client({}, middle), above: [middle], gateway: { revocationLists: [revocationListOf(ca, [middle])] } };
    },
    refusal: /was revoked/,
  },
  {
    what: "no revocation list where there has to be one",
    of: (ca) => ({ end: client({}, ca), gateway: { requireRevocationLists: true } }),
    refusal: /no revocation list in time/,
  },
  {
    what: "a list out of time where there has to be one",
    of: (ca) => ({
      end: client({}, ca),
      gateway: { revocationLists: [revocationListOf(ca, [], [-9, -8])], requireRevocationLists: true },
    }),
    refusal: /no revocation list in time/,
  },
  {
    what: "a list that another has signed, where there has to be one",
    of: (ca) => {
      const forged = revocationListOf({ ...authorityOf(), subject: ca.subject }, []);
      return { end: client({}, ca), gateway: { revocationLists: [forged], requireRevocationLists: true } };
    },
    refusal: /no revocation list in time/,
  },
];

for (const { what, of, refusal } of LINES) {
  test(`[C-3.9] a client's certificates with ${what} ${refusal ? "are refused" : "are taken"}`, async () => {
    const authority = authorityOf();
    const { end, above = [], gateway = {} } = of(authority);
    const authorities = [authority.der, ...(gateway.authorities ?? [])];
    const scene = await certificateScene({
      authority,
      ofClient: { credentials: [credentialOf(end, ...above)] },
      ofGateway: { ...gateway, authorities },
    });
    const { simulation, client } = await tried(scene);
    const [failure] = effectsOf(simulation.gatewayEffects, "authentication-failed");
    assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-up").length, refusal ? 0 : 1, failure?.detail ?? "");
    if (refusal === undefined) return;
    assert.match(failure.detail ?? "", refusal);
    assert.equal(failure.method, "certificate");
    assert.deepEqual(effectsOf(client.effects, "ike-sa-down").map(({ reason }) => reason), ["authentication-failed"]);
  });
}

const encode = (text: string) => new TextEncoder().encode(text);
const IDENTITIES: readonly (readonly [string, Partial<Wanted>, (end: Issued) => Identity, boolean])[] = [
  [
    "a host name in another case",
    { names: [{ dNSName: "Road.Example" }] },
    () => ({ idType: IdType.ID_FQDN, identification: encode("rOAD.eXAMPLE") }),
    true,
  ],
  [
    "a mailbox",
    { names: [{ rfc822Name: "alice@Road.Example" }] },
    () => ({ idType: IdType.ID_RFC822_ADDR, identification: encode("alice@road.example") }),
    true,
  ],
  [
    "a mailbox in another case",
    { names: [{ rfc822Name: "alice@road.example" }] },
    () => ({ idType: IdType.ID_RFC822_ADDR, identification: encode("Alice@road.example") }),
    false,
  ],
  [
    "an IPv4 address",
    { names: [{ iPAddress: "192.0.2.9" }] },
    () => ({ idType: IdType.ID_IPV4_ADDR, identification: Uint8Array.of(192, 0, 2, 9) }),
    true,
  ],
  [
    "another IPv4 address",
    { names: [{ iPAddress: "192.0.2.9" }] },
    () => ({ idType: IdType.ID_IPV4_ADDR, identification: Uint8Array.of(192, 0, 2, 8) }),
    false,
  ],
  ["its subject", {}, (end) => ({ idType: IdType.ID_DER_ASN1_DN, identification: subjectOf(end) }), true],
  [
    "its subject in another case",
    {},
    () => ({ idType: IdType.ID_DER_ASN1_DN, identification: subjectOf(issue({ subject: "CLIENT" })) }),
    true,
  ],
  [
    "another subject",
    {},
    () => ({ idType: IdType.ID_DER_ASN1_DN, identification: subjectOf(issue({ subject: "Clients" })) }),
    false,
  ],
  [
    "octets that are no name",
    {},
    () => ({ idType: IdType.ID_DER_ASN1_DN, identification: Uint8Array.of(0x30, 0x80, 1) }),
    false,
  ],
  ["no octets", {}, () => ({ idType: IdType.ID_DER_ASN1_DN, identification: new Uint8Array(0) }), false],
  ["a key ID", {}, () => ({ idType: IdType.ID_KEY_ID, identification: encode("Client") }), false],
];

for (const [what, wanted, identityOf, isNamed] of IDENTITIES) {
  test(`[C-3.6] [C-3.9] a certificate ${isNamed ? "names" : "does not name"} a client that says it is ${what}`, async () => {
    const authority = authorityOf();
    const end = issue({ subject: "Client", ...wanted }, authority);
    const scene = await certificateScene({
      authority,
      ofClient: { credentials: [credentialOf(end)] },
      clientOptions: { identity: identityOf(end) },
    });
    const { simulation } = await tried(scene);
    assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-up").length, isNamed ? 1 : 0);
  });
}

test("[C-3.9] policy may know better than the names in a certificate, and what it throws refuses the client", async () => {
  for (
    const [namesIdentity, ups] of [[() => true, 1], [() => false, 0], [() => undefined, 0], [() => {
      throw new Error("no");
    }, 0]] as const
  ) {
    const { simulation } = await tried(
      await certificateScene({ clientCertificate: { names: [{ dNSName: "other.example" }] }, ofGateway: { namesIdentity } }),
    );
    assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-up").length, ups);
  }
});

test("[C-3.6] a gateway whose certificate is not right is not believed: expired, of another name, of another authority", async () => {
  const wrong: readonly ((authority: Issued) => Issued)[] = [
    (ca) => issue({ subject: "Gateway", names: [{ dNSName: "gateway.example" }], days: [-9, -1] }, ca),
    (ca) => issue({ subject: "Gateway", names: [{ dNSName: CLIENT_NAME }] }, ca),
    () => issue({ subject: "Gateway", names: [{ dNSName: "gateway.example" }] }, authorityOf()),
  ];
  for (const made of wrong) {
    const authority = authorityOf();
    const scene = await certificateScene({ authority, ofGateway: { credentials: [credentialOf(made(authority))] } });
    const { client } = await tried(scene);
    assert.deepEqual(effectsOf(client.effects, "ike-sa-up"), []);
    assert.equal(effectsOf(client.effects, "ike-sa-down")[0].reason, "authentication-failed");
  }
});
