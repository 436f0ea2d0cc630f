/**
 * Keys and tickets of both drafts, beside what another program made of the same input (tests/vectors/draft_keys.py).
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { CutKeys, keysFromTicket } from "../../../src/ike/ike_sa/ike_sa_keys.ts";
import { noncePair } from "../../../src/ike/ike_sa/nonces.ts";
import { subsetKeys } from "../../../src/ike/ike_sa/subset_keys.ts";
import { type IkeSuite, ikeSuiteOf } from "../../../src/ike/ike_sa/suite.ts";
import { failover03 } from "../../../src/ike/profiles/failover_03.ts";
import { resumption00 } from "../../../src/ike/profiles/resumption_00.ts";
import type { ResumptionProfile } from "../../../src/ike/profiles/resumption_profile.ts";
import type { Step } from "../../../src/ike/steps/step.ts";
import { runWave } from "../../../src/ike/steps/wave.ts";
import type { CryptoProvider } from "../../../src/crypto/provider.ts";
import { openTicketRequest, sealTicketUnder, ticketIdOf } from "../../../src/ticket/ticket_by_value.ts";
import { TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";
import { decodeTicketState, type TicketState } from "../../../src/ticket/ticket_state.ts";
import { ProtocolId, TransformAttributeType, TransformType } from "../../../src/wire/constants.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { fqdn, Simulation } from "../../simulation/simulation.ts";
import { fromHex, toHex, vectorsPath } from "../../vectors/vectors.ts";
import { testEveryProvider } from "../every_provider.ts";

interface KeyCase {
  readonly prf: number;
  readonly encr: number;
  readonly bits: number;
  readonly integ: number;
  readonly SK_d_old: string;
  readonly Ni: string;
  readonly Nr: string;
  readonly SPIi: string;
  readonly SPIr: string;
  readonly subset: string;
  readonly failover_03: string;
  readonly resumption_00: string;
}

const { cases, tickets } = JSON.parse(readFileSync(vectorsPath("draft_keys.json")!, "utf8")) as {
  readonly cases: readonly KeyCase[];
  readonly tickets: Readonly<Record<string, string>>;
};

testEveryProvider("[B-4.2.1-1] the first keys are prf+(SK_d_old, Ni), in the draft's order", async (provider) => {
  for (const one of cases) {
    const { keys: { skD, skAi, skAr, skEi, skEr } } = await firstKeys(one, provider);
    assert.equal([skD, skAi, skAr, skEi, skEr].map(toHex).join(""), one.subset);
  }
});

testEveryProvider("[B-4.6-1] SKEYSEED is prf(SK_d2, Ni | Nr), and the keys follow from it as in IKEv2", async (provider) => {
  for (const one of cases) {
    const { keys: { skD } } = await firstKeys(one, provider);
    assert.equal(await keysOf(one, skD, failover03(), provider), one.failover_03);
  }
});

testEveryProvider(
  "[A-3.4-1] SKEYSEED is one output of prf+(SK_d_old, Ni | Nr), and the keys follow from it as in IKEv2",
  async (provider) => {
    for (const one of cases) {
      assert.equal(await keysOf(one, fromHex(one.SK_d_old), resumption00(), provider), one.resumption_00);
    }
  },
);

const FORMATS = [
  ["failover_03", "[B-5.1-1] format version 1, reserved[3], key_id[8], IV, state without a method, MAC", failover03()],
  ["resumption_00", "[A-4.2-1] [A-4.1-1] key_name[16] in ASCII and NULs, IV, state, MAC", resumption00()],
] as const;

for (const [name, title, { ticketFormat }] of FORMATS) {
  testEveryProvider(`${title}: a ticket is what another program made`, async (provider) => {
    const ring = ringOf();
    const random = () => fromHex(tickets.iv);
    const request = sealTicketUnder(state(), ring.current, random, undefined, ticketFormat);
    const [sealed] = await runWave([sealOf(request)], new Simulation({ provider }).services);
    assert.equal(toHex(sealed), tickets[name]);
  });

  testEveryProvider(`${title}: a ticket of another program opens, and its name is key identity and IV`, (provider) => {
    const ticket = fromHex(tickets[name]);
    const request = openTicketRequest(ticket, ringOf(), ticketFormat);
    const [plaintext] = provider.openTickets([request!]);
    assert.equal(toHex(plaintext!), tickets.state);
    assert.deepEqual(decodeTicketState(plaintext!, false), state());
    assert.equal(ticketIdOf(ticket, ticketFormat), `${tickets.key_id}${tickets.iv}`);
    return Promise.resolve();
  });

  testEveryProvider(`a ticket of ${name} is authentic in no other format, and altered in none`, (provider) => {
    const ticket = fromHex(tickets[name]);
    const open = (octets: Uint8Array, format?: ResumptionProfile["ticketFormat"]) => {
      const request = openTicketRequest(octets, ringOf(), format);
      return request && provider.openTickets([request])[0];
    };
    const others = FORMATS.filter(([other]) => other !== name).map(([, , profile]) => profile.ticketFormat);
    for (const format of [undefined, ...others]) assert.equal(open(ticket, format), undefined);
    for (let at = 0; at < ticket.length; at++) {
      const altered = ticket.slice();
      altered[at] ^= 1;
      assert.equal(open(altered, ticketFormat), undefined, `octet ${at}`);
    }
    return Promise.resolve();
  });
}

function* sealOf(request: ReturnType<typeof sealTicketUnder>): Step<Uint8Array> {
  return (yield { operation: "seal", request }) as Uint8Array;
}

async function firstKeys(one: KeyCase, provider: CryptoProvider) {
  const { services } = new Simulation({ provider });
  const [keys] = await runWave([subsetKeys(suiteOf(one), fromHex(one.SK_d_old), fromHex(one.Ni))], services);
  return keys;
}

async function keysOf(one: KeyCase, skD: Uint8Array, { skeyseedData }: ResumptionProfile, provider: CryptoProvider) {
  const nonces = noncePair(fromHex(one.Ni), fromHex(one.Nr));
  const spis = { initiatorSpi: BigInt(`0x${one.SPIi}`), responderSpi: BigInt(`0x${one.SPIr}`) };
  const { services } = new Simulation({ provider });
  const [keys] = await runWave([keysFromTicket(suiteOf(one), skD, nonces, spis, skeyseedData)], services);
  assert.ok(keys instanceof CutKeys);
  return toHex(keys.keyingMaterial);
}

function suiteOf({ prf, encr, bits, integ }: KeyCase): IkeSuite {
  const keyLength = [{ attributeType: TransformAttributeType.KEY_LENGTH, value: bits }];
  const suite = ikeSuiteOf({
    number: 1,
    protocolId: ProtocolId.IKE,
    spi: new Uint8Array(0),
    transforms: [
      { transformType: TransformType.ENCR, transformId: encr, attributes: keyLength },
      { transformType: TransformType.PRF, transformId: prf, attributes: [] },
      ...(integ === 0 ? [] : [{ transformType: TransformType.INTEG, transformId: integ, attributes: [] }]),
      { transformType: TransformType.KE, transformId: 31, attributes: [] },
    ],
  });
  assert.ok(suite);
  return suite;
}

function ringOf(): TicketKeyRing {
  const key = {
    keyId: fromHex(tickets.key_id),
    key: fromHex(tickets.ticket_key),
    algorithm: "aes256gcm16",
    madeAtEpochSeconds: 0,
    activeFromEpochSeconds: 0,
  } as const;
  return new TicketKeyRing([key], new SeededRandom(1).octets);
}

function state(): TicketState {
  return {
    initiatorId: fqdn("client.example"),
    responderId: fqdn("gateway.example"),
    initiatorSpi: BigInt(`0x${tickets.SPIi}`),
    responderSpi: BigInt(`0x${tickets.SPIr}`),
    proposal: suiteOf({ ...cases[0], encr: 20, bits: 256 }).proposal,
    skD: fromHex(tickets.SK_d),
    authenticationMethod: 2,
    expiresAtEpochSeconds: 1_700_003_600,
  };
}
