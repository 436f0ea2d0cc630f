/** Overwrites secrets with zeros. Copies that the runtime made on its own are out of reach. */
export function wipe(...arrays: readonly Uint8Array[]): void {
  for (const array of arrays) array.fill(0);
}
