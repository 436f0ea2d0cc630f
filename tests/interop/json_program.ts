/**
 * The project's own programs in a namespace: Deno processes, or Node's, that tell what happens in JSON lines and take commands likewise.
 *
 * @module
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { BackgroundProgram } from "./background.ts";
import { bundleForNode, nodePath } from "../node_bundle.ts";
import { eventually } from "./command.ts";

/** `Event`: what its lines can be, told apart by `type`. */
export class JsonProgram<Event extends { readonly type: string }> {
  readonly #program: BackgroundProgram;
  readonly #events: Event[] = [];
  readonly #name: string;

  /** `script`: beside this file. `words`: its arguments. `onNode`: in a bundle. */
  constructor(script: string, namespace: string, words: readonly string[], onNode = false) {
    this.#name = script;
    const source = new URL(script, import.meta.url);
    const command = onNode
      ? [nodePath()!, bundleForNode(source)]
      // There is no network beyond the other namespace: the task has fetched everything before.
      : [process.execPath, "run", "--allow-all", "--cached-only", "--quiet", fileURLToPath(source)];
    this.#program = new BackgroundProgram(
      script,
      namespace,
      [...command, ...words],
      { onLine: (line) => this.#take(line), environment: { NO_COLOR: "1" } },
    );
  }

  get events(): readonly Event[] {
    return this.#events;
  }

  /** The first event of that type, past or to come. */
  event<Type extends Event["type"]>(type: Type, timeoutMs = 10_000): Promise<Extract<Event, { type: Type }>> {
    return eventually(`${this.#name} tells ${type}`, () => {
      const found = this.eventsOf(type)[0];
      if (found === undefined && this.#program.ended) throw new Error(`${this.#name} ended before it told ${type}`);
      return found;
    }, timeoutMs);
  }

  eventsOf<Type extends Event["type"]>(type: Type): Extract<Event, { type: Type }>[] {
    return this.#events.filter((event): event is Extract<Event, { type: Type }> => event.type === type);
  }

  command(command: object): void {
    this.#program.writeLine(JSON.stringify(command));
  }

  /** It goes without a word. */
  kill(): void {
    this.#program.kill();
  }

  async stop(): Promise<void> {
    await this.#program.stop();
  }

  toString(): string {
    return this.#program.toString();
  }

  #take(line: string): void {
    if (!line.startsWith("{")) return;
    this.#events.push(JSON.parse(line) as Event);
  }
}
