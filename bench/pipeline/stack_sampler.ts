/**
 * Samples of this thread's stack, while others measure nothing: they cost time.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { type Profiler, Session } from "node:inspector";
import { fileURLToPath } from "node:url";
import { INTERVAL_US, profileOf } from "./profile.ts";
import type { Profile } from "./protocol.ts";

/** Where a path within a checkout begins. */
const IN_CHECKOUT = /(?:^|\/)((?:src|bindings|bench)\/.*\.ts)$/;
/** Comments by which a bundle tells whose lines follow. */
const BUNDLED_SOURCE = /^\/\/ (\S+\.[cm]?[jt]s)$/;

export class StackSampler {
  readonly #session = new Session();
  readonly #bundles = new Map<string, readonly (readonly [line: number, source: string])[]>();

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
    return profileOf(taken, (callFrame) => this.#sourceOf(callFrame));
  }

  #sourceOf({ url, lineNumber }: Profiler.ProfileNode["callFrame"]): string | undefined {
    if (!url.startsWith("file:")) return undefined;
    if (url.endsWith(".ts")) return IN_CHECKOUT.exec(url)?.[1];
    const section = this.#sectionsOf(url).findLast(([line]) => line <= lineNumber);
    return section && IN_CHECKOUT.exec(section[1])?.[1];
  }

  #sectionsOf(url: string): readonly (readonly [number, string])[] {
    let sections = this.#bundles.get(url);
    if (sections === undefined) {
      sections = readFileSync(fileURLToPath(url), "utf8").split("\n").flatMap((text, line) => {
        const source = BUNDLED_SOURCE.exec(text)?.[1];
        return source === undefined ? [] : [[line, source] as const];
      });
      this.#bundles.set(url, sections);
    }
    return sections;
  }
}
