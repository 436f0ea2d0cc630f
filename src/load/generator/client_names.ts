/**
 * Many names from one pattern: `user-{n:05}@example.org` is user-00001@example.org, user-00002@example.org, and so on.
 *
 * @module
 */

const PLACE = /\{n(?::0(\d{1,2}))?\}/g;

/** Whether a text is different for each client. */
export function isPattern(text: string): boolean {
  return text.search(PLACE) >= 0;
}

/** @param number from 1 */
export function nameOf(pattern: string, number: number): string {
  return pattern.replace(PLACE, (_, width: string | undefined) => String(number).padStart(Number(width ?? 0), "0"));
}
