/**
 * Octets that mean nothing, and octets that look like IKE messages from afar.
 *
 * @module
 */
import { systemRandom } from "../../crypto/system_random.ts";
import { ExchangeType, PayloadNumber } from "../../wire/constants.ts";
import type { AttackKind } from "./attack.ts";
import { openAll, sendInTurn } from "./senders.ts";

const PREPARED = 512;
const LONGEST = 1_400;
const HEADER_LENGTH = 28;
const VERSION = 0x20;
const FROM_INITIATOR = 0x08;
const EXCHANGES = [
  ExchangeType.IKE_SA_INIT,
  ExchangeType.IKE_SESSION_RESUME,
  ExchangeType.IKE_AUTH,
  ExchangeType.CREATE_CHILD_SA,
  ExchangeType.INFORMATIONAL,
];

/** @param addresses where it comes from */
export function garbage(addresses: readonly string[]): AttackKind {
  return {
    name: "garbage",
    what: "random octets from many addresses",
    prepare: async (means) => {
      const datagrams = Array.from({ length: PREPARED }, () => systemRandom(1 + randomBelow(LONGEST)));
      return sendInTurn(await openAll(means, addresses), datagrams);
    },
  };
}

export function garbageHeaders(addresses: readonly string[]): AttackKind {
  return {
    name: "garbage-headers",
    what: "random octets behind headers of IKE requests, from many addresses",
    prepare: async (means) => {
      const datagrams = Array.from({ length: PREPARED }, (_, index) => behindHeader(index));
      return sendInTurn(await openAll(means, addresses), datagrams);
    },
  };
}

/** A right version and length; the first exchanges name no responder SPI, the others one that is not known. */
function behindHeader(index: number): Uint8Array {
  const octets = systemRandom(HEADER_LENGTH + 4 + randomBelow(LONGEST - HEADER_LENGTH));
  const exchangeType = EXCHANGES[index % EXCHANGES.length];
  const isFirst = exchangeType === ExchangeType.IKE_SA_INIT || exchangeType === ExchangeType.IKE_SESSION_RESUME;
  const view = new DataView(octets.buffer);
  if (isFirst) view.setBigUint64(8, 0n);
  octets[16] = isFirst ? PayloadNumber.SA : PayloadNumber.SK;
  octets[17] = VERSION;
  octets[18] = exchangeType;
  octets[19] = FROM_INITIATOR;
  view.setUint32(20, isFirst ? 0 : 1);
  view.setUint32(24, octets.length);
  // Every other one has a payload of a right length as well.
  if (index % 2 === 0) view.setUint32(HEADER_LENGTH, octets.length - HEADER_LENGTH);
  return octets;
}

function randomBelow(limit: number): number {
  const [high, low] = systemRandom(2);
  return (high << 8 | low) % limit;
}
