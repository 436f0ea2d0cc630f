"""Writes data/ocsp_openssl.json: OCSP responses as `openssl ocsp` makes them, with the certificates that they are about.

Run: python3 tests/vectors/ocsp_openssl.py (OpenSSL 3). The keys are thrown away. All are made at one moment, `at`.
"""

import base64, json, pathlib, subprocess, sys, tempfile, time

FOLDER = pathlib.Path(tempfile.mkdtemp())
TARGET = pathlib.Path(__file__).parent / "data" / "ocsp_openssl.json"
YEARS = "36500"


def openssl(*arguments, **more):
    subprocess.run(["openssl", *arguments], cwd=FOLDER, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)


def key(name, kind):
    if kind == "rsa":
        openssl("genrsa", "-out", f"{name}.key", "2048")
    else:
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")


def certificate(name, serial, extensions, issuer=None, kind="ec"):
    key(name, kind)
    (FOLDER / f"{name}.cnf").write_text(f"[req]\ndistinguished_name=dn\n[dn]\n[ext]\n{extensions}\n")
    openssl("req", "-new", "-key", f"{name}.key", "-subj", f"/O=Vectors/CN={name}", "-config", f"{name}.cnf", "-out", f"{name}.csr")
    signer = ["-signkey", f"{name}.key"] if issuer is None else ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key"]
    openssl("x509", "-req", "-in", f"{name}.csr", *signer, "-set_serial", str(serial), "-days", YEARS, "-extfile", f"{name}.cnf",
            "-extensions", "ext", "-out", f"{name}.pem")
    openssl("x509", "-in", f"{name}.pem", "-outform", "DER", "-out", f"{name}.der")


def response(name, subject, signer, *more, issuer="authority", hash="sha1"):
    openssl("ocsp", "-index", "index.txt", "-CA", f"{issuer}.pem", "-rsigner", f"{signer}.pem", "-rkey", f"{signer}.key", "-rmd", "sha256",
            "-issuer", f"{issuer}.pem", f"-{hash}", "-cert", f"{subject}.pem", "-respout", f"{name}.ocsp", *(more or ("-ndays", "7")))
    return base64.b64encode((FOLDER / f"{name}.ocsp").read_bytes()).decode()


CA = "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash"
SIGNS = "keyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning"
certificate("authority", 1, CA)
certificate("stranger", 2, CA)
certificate("good", 0x1001, "subjectAltName=DNS:good.example", "authority")
certificate("revoked", 0x1002, "subjectAltName=DNS:revoked.example", "authority")
certificate("unknown", 0x1003, "subjectAltName=DNS:unknown.example", "authority")
certificate("responder", 0x2001, SIGNS, "authority", "rsa")
certificate("unnamed", 0x2002, "keyUsage=critical,digitalSignature", "authority")
certificate("foreign", 0x2003, SIGNS, "stranger")
lines = [
    ("V", "21000101000000Z", "", "1001", "good"),
    ("R", "21000101000000Z", "231114000000Z,keyCompromise", "1002", "revoked"),
]
(FOLDER / "index.txt").write_text("".join(f"{s}\t{e}\t{r}\t{n}\tunknown\t/O=Vectors/CN={c}\n" for s, e, r, n, c in lines))

at = int(time.time())
vectors = {
    "source": subprocess.run(["openssl", "version"], capture_output=True, text=True).stdout.strip(),
    "at": at,
    "certificates": {
        name: base64.b64encode((FOLDER / f"{name}.der").read_bytes()).decode()
        for name in ("authority", "stranger", "good", "revoked", "unknown", "responder")
    },
    "responses": {
        "good, by the authority": response("a", "good", "authority"),
        "good, by the authority, asked by SHA-256": response("b", "good", "authority", hash="sha256"),
        "good, by a responder": response("c", "good", "responder"),
        "good, by a responder that is named by its key": response("d", "good", "responder", "-ndays", "7", "-resp_key_id"),
        "good, without a next update": response("e", "good", "authority", "-no_nonce"),
        "revoked, by the authority": response("f", "revoked", "authority"),
        "revoked, by a responder, asked by SHA-256": response("g", "revoked", "responder", hash="sha256"),
        "unknown, by the authority": response("h", "unknown", "authority"),
        "good, by one that is no responder": response("i", "good", "unnamed"),
        "good, by a responder of a stranger": response("j", "good", "foreign"),
        "good, of a stranger's certificate of that number": response("k", "good", "stranger", issuer="stranger"),
        "good, by a responder that brings no certificate": response("l", "good", "responder", "-ndays", "7", "-resp_no_certs"),
    },
}
TARGET.write_text(json.dumps(vectors, indent=1) + "\n")
print(f"{TARGET}: {len(vectors['responses'])} responses", file=sys.stderr)
