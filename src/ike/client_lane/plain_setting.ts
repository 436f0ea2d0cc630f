/**
 * Which clients the lane serves, by what they are configured to do; and what of their messages depends on that alone.
 *
 * @module
 */
import { PayloadNumber } from "../../wire/constants.ts";
import { encodePayload } from "../../wire/message.ts";
import { longestWaitMs, type RetransmissionPolicy } from "../message/retransmission.ts";
import { resumeAttemptsOf } from "../policy/first_attempts.ts";
import type { InitiatorConfiguration } from "../policy/initiator_configuration.ts";
import { RFC_5723 } from "../profiles/rfc5723.ts";
import { GENERIC_HEADER_LENGTH } from "../../wire/payload_header.ts";

/** What is the same for every resumption of a client. */
export interface PlainSetting {
  /** IDi, with its generic header; IDr follows it. */
  readonly identityPayload: Uint8Array;
  /** What AUTH covers of it: IDi' of RFC 7296, section 2.15. */
  readonly identityBody: Uint8Array;
  /** For how long answers to IKE_SESSION_RESUME are tried, in milliseconds. */
  readonly answersForMs: number;
}

const settings = new WeakMap<InitiatorConfiguration, PlainSetting | "not plain">();

/** `undefined`: the steps serve all that such a client does. */
export function plainSettingOf(configuration: InitiatorConfiguration): PlainSetting | undefined {
  let setting = settings.get(configuration);
  if (setting === undefined) {
    setting = isPlain(configuration) ? settingOf(configuration) : "not plain";
    settings.set(configuration, setting);
  }
  return setting === "not plain" ? undefined : setting;
}

/**
 * Resumption as in RFC 5723, with a Child SA in tunnel mode that has nothing of its own. How the client proves itself in a full exchange says nothing:
 * after a resumption nobody does so again (RFC 5723, section 4.3.3).
 */
function isPlain(configuration: InitiatorConfiguration): boolean {
  const { profile, childSas, requestInnerAddress } = configuration;
  const asksForMore = requestInnerAddress !== false || childSas.transportMode || !childSas.tfcPadding ||
    childSas.nonFirstFragments || childSas.lifetimeSeconds !== undefined;
  const moves = configuration.mobike || configuration.refuseNats || configuration.startOnNatPort ||
    configuration.followRedirects;
  return profile === RFC_5723 && configuration.resumptionAuthentication === "rfc5723" && configuration.requestTicket &&
    !asksForMore && !moves && !configuration.childless && !configuration.exposeKeys;
}

function settingOf(configuration: InitiatorConfiguration): PlainSetting {
  const { identity, retransmission } = configuration;
  const identityPayload = encodePayload({ type: "IDi", ...identity }, PayloadNumber.IDr);
  return {
    identityPayload,
    identityBody: identityPayload.subarray(GENERIC_HEADER_LENGTH),
    answersForMs: waitOf(retransmission, resumeAttemptsOf(configuration)),
  };
}

/** Clients of one process share their retransmission, and a wait is a sum of powers. */
function waitOf(retransmission: RetransmissionPolicy, attempts: number): number {
  const known = waits.get(retransmission);
  if (known?.attempts === attempts) return known.waitMs;
  const waitMs = longestWaitMs({ ...retransmission, attempts });
  waits.set(retransmission, { attempts, waitMs });
  return waitMs;
}

const waits = new WeakMap<RetransmissionPolicy, { readonly attempts: number; readonly waitMs: number }>();
