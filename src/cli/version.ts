/** The version of this program: the one in deno.json. */
export const VERSION = "0.1.0";
