/** In their order, so many in each but the last. */
export function inBatches<Member>(members: readonly Member[], size: number): Member[][] {
  const batches: Member[][] = [];
  for (let start = 0; start < members.length; start += size) batches.push(members.slice(start, start + size));
  return batches;
}
