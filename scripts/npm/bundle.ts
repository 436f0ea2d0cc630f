/**
 * The JavaScript of the package: ES modules that share chunks, with dependencies left as imports.
 *
 * @module
 */
import * as esbuild from "esbuild";
import { relative } from "node:path";
import { packageName, TOP } from "./project.ts";

export interface Bundle {
  /** Path in the package to text. */
  readonly files: ReadonlyMap<string, string>;
  /** npm packages that the files import. */
  readonly packages: readonly string[];
}

/**
 * @param entries path in the package without extension ("wire") to source file ("src/wire/mod.ts")
 */
export async function bundle(entries: Readonly<Record<string, string>>): Promise<Bundle> {
  const outdir = `${TOP}dist/npm`;
  const result = await esbuild.build({
    absWorkingDir: TOP,
    entryPoints: Object.entries(entries).map(([out, source]) => ({ out, in: source })),
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    packages: "external",
    external: ["node:*"],
    target: ["es2023", "node22"],
    charset: "utf8",
    chunkNames: "chunks/[name]-[hash]",
    legalComments: "inline",
    outdir,
    write: false,
    metafile: true,
    logLevel: "warning",
  });
  await esbuild.stop();
  const imports = Object.values(result.metafile.outputs).flatMap((output) => output.imports);
  const packages = imports.filter(({ external, path }) => external === true && !path.startsWith("node:")).map(({ path }) =>
    packageName(path)
  );
  const files = result.outputFiles.map(({ path, text }) => [relative(outdir, path).replaceAll("\\", "/"), text] as const);
  return { files: new Map(files), packages };
}
