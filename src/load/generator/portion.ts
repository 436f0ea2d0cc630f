/**
 * Which part of a load one of several processes or machines does. All of them know the whole, and none asks another.
 *
 * @module
 */

/** From `first` up to one before `end`, of so many parts of equal size. */
export interface Portion {
  readonly first: number;
  readonly end: number;
  readonly of: number;
}

export const WHOLE: Portion = { first: 0, end: 1, of: 1 };

/** The golden ratio's: multiples of it, without their whole part, are spread as evenly as can be, however many there are. */
const EVEN_STEP = 0.6180339887498949;

/** The numbers of the clients that belong to it, from the first up to one before the last. */
export function clientsOf({ first, end, of }: Portion, clients: number): { readonly from: number; readonly end: number } {
  return { from: Math.floor(clients * first / of), end: Math.floor(clients * end / of) };
}

/** Whether the beginning with this number, from 0 on, belongs to it: each is in one part, and each part has its share at all times. */
export function isIn({ first, end, of }: Portion, beginning: number): boolean {
  const place = beginning * EVEN_STEP % 1;
  return place >= first / of && place < end / of;
}

/** One of so many parts of equal size of a part. */
export function partOf({ first, end, of }: Portion, index: number, parts: number): Portion {
  const size = end - first;
  return { first: first * parts + index * size, end: first * parts + (index + 1) * size, of: of * parts };
}

/** What sets its random numbers apart from those of other parts; nothing of the whole, whose numbers stay as they were. */
export function labelOf({ first, of }: Portion): string {
  return of === 1 ? "" : ` of part ${first} of ${of}`;
}
