/**
 * The pages of the site: the documents of the project as they stand, with a title and a place in the navigation.
 *
 * @module
 */
import { globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { TOP } from "../npm/project.ts";

/** What leads to a page stands in docs/index.md: its sections are the groups of the navigation. */
const INDEX = "docs/index.md";
const REST = "For whoever changes this";
const README = "README.md";
/** The README is the site's first page, and the index is what the navigation is made of. */
const DOCUMENTS = ["docs/*.md", "examples/*/README.md", "examples/README.md", "*.md"];
/** Links lead there too: to files, which the site takes along. */
const BESIDE = ["src", "tests", "scripts", "bindings", "core-rs", "bench", "models", ".ci", "LICENSE", "deno.json", "mod.ts"];

export interface Pages {
  /** The first page. */
  readonly readme: string;
  /** All others, in the order of their groups. */
  readonly documents: readonly string[];
  /** The groups, in their order. */
  readonly groups: readonly string[];
  /** The languages of their code blocks. */
  readonly languages: readonly string[];
}

/** Writes the pages into a folder that is empty, in the places that they have to each other. */
export function writePages(folder: string): Pages {
  const groups = groupsOf(readFileSync(join(TOP, INDEX), "utf8"));
  const paths = globSync(DOCUMENTS, { cwd: TOP }).map((path) => path.replaceAll("\\", "/")).sort();
  const languages = new Set(["text"]);
  for (const path of paths) {
    const text = readFileSync(join(TOP, path), "utf8");
    for (const [, language] of text.matchAll(/^ *```(\w+)$/gm)) languages.add(language);
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    const isPage = path !== README;
    const group = groups.get(path) ?? (path.startsWith("examples/") ? "Examples" : REST);
    const shown = withLanguages(text);
    const page = isPage ? `${frontMatter(titleOf(text, path), group)}${shown}` : withoutTitle(shown);
    writeFileSync(join(folder, path), page);
  }
  for (const name of BESIDE) symlinkSync(join(TOP, name), join(folder, name));
  for (const path of globSync(["docs/*", "examples/*/*"], { cwd: TOP })) {
    if (path.endsWith(".md")) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(join(TOP, path), join(folder, path));
  }
  const order = [...new Set([...groups.values(), "Examples", REST])];
  const rank = (path: string) => [...groups.keys()].indexOf(path) + 1 || Infinity;
  const documents = paths.filter((path) => path !== README).sort((one, other) => rank(one) - rank(other));
  return {
    readme: join(folder, README),
    documents: documents.map((path) => join(folder, path)),
    groups: order,
    languages: [...languages],
  };
}

/** Page to group, in the order in which the index leads to them; a page belongs where it is first led to. */
function groupsOf(index: string): Map<string, string> {
  const groups = new Map<string, string>([[INDEX, "Where to read"]]);
  for (const section of index.split(/^## /m).slice(1)) {
    const [heading] = section.split("\n");
    for (const [, link] of section.matchAll(/\]\((?!https?:|#)([^)#\s]+\.md)/g)) {
      const path = link.startsWith("../") ? link.slice(3) : `docs/${link}`;
      if (!groups.has(path)) groups.set(path, heading);
    }
  }
  return groups;
}

function titleOf(text: string, path: string): string {
  return /^# (.+)$/m.exec(text)?.[1] ?? basename(path, ".md");
}

/** A block without a language would be shown as if it were TypeScript. */
function withLanguages(text: string): string {
  let isInside = false;
  return text.replaceAll(/^( *```)(\w*)$/gm, (_, marks: string, language: string) => {
    isInside = !isInside;
    return isInside && language === "" ? `${marks}text` : `${marks}${language}`;
  });
}

/** Above the first page the site writes a title of its own. */
function withoutTitle(text: string): string {
  return text.replace(/^# .+\n+/, "");
}

function frontMatter(title: string, group: string): string {
  return `---\ntitle: ${JSON.stringify(title.replaceAll("`", ""))}\ngroup: ${JSON.stringify(group)}\n---\n\n`;
}
