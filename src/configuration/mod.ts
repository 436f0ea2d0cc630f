/**
 * People's words to typed values, and back: identities, traffic selectors, proposals.
 *
 * @module
 */
export { ConfigurationError } from "./configuration_error.ts";
export { formatIdentity, parseIdentity } from "./identity_text.ts";
export { parseEspProposal, parseIkeProposal } from "./proposal_text.ts";
export { parseProfile, parseProfiles } from "./profile_text.ts";
export { parsePresharedKey, parseSecret } from "./secret_octets.ts";
export { formatSelector, parseSelector, parseSelectors } from "./selector_text.ts";
