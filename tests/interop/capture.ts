/**
 * Recording what passes an interface of a namespace, with dumpcap (the recorder that tshark comes with).
 *
 * @module
 */
import { join } from "node:path";
import { BackgroundProgram } from "./background.ts";
import { eventually, pause } from "./command.ts";
import { makeTemporaryFolder, removeTemporaryFolder } from "./temporary_folder.ts";

/** What the kernel still holds when recording ends is lost: it hands packets over in blocks. */
const LAST_PACKETS_MS = 300;

export class Capture {
  readonly #folder: string;
  readonly #recorder: BackgroundProgram;
  /** In pcapng. Complete after {@link Capture.stop}. */
  readonly path: string;

  private constructor(folder: string, path: string, recorder: BackgroundProgram) {
    this.#folder = folder;
    this.path = path;
    this.#recorder = recorder;
  }

  static async start(namespace: string, networkInterface: string): Promise<Capture> {
    const folder = makeTemporaryFolder("capture");
    const path = join(folder, "recorded.pcapng");
    const command = ["dumpcap", "-q", "-i", networkInterface, "-f", "udp", "-B", "16", "-w", path];
    const recorder = new BackgroundProgram("dumpcap", namespace, command);
    const capture = new Capture(folder, path, recorder);
    try {
      await eventually("dumpcap records", () => {
        if (recorder.ended) throw new Error(`dumpcap did not start\n${recorder}`);
        return recorder.output.includes("File: ") ? true : undefined;
      });
    } catch (error) {
      await capture.remove();
      throw error;
    }
    return capture;
  }

  async stop(): Promise<void> {
    await pause(LAST_PACKETS_MS);
    await this.#recorder.stop("SIGINT");
  }

  async remove(): Promise<void> {
    await this.#recorder.stop("SIGINT");
    removeTemporaryFolder(this.#folder);
  }

  toString(): string {
    return this.#recorder.toString();
  }
}
