/**
 * EAP in the place of the gateway's own proof (RFC 5998): the key that the method makes proves both ends, once EAP is over.
 *
 * @module
 */

/**
 * Methods by which a gateway may prove itself: `"safe"`, those of RFC 5998, section 4; or Types, 4 to 255, whatever they are worth. EAP-MSCHAPv2
 * (26) is not among the former: whoever makes a client run it can try passwords at home.
 */
export type EapOnly = "safe" | readonly number[];

/** Those that prove both ends, make a key, and let nobody guess at home (RFC 5998, section 4). */
const SAFE_TYPES: readonly number[] = [
  13, // EAP-TLS
  18, // EAP-SIM
  19, // EAP-SRP
  21, // EAP-TTLS
  23, // EAP-AKA
  32, // EAP-POTP
  43, // EAP-FAST
  46, // EAP-PAX
  48, // EAP-SAKE
  50, // EAP-AKA'
  51, // EAP-GPSK
  52, // EAP-pwd
  53, // EAP-EKE
];

const FIRST_METHOD = 4;
const LAST_METHOD = 255;

/** Whether a method is enough to prove the gateway too. */
export function isEnoughAlone(type: number, eapOnly: EapOnly | undefined): boolean {
  return (eapOnly === "safe" ? SAFE_TYPES : eapOnly ?? []).includes(type);
}

/** @throws {RangeError} no method is named, or what is named is none. */
export function checkEapOnly(eapOnly: EapOnly | undefined): void {
  if (eapOnly === undefined || eapOnly === "safe") return;
  const isType = (type: number) => Number.isInteger(type) && type >= FIRST_METHOD && type <= LAST_METHOD;
  if (eapOnly.length > 0 && eapOnly.every(isType)) return;
  throw new RangeError(
    `EAP: eapOnly is ${JSON.stringify(eapOnly)}, expected "safe", or Types from ${FIRST_METHOD} to ${LAST_METHOD}`,
  );
}
