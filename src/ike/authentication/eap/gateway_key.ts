/**
 * The shared key by which a gateway proves itself before EAP begins, and what that costs.
 *
 * @module
 */

/** Bits that a key has to be able to hold: guessing it at home is then out of reach. */
const LEAST_KEY_BITS = 128;

/** How a gateway proves itself to clients that are to prove themselves by EAP. */
export interface EapGatewayKey {
  /**
   * The shared key by which the gateway proves itself before EAP begins: random, 16 octets or more. Whoever knows it can pass for the gateway
   * to every client that has it. Not needed where the gateway has a certificate, which takes its place.
   */
  readonly gatewayKey?: Uint8Array;
  /**
   * Has to be true, and said, because it is a risk: the gateway shows its AUTH to anyone who asks, before he has proven anything, and he can try keys on it
   * at home. RFC 7296, section 2.16 therefore has gateways prove themselves by a signature: see `certificates`. With a random key
   * nothing is found; with a word or a passphrase it is a matter of time.
   */
  readonly exposeGatewayKeyToOfflineGuessing?: boolean;
}

/** @throws {RangeError} the risk is not accepted, or the key is too weak to bear it. The key is not shown. */
export function checkEapGatewayKey({ gatewayKey = NO_KEY, exposeGatewayKeyToOfflineGuessing }: EapGatewayKey): void {
  if (exposeGatewayKeyToOfflineGuessing !== true) {
    throw new RangeError(
      "EAP: exposeGatewayKeyToOfflineGuessing is not true; expected so, as the gateway proves itself by a shared key to anyone who asks",
    );
  }
  const bits = Math.floor(mostBits(gatewayKey));
  if (bits >= LEAST_KEY_BITS) return;
  throw new RangeError(`EAP: gatewayKey holds ${bits} bits at most, expected ${LEAST_KEY_BITS}: 16 or more random octets`);
}

const NO_KEY = new Uint8Array(0);

/** The classes of characters that keys are written in, and the size of each. */
const CLASSES: readonly (readonly [isIn: (octet: number) => boolean, size: number])[] = [
  [(octet) => octet >= 0x30 && octet <= 0x39, 10],
  [(octet) => octet >= 0x61 && octet <= 0x66, 6],
  [(octet) => octet >= 0x67 && octet <= 0x7a, 20],
  [(octet) => octet >= 0x41 && octet <= 0x46, 6],
  [(octet) => octet >= 0x47 && octet <= 0x5a, 20],
  [(octet) => octet >= 0x20 && octet <= 0x7e && !/[0-9A-Za-z]/.test(String.fromCharCode(octet)), 33],
  [(octet) => octet < 0x20 || octet > 0x7e, 256],
];

/** The most bits that a key of this length and of these characters can hold; how many it does hold nobody can tell. */
function mostBits(key: Uint8Array): number {
  const alphabet = CLASSES.reduce((sum, [isIn, size]) => key.some(isIn) ? sum + size : sum, 0);
  const isOneOctet = key.every((octet) => octet === key[0]);
  return isOneOctet ? 0 : key.length * Math.log2(Math.min(alphabet, 256));
}
