/**
 * A ticket state to test with.
 *
 * @module
 */
import type { TicketState } from "../../src/ticket/ticket_state.ts";
import { ProtocolId, TransformAttributeType, TransformType } from "../../src/wire/constants.ts";

/** AES-GCM-16 with 256 bits, PRF-HMAC-SHA2-256, Curve25519. */
export const EXAMPLE_STATE: TicketState = {
  initiatorId: { idType: 2, identification: new TextEncoder().encode("alice.example") },
  responderId: { idType: 2, identification: new TextEncoder().encode("gw.example") },
  initiatorSpi: 0x0102030405060708n,
  responderSpi: 0x1112131415161718n,
  proposal: {
    number: 1,
    protocolId: ProtocolId.IKE,
    spi: new Uint8Array(0),
    transforms: [
      {
        transformType: TransformType.ENCR,
        transformId: 20,
        attributes: [{ attributeType: TransformAttributeType.KEY_LENGTH, value: 256 }],
      },
      { transformType: TransformType.PRF, transformId: 5, attributes: [] },
      { transformType: TransformType.KE, transformId: 31, attributes: [] },
    ],
  },
  skD: Uint8Array.from({ length: 32 }, (_, index) => 0xc0 + index),
  authenticationMethod: 2,
  expiresAtEpochSeconds: 0x6553_f100 + 3_600,
};

/** {@link EXAMPLE_STATE} as RFC 5723, appendix A.1 lays it out, written down octet by octet. */
export const EXAMPLE_STATE_OCTETS: Uint8Array = Uint8Array.of(
  // IDi: generic header, ID type, three reserved octets, "alice.example".
  ...[0, 0, 0, 21, 2, 0, 0, 0, 0x61, 0x6c, 0x69, 0x63, 0x65, 0x2e, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65],
  // IDr: the same with "gw.example".
  ...[0, 0, 0, 18, 2, 0, 0, 0, 0x67, 0x77, 0x2e, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65],
  // SPIi, SPIr.
  ...[1, 2, 3, 4, 5, 6, 7, 8, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18],
  // SA: generic header, one proposal of three transforms.
  ...[0, 0, 0, 40, 0, 0, 0, 36, 1, 1, 0, 3],
  ...[3, 0, 0, 12, 1, 0, 0, 20, 0x80, 14, 1, 0],
  ...[3, 0, 0, 8, 2, 0, 0, 5],
  ...[0, 0, 0, 8, 4, 0, 0, 31],
  // SK_d behind its length.
  32,
  ...Array.from({ length: 32 }, (_, index) => 0xc0 + index),
  // Authentication method, expiration.
  2,
  ...[0x65, 0x53, 0xff, 0x10],
);
