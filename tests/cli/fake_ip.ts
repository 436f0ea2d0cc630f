/**
 * Program: stands for `ip xfrm` in tests of the whole program. It keeps states and policies in the folder that FAKE_IP_FOLDER names, writes down every
 * line that it is told, and answers as ip does. What states have carried stands in the file `carried` there: octets, packets.
 *
 * @module
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** By what names each, the whole line that made it. */
interface Kernel {
  readonly state: Record<string, string>;
  readonly policy: Record<string, string>;
}

const folder = process.env.FAKE_IP_FOLDER!;
const place = join(folder, "kernel.json");
const kernel: Kernel = existsSync(place) ? JSON.parse(readFileSync(place, "utf8")) : { state: {}, policy: {} };
const words = process.argv.slice(2);
const told = words.includes("-batch") ? readFileSync(0, "utf8").split("\n").filter((line) => line !== "") : [words.join(" ")];

for (const [index, line] of told.entries()) {
  appendFileSync(join(folder, "lines"), `${line}\n`);
  const wrong = obey(line);
  if (wrong === undefined) continue;
  console.error(`RTNETLINK answers: ${wrong}${told.length > 1 ? `\nCommand failed -:${index + 1}` : ""}`);
  process.exitCode = 1;
  break;
}
writeFileSync(place, JSON.stringify(kernel));

function obey(line: string): string | undefined {
  const found = /xfrm (state|policy) (add|update|delete|list|get)/.exec(line);
  if (found === null) return "Operation not supported";
  const [kind, what] = [found[1] as keyof Kernel, found[2]];
  if (what === "list") return void console.log(kind === "state" ? listStates() : listPolicies());
  if (what === "get") return undefined;
  const name = kind === "state" ? nameOfState(line) : nameOfPolicy(line);
  if (what === "delete") {
    if (kernel[kind][name] === undefined) return "No such process";
    delete kernel[kind][name];
    return undefined;
  }
  if (what === "add" && kernel[kind][name] !== undefined) return "File exists";
  kernel[kind][name] = line;
  return undefined;
}

function nameOfState(line: string): string {
  return /dst (\S+) proto esp spi 0x[0-9a-f]+/.exec(line)![0];
}

function nameOfPolicy(line: string): string {
  const index = /delete index (\d+)/.exec(line);
  if (index) return Object.keys(kernel.policy)[Number(index[1]) - 1];
  return /src (\S+) dst (\S+)( proto \S+)?.* dir (in|out|fwd)/.exec(line)![0];
}

function listStates(): string {
  const [octets, packets] = existsSync(join(folder, "carried"))
    ? readFileSync(join(folder, "carried"), "utf8").split(" ")
    : ["0", "0"];
  return Object.values(kernel.state).map((line) => {
    const [, source, destination, spi] = /src (\S+) dst (\S+) proto esp spi (0x[0-9a-f]+)/.exec(line)!;
    return `src ${source} dst ${destination}\n\tproto esp spi ${spi}(${Number(spi)}) ${reqidOf(line)} mode tunnel\n` +
      "\tlifetime config:\n\t  limit: soft (INF)(bytes), hard (INF)(bytes)\n" +
      `\tlifetime current:\n\t  ${octets}(bytes), ${packets}(packets)\n\t  add 2026-01-01 00:00:00 use -\n`;
  }).join("");
}

function listPolicies(): string {
  return Object.entries(kernel.policy).map(([name, line], index) => {
    const [, source, destination] = /src (\S+) dst (\S+)/.exec(name)!;
    const direction = / dir (\w+)/.exec(name)![1];
    return `src ${source} dst ${destination} uid 0\n\tdir ${direction} action allow index ${
      index + 1
    } priority 1 ptype main\n` +
      `\ttmpl src 0.0.0.0 dst 0.0.0.0\n\t\tproto esp spi 0x00000000(0) ${reqidOf(line)} mode tunnel\n`;
  }).join("");
}

function reqidOf(line: string): string {
  const reqid = Number(/reqid (\d+)/.exec(line)![1]);
  return `reqid ${reqid}(0x${reqid.toString(16)})`;
}
