/**
 * Looking at the IKE SAs of a gateway, and ending or rekeying those of a client: the same for one thread and for several.
 *
 * @module
 */
import { addressOctets, formatAddress } from "../ike/message/address.ts";
import type { SpiPair } from "../ike/ike_sa/spi.ts";
import type { IkeSaDescription } from "../ike/responder/ike_sa_description.ts";
import type { IkeSaList, WhichIkeSas } from "../ike/responder/ike_sa_list.ts";
import type { Effect } from "../ike/states/effect.ts";
import type { Instant } from "../ike/steps/instant.ts";
import type { Step } from "../ike/steps/step.ts";
import { ClosedByUsing } from "../transport/closed_by_using.ts";

export type { ChildSaDescription, IkeSaDescription } from "../ike/responder/ike_sa_description.ts";
export type { WhichIkeSas } from "../ike/responder/ike_sa_list.ts";

/** IKE SAs that are looked at between two waves. */
const EXAMINED_AT_ONCE = 64;

/** What is asked of a gateway's list in one go: the SPIs of all IKE SAs, or descriptions of some. */
export type IkeSaQuestion = "spis" | { readonly ownSpis: BigUint64Array; readonly which: WhichIkeSas };
export type IkeSaAnswer = BigUint64Array | readonly IkeSaDescription[];

/**
 * Asks between two waves: `perform` has a step run there, and drops it where the gateway is closed.
 *
 * @returns `undefined`: it is closed. Rejects with what looking at them throws, which would end in the wave otherwise.
 */
export async function askedInTurn(
  list: IkeSaList,
  question: IkeSaQuestion,
  perform: (begin: (now: Instant) => Step<Effect[]>) => Promise<void>,
): Promise<IkeSaAnswer | undefined> {
  let answer: IkeSaAnswer | undefined;
  let fault: { readonly reason: unknown } | undefined;
  // deno-lint-ignore require-yield -- it runs alone, and asks for nothing.
  await perform(function* (now) {
    try {
      answer = question === "spis" ? list.spis() : list.describe(question.ownSpis, question.which, now);
    } catch (reason) {
      fault = { reason };
    }
    return [];
  });
  if (fault) throw fault.reason;
  return answer;
}

/** What is asked of the IKE SAs of a gateway, and done to those of a client: the same of `Gateway` and of `GatewayWorkers`. */
export abstract class IkeSaAdministration extends ClosedByUsing {
  readonly #lists: number;

  /** `lists`: how many lists of IKE SAs there are: one for each thread. */
  constructor(lists: number) {
    super();
    this.#lists = lists;
  }

  /** See `Gateway.deleteSa`. */
  abstract deleteSa(spis: SpiPair): Promise<void>;
  /** See `Gateway.rekeySa`. */
  abstract rekeySa(spis: SpiPair): Promise<void>;
  /** @internal For {@link ikeSas}: asks one list, which is there no longer if there is no answer. */
  abstract askIkeSas(list: number, question: IkeSaQuestion): Promise<IkeSaAnswer | undefined>;

  /**
   * The IKE SAs that are up, in pages of at most 64, in no order: none twice, each as it is when its page is made. Those that come up meanwhile may
   * be missing, those that go are. Between two pages clients are served as ever; whoever stops asking stops the work.
   *
   * @throws {RangeError} an address is none.
   */
  async *ikeSas(which: WhichIkeSas = "all"): AsyncGenerator<readonly IkeSaDescription[], void, undefined> {
    const meant = checked(which);
    for (let list = 0; list < this.#lists; list++) {
      const spis = await this.askIkeSas(list, "spis");
      if (!(spis instanceof BigUint64Array)) continue;
      for (let at = 0; at < spis.length; at += EXAMINED_AT_ONCE) {
        const ownSpis = spis.slice(at, at + EXAMINED_AT_ONCE);
        const page = await this.askIkeSas(list, { ownSpis, which: meant });
        if (page === undefined || page instanceof BigUint64Array) break;
        if (page.length > 0) yield page;
      }
    }
  }

  /** Ends IKE SAs, each as `deleteSa` does: their tickets are taken back too. Resolves with how many, when all DELETEs are sent. */
  terminate(which: WhichIkeSas): Promise<number> {
    return this.#each(which, (spis) => this.deleteSa(spis));
  }

  /** Offers clients new IKE SAs in place of theirs, each as `rekeySa` does. Resolves with how many, when all offers are sent. */
  rekey(which: WhichIkeSas): Promise<number> {
    return this.#each(which, (spis) => this.rekeySa(spis));
  }

  async #each(which: WhichIkeSas, change: (spis: SpiPair) => Promise<void>): Promise<number> {
    let count = 0;
    for await (const page of this.ikeSas(which)) {
      await Promise.all(page.map(({ spis }) => change(spis)));
      count += page.length;
    }
    return count;
  }
}

function checked(which: WhichIkeSas): WhichIkeSas {
  return which !== "all" && "address" in which ? { address: formatAddress(addressOctets(which.address)) } : which;
}
