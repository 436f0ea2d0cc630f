/**
 * Which of the two ways datagrams come to the workers of a gateway, and what the main thread has to do for it.
 *
 * @module
 */
import { isInterfaceName } from "../../transport/local_address.ts";
import { IKE_PORT, NAT_PORT } from "../../transport/ports.ts";
import { closeAbandoned, refuseTakenPort, tryPortSharing } from "../../transport/shared_port/sharing.ts";
import { TransportError } from "../../transport/transport_error.ts";
import type { GatewayWorkersOptions } from "./gateway_workers_options.ts";
import type { HandOver } from "./hand_over.ts";
import type { FromWorker, Steering } from "./messages.ts";
import type { Place } from "./place.ts";

type Listening = Extract<FromWorker, { type: "listening" }>;

export class PortSteering {
  readonly #handOver: HandOver;
  readonly #options: GatewayWorkersOptions;
  /** Which worker each socket of a port is of, as the kernel counts them. */
  readonly #sockets: number[] = [];
  readonly #descriptors = new Map<number, readonly number[]>();
  #isKernel = false;
  #places: readonly Place[] = [];
  #kinds: readonly string[] = [];

  constructor(handOver: HandOver, options: GatewayWorkersOptions) {
    this.#handOver = handOver;
    this.#options = options;
  }

  get places(): readonly Place[] {
    return this.#places;
  }

  /** The kinds of transport, in the order of `places`. */
  get kinds(): readonly string[] {
    return this.#kinds;
  }

  get kind(): "kernel" | "main" {
    return this.#isKernel ? "kernel" : "main";
  }

  /**
   * Chooses, and opens the main thread's sockets where it is to have some.
   *
   * @throws {TransportError} an address or a port cannot be listened on, or the kernel cannot steer and was to.
   */
  async open(): Promise<void> {
    const { addresses, port = IKE_PORT, natPort = NAT_PORT, steering = "auto", openTransport, report } = this.#options;
    const why = openTransport || steering === "main" ? "as was asked for" : await this.#tryKernel();
    if (why === undefined) {
      for (const address of addresses) {
        await refuseTakenPort(address, port);
        await refuseTakenPort(address, natPort);
      }
      this.#isKernel = true;
      return;
    }
    if (steering === "kernel") throw new TransportError(`workers cannot have sockets of their own: ${why}`);
    report?.(`workers: the main thread hands datagrams over (${why})`);
    await this.#handOver.open(this.#options);
    this.#places = this.#handOver.places;
    this.#kinds = this.#handOver.kinds;
  }

  /** What a worker is told that is about to listen. One after the other. */
  of(index: number): Steering {
    const { transport = "auto" } = this.#options;
    return { places: this.#places, transport, ...(this.#isKernel && { sockets: [...this.#sockets, index] }) };
  }

  listening(index: number, { places, kinds, descriptors }: Listening): void {
    if (!this.#isKernel) return;
    this.#sockets.push(index);
    this.#descriptors.set(index, descriptors);
    this.#places = places;
    this.#kinds = kinds;
  }

  /** The kernel puts the last socket of a port in the place of one that is closed. */
  died(index: number): void {
    const position = this.#sockets.indexOf(index);
    if (position < 0) return;
    const ports = this.#places.flatMap(({ local, encapsulatedLocal }) => [local.port, encapsulatedLocal.port]);
    closeAbandoned(this.#descriptors.get(index) ?? [], ports);
    this.#descriptors.delete(index);
    const last = this.#sockets.pop()!;
    if (position < this.#sockets.length) this.#sockets[position] = last;
  }

  /** Why the kernel cannot steer; `undefined`: it can. */
  async #tryKernel(): Promise<string | undefined> {
    const { addresses, report } = this.#options;
    // Workers would open sockets of an address that appears later each in their own time: the kernel steers by their order.
    if (addresses.some(isInterfaceName)) return "an interface's addresses may change";
    const sharing = await tryPortSharing(addresses[0]);
    if ("unavailable" in sharing) return sharing.unavailable;
    const by = sharing.choice === "by-spi" ? "by their SPIs" : "by where they come from, since the C library cannot be called";
    report?.(`workers: sockets of their own, to which the kernel gives datagrams ${by}`);
    return undefined;
  }
}
