import type { IkeSaKeys } from "../../src/ike/ike_sa/ike_sa_keys.ts";

/** The keys of an IKE SA as an open object, for a test that puts another in the place of one. */
export function openKeys({ skD, skAi, skAr, skEi, skEr, skPi, skPr }: IkeSaKeys): IkeSaKeys {
  return { skD, skAi, skAr, skEi, skEr, skPi, skPr };
}
