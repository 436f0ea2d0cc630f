/**
 * The declarations of the entry points, in as few files as they share: without what no entry point reaches.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";
import { declarationFiles } from "./declarations.ts";
import { TOP } from "./project.ts";

/**
 * Path below types/ ("wire.d.ts") to text.
 *
 * @param entries path in the package without extension ("wire") to source file ("src/wire/mod.ts")
 */
export async function bundledDeclarations(entries: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, string>> {
  mkdirSync(join(TOP, "dist"), { recursive: true });
  const place = mkdtempSync(join(TOP, "dist", "declarations-"));
  try {
    for (const [path, text] of declarationFiles(Object.values(entries))) {
      mkdirSync(dirname(join(place, path)), { recursive: true });
      writeFileSync(join(place, path), text);
    }
    const input = Object.entries(entries).map(([out, source]) => [out, join(place, source.replace(/\.ts$/, ".d.ts"))]);
    return await withoutUnreached(Object.fromEntries(input));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function withoutUnreached(input: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, string>> {
  const bundle = await rollup({
    input: { ...input },
    plugins: [dts()],
    external: [/^node:/],
    onwarn: (warning) => {
      // Types that others are made of, and that nobody names: they were never exported.
      if (!warning.message.includes("private shared type exports")) throw new Error(warning.message);
    },
  });
  const { output } = await bundle.generate({
    format: "es",
    entryFileNames: "[name].d.ts",
    chunkFileNames: ({ name }) => `shared/${name.replace(/\.d$/, "")}.d.ts`,
    hoistTransitiveImports: false,
  });
  await bundle.close();
  return new Map(output.map((file) => [file.fileName, file.type === "chunk" ? file.code : String(file.source)]));
}
