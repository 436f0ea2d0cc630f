/**
 * Lines for `ip -batch` that put Child SAs into Linux: states (keys and SPIs) and policies (which traffic), as ip-xfrm(8) has them.
 *
 * @module
 */
import type { Cipher, Hash, Protection } from "../../crypto/algorithms.ts";
import type { TrafficSelector } from "../../wire/payload.ts";
import type { EspEnds, InstalledChildSa } from "../child_sa_system.ts";
import { prefixesOf } from "./prefixes.ts";

/** A part of a line: a word, or a key, which is written in hexadecimal and wiped with the line. */
export type Word = string | { readonly secret: Uint8Array };
export type Line = readonly Word[];

/** What all states and policies have in common. */
export interface XfrmMarks {
  /** Only packets with this mark go by the policies. */
  readonly mark?: { readonly value: number; readonly mask: number };
  /** The number of an XFRM interface. */
  readonly interfaceId?: number;
}

/** Policies of one Child SA at most: selectors of both sides are multiplied out. */
const MOST_POLICIES = 512;
/** Where two policies meet, the one with the longer prefixes counts. */
const PRIORITY = 200_000;
const REPLAY_WINDOW = 128;
const IP_PROTOCOLS_WITH_TYPES: ReadonlySet<number> = new Set([1, 58, 135]);

/** The state of one direction. */
export function stateLine(one: InstalledChildSa, direction: "in" | "out", reqid: number, marks: XfrmMarks): Line {
  const { childSa, ends } = one;
  const keys = direction === "in" ? childSa.inbound : childSa.outbound;
  const [source, destination] = direction === "in" ? [ends.remote, ends.local] : [ends.local, ends.remote];
  return [
    ..."xfrm state add".split(" "),
    ...stateName(one, direction, ends),
    "reqid",
    String(reqid),
    "mode",
    modeOf(one),
    "replay-window",
    String(REPLAY_WINDOW),
    ...(childSa.extendedSequenceNumbers ? ["flag", "esn"] : []),
    ...algorithmWords(childSa.protection, keys.encryptionKey, keys.integrityKey),
    ...(ends.udpEncapsulation
      ? ["encap", "espinudp", String(source.port), String(destination.port), source.address.includes(":") ? "::" : "0.0.0.0"]
      : []),
    ...interfaceWords(marks),
    ...(childSa.transportMode ? transportSelector(one, direction) : []),
  ];
}

export function deleteStateLine(one: InstalledChildSa, direction: "in" | "out", ends: EspEnds = one.ends): Line {
  return [..."xfrm state delete".split(" "), ...stateName(one, direction, ends)];
}

/** What tells a state from all others. */
export function stateName({ childSa }: InstalledChildSa, direction: "in" | "out", { local, remote }: EspEnds): string[] {
  const [source, destination] = direction === "in" ? [remote, local] : [local, remote];
  const spi = direction === "in" ? childSa.inboundSpi : childSa.outboundSpi;
  return ["src", source.address, "dst", destination.address, "proto", "esp", "spi", `0x${spi.toString(16).padStart(8, "0")}`];
}

/** A policy, by what tells it from all others, and by the line that makes it or makes it anew. */
export interface PolicyLine {
  readonly name: string;
  readonly line: Line;
  readonly deletion: Line;
}

/** @throws {RangeError} the selectors are more, or others, than Linux has policies for. */
export function policyLines(one: InstalledChildSa, reqid: number, marks: XfrmMarks): PolicyLine[] {
  const { childSa: { localSelectors, remoteSelectors }, ends: { local, remote } } = one;
  const pairs = localSelectors.flatMap((ours) =>
    remoteSelectors.filter((theirs) => ours.selectorType === theirs.selectorType).flatMap((theirs) => pairsOf(ours, theirs))
  );
  if (3 * pairs.length > MOST_POLICIES) {
    throw new RangeError(`xfrm: ${3 * pairs.length} policies for one Child SA, expected at most ${MOST_POLICIES}`);
  }
  // Transport mode forwards nothing.
  const directions = one.childSa.transportMode ? ["out", "in"] as const : ["out", "in", "fwd"] as const;
  return pairs.flatMap((pair) =>
    directions.map((direction) => {
      const isOut = direction === "out";
      const traffic = isOut ? pair.outbound : pair.inbound;
      const name = [...traffic.words, "dir", direction, ...markWords(marks), ...interfaceWords(marks)];
      const [source, destination] = isOut ? [local, remote] : [remote, local];
      const template = ["tmpl", "src", source.address, "dst", destination.address, "proto", "esp", "reqid", String(reqid)];
      return {
        name: name.join(" "),
        line: [
          ..."xfrm policy update".split(" "),
          ...name,
          "priority",
          String(PRIORITY - traffic.bits),
          ...template,
          "mode",
          modeOf(one),
        ],
        deletion: [..."xfrm policy delete".split(" "), ...name],
      };
    })
  );
}

interface Traffic {
  readonly words: readonly string[];
  /** How narrow it is. */
  readonly bits: number;
}

function pairsOf(ours: TrafficSelector, theirs: TrafficSelector): { readonly outbound: Traffic; readonly inbound: Traffic }[] {
  const protocol = ours.ipProtocol || theirs.ipProtocol;
  if (ours.ipProtocol !== 0 && theirs.ipProtocol !== 0 && ours.ipProtocol !== theirs.ipProtocol) return [];
  const here = prefixesOf(ours.startAddress, ours.endAddress);
  const there = prefixesOf(theirs.startAddress, theirs.endAddress);
  return here.flatMap((local) =>
    there.map((remote) => ({
      outbound: traffic(local, remote, protocol, ours, theirs),
      inbound: traffic(remote, local, protocol, theirs, ours),
    }))
  );
}

function traffic(source: string, destination: string, protocol: number, from: TrafficSelector, to: TrafficSelector): Traffic {
  const ports = protocol === 0 ? [] : ["proto", String(protocol), ...portWords(protocol, from, to)];
  const bits = Number(source.split("/")[1]) + Number(destination.split("/")[1]) + ports.length;
  return { words: ["src", source, "dst", destination, ...ports], bits };
}

/** ICMP's type and code, and the type of a mobility header, stand where ports do (RFC 7296, section 3.13.1). */
function portWords(protocol: number, from: TrafficSelector, to: TrafficSelector): string[] {
  const source = singlePort(from);
  const destination = singlePort(to);
  if (IP_PROTOCOLS_WITH_TYPES.has(protocol)) {
    const value = source ?? destination;
    return value === undefined ? [] : ["type", String(value >> 8), "code", String(value & 0xff)];
  }
  return [
    ...(source === undefined ? [] : ["sport", String(source)]),
    ...(destination === undefined ? [] : ["dport", String(destination)]),
  ];
}

/** `undefined`: any. */
function singlePort({ startPort, endPort }: TrafficSelector): number | undefined {
  if (startPort === 0 && endPort === 65_535) return undefined;
  if (startPort === endPort) return startPort;
  throw new RangeError(`xfrm: ports ${startPort} to ${endPort}, expected one port or all`);
}

function modeOf({ childSa }: InstalledChildSa): string {
  return childSa.transportMode ? "transport" : "tunnel";
}

function transportSelector({ childSa }: InstalledChildSa, direction: "in" | "out"): string[] {
  const [from, to] = direction === "in"
    ? [childSa.remoteSelectors, childSa.localSelectors]
    : [childSa.localSelectors, childSa.remoteSelectors];
  const [source, destination] = [from[0], to[0]].map(({ startAddress, endAddress }) => prefixesOf(startAddress, endAddress)[0]);
  return ["sel", "src", source, "dst", destination];
}

function markWords({ mark }: XfrmMarks): string[] {
  return mark ? ["mark", hexadecimal(mark.value), "mask", hexadecimal(mark.mask)] : [];
}

function interfaceWords({ interfaceId }: XfrmMarks): string[] {
  return interfaceId === undefined ? [] : ["if_id", hexadecimal(interfaceId)];
}

function hexadecimal(value: number): string {
  return `0x${value.toString(16)}`;
}

/** The names that Linux has for algorithms; those of an AEAD have the salt behind the key, as KEYMAT has. */
function algorithmWords({ encryption, integrity }: Protection, encryptionKey: Uint8Array, integrityKey: Uint8Array): Word[] {
  const aead = AEADS.get(encryption.cipher);
  if (aead) return ["aead", aead, { secret: encryptionKey }, String(8 * encryption.icvLength)];
  const cipher = CIPHERS.get(encryption.cipher);
  const hash = integrity && HASHES.get(integrity.hash);
  if (!cipher || !hash) {
    throw new RangeError(`xfrm: no name for ${encryption.name} with ${integrity?.name ?? "no integrity"}`);
  }
  return [
    "enc",
    cipher,
    { secret: encryptionKey },
    "auth-trunc",
    hash,
    { secret: integrityKey },
    String(8 * integrity.icvLength),
  ];
}

const AEADS: ReadonlyMap<Cipher, string> = new Map([
  ["aes-gcm", "rfc4106(gcm(aes))"],
  ["chacha20-poly1305", "rfc7539esp(chacha20,poly1305)"],
]);
const CIPHERS: ReadonlyMap<Cipher, string> = new Map([["aes-cbc", "cbc(aes)"]]);
const HASHES: ReadonlyMap<Hash, string> = new Map([
  ["sha1", "hmac(sha1)"],
  ["sha256", "hmac(sha256)"],
  ["sha384", "hmac(sha384)"],
  ["sha512", "hmac(sha512)"],
]);
