/**
 * Captures that tests write, block by block and layer by layer.
 *
 * @module
 */

export interface WrittenPacket {
  readonly seconds?: number;
  readonly fraction?: number;
  readonly octets: Uint8Array;
  readonly originalLength?: number;
}

export function pcap(
  { little, magic = 0xa1b2c3d4, linkType = 1 }: {
    readonly little: boolean;
    readonly magic?: number;
    readonly linkType?: number;
  },
  packets: readonly WrittenPacket[],
): Uint8Array {
  const records = packets.map(({ seconds = 0, fraction = 0, octets, originalLength = octets.length }) => [
    words(little, seconds, fraction, octets.length, originalLength),
    octets,
  ]);
  const version = little ? 0x0004_0002 : 0x0002_0004;
  return joined(words(little, magic, version, 0, 0, 65_535, linkType), ...records.flat());
}

export function section(little: boolean): Uint8Array {
  return block(little, 0x0a0d0d0a, joined(words(little, 0x1a2b3c4d, little ? 1 : 0x0001_0000), new Uint8Array(8).fill(0xff)));
}

export function interfaceBlock(
  little: boolean,
  { linkType, resolution, offsetSeconds }: {
    readonly linkType: number;
    readonly resolution?: number;
    readonly offsetSeconds?: bigint;
  },
): Uint8Array {
  const offset = new Uint8Array(8);
  new DataView(offset.buffer).setBigInt64(0, offsetSeconds ?? 0n, little);
  const options = [
    ...(resolution === undefined ? [] : [halves(little, 9, 1), Uint8Array.of(resolution, 0, 0, 0)]),
    ...(offsetSeconds === undefined ? [] : [halves(little, 14, 8), offset]),
    halves(little, 0, 0),
  ];
  return block(little, 1, joined(halves(little, linkType, 0), words(little, 0), ...options));
}

export function enhancedPacket(
  little: boolean,
  { interface: index, ticks, octets }: { readonly interface: number; readonly ticks: bigint; readonly octets: Uint8Array },
): Uint8Array {
  const time = [Number(ticks >> 32n), Number(ticks & 0xffff_ffffn)];
  return block(little, 6, joined(words(little, index, ...time, octets.length, octets.length), padded(octets)));
}

export function simplePacket(little: boolean, octets: Uint8Array): Uint8Array {
  return block(little, 3, joined(words(little, octets.length), padded(octets)));
}

function block(little: boolean, type: number, body: Uint8Array): Uint8Array {
  const length = 12 + body.length;
  return joined(words(little, type, length), body, words(little, length));
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function padded(octets: Uint8Array): Uint8Array {
  return joined(octets, new Uint8Array((4 - octets.length % 4) % 4));
}

function words(little: boolean, ...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, index) => view.setUint32(4 * index, value, little));
  return new Uint8Array(view.buffer);
}

function halves(little: boolean, ...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * values.length));
  values.forEach((value, index) => view.setUint16(2 * index, value, little));
  return new Uint8Array(view.buffer);
}
