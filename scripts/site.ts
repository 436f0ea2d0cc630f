/**
 * `deno task site`: a site of the project's documents and of its interface, in dist/site, that needs no server and no network.
 *
 * @module
 */
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Application, type TypeDocOptions } from "typedoc";
import { readProject, TOP } from "./npm/project.ts";
import { writePages } from "./site/pages.ts";

const { exports: entryPoints, name, version } = readProject();

const folder = mkdtempSync(join(tmpdir(), "ike-resume-site-"));
try {
  const out = process.argv[2] ?? join(TOP, "dist", "site");
  process.exitCode = await build(out) ? 0 : 1;
  if (process.exitCode === 0) console.log(`${out}/index.html`);
} finally {
  rmSync(folder, { recursive: true });
}

/** Whether all went well: a link that leads nowhere is a failure. */
async function build(out: string): Promise<boolean> {
  const { readme, documents, groups, languages } = writePages(folder);
  const options: Partial<TypeDocOptions> = {
    name: `${name} ${version}`,
    entryPoints: Object.values(entryPoints).map((path) => join(TOP, path)),
    readme,
    projectDocuments: [...documents],
    groupOrder: [...groups, "*"],
    navigation: { includeGroups: true, includeCategories: false },
    sortEntryPoints: false,
    sort: ["documents-first", "source-order"],
    excludeInternal: true,
    excludePrivate: true,
    disableGit: true,
    disableSources: true,
    skipErrorChecking: true,
    includeVersion: false,
    hideGenerator: true,
    searchInDocuments: true,
    validation: { notExported: false, invalidLink: true, notDocumented: false },
    treatWarningsAsErrors: true,
    logLevel: "Warn",
    highlightLanguages: [...languages, "ts"] as TypeDocOptions["highlightLanguages"],
    categorizeByGroup: false,
    compilerOptions: {
      target: "es2023",
      module: "esnext",
      moduleResolution: "bundler",
      allowImportingTsExtensions: true,
      noEmit: true,
      strict: true,
      lib: ["es2023", "esnext.disposable", "dom", "dom.iterable"],
      types: [],
    } as unknown as TypeDocOptions["compilerOptions"],
  };
  const application = await Application.bootstrap(options);
  const project = await application.convert();
  if (project === undefined) return false;
  for (const module of project.children ?? []) module.name = nameOf(module.name);
  application.validate(project);
  rmSync(out, { recursive: true, force: true });
  await application.generateDocs(project, out);
  leadToFirstPage(out);
  return !application.logger.hasErrors() && !application.logger.hasWarnings();
}

/** As it is imported: `ike-resume/wire`, whose source is `src/wire/mod`. */
function nameOf(source: string): string {
  const [subPath] = Object.entries(entryPoints).find(([, path]) => path === `./${source}.ts`) ?? [source];
  return join(name, subPath);
}

/** TypeDoc leads to the first page by its folder, which only a server makes a page of. */
function leadToFirstPage(out: string): void {
  for (const path of globSync("**/*.html", { cwd: out })) {
    const page = readFileSync(join(out, path), "utf8");
    const led = page.replaceAll(/href="((?:\.\.\/)+)(#[^"]*)?"/g, 'href="$1index.html$2"');
    if (led !== page) writeFileSync(join(out, path), led);
  }
}
