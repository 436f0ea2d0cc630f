/**
 * A client on its way through the lane: all that the steps' states say of it, flat, in one object. What it becomes when the steps take over is said in
 * `as_steps.ts`.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import { wipe } from "../../crypto/wipe.ts";
import type { ClientTicket } from "../../ticket/client_ticket.ts";
import type { ChildSa } from "../child_sa/child_sa.ts";
import { wipeChildSaKeys } from "../child_sa/child_sa_keys.ts";
import type { Schedule } from "../initiator/schedule.ts";
import type { SpiPair } from "../ike_sa/spi.ts";
import type { IkeSuite } from "../ike_sa/suite.ts";
import type { InitiatorConfiguration } from "../policy/initiator_configuration.ts";
import type { Path } from "../steps/datagram.ts";
import type { AuthOffer } from "./auth_offer.ts";
import type { PlainSetting } from "./plain_setting.ts";

/** What it waits for; "nothing": it was forgotten. */
export type PlainStage = "IKE_SESSION_RESUME response" | "IKE_AUTH response" | "requests" | "nothing";

/** In place of what is not there yet, or no more. */
export const NO_OCTETS: Uint8Array = new Uint8Array(0);

export class PlainClient {
  readonly configuration: InitiatorConfiguration;
  readonly setting: PlainSetting;
  readonly random: RandomSource;
  /** Where it talks from and to. */
  readonly path: Path;
  /** Its owner's: SK_d in it is wiped once the IKE SA is up (RFC 5723, section 4.3.1). */
  readonly ticket: ClientTicket;
  /** Its own copy of the ticket's SK_d: another attempt with the same ticket may succeed meanwhile, and wipe that. */
  readonly oldSkD: Uint8Array;
  readonly suite: IkeSuite;
  readonly offer: AuthOffer;

  stage: PlainStage = "IKE_SESSION_RESUME response";
  /** By which its driver finds it. */
  readonly ownSpis: readonly bigint[];
  /** The responder's is 0 until there is an answer. */
  spis: SpiPair;
  /** Ni, and from the answer on Ni | Nr. */
  nonces: Uint8Array = NO_OCTETS;
  initiatorNonceLength = 0;

  /** IKE_SESSION_RESUME, as it was sent once. */
  request: Uint8Array = NO_OCTETS;
  /** Monotonic milliseconds: when it is sent again. */
  requestDueAtMs: number = Infinity;
  /** Monotonic milliseconds: answers that come later are not tried. */
  answersUntilMs: number = Infinity;

  /** The answer that is tried, the only one so far. */
  response: Uint8Array = NO_OCTETS;
  /** The gateway knows of fragments (RFC 7383, section 2.3). */
  knowsFragments = false;
  /** The gateway looks for NATs. None was found: where there is one the steps serve. */
  looksForNats = false;
  /** The seven keys of the IKE SA (RFC 7296, section 2.14). */
  keyingMaterial: Uint8Array = NO_OCTETS;
  /** The AUTH by which the gateway is to prove itself. Secret: whoever reads it can pass for the gateway. */
  expectedAuth: Uint8Array = NO_OCTETS;
  /** This end's SPI of the Child SA that is offered. */
  inboundSpi = 0;
  /** IKE_AUTH, as it was sent once. */
  authRequest: Uint8Array = NO_OCTETS;
  authDueAtMs: number = Infinity;

  /** From here on the IKE SA is up. */
  childSa: ChildSa | undefined;
  upAtMs = 0;
  ticketExpiresAtEpochSeconds = 0;
  ticketRenewAtMs: number | undefined;
  /** What it does in its time; none: nothing. */
  schedule: Schedule | undefined;

  constructor(
    configuration: InitiatorConfiguration,
    setting: PlainSetting,
    random: RandomSource,
    path: Path,
    ticket: ClientTicket,
    oldSkD: Uint8Array,
    suite: IkeSuite,
    offer: AuthOffer,
    initiatorSpi: bigint,
  ) {
    this.configuration = configuration;
    this.setting = setting;
    this.random = random;
    this.path = path;
    this.ticket = ticket;
    this.oldSkD = oldSkD;
    this.suite = suite;
    this.offer = offer;
    this.ownSpis = [initiatorSpi];
    this.spis = { initiatorSpi, responderSpi: 0n };
  }

  /** When time has something to do, in monotonic milliseconds; `undefined`: never. */
  get deadline(): number | undefined {
    let due = Infinity;
    if (this.stage === "requests") due = Math.min(this.ticketRenewAtMs ?? Infinity, this.schedule?.dueMs ?? Infinity);
    else if (this.stage !== "nothing") due = Math.min(this.requestDueAtMs, this.authDueAtMs);
    return due === Infinity ? undefined : due;
  }

  /** Once the IKE SA is up nobody asks for these again. */
  forgetAttempt(): void {
    wipe(this.oldSkD, this.expectedAuth, this.ticket.skD);
    this.expectedAuth =
      this.request =
      this.response =
      this.authRequest =
        NO_OCTETS;
  }

  /** Wipes all keys. The ticket stays good, unless the IKE SA is up. */
  dispose(): void {
    wipe(this.oldSkD, this.expectedAuth, this.keyingMaterial);
    if (this.childSa) wipeChildSaKeys(this.childSa);
    this.childSa = undefined;
    this.schedule = undefined;
    this.request = this.response = this.authRequest = NO_OCTETS;
    this.stage = "nothing";
  }
}
