/**
 * Program: both of our ends with a charon each, whose lifetimes are seconds, for as long as is wanted. It needs what the tests beside it need.
 * Exit status: 0, nothing was lost; 1, an SA was lost; 2, it cannot be done here, or it was called wrongly.
 *
 * @module
 */
import process from "node:process";
import { whatIsMissing } from "./environment.ts";
import type { OurRole } from "./peer_cases.ts";
import { CHARON_NEEDS, Scene } from "./scene.ts";
import { Soak } from "./soak.ts";

const USAGE = "usage: deno task soak:interop [--seconds 600] [--roles client,gateway]";
const REPORT_SECONDS = 30;

const told = optionsOf(process.argv.slice(2));
const missing = told && whatIsMissing(CHARON_NEEDS);
if (told === undefined || missing !== undefined) {
  console.error(missing ?? USAGE);
  process.exit(2);
}
const outcomes = await Promise.all(told.roles.map((role) => soak(role, told.seconds)));
process.exitCode = outcomes.every((isWhole) => isWhole) ? 0 : 1;

async function soak(role: OurRole, seconds: number): Promise<boolean> {
  const scene = new Scene();
  try {
    const one = await Soak.begin(scene, role);
    for (let left = seconds; left > 0; left -= REPORT_SECONDS) {
      await one.run(Math.min(left, REPORT_SECONDS));
      console.log(JSON.stringify({ role, ...one.counts }));
    }
    console.log(`our ${role} and charon: nothing was lost`);
    return true;
  } catch (error) {
    console.error(scene.report());
    console.error(`our ${role} and charon: ${error instanceof Error ? error.message : error}`);
    return false;
  } finally {
    await scene.clear();
  }
}

function optionsOf(words: readonly string[]): { readonly seconds: number; readonly roles: readonly OurRole[] } | undefined {
  let seconds = 600;
  let roles: OurRole[] = ["client", "gateway"];
  for (let at = 0; at < words.length; at += 2) {
    const value = words[at + 1] ?? "";
    if (words[at] === "--seconds") seconds = Number(value);
    else if (words[at] === "--roles") roles = value.split(",").filter(isRole);
    else return undefined;
  }
  return Number.isInteger(seconds) && seconds > 0 && roles.length > 0 ? { seconds, roles } : undefined;
}

function isRole(word: string): word is OurRole {
  return word === "client" || word === "gateway";
}
