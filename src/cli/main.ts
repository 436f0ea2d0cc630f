#!/usr/bin/env -S deno run --allow-all
/**
 * The entry point of the program `ike-resume`.
 *
 * @module
 */
import process from "node:process";
import { EXIT_OK } from "./exit_status.ts";
import { run } from "./program.ts";

// A reader that has gone ends nothing: what commander prints is written by these.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

const status = await run(process.argv.slice(2));
// A command that has done what it could, and found something wrong, has said so already.
if (status !== EXIT_OK) process.exitCode = status;
