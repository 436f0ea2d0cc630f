/**
 * What esbuild does for the package beyond bundling.
 *
 * @module
 */
import * as esbuild from "esbuild";
import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { deflateSync } from "node:zlib";

/** What old packages `require` of Node has to be an import in an ES module. */
export const builtinsForCommonJs: esbuild.Plugin = {
  name: "builtins for CommonJS",
  setup(build) {
    build.onResolve(
      { filter: /^(?:node:)?[a-z0-9_/]+$/ },
      ({ path, kind }) =>
        kind === "require-call" && isBuiltin(path) ? { path: path.replace("node:", ""), namespace: "builtin" } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `import all from "node:${path}"; module.exports = all;`,
      loader: "js",
    }));
  },
};

/** Code of others is read where they keep it: here it only has to be small. Names of what it exports stay, as do ours. */
export const othersMinified: esbuild.Plugin = {
  name: "code of others minified",
  setup(build) {
    build.onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path, with: attributes }) => {
      // What is imported as text is for somebody else: for browsers.
      if (attributes["type"] === "text") return undefined;
      const text = await readFile(path, "utf8");
      const isModule = /^(?:import|export)\b/m.test(text);
      const { code } = await esbuild.transform(text, {
        // Blanks go with all others: with them go the marks of calls that may be left out, which the bundle still needs.
        minifyIdentifiers: true,
        minifySyntax: true,
        format: isModule ? "esm" : "cjs",
        legalComments: "inline",
        charset: "utf8",
      });
      return { contents: code, loader: "js" };
    });
  },
};

/**
 * Of the core's builds, those that hardly an engine takes any more, a third of the size: `bindings/load.ts` inflates them. The one that Node and Deno
 * take stays as it is, because inflating would cost a start up to 8 ms.
 */
export const rareCoresDeflated: esbuild.Plugin = {
  name: "cores deflated",
  setup(build) {
    build.onLoad({ filter: /[\\/]bindings[\\/]generated[\\/](?:simd|scalar)\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const [, base64] = /WASM_BASE64: string = `([^`]+)`/.exec(text) ?? [];
      if (base64 === undefined) throw new Error(`${path}: expected WASM_BASE64 in Base64`);
      const deflated = deflateSync(Buffer.from(base64, "base64"), { level: 9 }).toString("base64");
      return { contents: `export const WASM_BASE64 = \`\n${deflated.replace(/.{120}/g, "$&\n")}\n\`;`, loader: "js" };
    });
  },
};

/** What prom-client asks for the trace that an exemplar is of: no metric here has exemplars. */
export const tracesLeftOut: esbuild.Plugin = {
  name: "traces left out",
  setup(build) {
    build.onResolve({ filter: /^@opentelemetry\/api$/ }, ({ path }) => ({ path, namespace: "left-out" }));
    build.onLoad({ filter: /.*/, namespace: "left-out" }, () => ({ contents: "module.exports = {};", loader: "js" }));
  },
};
