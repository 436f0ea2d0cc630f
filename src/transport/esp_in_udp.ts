/**
 * ESP in UDP for Linux to decrypt (RFC 3948): on a socket that says so, the kernel takes ESP and NAT keepalives for itself, and leaves IKE.
 *
 * @module
 */
import { loadLibc } from "./libc/libc.ts";
import { descriptorsOnPort } from "./own_descriptors.ts";

const IPPROTO_UDP = 17;
const UDP_ENCAP = 100;
const UDP_ENCAP_ESPINUDP = 2;

/** Says so of all sockets of this process on a port. What is wrong, in one line for people; `undefined`: all is well. */
export function leaveEspToKernel(port: number): string | undefined {
  const choice = loadLibc();
  if ("unavailable" in choice) return `ESP in UDP on port ${port} does not reach the kernel: ${choice.unavailable}`;
  try {
    const value = new Uint8Array(Int32Array.of(UDP_ENCAP_ESPINUDP).buffer);
    const descriptors = descriptorsOnPort(port);
    const failed = descriptors.some((one) => choice.libc.setsockopt(one, IPPROTO_UDP, UDP_ENCAP, value, value.length) < 0);
    if (descriptors.length > 0 && !failed) return undefined;
    return `ESP in UDP on port ${port} does not reach the kernel: ${failed ? "it refuses" : "no socket has that port"}`;
  } catch (error) {
    return `ESP in UDP on port ${port} does not reach the kernel: ${error instanceof Error ? error.message : String(error)}`;
  }
}
