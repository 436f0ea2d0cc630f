#!/usr/bin/env -S deno run --allow-all
/**
 * The entry point of the program `ike-resume`.
 *
 * @module
 */
import process from "node:process";
import { run } from "./program.ts";

// A reader that has gone ends nothing: what commander prints is written by these.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

process.exitCode = await run(process.argv.slice(2));
