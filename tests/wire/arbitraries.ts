/**
 * Every payload and header, at random, as fast-check arbitraries. All are in canonical form: what decoding gives back.
 *
 * @module
 */
import fc from "fast-check";
import type { Header } from "../../src/wire/header.ts";
import { PayloadNumber } from "../../src/wire/constants.ts";
import type {
  ConfigurationAttribute,
  DeletePayload,
  EapPayload,
  EncryptedFragmentPayload,
  EncryptedPayload,
  Payload,
  PayloadType,
  Proposal,
  TrafficSelector,
  Transform,
  TransformAttribute,
} from "../../src/wire/payload.ts";

/** Plain objects, as decoding gives: strict equality compares prototypes. */
function record<T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
}

const u8 = fc.nat(0xff);
const u15 = fc.nat(0x7fff);
const u16 = fc.nat(0xffff);
const octets = fc.uint8Array({ maxLength: 300 });

function octetsOf(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

const transformAttribute: fc.Arbitrary<TransformAttribute> = record({
  attributeType: u15,
  value: fc.oneof<fc.Arbitrary<number | Uint8Array>[]>(u16, fc.uint8Array({ maxLength: 20 })),
});

const transform: fc.Arbitrary<Transform> = record({
  transformType: u8,
  transformId: u16,
  attributes: fc.array(transformAttribute, { maxLength: 3 }),
});

const protocolAndSpi = fc.oneof(
  record({ protocolId: fc.constant(1), spi: fc.oneof(octetsOf(0), octetsOf(8)) }),
  record({ protocolId: fc.constantFrom(2, 3), spi: octetsOf(4) }),
  record({ protocolId: fc.constantFrom(0, 4, 255), spi: fc.uint8Array({ maxLength: 255 }) }),
);

const proposal: fc.Arbitrary<Proposal> = fc
  .tuple(u8, protocolAndSpi, fc.array(transform, { maxLength: 8 }))
  .map(([number, { protocolId, spi }, transforms]) => ({ number, protocolId, spi, transforms }));

const selector: fc.Arbitrary<TrafficSelector> = fc
  .constantFrom({ selectorType: 7, length: 4 }, { selectorType: 8, length: 16 })
  .chain(({ selectorType, length }) =>
    record({
      selectorType: fc.constant(selectorType),
      ipProtocol: u8,
      startPort: u16,
      endPort: u16,
      startAddress: octetsOf(length),
      endAddress: octetsOf(length),
    })
  );

const selectors = fc.array(selector, { maxLength: 10 });

const configurationAttribute: fc.Arbitrary<ConfigurationAttribute> = record({ attributeType: u15, value: octets });

const deletion: fc.Arbitrary<DeletePayload> = fc.oneof(
  record({ type: fc.constant("D" as const), protocolId: u8, spiSize: fc.constant(0), spis: fc.constant([]) }),
  fc.integer({ min: 1, max: 255 }).chain((spiSize) =>
    record({
      type: fc.constant("D" as const),
      protocolId: u8,
      spiSize: fc.constant(spiSize),
      spis: fc.array(octetsOf(spiSize), { maxLength: 5 }),
    })
  ),
);

const eap: fc.Arbitrary<EapPayload> = fc.tuple(u8, u8, octets).map(([code, identifier, data]) => {
  const length = 4 + data.length;
  return { type: "EAP", message: Uint8Array.of(code, identifier, length >>> 8, length & 0xff, ...data) };
});

const knownNumbers: readonly number[] = Object.values(PayloadNumber);
const unknownNumber = fc.integer({ min: 1, max: 255 }).filter((number) => !knownNumbers.includes(number));

/** One arbitrary for each payload type that may stand anywhere in a message. Unknown ones are not critical. */
export const payloadArbitraries: Readonly<Record<Exclude<PayloadType, "SK" | "SKF">, fc.Arbitrary<Payload>>> = {
  SA: record({ type: fc.constant("SA"), proposals: fc.array(proposal, { minLength: 1, maxLength: 5 }) }),
  KE: record({ type: fc.constant("KE"), group: u16, keyExchangeData: octets }),
  IDi: record({ type: fc.constant("IDi"), idType: u8, identification: octets }),
  IDr: record({ type: fc.constant("IDr"), idType: u8, identification: octets }),
  CERT: record({ type: fc.constant("CERT"), encoding: u8, certificate: octets }),
  CERTREQ: record({ type: fc.constant("CERTREQ"), encoding: u8, certificationAuthority: octets }),
  AUTH: record({ type: fc.constant("AUTH"), method: u8, data: octets }),
  Nonce: record({ type: fc.constant("Nonce"), nonce: fc.uint8Array({ minLength: 16, maxLength: 256 }) }),
  N: record({
    type: fc.constant("N"),
    protocolId: u8,
    spi: fc.uint8Array({ maxLength: 255 }),
    notifyType: u16,
    data: octets,
  }),
  D: deletion,
  V: record({ type: fc.constant("V"), vendorId: octets }),
  TSi: record({ type: fc.constant("TSi"), selectors }),
  TSr: record({ type: fc.constant("TSr"), selectors }),
  CP: record({
    type: fc.constant("CP"),
    configurationType: u8,
    attributes: fc.array(configurationAttribute, { maxLength: 8 }),
  }),
  EAP: eap,
  unknown: record({
    type: fc.constant("unknown"),
    payloadType: unknownNumber,
    critical: fc.constant(false),
    body: octets,
  }),
};

export const payloads: fc.Arbitrary<Payload[]> = fc.array(fc.oneof(...Object.values(payloadArbitraries)), { maxLength: 10 });

/** SK; its offset is set by whoever knows what stands before it. */
export const encrypted: fc.Arbitrary<EncryptedPayload> = record({
  type: fc.constant("SK"),
  firstPayload: u8,
  protectedOctets: octets,
  offset: fc.constant(0),
});

export const encryptedFragment: fc.Arbitrary<EncryptedFragmentPayload> = fc
  .tuple(u8, fc.integer({ min: 1, max: 0xffff }), octets)
  .chain(([firstPayload, totalFragments, protectedOctets]) =>
    record({
      type: fc.constant("SKF"),
      firstPayload: fc.constant(firstPayload),
      fragmentNumber: fc.integer({ min: 1, max: totalFragments }),
      totalFragments: fc.constant(totalFragments),
      protectedOctets: fc.constant(protectedOctets),
      offset: fc.constant(0),
    })
  );

export const header: fc.Arbitrary<Header> = record({
  initiatorSpi: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  responderSpi: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  exchangeType: u8,
  fromInitiator: fc.boolean(),
  isResponse: fc.boolean(),
  higherVersion: fc.boolean(),
  messageId: fc.nat(0xffff_ffff),
  minorVersion: fc.nat(15),
});
