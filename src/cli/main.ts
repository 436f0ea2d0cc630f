#!/usr/bin/env -S deno run --allow-all
/**
 * The entry point of the program `ike-resume`.
 *
 * @module
 */
import process from "node:process";
import { run } from "./program.ts";

process.exitCode = await run(process.argv.slice(2));
