/** Offers and answers of CREATE_CHILD_SA for a Child SA, made by hand. @module */
import type { ChildSa } from "../../../../src/ike/child_sa/child_sa.ts";
import { defaultEspProposals, offerEsp } from "../../../../src/ike/ike_sa/proposals.ts";
import { findPayload, notify } from "../../../../src/ike/message/notify.ts";
import { NotifyType, ProtocolId } from "../../../../src/wire/constants.ts";
import type { Payload } from "../../../../src/wire/payload.ts";

/** The handmade end's SPI of a new Child SA. */
export const NEW_ESP_SPI: Uint8Array = Uint8Array.of(0, 0, 64, 0);

/** SA, Ni, TSi, TSr, for the traffic of a Child SA that the other end has; with `rekeys`, in the place of the one of this SPI. */
export function childOffer(
  { localSelectors, remoteSelectors }: ChildSa,
  { rekeys, spi = NEW_ESP_SPI, nonce = new Uint8Array(32).fill(0x5a) }: {
    readonly rekeys?: Uint8Array;
    readonly spi?: Uint8Array;
    readonly nonce?: Uint8Array;
  } = {},
): Payload[] {
  return [
    ...(rekeys ? [{ ...notify(NotifyType.REKEY_SA), protocolId: ProtocolId.ESP, spi: rekeys }] : []),
    { type: "SA", proposals: offerEsp(defaultEspProposals(), spi) },
    { type: "Nonce", nonce },
    { type: "TSi", selectors: remoteSelectors },
    { type: "TSr", selectors: localSelectors },
  ];
}

/** The answer that takes an offer as it is, without key exchange. */
export function childAnswer(
  offer: readonly Payload[],
  nonce: Uint8Array = new Uint8Array(32).fill(0xa5),
  spi: Uint8Array = NEW_ESP_SPI,
): Payload[] {
  const [{ number, protocolId, transforms }] = findPayload(offer, "SA")!.proposals;
  const chosen = transforms.filter(({ transformType }, index) =>
    transforms.findIndex((other) => other.transformType === transformType) === index
  );
  return [
    { type: "SA", proposals: [{ number, protocolId, spi, transforms: chosen }] },
    { type: "Nonce", nonce },
    findPayload(offer, "TSi")!,
    findPayload(offer, "TSr")!,
  ];
}
