/**
 * `deno task build:npm`: the npm package in dist/npm, from the entry points and versions in deno.json. The same sources give
 * the same octets.
 *
 * @module
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bundle } from "./npm/bundle.ts";
import { bundledDeclarations } from "./npm/bundled_declarations.ts";
import { OPTIONAL_PEERS, type Project, readProject, TOP } from "./npm/project.ts";
import { billOfMaterials, installThirdParty, noticesOf } from "./npm/third_party.ts";

const PROGRAM = { name: "ike-resume", source: "src/cli/main.ts", out: "chunks/program", start: "bin/ike-resume.js" };
/** The oldest Node that the package runs on. */
const OLDEST_NODE = 22;
const OUTPUT = join(TOP, "dist", "npm");

const project = readProject();
const libraryEntries = Object.entries(project.exports).map(([subPath, source]) => ({
  subPath,
  source: source.slice("./".length),
  out: subPath === "." ? "index" : subPath.slice("./".length),
}));
const thirdParty = installThirdParty(project);
const sourceByEntry = Object.fromEntries(libraryEntries.map(({ out, source }) => [out, source]));
const { files, carried } = await bundle({ ...sourceByEntry, [PROGRAM.out]: PROGRAM.source }, thirdParty.folder);
const packages = thirdParty.describe(carried);
thirdParty.remove();
const declarations = await bundledDeclarations(sourceByEntry);

rmSync(OUTPUT, { recursive: true, force: true });
for (const [path, text] of files) write(path, path === `${PROGRAM.out}.js` ? text.replace(/^#!.*\n/, "") : text);
write(PROGRAM.start, startOfProgram());
for (const [path, text] of declarations) write(`types/${path}`, text);
for (const path of ["LICENSE", "README.md"]) copyFileSync(join(TOP, path), join(OUTPUT, path));
write("THIRD-PARTY-NOTICES.txt", noticesOf(packages));
write("sbom.spdx.json", `${JSON.stringify(billOfMaterials(project, packages), null, 2)}\n`);
write("package.json", `${JSON.stringify(manifest(project), null, 2)}\n`);
console.log(
  `dist/npm: ${project.name} ${project.version}, ${files.size} modules, ${declarations.size} declarations, ${packages.length} packages carried`,
);

function write(path: string, text: string): void {
  const target = join(OUTPUT, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
}

/** What a Node that is too old understands as well: it says so in one line, before anything is loaded that it does not. */
function startOfProgram(): string {
  return `#!/usr/bin/env node
import process from "node:process";

const { node, deno } = process.versions;
if (deno === undefined && Number(node.split(".")[0]) < ${OLDEST_NODE}) {
  console.error(\`${PROGRAM.name}: this is Node \${node}, expected ${OLDEST_NODE} or later\`);
  process.exit(2);
}
await import("../${PROGRAM.out}.js");
`;
}

/** Packages that are used where they are installed: what is of the version that was tested, or newer within its major version. */
function optionalPeers(): Record<string, unknown> {
  const versions = Object.entries(OPTIONAL_PEERS);
  return {
    peerDependencies: Object.fromEntries(versions.map(([name, version]) => [name, `^${version}`])),
    peerDependenciesMeta: Object.fromEntries(versions.map(([name]) => [name, { optional: true }])),
  };
}

function manifest({ name, version, license }: Project): Record<string, unknown> {
  return {
    name,
    version,
    description: "IKEv2 session resumption (RFC 5723) for gateways and clients: TypeScript, with a WebAssembly core",
    keywords: ["ikev2", "ipsec", "rfc5723", "session-resumption", "vpn", "wasm"],
    license,
    type: "module",
    engines: { node: `>=${OLDEST_NODE}` },
    sideEffects: false,
    exports: Object.fromEntries(
      libraryEntries.map(({ subPath, out }) => [subPath, { types: `./types/${out}.d.ts`, default: `./${out}.js` }]),
    ),
    bin: { [PROGRAM.name]: PROGRAM.start },
    files: ["*.js", "bin", "chunks", "types", "THIRD-PARTY-NOTICES.txt", "sbom.spdx.json"],
    ...optionalPeers(),
  };
}
