/**
 * Whether workers can have sockets of their own on one port, and what is left open where one of them dies.
 *
 * @module
 */
import process from "node:process";
import { isOurs } from "../batched/descriptor.ts";
import { loadLibc } from "../libc/libc.ts";
import { descriptorsOnPort } from "../own_descriptors.ts";
import { bindSocket, closed } from "../runtime_socket.ts";
import { bindSharedSocket } from "./shared_socket.ts";
import { steeringProgram } from "./steering_program.ts";

/** How the kernel chooses the socket of a datagram: by what is in it, or by where it comes from. */
export type KernelChoice = "by-spi" | "by-endpoints";

/** Tries it with two sockets that are closed again. A text says why it cannot be done here. */
export async function tryPortSharing(
  address: string,
): Promise<{ readonly choice: KernelChoice } | { readonly unavailable: string }> {
  if (process.platform !== "linux") return { unavailable: `it is for Linux, and this is ${process.platform}` };
  try {
    const first = await bindSharedSocket(address, 0, steeringProgram([0], 2, false));
    try {
      await closed(await bindSharedSocket(address, first.address().port, steeringProgram([0, 1], 2, false)));
    } finally {
      await closed(first);
    }
    return { choice: "libc" in loadLibc() ? "by-spi" : "by-endpoints" };
  } catch (error) {
    return { unavailable: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Whoever shares a port shares it with every process of its user: a gateway that is started twice would get half of its datagrams. So it is bound
 * once for this process alone.
 *
 * @throws {TransportError} somebody has it.
 */
export async function refuseTakenPort(address: string, port: number): Promise<void> {
  if (port !== 0) await closed(await bindSocket(address, port));
}

/** Closes what a thread that died has left open: as long as it is, the kernel gives it datagrams that nobody reads. */
export function closeAbandoned(descriptors: readonly number[], ports: readonly number[]): void {
  const choice = loadLibc();
  if (!("libc" in choice) || descriptors.length === 0) return;
  const bound = new Set(ports.flatMap((port) => descriptorsOnPort(port)));
  for (const descriptor of descriptors) {
    if (bound.has(descriptor) && isOurs(choice.libc, descriptor)) choice.libc.close(descriptor);
  }
}
