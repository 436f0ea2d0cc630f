/**
 * Samples of this thread's stack, while others measure nothing: they cost time.
 *
 * @module
 */
import { type Profiler, Session } from "node:inspector";
import { INTERVAL_US, profileOf } from "./profile.ts";
import type { Profile } from "./protocol.ts";
import { SourceFinder } from "./source_finder.ts";

export class StackSampler {
  readonly #session = new Session();
  readonly #sources = new SourceFinder();

  start(): void {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.setSamplingInterval", { interval: INTERVAL_US });
    this.#session.post("Profiler.start");
  }

  async stop(): Promise<Profile> {
    const taken = await new Promise<Profiler.Profile>((resolve, reject) =>
      this.#session.post("Profiler.stop", (error, { profile }) => error === null ? resolve(profile) : reject(error))
    );
    this.#session.disconnect();
    return profileOf(taken, (callFrame) => this.#sources.sourceOf(callFrame));
  }
}
