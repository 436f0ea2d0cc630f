/**
 * What a configuration file may hold, made of the options of `ike-resume gateway`, for the program and for editors.
 *
 * @module
 */
import { toJsonSchema } from "@valibot/to-json-schema";
import type { Command } from "commander";
import * as v from "valibot";
import { optionOf } from "./option_of.ts";
import { schemaOfOption } from "./option_schema.ts";
import { FILE_TABLES } from "./tables.ts";
import { GROUP_SCHEMA, type GroupEntry, USER_SCHEMA, type UserEntry } from "./users.ts";

type Value = string | number | boolean | readonly string[];

/** A file whose values were checked. */
export interface GatewayFile {
  readonly include?: readonly string[];
  readonly user?: readonly UserEntry[];
  readonly group?: readonly GroupEntry[];
  readonly tables: { readonly [table: string]: { readonly [key: string]: Value } };
}

/** A schema of what TOML holds: tables at the top, then `include`, `user` and `group`. */
export type FileSchema = v.GenericSchema<unknown, { readonly [key: string]: unknown }>;

const PEOPLE = {
  user: v.optional(v.pipe(v.array(USER_SCHEMA), v.description("Users with something of their own"))),
  group: v.optional(v.pipe(v.array(GROUP_SCHEMA), v.description("Groups of users"))),
};

/** Files that a gateway's own file names hold users and their groups, and nothing else. */
export const USERS_FILE_SCHEMA: FileSchema = asFile(v.strictObject(PEOPLE));

const INCLUDE = v.pipe(
  v.array(v.pipe(
    v.string(),
    v.regex(/^[^*]*(\/\*\.toml|[^/*]\.toml)$/, "Allowed are the path of a file, or a folder and /*.toml: users.d/*.toml."),
  )),
  v.description("Files of users, from the folder that this file is in: users.d/*.toml"),
);

/** @param command `ike-resume gateway` */
export function fileSchema(command: Command): FileSchema {
  const tables = Object.entries(FILE_TABLES).map(([name, { about, options }]) => {
    const fields = Object.entries(options).map(([key, flag]) =>
      [key, v.optional(schemaOfOption(optionOf(command, flag)))] as const
    );
    return [name, v.optional(v.pipe(v.strictObject(Object.fromEntries(fields)), v.description(about)))] as const;
  });
  return asFile(v.strictObject({
    include: v.optional(INCLUDE),
    ...PEOPLE,
    ...Object.fromEntries(tables),
  }));
}

/** JSON Schema (draft 7) of the same, for editors. */
export function jsonSchemaOfFile(command: Command): object {
  return toJsonSchema(fileSchema(command), { errorMode: "ignore" });
}

/** What a schema takes in is not known before it is asked. */
function asFile(schema: v.GenericSchema): FileSchema {
  return schema as FileSchema;
}
