/**
 * One client's connection: an IKE SA with its first Child SA, and the ticket to come back with.
 *
 * @module
 */
import type { ChildSa } from "../ike/child_sa/child_sa.ts";
import type { InnerAddress } from "../ike/policy/inner_address.ts";
import type { WantedTraffic } from "../ike/states/child_affairs.ts";
import type { ChildSaUse } from "../ike/states/child_lives.ts";
import type { DownReason, Effect } from "../ike/states/effect.ts";
import type { ClientTicket } from "../ticket/client_ticket.ts";
import type { Identity } from "../ticket/identity.ts";
import { ClosedByUsing } from "../transport/closed_by_using.ts";
import { ikeSpiDigits } from "../wire/hexadecimal.ts";
import type { InitiatorAction } from "./initiator_action.ts";
import type { DrivenInitiator, InitiatorDriver } from "./initiator_driver.ts";
import type { Reconnection } from "./reconnection.ts";
import type { GatewayAddress } from "./session_options.ts";
import type { SessionState } from "./session_state.ts";
import type { SpiPair } from "../ike/ike_sa/spi.ts";

/** Called with the effects of a connection, while it is made and after, `send` left out; for logs. */
export type SessionListener = (effect: Effect) => void;

/** One IKE SA of a session, and its driver. */
export interface Link {
  readonly driver: InitiatorDriver;
  readonly driven: DrivenInitiator;
  readonly state: SessionState;
  /** Where it talks to: the gateway that was asked for, or where that one sent it. */
  readonly gateway: GatewayAddress;
  /** Opens sockets of another address, and has the IKE SA go on over them. */
  readonly move: (address?: string) => Promise<void>;
}

/**
 * An established connection. One that comes back by itself (`reconnect`) goes on with another IKE SA and another Child SA: what
 * is asked for below is that of the one that is up, or was last. Printing it shows no secret: keys are behind accessors that
 * `console.log` and JSON do not follow.
 */
export class Session extends ClosedByUsing {
  #link: Link;
  readonly #reconnection: Reconnection | undefined;

  /** @internal Made by `connect`. */
  constructor(link: Link, reconnection?: Reconnection) {
    super();
    this.#link = link;
    this.#reconnection = reconnection;
  }

  /** @internal */
  get link(): Link {
    return this.#link;
  }

  /** @internal Goes on with another IKE SA. */
  adopt(link: Link): void {
    this.#link = link;
  }

  get #state(): SessionState {
    return this.#link.state;
  }

  #act(action: InitiatorAction): void {
    this.#link.driver.act(this.#link.driven, action);
  }

  /** The SPIs of the IKE SA. */
  get spis(): SpiPair {
    return this.#state.up.spis;
  }

  /** True: the IKE SA came up by IKE_SESSION_RESUME, without a Diffie-Hellman exchange. */
  get resumed(): boolean {
    return this.#state.up.resumed;
  }

  /** IDr, as the gateway proved it. */
  get peerIdentity(): Identity {
    return this.#state.up.responderId;
  }

  /** What ESP needs, keys included. */
  get childSa(): ChildSa {
    return this.#state.childSa;
  }

  /** All that traffic goes by, the oldest first: the one above, and what {@link Session.createChildSa} and the gateway made beside it. */
  get childSas(): readonly ChildSa[] {
    return this.#state.childSas;
  }

  /** What the gateway gave this client for use inside the tunnel: ask for it again when resuming. `undefined`: nothing. */
  get innerAddress(): InnerAddress | undefined {
    return this.#state.innerAddress;
  }

  /** The newest ticket: present it once, in the next `connect`. `undefined`: the gateway granted none, or the session is over. */
  get ticket(): ClientTicket | undefined {
    return this.#state.ticket;
  }

  /**
   * Resolves with the reason when the IKE SA is gone, whoever ended it, the ticket store knows of it, and sockets of its own
   * are closed. A session that comes back by itself: when it no longer does.
   */
  get closed(): Promise<DownReason> {
    return this.#reconnection?.closed ?? this.#state.closed;
  }

  /** Asks the gateway for a sign of life (RFC 7296, section 2.4). False: it gave none, and the IKE SA is gone. */
  checkLiveness(): Promise<boolean> {
    if (this.#state.down) return Promise.resolve(false);
    const answer = this.#state.nextLivenessAnswer();
    this.#act({ type: "check-liveness" });
    return answer;
  }

  /**
   * Puts a new IKE SA with new keys in the place of this one (RFC 7296, section 2.8); the Child SA stays. False: the gateway refused, and the
   * session goes on as it was, or it is over. The ticket of the old IKE SA is worth nothing any more: `ticket` is then the new one's.
   */
  rekey(): Promise<boolean> {
    if (this.#state.down) return Promise.resolve(false);
    const answer = this.#state.nextRekeyAnswer();
    this.#act({ type: "rekey" });
    return answer;
  }

  /**
   * Makes another Child SA (RFC 7296, section 1.3.1), for traffic within `localSelectors` and `remoteSelectors` of the configuration; each
   * list has at least one. `undefined`: the gateway refused, which a `child-sa-failed` effect gives the reason of, or the session is over.
   */
  createChildSa(traffic: WantedTraffic): Promise<ChildSa | undefined> {
    if (this.#state.down) return Promise.resolve(undefined);
    const { request, answer } = this.#state.nextChildSa();
    this.#act({ type: "child-sa", order: { kind: "create", traffic, request } });
    return answer;
  }

  /** Puts a new Child SA with new keys in the place of one (RFC 7296, section 1.3.3): a `child-sa-rekeyed` effect tells of it. */
  rekeyChildSa({ inboundSpi }: Pick<ChildSa, "inboundSpi">): void {
    this.#act({ type: "child-sa", order: { kind: "rekey", inboundSpi } });
  }

  /** Deletes a Child SA at both ends: a `child-sa-down` effect tells of it. The IKE SA stays. */
  deleteChildSa({ inboundSpi }: Pick<ChildSa, "inboundSpi">): void {
    this.#act({ type: "child-sa", order: { kind: "delete", inboundSpi } });
  }

  /**
   * For the program that runs ESP: what a Child SA has carried since it came up, both directions together. It is rekeyed in time before
   * `lifetimeOctets` or `lifetimePackets` of the configuration's `childSas`. Once for each hundredth of them is enough.
   */
  childSaUsed(use: ChildSaUse): void {
    this.#act({ type: "child-sa", order: { kind: "used", ...use } });
  }

  /** Whether the gateway has agreed that this session may move from address to address (`mobike`). */
  get isMobile(): boolean {
    return !this.#state.down && this.#link.driven.initiator.isMobile;
  }

  /** The address of this machine that the session talks from. */
  get localAddress(): string {
    return this.#link.driven.transport.local.address;
  }

  /**
   * Goes on from another address of this machine, with the same IKE SA (MOBIKE, RFC 4555): the one that the gateway is reached from, if none is given.
   * ESP has to follow: "addresses-updated" says how. False: MOBIKE was not agreed on, the gateway does not take the address, or the session is over.
   *
   * @throws {TransportError} there is no route to the gateway, or the address cannot be bound.
   */
  async move(address?: string): Promise<boolean> {
    if (!this.isMobile) return false;
    const answer = this.#state.nextMoveAnswer();
    try {
      await this.#link.move(address);
    } catch (error) {
      this.#state.answerMove(false);
      throw error;
    }
    return await answer;
  }

  /** Asks for a new ticket (RFC 5723, section 4.1). `undefined`: the gateway granted none, or the session is over. */
  requestTicket(): Promise<ClientTicket | undefined> {
    if (this.#state.down) return Promise.resolve(undefined);
    const answer = this.#state.nextTicketAnswer();
    this.#act({ type: "request-ticket" });
    return answer;
  }

  /** Deletes the IKE SA, and with it the Child SA and the ticket (RFC 5723, section 6.2). Resolves as `closed` does: when the gateway has answered, or will not. */
  override async close(): Promise<void> {
    this.#reconnection?.stop();
    if (!this.#state.down) this.#act({ type: "close" });
    await this.closed;
  }

  /**
   * As {@link close}, and every ticket of this identity goes from the ticket store, whichever gateway it is for: after logging
   * out, nobody can resume as this identity (RFC 5723, section 6.2).
   */
  async logOut(): Promise<void> {
    this.#state.stored?.forgetIdentity();
    await this.close();
    await this.#state.stored?.settled;
  }

  /** Leaves without a word, as a client does that loses its network: the ticket stays good, in the ticket store too. */
  abandon(): ClientTicket | undefined {
    const { ticket } = this.#state;
    this.#reconnection?.stop();
    this.#state.end("deleted-by-us");
    return ticket;
  }

  /** SPIs, in hexadecimal, and how it came up: nothing secret. */
  toJSON(): { readonly initiatorSpi: string; readonly responderSpi: string; readonly resumed: boolean } {
    const { initiatorSpi, responderSpi } = this.spis;
    return {
      initiatorSpi: ikeSpiDigits(initiatorSpi),
      responderSpi: ikeSpiDigits(responderSpi),
      resumed: this.resumed,
    };
  }
}
