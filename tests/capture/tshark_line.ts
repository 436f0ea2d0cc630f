/**
 * A message in the words of `tshark -T fields`, so that what this project reads can be held beside what tshark does.
 *
 * @module
 */
import type { DecodedMessage, DecodedPayload } from "../../src/capture/mod.ts";
import { ExchangeType, PayloadNumber } from "../../src/wire/constants.ts";

/** The fields of a line, in their order. */
export const TSHARK_FIELDS: readonly string[] = [
  "frame.number",
  "frame.time_epoch",
  "ip.src",
  "ipv6.src",
  "udp.srcport",
  "udp.dstport",
  "isakmp.ispi",
  "isakmp.rspi",
  "isakmp.exchangetype",
  "isakmp.flags",
  "isakmp.messageid",
  "isakmp.length",
  "isakmp.typepayload",
  "isakmp.notify.msgtype",
];

const PROPOSAL = 2;
const TRANSFORM = 3;

export function tsharkLine(message: DecodedMessage): string {
  const { address } = message.from;
  const seconds = Date.parse(message.time?.replace(/\.\d+Z$/, "Z") ?? "") / 1_000;
  const fraction = /\.(\d+)Z$/.exec(message.time ?? "")?.[1].padEnd(9, "0");
  const flags = (message.from_initiator ? 0x08 : 0) | (message.is_response ? 0x20 : 0);
  return [
    message.packet,
    `${seconds}.${fraction}`,
    address.includes(":") ? "" : address,
    address.includes(":") ? address : "",
    message.from.port,
    message.to.port,
    message.initiator_spi,
    message.responder_spi,
    ExchangeType[message.exchange as keyof typeof ExchangeType],
    `0x${flags.toString(16).padStart(2, "0")}`,
    `0x${message.message_id.toString(16).padStart(8, "0")}`,
    message.octets,
    message.payloads.flatMap(payloadNumbers).join(","),
    message.payloads.flatMap(notifyTypes).join(","),
  ].join("|");
}

/** With proposals and transforms, which tshark counts among payloads, and what was opened behind what held it. */
function payloadNumbers(payload: DecodedPayload): number[] {
  const proposals = (payload["proposals"] ?? []) as readonly { readonly transforms: readonly string[] }[];
  return [
    payload.type === "unknown" ? payload["payload_type"] as number : PayloadNumber[payload.type],
    ...proposals.flatMap(({ transforms }) => [PROPOSAL, ...transforms.map(() => TRANSFORM)]),
    ...insideOf(payload).flatMap(payloadNumbers),
  ];
}

function notifyTypes(payload: DecodedPayload): number[] {
  return payload.type === "N" ? [payload["notify_type"] as number] : insideOf(payload).flatMap(notifyTypes);
}

function insideOf(payload: DecodedPayload): readonly DecodedPayload[] {
  return (payload["payloads"] ?? []) as readonly DecodedPayload[];
}
