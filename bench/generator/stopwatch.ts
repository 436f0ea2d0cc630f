/**
 * What this process, with all its threads, takes of the processor from one moment to another; and, if it is asked for, where.
 *
 * @module
 */
import process from "node:process";
import type { Profile } from "../pipeline/protocol.ts";
import { StackSampler } from "../pipeline/stack_sampler.ts";

export class Stopwatch {
  readonly #sampler: StackSampler | undefined;
  #profile: Promise<Profile> | undefined;
  #begun = process.cpuUsage();
  #took: NodeJS.CpuUsage = { user: 0, system: 0 };

  constructor(profile: boolean) {
    this.#sampler = profile ? new StackSampler() : undefined;
  }

  begin(): void {
    this.#sampler?.start();
    this.#begun = process.cpuUsage();
  }

  end(): void {
    this.#took = process.cpuUsage(this.#begun);
    this.#profile = this.#sampler?.stop();
  }

  /** In microseconds, once it has ended. */
  async result(): Promise<{ readonly userUs: number; readonly systemUs: number; readonly profile?: Profile }> {
    const profile = await this.#profile;
    const { user, system } = this.#took;
    return { userUs: user, systemUs: system, ...(profile && { profile }) };
  }
}
