/**
 * How a measured process is started on each runtime.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type RuntimeName, type Starter, starterOf } from "../runtimes.ts";

/** What the runtime runs the gateway with. */
export interface RuntimeChoice {
  readonly runtime: RuntimeName;
  readonly node: string | undefined;
}

/** So that the bench can have garbage collected where it does not count. */
const COLLECTOR_FLAG = "--expose-gc";

/**
 * @param source of the gateway, in this checkout or another
 * @param name of a folder for it in `folder`
 * @param flags of V8, beside the one that the bench needs
 */
export async function gatewayStarter(
  source: URL,
  name: string,
  { runtime, node }: RuntimeChoice,
  folder: string,
  flags: readonly string[] = [],
): Promise<Starter> {
  const ownFolder = join(folder, name);
  mkdirSync(ownFolder);
  const { command, arguments: words } = await starterOf({ gateway: source }, runtime, node, ownFolder);
  const ofV8 = [COLLECTOR_FLAG, ...flags];
  if (runtime === "node") return { command, arguments: [...ofV8, ...words] };
  const [run, ...rest] = words;
  return { command, arguments: [run, `--v8-flags=${ofV8.join(",")}`, ...rest] };
}
