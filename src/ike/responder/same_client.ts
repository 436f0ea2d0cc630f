/**
 * Whether two IKE SAs are of one program, as far as a gateway can tell.
 *
 * @module
 */
import type { IkeSaTable } from "../states/ike_sa_table.ts";
import type { Endpoint } from "../steps/datagram.ts";

/** Whether an IKE SA that is up counts under this identity, and its client is reached there. */
export function isOfClient(sas: IkeSaTable, ownSpi: bigint, identityKey: string, { address, port }: Endpoint): boolean {
  if (!sas.isListed(ownSpi, identityKey)) return false;
  const remote = sas.established(ownSpi)?.path.remote;
  return remote?.address === address && remote.port === port;
}
