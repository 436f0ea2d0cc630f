/**
 * What may be wrong with the payloads of any message: one missing, doubled, out of place, too long, of wrong length, critical; and what looks wrong,
 * but is right.
 *
 * @module
 */
import fc from "fast-check";
import { PayloadNumber } from "../../../../src/wire/constants.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { rawOf, type RawPayload } from "../create_child_sa/raw_message.ts";

export type AnyPayload = Payload | RawPayload;

export interface Disorder {
  readonly what: string;
  readonly payloads: readonly AnyPayload[];
  /** It must be taken as what is right. */
  readonly isRight: boolean;
}

/** No payload of the registry. */
const UNKNOWN = 200;
const GENERIC_HEADER_LENGTH = 4;
const NOISE_LENGTH = 40;
const MUCH = 3_000;

/** All of them, for the payloads that are right, and one that has no place among them. */
export function disordersOf(right: readonly AnyPayload[], stray: AnyPayload): Disorder[] {
  const wrong = (what: string, payloads: readonly AnyPayload[]): Disorder => ({ what, payloads, isRight: false });
  const fine = (what: string, payloads: readonly AnyPayload[]): Disorder => ({ what, payloads, isRight: true });
  const each = right.flatMap((payload, at) => {
    const raw = rawOf(payload);
    const name = nameOf(payload);
    const length = raw.body.length + GENERIC_HEADER_LENGTH;
    const put = (...instead: AnyPayload[]) => right.toSpliced(at, 1, ...instead);
    return [
      wrong(`${name} is missing`, put()),
      wrong(`${name} stands there twice`, put(payload, payload)),
      wrong(`${name} is empty`, put({ ...raw, body: new Uint8Array(0) })),
      wrong(`${name} is noise`, put({ ...raw, body: new Uint8Array(NOISE_LENGTH).fill(0xff) })),
      wrong(`${name} is noise, and much of it`, put({ ...raw, body: new Uint8Array(MUCH).fill(0xff) })),
      ...[0, GENERIC_HEADER_LENGTH - 1, length - 1, length + 1, 0xffff].map((said) =>
        wrong(`${name} says ${said} octets of itself`, put({ ...raw, length: said }))
      ),
      fine(`${name} is critical`, put({ ...raw, critical: true })),
    ];
  });
  const unknown = { payloadType: UNKNOWN, body: Uint8Array.of(1, 2, 3) };
  return [
    ...each,
    wrong("nothing at all", []),
    wrong("a payload that has no place there comes first", [stray, ...right]),
    wrong("a payload that has no place there comes last", [...right, stray]),
    wrong("an unknown payload that is critical comes first", [{ ...unknown, critical: true }, ...right]),
    wrong("an unknown payload that is critical comes last", [...right, { ...unknown, critical: true }]),
    fine("an unknown payload that is not critical comes first", [{ ...unknown, critical: false }, ...right]),
    fine("an unknown payload that is not critical comes last", [...right, { ...unknown, critical: false }]),
    fine("the order is the other way round", right.toReversed()),
  ];
}

/** Several at once, as a fuzzer puts them together. */
export function anyDisorder(right: readonly AnyPayload[], stray: AnyPayload): fc.Arbitrary<readonly AnyPayload[]> {
  const pieces = [...right, stray].map(rawOf);
  const piece = fc.record({
    of: fc.nat(pieces.length - 1),
    critical: fc.boolean(),
    body: fc.option(fc.uint8Array({ maxLength: 60 })),
    length: fc.option(fc.nat(0xffff), { freq: 8, nil: undefined }),
    payloadType: fc.option(fc.nat(255), { freq: 6 }),
  });
  return fc.array(piece, { maxLength: 9 }).map((chosen) =>
    chosen.map(({ of, critical, body, length, payloadType }): RawPayload => ({
      payloadType: payloadType ?? pieces[of].payloadType,
      critical,
      body: body ?? pieces[of].body,
      ...(length !== undefined && { length }),
    }))
  );
}

function nameOf(payload: AnyPayload): string {
  if ("type" in payload) return payload.type;
  return Object.entries(PayloadNumber).find(([, number]) => number === payload.payloadType)?.[0] ?? `${payload.payloadType}`;
}
