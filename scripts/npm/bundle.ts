/**
 * The JavaScript of the package: ES modules that share chunks, with the code of others in them, so that nothing else has to be installed.
 *
 * @module
 */
import * as esbuild from "esbuild";
import { relative } from "node:path";
import { builtinsForCommonJs, othersMinified, rareCoresDeflated, tracesLeftOut } from "./bundle_plugins.ts";
import { OPTIONAL_PEERS, packageName, TOP } from "./project.ts";

export interface Bundle {
  /** Path in the package to text. */
  readonly files: ReadonlyMap<string, string>;
  /** npm packages whose code is in the files. */
  readonly carried: readonly string[];
}

/**
 * @param entries path in the package without extension ("wire") to source file ("src/wire/mod.ts")
 * @param modules the folder node_modules that packages are in
 */
export async function bundle(entries: Readonly<Record<string, string>>, modules: string): Promise<Bundle> {
  const outdir = `${TOP}dist/npm`;
  const result = await esbuild.build({
    absWorkingDir: TOP,
    entryPoints: Object.entries(entries).map(([out, source]) => ({ out, in: source })),
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    // Packages have forms for each kind of place; the one that every place takes is meant.
    mainFields: ["module", "main"],
    conditions: ["import", "module", "default"],
    nodePaths: [modules],
    external: ["node:*", ...Object.keys(OPTIONAL_PEERS)],
    plugins: [builtinsForCommonJs, othersMinified, rareCoresDeflated, tracesLeftOut],
    // Of our own code blanks, a third of its size, and what can be said shorter: names stay, and lines are short enough that a stack says where something was.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 128,
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
  const stray = Object.values(result.metafile.outputs).flatMap(({ imports }) => imports)
    .filter(({ external, path }) => external === true && !path.startsWith("node:") && !(packageName(path) in OPTIONAL_PEERS));
  if (stray.length > 0) throw new Error(`the package would import ${stray[0]?.path}, and carries it nowhere`);
  const inputs = Object.values(result.metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path)
  );
  const carried = inputs.flatMap((path) => {
    const [, inPackage] = /.*\bnode_modules\/(.+)$/.exec(path) ?? [];
    return inPackage === undefined ? [] : [packageName(inPackage)];
  });
  const files = result.outputFiles.map(({ path, text }) => [relative(outdir, path).replaceAll("\\", "/"), text] as const);
  return { files: new Map(files), carried: [...new Set(carried)].sort() };
}
