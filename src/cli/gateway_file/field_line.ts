/**
 * On which line of a TOML file something stands, so that a person finds it.
 *
 * @module
 */

/** Keys of tables, and indices of arrays of tables, from the top. */
export type FieldPath = readonly (string | number)[];

/**
 * The line of a field, counted from one. Of what has no line of its own, such as a key that is missing, or one inside braces, the line of what it is
 * in; at last the first.
 */
export function lineOfField(text: string, path: FieldPath): number {
  let best = { line: 1, depth: 0 };
  let table: FieldPath = [];
  const counts = new Map<string, number>();
  for (const [index, line] of text.split("\n").entries()) {
    const header = /^\s*(\[\[?)\s*([^\]]+?)\s*\]/.exec(line);
    const key = /^\s*([A-Za-z0-9_."'-]+(?:\s*\.\s*[A-Za-z0-9_."'-]+)*)\s*=/.exec(line);
    let here: FieldPath;
    if (header) {
      here = header[1] === "[[" ? nextOf(counts, header[2]) : namesOf(header[2]);
      table = here;
    } else if (key) here = [...table, ...namesOf(key[1])];
    else continue;
    if (here.length > best.depth && here.every((step, depth) => step === path[depth])) {
      best = { line: index + 1, depth: here.length };
    }
  }
  return best.line;
}

function namesOf(dotted: string): readonly string[] {
  return dotted.split(".").map((name) => name.trim().replace(/^(["'])(.*)\1$/, "$2"));
}

/** The next of an array of tables. */
function nextOf(counts: Map<string, number>, name: string): FieldPath {
  const index = counts.get(name) ?? 0;
  counts.set(name, index + 1);
  return [...namesOf(name), index];
}
