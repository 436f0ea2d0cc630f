import type { KeyExchange } from "./key_exchange.ts";

/** node:crypto's Diffie-Hellman where the runtime has it (Node, Deno), else noble's. */
export async function loadKeyExchange(): Promise<KeyExchange> {
  const node = await import("./node/key_exchange.ts").catch(() => undefined);
  if (node !== undefined) return node.createNodeKeyExchange();
  const { createTsKeyExchange } = await import("./ts/key_exchange.ts");
  return createTsKeyExchange();
}
