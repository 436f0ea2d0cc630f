/**
 * The packages of others that the npm package carries within itself: installed in the versions of deno.lock, with what their licences ask for.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OPTIONAL_PEERS, pinnedVersions, type Project, TOP } from "./project.ts";

/** What serves building and testing alone. */
const DEVELOPMENT = [
  "esbuild",
  "typescript",
  "fast-check",
  "@types/cli-progress",
  "rollup",
  "rollup-plugin-dts",
  "typedoc",
  "puppeteer-core",
];

export interface ThirdParty {
  /** The folder node_modules. */
  readonly folder: string;
  /** Name, version and licence of each package of `names`, by name. */
  describe(names: Iterable<string>): readonly CarriedPackage[];
  remove(): void;
}

export interface CarriedPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** The text that has to go along. */
  readonly notice: string;
}

/** Installs them, without running anything of theirs. */
export function installThirdParty(project: Project): ThirdParty {
  // In the same place each time: its name stands in comments of what is built.
  const place = join(TOP, "dist", "third-party");
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  const names = Object.keys(project.imports).filter((name) => !name.endsWith("/"));
  const wanted = names.filter((name) => !DEVELOPMENT.includes(name) && !(name in OPTIONAL_PEERS));
  const dependencies = pinnedVersions(project, wanted);
  writeFileSync(
    join(place, "package.json"),
    JSON.stringify({ private: true, dependencies, overrides: overridesFor(dependencies) }),
  );
  const { status, stderr } = spawnSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: place,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`npm could not install what the package carries: ${stderr}`);
  const folder = join(place, "node_modules");
  return {
    folder,
    describe: (carried) => [...new Set(carried)].sort().map((name) => described(join(folder, name), name)),
    remove: () => rmSync(place, { recursive: true, force: true }),
  };
}

/** What they depend on in turn, in the versions that the tests run with. */
function overridesFor(direct: Readonly<Record<string, string>>): Record<string, string> {
  const lock = JSON.parse(readFileSync(join(TOP, "deno.lock"), "utf8")) as { readonly npm: Readonly<Record<string, unknown>> };
  const versions = new Map<string, string[]>();
  for (const key of Object.keys(lock.npm)) {
    const [, name, version] = /^(@?[^@]+)@([^_]+)/.exec(key) ?? [];
    versions.set(name, [...versions.get(name) ?? [], version]);
  }
  const single = [...versions].filter(([name, found]) => found.length === 1 && !(name in direct));
  return Object.fromEntries(single.map(([name, [version]]) => [name, version]));
}

function described(folder: string, name: string): CarriedPackage {
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    readonly version: string;
    readonly license?: string;
  };
  const file = existsSync(folder)
    ? readdirSync(folder).filter((each) => /^(licen[cs]e|copying)(\.|-|$)/i.test(each)).sort()[0]
    : undefined;
  if (license === undefined) throw new Error(`${name} ${version} names no licence`);
  return {
    name,
    version,
    license,
    notice: file === undefined ? `Licence: ${license}` : readFileSync(join(folder, file), "utf8").trim(),
  };
}

/** One file with the notices of all. */
export function noticesOf(packages: readonly CarriedPackage[]): string {
  const parts = packages.map(({ name, version, license, notice }) =>
    `${name} ${version} (${license})\n${"-".repeat(72)}\n${notice}\n`
  );
  return `This package carries code of others, with thanks, under these licences.\n\n${parts.join("\n")}`;
}

/** A bill of materials: SPDX 2.3 as JSON. Without the time at which it was made, so that the same sources give the same octets. */
export function billOfMaterials({ name, version, license }: Project, packages: readonly CarriedPackage[]): object {
  const idOf = (each: string) => `SPDXRef-${each.replace(/[^A-Za-z0-9.-]+/g, "-")}`;
  const own = { name, version, license };
  return {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: `${name}-${version}`,
    documentNamespace: `https://spdx.org/spdxdocs/${name}-${version}`,
    creationInfo: { created: "1970-01-01T00:00:00Z", creators: [`Tool: ${name}-build`] },
    documentDescribes: [idOf(name)],
    packages: [own, ...packages].map((each) => ({
      name: each.name,
      SPDXID: idOf(each.name),
      versionInfo: each.version,
      downloadLocation: "NOASSERTION",
      filesAnalyzed: false,
      licenseConcluded: each.license,
      licenseDeclared: each.license,
      copyrightText: "NOASSERTION",
      externalRefs: [{
        referenceCategory: "PACKAGE-MANAGER",
        referenceType: "purl",
        referenceLocator: `pkg:npm/${each.name.replace("@", "%40")}@${each.version}`,
      }],
    })),
    relationships: packages.map((each) => ({
      spdxElementId: idOf(name),
      relationshipType: "CONTAINS",
      relatedSpdxElement: idOf(each.name),
    })),
  };
}
