#!/usr/bin/env python3
"""Keys where additional key exchanges follow CREATE_CHILD_SA, computed apart from the project with Python's hmac.

RFC 9370, section 2.2.4:
    SKEYSEED = prf(SK_d, SK(0) | Ni | Nr | SK(1) | ... SK(n))          rekeying an IKE SA
    KEYMAT = prf+(SK_d, SK(0) | Ni | Nr | SK(1) | ... SK(n))           Child SAs

Prints the JSON that stands in data/followup_keys.json:
    python3 tests/vectors/followup_keys.py > tests/vectors/data/followup_keys.json
"""
import hashlib
import json

from resumption_keys import PRFS, octets, prf, prf_plus

# AES-GCM with a key of 256 bits and its salt (RFC 5282, section 7.1; RFC 4106, section 8.1); no integrity keys.
SK_E = 36


def case(prf_id, digest, lengths):
    label = f"followup {digest} {lengths} "
    size = hashlib.new(digest).digest_size
    sk_d_old = octets(label + "SK_d", size)
    secrets = [octets(label + f"SK({index})", length) for index, length in enumerate(lengths)]
    ni, nr = octets(label + "Ni", 32), octets(label + "Nr", 35)
    spi_i, spi_r = octets(label + "SPIi", 8), octets(label + "SPIr", 8)
    seed = secrets[0] + ni + nr + b"".join(secrets[1:])
    keys = prf_plus(digest, prf(digest, sk_d_old, seed), ni + nr + spi_i + spi_r, 3 * size + 2 * SK_E)
    keymat = prf_plus(digest, sk_d_old, seed, 2 * SK_E)
    values = {"SK_d_old": sk_d_old, "Ni": ni, "Nr": nr, "SPIi": spi_i, "SPIr": spi_r, "KEYMAT": keymat}
    for name, length in [("SK_d", size), ("SK_ei", SK_E), ("SK_er", SK_E), ("SK_pi", size), ("SK_pr", size)]:
        values[name], keys = keys[:length], keys[length:]
    return {"prf": prf_id, "secrets": [secret.hex() for secret in secrets], **{name: value.hex() for name, value in values.items()}}


if __name__ == "__main__":
    # SK(0) of Curve25519, P-521 and MODP-2048; SK(n) of ML-KEM, 32 octets, and of groups.
    cases = [case(prf_id, digest, lengths) for prf_id, digest in PRFS for lengths in ([32, 32], [66, 32, 48], [256, 32, 32, 32])]
    print(json.dumps({"source": "tests/vectors/followup_keys.py", "cases": cases}, indent=2))
