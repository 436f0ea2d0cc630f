/**
 * Commands from standard input, one JSON line each.
 *
 * @module
 */
import process from "node:process";
import { createInterface } from "node:readline";
import type { OurCommand } from "./our_event.ts";

export async function* commands(): AsyncGenerator<OurCommand> {
  for await (const line of createInterface({ input: process.stdin })) yield JSON.parse(line) as OurCommand;
}
