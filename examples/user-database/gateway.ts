/**
 * A gateway whose users are rows of a database. Each has a key of its own, and may be locked out: then neither a proof nor a ticket helps.
 *
 *     node examples/user-database/gateway.ts users.db 192.0.2.1
 *
 * The database is asked at once here; one over a network is asked likewise, by functions that return promises.
 */
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import {
  formatIdentity,
  Gateway,
  type Identity,
  loadOrCreateTicketKeyRing,
  parseIdentity,
  responderConfiguration,
  systemRandom,
} from "../../mod.ts"; // in a program of yours: from "ike-resume"

const [path = "users.db", address = "127.0.0.1", port = "500", natPort = "4500"] = process.argv.slice(2);

const database = new DatabaseSync(path);
database.exec("CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, psk BLOB NOT NULL, locked INTEGER NOT NULL DEFAULT 0)");
const userById = database.prepare("SELECT CAST(psk AS BLOB) AS psk FROM users WHERE id = ? AND locked = 0");

/** The key of a user who may come in. Identities are text here, as `formatIdentity` writes them: `ada@example.org`. */
function keyOf(identity: Identity): Promise<Uint8Array | undefined> {
  const row = userById.get(formatIdentity(identity));
  return Promise.resolve(row?.["psk"] as Uint8Array | undefined);
}

const gateway = await Gateway.listen({
  configuration: responderConfiguration({
    identity: parseIdentity("gateway.example"),
    presharedKeyOf: keyOf,
    // Asked at each resumption: who was locked out since has a good ticket, and is refused all the same.
    authorizeResumption: async ({ identity }) => await keyOf(identity) !== undefined,
    ticketKeys: loadOrCreateTicketKeyRing(`${path}.ticket-keys`, systemRandom, Date.now() / 1_000 | 0),
  }),
  addresses: [address],
  port: Number(port),
  natPort: Number(natPort),
  onEffect: (effect) => {
    if (effect.type === "ike-sa-up") console.log("up:", formatIdentity(effect.initiatorId), "resumed:", effect.resumed);
  },
});
console.log("listening on", `${gateway.local[0].address}:${gateway.local[0].port}`, `${gateway.encapsulatedLocal[0].port}`);
