/**
 * Tests of EAP-TLS that need a runtime whose TLS exports keying material: `on_node_test.ts` has Node run them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EapTlsError, type EapTlsOptions, loadEapTls } from "../../../src/eap/mod.ts";
import { EapTlsServer } from "../../../src/eap/tls/eap_tls_server.ts";
import { secureContext, serverOver } from "../../../src/eap/tls/tls_context.ts";
import { TlsPlaces } from "../../../src/eap/tls/tls_places.ts";
import type { EapServerMethod } from "../../../src/ike/authentication/eap/eap_method.ts";
import { sameIdentity } from "../../../src/ticket/identity.ts";
import { credentialOf, type Issued, pem, subjectOf } from "../../certificates/authority.ts";
import { authorityNow, CLIENT_NAME, eapTlsOf, fqdn, issuedNow, named, run, SERVER_NAME, talk } from "./tls_scene.ts";
import { IdType } from "../../../src/wire/constants.ts";
import { loadCertificates } from "../../../src/certificates/options.ts";

const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;
/** Flags of EAP-TLS (RFC 5216, section 3.1), and what they stand behind. */
const [LENGTH_INCLUDED, MORE, START] = [0x80, 0x40, 0x20];
const FLAGS = 5;

const authority = authorityNow();
const server = issuedNow(named(SERVER_NAME), authority);
const client = issuedNow(named(CLIENT_NAME), authority);

for (const version of VERSIONS) {
  const versions = [version, version] as const;

  test(`${version}: both ends make the same key, and the client is who its certificate says`, async () => {
    const [gateway, device] = await Promise.all([
      eapTlsOf(authority, [server], { versions }),
      eapTlsOf(authority, [client], { versions }),
    ]);
    const talked = await talk(gateway.server(fqdn(CLIENT_NAME)), device.peer(fqdn(SERVER_NAME)));
    assert.equal(talked.server.kind, "success");
    assert.equal(talked.client.kind, "success");
    if (talked.server.kind !== "success" || talked.client.kind !== "success") return;
    const { msk, identity, certificates, certificatesEndAtEpochSeconds } = talked.server.success;
    assert.equal(msk!.length, 64);
    assert.deepEqual(talked.client.msk, msk);
    assert.ok(msk!.some((octet) => octet !== 0));
    // IDi is named by the certificate.
    assert.equal(identity, undefined);
    assert.deepEqual(certificates, [client.der]);
    assert.ok(certificatesEndAtEpochSeconds! > Date.now() / 1_000);
    // The first Request is the start, and asks for nothing else (RFC 5216, section 2.1.1).
    assert.deepEqual([...talked.messages[0].subarray(4)], [13, START]);
    // The client's last word is empty.
    assert.deepEqual([...talked.messages.at(-2)!.subarray(4)], [13, 0]);
  });

  test(`${version}: a client whose IDi its certificate does not name is the first name in it, else its subject`, async () => {
    const many = issuedNow(
      named("many", { names: [{ dNSName: "host.example" }, { rfc822Name: "alice@example.org" }, { iPAddress: "192.0.2.7" }] }),
      authority,
    );
    const none = issuedNow({ subject: "Nobody" }, authority);
    const expected = [
      [many, IdType.ID_RFC822_ADDR, new TextEncoder().encode("alice@example.org")],
      [none, IdType.ID_DER_ASN1_DN, subjectOf(none)],
    ] as const;
    for (const [certificate, idType, identification] of expected) {
      const gateway = await eapTlsOf(authority, [server], { versions });
      const device = await eapTlsOf(authority, [certificate], { versions });
      const talked = await talk(gateway.server(fqdn(CLIENT_NAME)), device.peer(fqdn(SERVER_NAME)));
      assert.ok(talked.server.kind === "success");
      assert.ok(sameIdentity(talked.server.success.identity!, { idType, identification }));
    }
  });

  test(`${version}: long chains go in parts of at most 1,024 octets, each answered by an empty packet`, async () => {
    const between = authorityNow("Between", {}, authority);
    const long = {
      key: "RSA",
      names: Array.from({ length: 60 }, (_, index) => ({ dNSName: `name${index}.example` })),
    } as const;
    const at = (name: string) => issuedNow(named(name, { ...long, names: [{ dNSName: name }, ...long.names] }), between);
    const gateway = await eapTlsOf(authority, [at(SERVER_NAME), between], { versions });
    const device = await eapTlsOf(authority, [at(CLIENT_NAME), between], { versions });
    const talked = await talk(gateway.server(fqdn(CLIENT_NAME)), device.peer(fqdn(SERVER_NAME)));
    assert.equal(talked.server.kind, "success");
    assert.equal(talked.client.kind, "success");
    const typeData = talked.messages.map((message) => message.subarray(FLAGS)).filter(({ length }) => length > 0);
    assert.ok(typeData.every(({ length }) => length <= 1_029));
    const parted = typeData.flatMap(([flags], index) => (flags & MORE) !== 0 ? [index] : []);
    assert.ok(parted.length >= 4, `${parted.length}`);
    for (const index of parted) assert.deepEqual([...typeData[index + 1]], [0]);
    // The length of the whole stands in the first part, and in no other.
    for (const index of parted) {
      const isFirst = !parted.includes(index - 2);
      assert.equal((typeData[index][0] & LENGTH_INCLUDED) !== 0, isFirst);
    }
  });

  test(`${version}: a client of another authority fails, and so does one whose certificate is out of time`, async () => {
    const other = authorityNow("Other");
    const gateway = await eapTlsOf(authority, [server], { versions });
    const strangers: readonly (readonly [Issued, Issued])[] = [
      [other, issuedNow(named(CLIENT_NAME), other)],
      [authority, issuedNow(named(CLIENT_NAME, { days: [-9, -1] }), authority)],
    ];
    for (const [issuer, certificate] of strangers) {
      const device = await eapTlsOf(issuer, [certificate], {
        versions,
        certificates: await loadCertificates({ authorities: [pem("CERTIFICATE", authority.der)] }),
      });
      const talked = await talk(gateway.server(), device.peer(fqdn(SERVER_NAME)));
      assert.equal(talked.server.kind, "failure");
    }
  });

  test(`${version}: a client gives no more word to a server of another name or another authority, and believes no Success`, async () => {
    const other = authorityNow("Other");
    const servers: readonly (readonly [Issued, Issued])[] = [
      [authority, issuedNow(named("other.example"), authority)],
      [other, issuedNow(named(SERVER_NAME), other)],
    ];
    for (const [issuer, certificate] of servers) {
      const gateway = await eapTlsOf(issuer, [certificate], {
        versions,
        certificates: await loadCertificates({ authorities: [pem("CERTIFICATE", authority.der)] }),
      });
      const peer = (await eapTlsOf(authority, [client], { versions })).peer(fqdn(SERVER_NAME));
      const talked = await talk(gateway.server(), peer);
      assert.equal(talked.client.kind, "failure");
      assert.equal(talked.server.kind, "request");
      assert.equal(peer.finish(), undefined);
    }
  });

  test(`${version}: altered octets of TLS come to a failure, after an alert that the other end acknowledges`, async () => {
    const gateway = await eapTlsOf(authority, [server], { versions });
    const device = await eapTlsOf(authority, [client], { versions });
    for (let altered = 1; altered <= 6; altered++) {
      let isAltered = false;
      const flip = (message: Uint8Array, count: number) => {
        if (count !== altered || message.length < 20) return message;
        isAltered = true;
        const copy = message.slice();
        copy[copy.length - 3] ^= 1;
        return copy;
      };
      const talked = await talk(gateway.server(), device.peer(fqdn(SERVER_NAME)), flip);
      if (!isAltered) continue;
      assert.notEqual(talked.server.kind, "success", `message ${altered}`);
      assert.notEqual(talked.client.kind, "success", `message ${altered}`);
    }
  });
}

test("with TLS 1.3 a client does not believe a Success that comes before the server's commitment (RFC 9190, section 2.5)", async () => {
  const versions = ["TLSv1.3", "TLSv1.3"] as const;
  const gateway = await eapTlsOf(authority, [server], { versions });
  const device = await eapTlsOf(authority, [client], { versions });
  const { messages } = await talk(gateway.server(), device.peer(fqdn(SERVER_NAME)));
  // Success comes last, the client's empty packet before it, and the commitment before that.
  const commitment = messages.length - 3;
  for (const [cut, isBelieved] of [[messages.length, true], [commitment, false]] as const) {
    const peer = device.peer(fqdn(SERVER_NAME));
    const success = (message: Uint8Array, count: number) => count === cut ? Uint8Array.of(3, message[1], 0, 4) : message;
    const talked = await talk(gateway.server(), peer, success);
    assert.equal(talked.client.kind, isBelieved ? "success" : "failure");
  }
});

test("what is no packet of EAP-TLS fails at either end: cut short, a start in the midst, parts that do not add up, no ClientHello", async () => {
  const gateway = await eapTlsOf(authority, [server]);
  const device = await eapTlsOf(authority, [client]);
  const wrong: readonly (readonly number[])[] = [
    [],
    [LENGTH_INCLUDED, 0, 0],
    [START],
    [0],
    [MORE],
    [LENGTH_INCLUDED, 0, 0, 0, 9, 1, 2],
    [LENGTH_INCLUDED, 0, 0, 0, 1, 1, 2],
    [LENGTH_INCLUDED | MORE, 0xff, 0xff, 0xff, 0xff, 1],
  ];
  for (const typeData of wrong) {
    const method = gateway.server();
    await run(method.begin());
    assert.equal((await run(method.respond(Uint8Array.from(typeData)))).kind, "failure", `${typeData}`);
    const peer = device.peer(fqdn(SERVER_NAME));
    if (typeData[0] !== START) assert.equal(await run(peer.respond(Uint8Array.from(typeData))), undefined);
    assert.ok(await run(device.peer(fqdn(SERVER_NAME)).respond(Uint8Array.of(START))));
  }
  // Octets that are no TLS: an alert, then Failure.
  const method = gateway.server();
  await run(method.begin());
  const alert = await run(method.respond(Uint8Array.of(0, ...new Uint8Array(200).fill(7))));
  assert.equal(alert.kind === "request" ? (await run(method.respond(Uint8Array.of(0)))).kind : alert.kind, "failure");
});

test("a message of parts that never ends is given up at 32,768 octets", async () => {
  const method = (await eapTlsOf(authority, [server])).server();
  await run(method.begin());
  let octets = 0;
  for (let part = 0; part < 100; part++) {
    const outcome = await run(method.respond(Uint8Array.of(MORE, ...new Uint8Array(1_000))));
    if (outcome.kind === "failure") break;
    octets += 1_000;
  }
  assert.equal(octets, 32_000);
});

test("beyond the handshakes that may be at once the oldest fails, and the newcomer does not", async () => {
  for (const [mostHandshakes, expected] of [[1, "failure"], [2, "success"]] as const) {
    const gateway = await eapTlsOf(authority, [server], { mostHandshakes });
    const device = await eapTlsOf(authority, [client]);
    const [oldest, peer] = [gateway.server(), device.peer(fqdn(SERVER_NAME))];
    let outcome = await run(oldest.begin());
    for (let round = 0; outcome.kind === "request"; round++) {
      const said = await run(peer.respond(outcome.typeData));
      assert.ok(said !== undefined);
      outcome = await run(oldest.respond(said));
      // The first part of its ClientHello may need no TLS yet; all of its handshake comes after these.
      if (round !== 1) continue;
      for (let time = 0; time < 3; time++) {
        assert.equal((await talk(gateway.server(), device.peer(fqdn(SERVER_NAME)))).server.kind, "success");
      }
    }
    assert.equal(outcome.kind, expected);
  }
});

test("a handshake whose client cannot be judged, or is waited for no longer, leaves its place at once", async () => {
  const authorities = [pem("CERTIFICATE", authority.der)];
  const credential = credentialOf(server) as EapTlsOptions["credential"];
  const places = new TlsPlaces(9);
  for (const judge of [() => Promise.reject(new Error("no database")), () => new Promise<never>(() => {})]) {
    const certificates = { judge };
    const open = serverOver(secureContext({ certificates, authorities, credential }));
    const method = new EapTlsServer({ certificates, open, places, nowEpochSeconds: () => 0 });
    const peer = (await eapTlsOf(authority, [client])).peer(fqdn(SERVER_NAME));
    const steps: Generator[] = [];
    const told: EapServerMethod = {
      type: method.type,
      begin: () => method.begin(),
      respond: (typeData) => {
        const step = method.respond(typeData);
        steps.push(step);
        return step;
      },
    };
    const talked = talk(told, peer);
    const late = new Promise<"late">((resolve) => setTimeout(() => resolve("late"), 500));
    assert.match(String(await Promise.race([talked, late]).catch((fault) => fault)), /no database|late/);
    steps.at(-1)!.return(undefined);
    assert.equal(places.count, 0);
  }
});

test("what cannot be used is said when it is loaded", async () => {
  const authorities = [pem("CERTIFICATE", authority.der)];
  const certificates = await loadCertificates({ authorities });
  const { certificates: own } = credentialOf(server);
  const { privateKey } = credentialOf(client);
  const wrong = { certificates, authorities, credential: { certificates: own as string, privateKey: privateKey as string } };
  await assert.rejects(
    loadEapTls(wrong),
    (error: Error) => error instanceof EapTlsError && /cannot be used/.test(error.message),
  );
  await assert.rejects(eapTlsOf(authority, [server], { mostHandshakes: 0 }), RangeError);
});
