/**
 * Objects that show the secrets in them only when read by name, neither in print nor in JSON.
 *
 * @module
 */

/** The key by which Node and Deno ask an object how it prints. Under Deno's own key it could only give text. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** The text in the place of a secret. */
export const CONCEALED = "concealed";

/**
 * A copy of an object, some of whose properties neither printing (`console.log`, `inspect` with any depth, hidden properties
 * and getters) nor JSON shows; where it is given such a copy, that one. The properties are read as before; octets are not
 * copied. A spread of it (`{...copy}`) is an open object again.
 *
 * For objects that are made seldom: each takes a microsecond or two.
 */
export function concealing<T extends object>(open: T, ...secrets: readonly (keyof T)[]): T {
  if (copies.has(open)) return open;
  const rest: Partial<T> = { ...open };
  const concealed: Record<PropertyKey, unknown> = {};
  const getters: PropertyDescriptorMap = {};
  for (const name of secrets) {
    if (!(name in rest)) continue;
    const secret = open[name];
    getters[name] = { get: () => secret, enumerable: true };
    concealed[name] = CONCEALED;
    delete rest[name];
  }
  const copy = { ...rest } as T;
  copies.add(copy);
  return Object.defineProperties(copy, { ...getters, ...printingAs(() => ({ ...rest, ...concealed })) });
}

const copies = new WeakSet();

/** Property descriptors that make an object print, and turn into JSON, as something else. */
export function printingAs<This>(show: (this: This) => unknown): PropertyDescriptorMap {
  const hidden = { value: show, enumerable: false };
  return { toJSON: hidden, [INSPECT]: hidden };
}
