/**
 * Objects that hold secrets, and show them to whoever asks for them by name, but neither in print nor in JSON.
 *
 * @module
 */

/** Where Node and Deno look for how an object prints itself. By Deno's own name, only text could be given. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** What stands in the place of a secret. */
export const CONCEALED = "concealed";

/**
 * A copy of an object, in a form that neither printing (`console.log`, `inspect` with any depth, hidden properties and getters) nor JSON shows some
 * of its properties of; a copy of this kind itself, if it is given one. They are read as before; octets are not copied. A spread of it (`{...copy}`) is an open object again.
 *
 * For what is made seldom: an object takes a microsecond or two.
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
export function printingAs(show: () => unknown): PropertyDescriptorMap {
  const hidden = { value: show, enumerable: false };
  return { toJSON: hidden, [INSPECT]: hidden };
}
