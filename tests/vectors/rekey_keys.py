#!/usr/bin/env python3
"""Keys of a rekeyed IKE SA, computed apart from the project with Python's hmac.

RFC 7296, section 2.18; RFC 4718, section 5.5: the prf of the old IKE SA makes SKEYSEED, that of the new one the keys.
    SKEYSEED = prf_old(SK_d_old, g^ir | Ni | Nr)
    {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf_new+(SKEYSEED, Ni | Nr | SPIi | SPIr)

Prints the JSON that stands in data/rekey_keys.json:
    python3 tests/vectors/rekey_keys.py > tests/vectors/data/rekey_keys.json
"""
import hashlib
import json

from resumption_keys import PRFS, octets, prf, prf_plus

# AES-GCM with a key of 256 bits and its salt (RFC 5282, section 7.1); no integrity keys.
SK_E = 36


def case(old, new):
    (old_id, old_digest), (new_id, new_digest) = old, new
    label = f"rekey {old_digest} {new_digest} "
    sk_d_old = octets(label + "SK_d", hashlib.new(old_digest).digest_size)
    shared = octets(label + "g^ir", 32)
    ni, nr = octets(label + "Ni", 32), octets(label + "Nr", 35)
    spi_i, spi_r = octets(label + "SPIi", 8), octets(label + "SPIr", 8)
    skeyseed = prf(old_digest, sk_d_old, shared + ni + nr)
    size = hashlib.new(new_digest).digest_size
    keys = prf_plus(new_digest, skeyseed, ni + nr + spi_i + spi_r, 3 * size + 2 * SK_E)
    values = {"SK_d_old": sk_d_old, "g_ir": shared, "Ni": ni, "Nr": nr, "SPIi": spi_i, "SPIr": spi_r}
    for name, length in [("SK_d", size), ("SK_ei", SK_E), ("SK_er", SK_E), ("SK_pi", size), ("SK_pr", size)]:
        values[name], keys = keys[:length], keys[length:]
    return {"oldPrf": old_id, "newPrf": new_id, **{name: value.hex() for name, value in values.items()}}


if __name__ == "__main__":
    cases = [case(old, new) for old in PRFS for new in PRFS]
    print(json.dumps({"source": "tests/vectors/rekey_keys.py", "cases": cases}, indent=2))
