# SPDX-License-Identifier: Apache-2.0
"""Simulated AMD and AWS: certificates, reports and documents in genuine formats under throw-away roots.

For tests and for contracts/gas alone; a verifier takes such roots on chain 31337 only. Everything is
made from fixed keys, so equal inputs give equal bytes.
"""
import hashlib
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from p384_hints import hints  # noqa: E402
from p384_curve import G, N, inverse, multiply  # noqa: E402

# A throw-away RSA key; ARK and ASK of the simulation share it.
RSA_P = int(
    "d6b2e9e3a688bbca8cb0fb2c155e30b8b330f89751fc5dc6da8f7ba10d7e6ef815fcc34fd06ebebf3fb5d5e42334ed48"
    "730c2ee0865ffc3cbdc5fbc950bf50e66f2f81c5be96564a0473c29341b595e77b278b0488adbf89f1071c87b1bb88d7"
    "351154b993a0a16de6c37dd11f5ffa67ab2f93c67f20d011450a553c79dbed4d5eb8a5aaf66e2cddbb3a82081a699f66"
    "c63497da5f14296cf622f379a4abbaa8c2147543824dd2b6d61cc6738d0f091a29ed3065d13c42242751defbee970ef4"
    "4b98ddaca7e8342ca3f859271484a07012234566705346b255aec5956f63ca47f4cae168ed4cc5434f023d1a12a06768"
    "3f076782f5984ebbc3623361e177d82d", 16)
RSA_Q = int(
    "ca2f48b799b1a4babdb4d4f6cc6b7e3a65537474f53ee4540f5463e3a7d6dfaa917a57cfa96fc06f66a6ce7314eb2a36"
    "0f41541f5fd04b7f7c3e41afd7968248a2341da0abdb4fd1f1b5ef61d39bb20fcd94a5612b566add5bbdc822bf7d99f6"
    "0072910879dc28bdeeb8366bdfdc3d8bb4f20853a8fe1d2e0bddadcce99f827640a791b96228492b6fa32cc89760dd12"
    "1a226453a9bf96957881b15b3bf6119d69893a53247cbbd7fab24d595f7710f9c3245e2b9402943b38dade1df98dc69d"
    "e136756e4ff5e71c76c00f7cdc63e54dfbcedb2d3a16696058720d7e34228d291e92eef23aacce2e7079adbc649caf64"
    "7a3929c81c8ff0b566a64581cc14d7cf", 16)
MODULUS = RSA_P * RSA_Q
PRIVATE = pow(65537, -1, (RSA_P - 1) * (RSA_Q - 1))



# ---- DER


def tlv(tag, *parts):
    content = b"".join(parts)
    n = len(content)
    size = bytes([n]) if n < 128 else b"\x81" + bytes([n]) if n < 256 else b"\x82" + n.to_bytes(2, "big")
    return bytes([tag]) + size + content


def sequence(*parts):
    return tlv(0x30, *parts)


def integer(v):
    return tlv(0x02, v.to_bytes(v.bit_length() // 8 + 1, "big"))


def oid(hex_):
    return tlv(0x06, bytes.fromhex(hex_))


def bits(content):
    return tlv(0x03, b"\0" + content)


def name(common, *more):
    def part(kind, text):
        return tlv(0x31, sequence(oid(kind), tlv(0x0c, text.encode())))
    return sequence(*[part("55040b", m) for m in more], part("550403", common))


def date(t):
    if t < 2_524_608_000:
        return tlv(0x17, time.strftime("%y%m%d%H%M%SZ", time.gmtime(t)).encode())
    return tlv(0x18, time.strftime("%Y%m%d%H%M%SZ", time.gmtime(t)).encode())


def times(start, end):
    return sequence(date(start), date(end))


def extension(kind, value, critical=False):
    return sequence(oid(kind), tlv(0x01, b"\xff") if critical else b"", tlv(0x04, value))


SHA384_ID = sequence(oid("608648016503040202"), tlv(0x05))
PSS = sequence(oid("2a864886f70d01010a"), sequence(
    tlv(0xa0, SHA384_ID), tlv(0xa1, sequence(oid("2a864886f70d010108"), SHA384_ID)), tlv(0xa2, integer(48))))
ECDSA = sequence(oid("2a8648ce3d040303"))


def usage(first_byte):
    return extension("551d0f", tlv(0x03, b"\0" + bytes([first_byte])), True)


def constraints(ca, path=None):
    inner = (tlv(0x01, b"\xff") if ca else b"") + (integer(path) if path is not None else b"")
    return extension("551d13", sequence(inner), True)


def certificate(algorithm, sign, serial, issuer, start, end, subject, key, extensions):
    tbs = sequence(tlv(0xa0, integer(2)), integer(serial), algorithm, issuer, times(start, end), subject, key,
                   tlv(0xa3, sequence(*extensions)))
    return sequence(tbs, algorithm, bits(sign(tbs)))


# ---- keys


def point(d):
    return multiply(d, G)


def raw_point(d):
    return b"".join(v.to_bytes(48, "big") for v in point(d))


def ec_key(d):
    return sequence(sequence(oid("2a8648ce3d0201"), oid("2b81040022")), bits(b"\x04" + raw_point(d)))


def rsa_key():
    return sequence(sequence(oid("2a864886f70d010101"), tlv(0x05)), bits(sequence(integer(MODULUS), integer(65537))))


def digest(message):
    return int.from_bytes(hashlib.sha384(message).digest(), "big")


def ecdsa(d, message):
    """(r, s), with a nonce from key and message."""
    h = digest(message)
    k = int.from_bytes(hashlib.sha512(d.to_bytes(48, "big") + message).digest(), "big") % N
    r = multiply(k, G)[0] % N
    return r, inverse(k, N) * (h + r * d) % N


def ecdsa_der(d):
    def sign(tbs):
        r, s = ecdsa(d, tbs)
        return sequence(integer(r), integer(s))
    return sign


def hints_for(d, message):
    r, s = ecdsa(d, message)
    return hints(digest(message), r, s, point(d))


def pss(message):
    sha = hashlib.sha384
    salt = sha(b"salt" + message).digest()
    h = sha(bytes(8) + sha(message).digest() + salt).digest()
    mask = b"".join(sha(h + i.to_bytes(4, "big")).digest() for i in range(10))[:463]
    db = bytes(a ^ b for a, b in zip(bytes(414) + b"\1" + salt, mask))
    em = bytes([db[0] & 0x7f]) + db[1:] + h + b"\xbc"
    return pow(int.from_bytes(em, "big"), PRIVATE, MODULUS).to_bytes(512, "big")


# ---- AMD

CHIP_KEY = 0x5eed0384
MILAN_TCB = bytes([3, 0, 0, 0, 0, 0, 8, 115])
HWID = hashlib.sha512(b"chip").digest()


def modulus():
    return MODULUS.to_bytes(512, "big")


def ark(start, end, common="ARK-Milan", issuer=None, key=None, extensions=None):
    return certificate(PSS, pss, 0x10000, name(issuer or common, "Engineering"), start, end, name(common, "Engineering"),
                       key or rsa_key(), extensions or [usage(0x06), constraints(True)])


def ask(start, end, serial=0x10001, common="SEV-Milan", issuer="ARK-Milan", key=None):
    return certificate(PSS, pss, serial, name(issuer, "Engineering"), start, end, name(common, "Engineering"), key or rsa_key(),
                       [constraints(True, 0), usage(0x04)])


def amd_extensions(levels, product="Milan-B0", hwid=HWID, csp=None, more=()):
    arc = "2b060104019c7801"
    out = [extension(arc + "01", integer(0)), extension(arc + "02", tlv(0x16, product.encode()))]
    out += [extension(arc + f"03{i:02x}", integer(v)) for i, v in levels.items()]
    out += [extension(arc + "04", hwid)] if hwid is not None else []
    out += [extension(arc + "05", tlv(0x16, csp.encode()))] if csp is not None else []
    return out + list(more)


def levels_of(tcb):
    return {1: tcb[0], 2: tcb[1], 4: tcb[2], 5: tcb[3], 6: tcb[4], 7: tcb[5], 3: tcb[6], 8: tcb[7]}


def vek(start, end, issuer="SEV-Milan", common="SEV-VCEK", extensions=None):
    extensions = amd_extensions(levels_of(MILAN_TCB)) if extensions is None else extensions
    return certificate(PSS, pss, 0, name(issuer, "Engineering"), start, end, name(common, "Engineering"), ec_key(CHIP_KEY),
                       extensions)


def amd_list(start, end, serials=(), issuer="ARK-Milan"):
    entries = [sequence(integer(s), date(start)) for s in serials]
    tbs = sequence(integer(1), PSS, name(issuer, "Engineering"), date(start), date(end),
                   *([sequence(*entries)] if entries else []))
    return sequence(tbs, PSS, bits(pss(tbs)))


def report(report_data, changes=()):
    """A version 3 report of Milan; changes: (offset, bytes) made before it is signed."""
    r = bytearray(0x2a0)

    def put(at, data):
        r[at:at + len(data)] = data
    put(0x00, (3).to_bytes(4, "little"))
    put(0x08, 0x30000.to_bytes(8, "little"))
    put(0x34, (1).to_bytes(4, "little"))
    for at in (0x38, 0x180, 0x1e0, 0x1f0):
        put(at, MILAN_TCB)
    put(0x40, (5).to_bytes(8, "little"))
    put(0x50, report_data)
    put(0x90, hashlib.sha384(b"image").digest())
    put(0x188, b"\x19\x01\x01")
    put(0x1a0, HWID)
    for at, data in changes:
        if at < 0x2a0:
            put(at, data)
    rs = ecdsa(CHIP_KEY, bytes(r))
    whole = bytearray(bytes(r) + b"".join(v.to_bytes(72, "little") for v in rs) + bytes(368))
    for at, data in changes:
        if at >= 0x2a0:
            whole[at:at + len(data)] = data
    return bytes(whole)


def report_hints(r):
    return hints_for(CHIP_KEY, r[:0x2a0])


# ---- AWS

AWS_KEYS = [0xa5 + i for i in range(5)]
MODULE = "i-0123456789abcdef0-enc0123456789abcdef"


def aws_name(i):
    return name(["aws.sim-nitro", "regional.sim", "zonal.sim", "instance.sim", "enclave.sim"][i], "AWS")


def aws_chain(start, ends, usages=(0x86, 0x86, 0x86, 0x86, 0x80), paths=(None, 3, 2, 1, None), ca=(1, 1, 1, 1, 0)):
    """Root, regional, zonal, instance and target; ends: their last seconds."""
    chain = []
    for i in range(5):
        above = max(i - 1, 0)
        chain.append(certificate(
            ECDSA, ecdsa_der(AWS_KEYS[above]), 0x1000 + i, aws_name(above), start, ends[i], aws_name(i), ec_key(AWS_KEYS[i]),
            [constraints(bool(ca[i]), paths[i]), usage(usages[i])]))
    return chain


def tbs_of(der):
    """The signed part of a certificate."""
    def start_of(at):
        size = der[at + 1]
        return at + 2 + (size & 0x7f if size & 0x80 else 0)

    def end_of(at):
        size, start = der[at + 1], at + 2
        if size & 0x80:
            size = int.from_bytes(der[start:start + (size & 0x7f)], "big")
        return start_of(at) + size
    at = start_of(0)
    return der[at:end_of(at)]


def certificate_hints(chain, i):
    return hints_for(AWS_KEYS[max(i - 1, 0)], tbs_of(chain[i]))


# ---- CBOR


def head(kind, n):
    if n < 24:
        return bytes([kind << 5 | n])
    size = 1 if n < 1 << 8 else 2 if n < 1 << 16 else 4 if n < 1 << 32 else 8
    return bytes([kind << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[size]]) + n.to_bytes(size, "big")


def encode(v):
    if v is None:
        return b"\xf6"
    if isinstance(v, int):
        return head(0, v)
    if isinstance(v, bytes):
        return head(2, len(v)) + v
    if isinstance(v, str):
        return head(3, len(v.encode())) + v.encode()
    if isinstance(v, list):
        return head(4, len(v)) + b"".join(encode(x) for x in v)
    return head(5, len(v)) + b"".join(encode(k) + encode(x) for k, x in v.items())


def fields(chain, milliseconds, user_data):
    pcrs = {i: bytes(48) for i in range(16)}
    pcrs.update({0: hashlib.sha384(b"eif").digest(), 1: hashlib.sha384(b"boot").digest(), 2: hashlib.sha384(b"app").digest()})
    return {"module_id": MODULE, "digest": "SHA384", "timestamp": milliseconds, "pcrs": pcrs, "certificate": chain[4],
            "cabundle": chain[:4], "public_key": None, "user_data": user_data, "nonce": None}


def payload_of(values, indefinite=True):
    body = b"".join(encode(k) + encode(v) for k, v in values.items())
    return b"\xbf" + body + b"\xff" if indefinite else head(5, len(values)) + body


def signed_payload(payload):
    return b"\x84\x6aSignature1\x44\xa1\x01\x38\x22\x40" + encode(payload)


def document(payload, key=AWS_KEYS[4]):
    r, s = ecdsa(key, signed_payload(payload))
    return b"\x84\x44\xa1\x01\x38\x22\xa0" + encode(payload) + b"\x58\x60" + r.to_bytes(48, "big") + s.to_bytes(48, "big")


def document_hints(payload, key=AWS_KEYS[4]):
    return hints_for(key, signed_payload(payload))
