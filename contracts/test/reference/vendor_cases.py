# SPDX-License-Identifier: Apache-2.0
"""Writes cases under simulated vendors to cache/scratch/cases/: one check of a verifier stands in the way of each.

  NAME/world/*        what is posted first
  NAME/N.expect       error signature, empty: accepted; second line: what the case is
  NAME/N.a, N.b, ...  inputs; everything is signed again after the change
Suites: snp-root and nitro-root (root), snp-cert (certificate, issuer root|ask|asvk|turin), snp-report (report, hints),
nitro-cert (certificate, issuer's record number, hints), nitro-doc (document, hints), reader (DER, what it should be:
nothing is signed), pss (modulus, signature, message; an error says no more than that it is refused).
"""
import hashlib
import multiprocessing
import os
import shutil
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import pss_cases  # noqa: E402
import reader_cases  # noqa: E402
import sim_vendors as sim  # noqa: E402

OUT = os.path.join(os.path.dirname(os.path.dirname(HERE)), "cache/scratch/cases")
NOW = 1_770_000_000
START, END = NOW - 86400, NOW + 10**8
DATA = bytes(range(64))
SIGNED = ("snp-root", "snp-cert", "snp-report", "nitro-root", "nitro-cert", "nitro-doc")


# ---- AMD


def snp_certificates():
    """(what, error, certificate, issuer)"""
    levels = sim.levels_of(sim.MILAN_TCB)
    unknown = sim.extension("2a0304", b"\5\0", True)

    def vek(**changes):
        return sim.vek(START, END, extensions=sim.amd_extensions(**{"levels": levels, **changes}))

    def issuer(extensions, common="SEV-Milan"):
        return sim.certificate(sim.PSS, sim.pss, 0x10001, sim.name("ARK-Milan", "Engineering"), START, END,
                               sim.name(common, "Engineering"), sim.rsa_key(), extensions)
    role = "CertificateRole(bytes32)"
    yield "an ASK", "", sim.ask(START, END), "root"
    yield "an ASVK", "", sim.ask(START, END, 0x10101, "SEV-VLEK-Milan"), "root"
    yield "an ASK of another product", role, sim.ask(START, END, common="SEV-Genoa"), "root"
    yield "an ASK to come", "NotValidNow(uint256,uint256,uint256)", sim.ask(NOW + 1, END), "root"
    yield "an expired ASK", "NotValidNow(uint256,uint256,uint256)", sim.ask(START, NOW - 1), "root"
    yield "an ASK in its last second", "", sim.ask(START, NOW), "root"
    yield "an ASK that is no CA", role, issuer([sim.constraints(False), sim.usage(0x04)]), "root"
    yield "an ASK that may not sign", role, issuer([sim.constraints(True, 0), sim.usage(0x02)]), "root"
    yield "an ASK's name under another root", "IssuerMismatch(bytes32,bytes32)", sim.vek(START, END, issuer="SEV-Genoa"), "ask"
    yield "an ASK below an ASK", "IssuerMismatch(bytes32,bytes32)", sim.ask(START, END), "ask"
    yield "an ASK with an EC key", role, sim.ask(START, END, key=sim.ec_key(9)), "root"
    yield "a VCEK", "", vek(), "ask"
    yield "a VLEK's name below an ASK", role, sim.vek(START, END, common="SEV-VLEK"), "ask"
    yield "a VCEK that is a CA", role, vek(more=[sim.constraints(True)]), "ask"
    yield "no SNP level", "AmdItemMissing(uint256,uint256)", vek(levels={k: v for k, v in levels.items() if k != 3}), "ask"
    yield "a level twice", "ExtensionTwice(uint256)", vek(more=[sim.extension("2b060104019c78010301", sim.integer(3))]), "ask"
    yield "a level of 256", "DerInteger(uint256)", vek(levels={**levels, 8: 256 + 115}), "ask"
    yield "a negative level", "DerInteger(uint256)", vek(
        levels={k: v for k, v in levels.items() if k != 8},
        more=[sim.extension("2b060104019c78010308", b"\2\1\xdb")]), "ask"
    yield "a HWID of 32 bytes", "DerValue(uint256)", vek(hwid=bytes(32)), "ask"
    yield "no HWID", "AmdExtensions(bytes32)", vek(hwid=None), "ask"
    yield "a HWID of Turin", "AmdExtensions(bytes32)", vek(hwid=sim.HWID[:8]), "ask"
    yield "a HWID in an OCTET STRING", "", vek(hwid=b"\4\x40" + sim.HWID), "ask"
    yield "a raw HWID that begins 04 40", "", vek(hwid=b"\4\x40" + sim.HWID[2:]), "ask"
    yield "a HWID of 66 bytes that is no OCTET STRING", "DerValue(uint256)", vek(hwid=b"\2\x40" + sim.HWID), "ask"
    yield "a VCEK with a CSP id", "AmdExtensions(bytes32)", vek(csp="CN=cloud"), "ask"
    yield "another product's name", "AmdExtensions(bytes32)", vek(product="Genoa"), "ask"
    yield "another product's name and a stepping", "AmdExtensions(bytes32)", vek(product="Genoa-A1"), "ask"
    yield "a product's name with more behind it", "AmdExtensions(bytes32)", vek(product="MilanX"), "ask"
    yield "FMC outside Turin", "AmdExtensions(bytes32)", vek(levels={**levels, 9: 1}), "ask"
    yield "an unknown critical extension", "ExtensionUnknown(uint256)", vek(more=[unknown]), "ask"
    yield "an RSA key in a VCEK", role, sim.certificate(
        sim.PSS, sim.pss, 0, sim.name("SEV-Milan", "Engineering"), START, END, sim.name("SEV-VCEK", "Engineering"),
        sim.rsa_key(), sim.amd_extensions(levels)), "ask"
    nul = "CommonName(uint256)"
    yield "a name with a NUL behind it", nul, sim.vek(START, END, common="SEV-VCEK\0"), "ask"
    yield "an ASK's name with a NUL behind it", nul, sim.ask(START, END, common="SEV-Milan\0"), "root"
    yield "a product's name with a NUL behind it", "DerValue(uint256)", vek(product="Milan\0"), "ask"
    yield "a product's name of 32 bytes", "", vek(product="Milan-" + 26 * "0"), "ask"
    yield "a product's name of 33 bytes", "DerValue(uint256)", vek(product="Milan-" + 27 * "0"), "ask"
    yield "a critical HWID", "ExtensionUnknown(uint256)", vek(
        hwid=None, more=[sim.extension("2b060104019c780104", sim.HWID, True)]), "ask"
    yield from snp_vleks(vek)
    yield from snp_turins()
    good = bytearray(vek())
    good[-1] ^= 1
    yield "a changed signature", "SignatureInvalid()", bytes(good), "ask"
    yield "a byte behind", "DerEnd(uint256,uint256)", vek() + b"\0", "ask"


def snp_vleks(vek):
    def vlek(hwid=None, csp="CN=cloud", common="SEV-VLEK"):
        extensions = sim.amd_extensions(sim.levels_of(sim.MILAN_TCB), hwid=hwid, csp=csp)
        return sim.vek(START, END, issuer="SEV-VLEK-Milan", common=common, extensions=extensions)
    wrong = "AmdExtensions(bytes32)"
    yield "a VLEK", "", vlek(), "asvk"
    yield "a VLEK with a chip's id", wrong, vlek(hwid=sim.HWID), "asvk"
    yield "a VLEK without a CSP id", wrong, vlek(csp=None), "asvk"
    yield "a VCEK's name below an ASVK", "CertificateRole(bytes32)", vlek(common="SEV-VCEK"), "asvk"


def snp_turins():
    levels = {9: 1, 1: 2, 2: 0, 3: 4, 8: 73}
    wrong = "AmdExtensions(bytes32)"

    def vek(**changes):
        extensions = sim.amd_extensions(**{"levels": levels, "product": "Turin", "hwid": sim.HWID[:8], **changes})
        return sim.vek(START, END, issuer="SEV-Turin", extensions=extensions)
    yield "Turin's VCEK", "", vek(), "turin"
    yield "Turin's VCEK without FMC", wrong, vek(levels={k: v for k, v in levels.items() if k != 9}), "turin"
    yield "Turin's VCEK with a fourth level", wrong, vek(levels={**levels, 4: 0}), "turin"
    yield "Turin's VCEK with a HWID of 64 bytes", wrong, vek(hwid=sim.HWID), "turin"
    yield "Milan's VCEK below Turin", wrong, vek(product="Milan"), "turin"


def snp_roots():
    """(what, error, root)"""
    wrong = "RootNotAuthority()"
    yield "an ARK", "", sim.ark(START, END)
    yield "a root of another name", wrong, sim.ark(START, END, common="ARK-Rome")
    yield "a root with an EC key", wrong, sim.ark(START, END, key=sim.ec_key(9))
    for what, extensions in (
            ("that is no CA", [sim.usage(0x06), sim.constraints(False)]), ("that may not sign lists", [sim.usage(0x04), sim.constraints(True)]),
            ("that may not sign certificates", [sim.usage(0x02), sim.constraints(True)]),
            ("with no CA below it", [sim.usage(0x06), sim.constraints(True, 0)])):
        yield f"a root {what}", wrong, sim.ark(START, END, extensions=extensions)
    yield "a root by another", wrong, sim.ark(START, END, issuer="ARK-Genoa")


def snp_reports():
    """(what, error, report, hints)"""
    policy = 0x30000
    reserved = "SnpReserved(uint256)"
    le = int.to_bytes
    cases = [("a report", "", [])]
    cases += [(f"version {v}", "SnpVersion(uint32)", [(0, le(v, 4, "little"))]) for v in (0, 1, 6)]
    cases += [("version 5", "", [(0, le(5, 4, "little"))]), ("another algorithm", "SnpAlgorithm(uint32)", [(0x34, b"\2")])]
    cases += [(f"reserved byte {at:x}", reserved, [(at, b"\1")])
              for at in (0x4c, 0x4f, 0x18b, 0x19f, 0x1eb, 0x1ef, 0x1f8, 0x207, 0x208, 0x29f)]
    cases += [(f"byte {at:x} of the signature's padding", reserved, [(at, b"\1")])
              for at in (0x2a0 + 48, 0x2a0 + 71, 0x2e8 + 48, 0x2e8 + 71, 0x330, 0x49f)]
    cases += [("mitigation vectors in version 5", "", [(0, le(5, 4, "little")), (0x1f8, b"\x3f"), (0x200, b"\x3f")])]
    cases += [(f"KEY_INFO {k:x}", e, [(0x48, le(k, 4, "little"))]) for k, e in (
        (4, "SnpSigningKey(uint32)"), (0x1c, "SnpSigningKey(uint32)"), (8, "SnpSigningKey(uint32)"),
        (2, "SnpMaskedChipKey()"), (0x20, reserved), (1, ""))]
    cases += [(f"POLICY {p:x}", e, [(8, le(p, 8, "little"))]) for p, e in (
        (policy | 1 << 19, "SnpDebug(uint64)"), (policy | 1 << 18, "SnpMigratable(uint64)"),
        (1 << 16, "SnpGuestPolicy(uint64)"), (policy | 1 << 26, reserved), (policy | 1 << 63, reserved), (policy | 1 << 20, ""))]
    cases += [("VMPL 1", "SnpVmpl(uint32,uint32)", [(0x30, b"\1")])]
    cases += [(f"family and model {c.hex()}", e, [(0x188, c)]) for c, e in (
        (b"\x19\x11", "SnpProduct(uint8,uint8)"), (b"\x1a\x02", "SnpProduct(uint8,uint8)"),
        (b"\x19\x20", "SnpProduct(uint8,uint8)"), (b"\x19\x0f", ""))]
    older, newer = bytes([2]) + sim.MILAN_TCB[1:], bytes([4]) + sim.MILAN_TCB[1:]
    cases += [
        ("an older REPORTED_TCB", "SnpReportedTcb(bytes8,bytes8)", [(0x180, older)]),
        ("REPORTED above COMMITTED", "SnpTcbOrder()", [(0x180, newer)]),
        ("COMMITTED above CURRENT", "SnpTcbOrder()", [(0x1e0, newer)]),
        ("a newer CURRENT", "", [(0x38, newer)]),
        ("a TCB byte that the product has not", reserved, [(0x1f0 + 3, b"\1")]),
        ("another CHIP_ID", "SnpChipId()", [(0x1a0 + 63, bytes([sim.HWID[63] ^ 1]))]),
        ("CHIP_ID zero", "SnpChipId()", [(0x1a0, bytes(64))]),
    ]
    for what, error, changes in cases:
        yield what, error, "report", changes
    for what, at in (("r", 0x2a0), ("s", 0x2e8), ("the report data", 0x50), ("the measurement", 0x90)):
        yield f"{what} changed after signing", "SnpSignature()", "after", at


# ---- AWS

ENDS = [END, NOW + 20 * 86400, NOW + 6 * 86400, NOW + 86400, NOW + 10800]


def nitro_certificates():
    """(what, error, certificate, issuer's number, hints)"""
    role = "CertificateRole(bytes32)"
    good = sim.aws_chain(START, ENDS)

    def one(i, **changes):
        chain = sim.aws_chain(START, ENDS, **changes)
        return chain[i], i - 1, sim.certificate_hints(chain, i)
    yield ("a zonal CA", "", *one(2))
    yield ("a target", "", *one(4))
    yield ("a CA that may not sign", role, *one(2, usages=(0x86, 0x86, 0x02, 0x86, 0x80)))
    yield ("a target that may not sign", role, *one(4, usages=(0x86, 0x86, 0x86, 0x86, 0x40)))
    yield ("a target that is a CA but signs none", role, *one(4, ca=(1, 1, 1, 1, 1)))
    late = list(ENDS)
    late[2] = NOW - 1
    chain = sim.aws_chain(START, late)
    yield "an expired CA", "NotValidNow(uint256,uint256,uint256)", chain[2], 1, sim.certificate_hints(chain, 2)
    yield "below the wrong CA", "IssuerMismatch(bytes32,bytes32)", good[3], 1, sim.certificate_hints(good, 3)
    yield "below a target", "NotAnAuthority(bytes32)", good[4], 4, sim.certificate_hints(good, 4)
    yield "hints of another", "SignatureInvalid()", good[3], 2, sim.certificate_hints(good, 2)
    for what, error, attribute in (("without a value", "DerTruncated(uint256)", sim.oid("550403")),
                                   ("with two values", "DerEnd(uint256,uint256)", sim.oid("550403") + 2 * sim.tlv(0x0c, b"x")),
                                   ("of a long tag", "DerTag(uint256,uint8,uint8)", sim.oid("550403") + b"\x1f\1x")):
        chain = good[:4] + [sim.certificate(
            sim.ECDSA, sim.ecdsa_der(sim.AWS_KEYS[3]), 0x1004, sim.aws_name(3), START, ENDS[4],
            sim.sequence(sim.tlv(0x31, sim.sequence(attribute))), sim.ec_key(sim.AWS_KEYS[4]),
            [sim.constraints(False), sim.usage(0x80)])]
        yield "a subject " + what, error, chain[4], 3, sim.certificate_hints(chain, 4)
    yield ("a CA to come", "NotValidNow(uint256,uint256,uint256)", *nitro_one(2, start=NOW + 1))
    yield ("a target with an RSA key", role, *nitro_one(4, key=sim.rsa_key()))
    pss = sim.certificate(sim.PSS, sim.pss, 0x1004, sim.aws_name(3), START, ENDS[4], sim.aws_name(4), sim.ec_key(5),
                          [sim.constraints(False), sim.usage(0x80)])
    yield "a target signed with RSA", role, pss, 3, b""
    amd = sim.ask(START, END)
    yield "an RSA certificate", "IssuerMismatch(bytes32,bytes32)", amd, 3, b""


def nitro_one(i, *, start=START, end=None, key=None, extensions=None, issuer=None):
    """Certificate i of the chain with a field changed, its issuer's number and its hints."""
    above = max(i - 1, 0)
    der = sim.certificate(sim.ECDSA, sim.ecdsa_der(sim.AWS_KEYS[above]), 0x1000 + i, issuer or sim.aws_name(above), start,
                          end or ENDS[i], sim.aws_name(i), key or sim.ec_key(sim.AWS_KEYS[i]),
                          extensions or [sim.constraints(i < 4), sim.usage(0x86 if i < 4 else 0x80)])
    return der, above, sim.hints_for(sim.AWS_KEYS[above], sim.tbs_of(der))


def nitro_roots():
    """(what, error, root)"""
    wrong = "RootNotAuthority()"
    yield "a root", "", nitro_one(0)[0]
    yield "a root that is no CA", wrong, nitro_one(0, extensions=[sim.constraints(False), sim.usage(0x86)])[0]
    yield "a root that may not sign", wrong, nitro_one(0, extensions=[sim.constraints(True), sim.usage(0x82)])[0]
    yield "a root with a path length", wrong, nitro_one(0, extensions=[sim.constraints(True, 9), sim.usage(0x86)])[0]
    yield "a root by another", wrong, nitro_one(0, issuer=sim.aws_name(1))[0]


def documents(chain):
    """(what, error, payload or a function of the document, ...)"""
    values = sim.fields(chain, NOW * 1000, DATA)
    pcrs = values["pcrs"]

    def put(**changes):
        return sim.payload_of({**values, **changes})
    field = "FieldValue(uint256)"
    yield "a document", "", put()
    yield "a definite map", "", sim.payload_of(values, False)
    yield "an unknown field", "", put(later={"a": [1, None, b"x", {2: "y"}]})
    yield "PCR 16", "", put(pcrs={**pcrs, 16: bytes(48)})
    yield "another order", "", sim.payload_of(dict(reversed(list(values.items()))))
    yield "a field twice", "CborKeyTwice(uint256)", b"\xbf" + put()[1:-1] + sim.encode("pcrs") + sim.encode(pcrs) + b"\xff"
    two = b"".join(sim.encode(k) + sim.encode(v) for k, v in pcrs.items()) + sim.encode(1) + sim.encode(bytes(48))
    start = put().index(sim.encode("pcrs"))
    rest = put()[start + 5 + len(sim.encode(pcrs)):]
    yield "a PCR twice", "CborKeyTwice(uint256)", put()[:start + 5] + sim.head(5, 17) + two + rest
    yield "a byte behind the map", "CborTrailing(uint256)", put() + b"\0"
    yield "no break", "CborTruncated(uint256)", put()[:-1]
    yield "a string of indefinite length", "CborForm(uint256)", put()[:-1] + sim.encode("z") + b"\x5f\x41\0\xff\xff"
    yield "a longer form", "CborForm(uint256)", put()[:-1] + sim.encode("z") + b"\x18\x01\xff"
    yield "a float", "CborForm(uint256)", put()[:-1] + sim.encode("z") + b"\xf9\x3c\0\xff"
    yield "a tag", "CborKind(uint256,uint8,uint8)", put()[:-1] + sim.encode("z") + b"\xc1\x01\xff"
    yield "nested deeper than four", "CborTooLarge(uint256)", put(z=[[[[]]]])
    yield "nested four deep", "", put(z=[[[]]])
    yield "a key that is no text", "CborKind(uint256,uint8,uint8)", put()[:-1] + b"\x01\x01\xff"
    yield "33 fields", "CborTooLarge(uint256)", put(**{f"f{i}": 0 for i in range(24)})
    yield "32 fields", "", put(**{f"f{i}": 0 for i in range(23)})
    yield "no nonce", "FieldMissing(uint256,uint256)", sim.payload_of({k: v for k, v in values.items() if k != "nonce"})
    yield "a name with a zero behind it", "FieldMissing(uint256,uint256)", sim.payload_of(
        {(k + "\0" if k == "nonce" else k): v for k, v in values.items()})
    yield "another digest", field, put(digest="SHA256")
    yield "a digest with more behind it", field, put(digest="SHA384-")
    yield "unknown fields of long names", "", put(**{"x" * 12: 0, "x" * 32: 1, "x" * 100: 2})
    yield "no module id", field, put(module_id="")
    yield "timestamp 0", field, put(timestamp=0)
    yield "a timestamp that is text", "CborKind(uint256,uint8,uint8)", put(timestamp="0")
    yield "a PCR of 47 bytes", field, put(pcrs={**pcrs, 5: bytes(47)})
    yield "a PCR of 49 bytes", field, put(pcrs={**pcrs, 5: bytes(49)})
    yield "PCR 32", field, put(pcrs={**pcrs, 32: bytes(48)})
    yield "no PCRs", field, put(pcrs={})
    yield "no cabundle", field, put(cabundle=[])
    yield "nine in cabundle", field, put(cabundle=chain[:4] + [chain[3]] * 5)
    yield "an empty certificate in cabundle", field, put(cabundle=[chain[0], b"", *chain[1:4]])
    yield "1,025 bytes in cabundle", field, put(cabundle=[chain[0], bytes(1025), *chain[1:4]])
    yield "an empty certificate", field, put(certificate=b"")
    yield "a certificate of 1,025 bytes", field, put(certificate=bytes(1025))
    yield "another root in cabundle", "PathMismatch(bytes32,bytes32)", put(cabundle=[chain[1]] + chain[1:4])
    yield "another certificate", "PathMismatch(bytes32,bytes32)", put(certificate=chain[3])
    yield "a shorter cabundle", "PathMismatch(bytes32,bytes32)", put(cabundle=chain[:3])
    yield "debug mode", "EnclaveDebug()", put(pcrs={**pcrs, 0: bytes(48), 1: bytes(48), 2: bytes(48)})
    for i in range(3):
        yield f"PCR {i} zero", "PcrZero(uint8)", put(pcrs={**pcrs, i: bytes(48)})
    for i in (0, 1, 2, 8):
        yield f"no PCR {i}", "PcrMissing(uint8)", put(pcrs={k: v for k, v in pcrs.items() if k != i})
    yield "PCR 0 of which the last byte alone is set", "", put(pcrs={**pcrs, 0: bytes(47) + b"\1"})
    yield "63 bytes of user data", "UserDataLength(uint256)", put(user_data=DATA[:63])
    yield "65 bytes of user data", "UserDataLength(uint256)", put(user_data=DATA + b"\0")
    yield "no user data", "UserDataLength(uint256)", put(user_data=None)
    yield "513 bytes of user data", field, put(user_data=bytes(513))
    yield "a nonce", "ExtraField()", put(nonce=b"")
    yield "a public key", "ExtraField()", put(public_key=b"k")
    yield "an empty public key", field, put(public_key=b"")
    yield "a nonce of 512 bytes", "ExtraField()", put(nonce=bytes(512))
    yield "a nonce of 513 bytes", field, put(nonce=bytes(513))
    yield "a public key of 1,024 bytes", "ExtraField()", put(public_key=bytes(1024))
    yield "a public key of 1,025 bytes", field, put(public_key=bytes(1025))
    for module in ("i-1-enc2-enc3", "-enc1", "i-1"):
        yield f"a module id of no instance: {module}", "", put(module_id=module)
    yield "ten minutes old", "", put(timestamp=(NOW - 600) * 1000)
    yield "older", "TimestampFar(uint256,uint256)", put(timestamp=(NOW - 600) * 1000 - 1)
    yield "ten minutes early", "", put(timestamp=(NOW + 600) * 1000)
    yield "earlier", "TimestampFar(uint256,uint256)", put(timestamp=(NOW + 600) * 1000 + 1)
    yield "seconds for milliseconds", "TimestampFar(uint256,uint256)", put(timestamp=NOW)


def envelopes(chain):
    """(what, error, document): changes outside the payload, whose signature stays good."""
    payload = sim.payload_of(sim.fields(chain, NOW * 1000, DATA))
    good = sim.document(payload)
    header = "CoseHeader(uint256)"
    yield "tag 18", "", b"\xd2" + good
    yield "tag 17", "CoseForm(uint256)", b"\xd1" + good
    yield "two tags", "CborKind(uint256,uint8,uint8)", b"\xd2\xd2" + good
    yield "an array of five", "CoseForm(uint256)", b"\x85" + good[1:] + b"\0"
    yield "an indefinite array", "CborForm(uint256)", b"\x9f" + good[1:] + b"\xff"
    yield "ES256", header, good[:2] + b"\xa1\x01\x26\x00" + good[6:]
    yield "an algorithm outside", header, good[:6] + b"\xa1\x01\x38\x22" + good[7:]
    yield "a longer protected header", header, good[:1] + b"\x45" + good[2:6] + b"\0" + good[6:]
    yield "nothing behind the protected header", "CborTruncated(uint256)", good[:6]
    yield "a long signature", "CoseForm(uint256)", good[:-98] + b"\x58\x61" + good[-96:] + b"\0"
    yield "a byte behind", "CborTrailing(uint256)", good + b"\0"
    yield "a short signature", "CoseForm(uint256)", good[:-98] + b"\x58\x5f" + good[-96:-1]
    yield "r changed", "DocumentSignature()", good[:-96] + bytes([good[-96] ^ 1]) + good[-95:]
    yield "s changed", "DocumentSignature()", good[:-1] + bytes([good[-1] ^ 1])
    yield "over 16 KiB", "DocumentTooLarge(uint256,uint256)", good + bytes(16385 - len(good))


# ---- files


def write(folder, name, data):
    os.makedirs(os.path.join(OUT, folder), exist_ok=True)
    with open(os.path.join(OUT, folder, name), "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def write_case(job):
    folder, i, what, error, parts = job
    if folder == "snp-report":
        kind, change = parts
        if kind == "report":
            r = sim.report(DATA, change)
            parts = r, sim.report_hints(r)
        else:
            r = bytearray(sim.report(DATA))
            made = sim.report_hints(bytes(r))
            r[change] ^= 1
            parts = bytes(r), made
    if folder == "nitro-doc" and len(parts) == 1:
        parts = sim.document(parts[0]), sim.document_hints(parts[0])
    for letter, part in zip("abc", parts):
        write(folder, f"{i}.{letter}", part if isinstance(part, (bytes, str)) else str(part))
    write(folder, f"{i}.expect", error)
    write(folder, f"{i}.what", what)


def jobs():
    chain = sim.aws_chain(START, ENDS)
    payload = sim.payload_of(sim.fields(chain, NOW * 1000, DATA))
    made = sim.document_hints(payload)
    suites = {
        "snp-root": [(w, e, (c,)) for w, e, c in snp_roots()],
        "nitro-root": [(w, e, (c,)) for w, e, c in nitro_roots()],
        "snp-cert": [(w, e, (c, i)) for w, e, c, i in snp_certificates()],
        "snp-report": [(w, e, (k, c)) for w, e, k, c in snp_reports()],
        "nitro-cert": [(w, e, (c, i, h)) for w, e, c, i, h in nitro_certificates()],
        "nitro-doc": [(w, e, (p,)) for w, e, p in documents(chain)]
        + [(w, e, (d, made)) for w, e, d in envelopes(chain)],
    }
    for folder, cases in suites.items():
        for i, (what, error, parts) in enumerate(cases):
            yield folder, i, what, error, parts


def snp_world():
    late, year2120 = END + 10**6, 4_733_510_400
    return {
        "ark": sim.ark(START, END), "ask": sim.ask(START, END), "vek": sim.vek(START, END), "modulus": sim.modulus(),
        "list": sim.amd_list(START, NOW + 86400),
        "asvk": sim.ask(START, END, 0x10101, "SEV-VLEK-Milan"), "ark-turin": sim.ark(START, END, "ARK-Turin"),
        "ask-turin": sim.ask(START, END, 0x10201, "SEV-Turin", "ARK-Turin"),
        # another certificate of the ASK's name and key
        "ask-again": sim.ask(START, END, 0x10003), "ask-short": sim.ask(START, NOW + 1000, 0x10004),
        "ask-late": sim.ask(START, late), "vek-late": sim.vek(START, late),
        "ark-2120": sim.ark(START, year2120), "ask-2120": sim.ask(START, year2120), "vek-2120": sim.vek(START, year2120),
        "list-newer": sim.amd_list(START + 100, NOW + 86400), "list-same-second": sim.amd_list(START, NOW + 86401),
        "list-other": sim.amd_list(START, NOW + 86400, issuer="ARK-Genoa"),
        "list-serials": sim.amd_list(START + 200, NOW + 86400, (0x10001, 0x10077)),
        "list-to-come": sim.amd_list(NOW + 1, NOW + 86400), "selflist": sim.amd_list(START + 1, NOW + 86400, [0x10000]),
    }


def worlds():
    chain = sim.aws_chain(START, ENDS)
    for name, data in snp_world().items():
        write("snp", name, data)
    for i, der in enumerate(chain):
        write("nitro", f"{i}.der", der)
        write("nitro", f"{i}.hints", sim.certificate_hints(chain, i) if i else b"")
    unbounded = [sim.constraints(True), sim.usage(0x86)]
    for name, (der, _, hints) in {
            "short": nitro_one(1, extensions=[sim.constraints(True, 0), sim.usage(0x86)]), "late": nitro_one(1, end=END + 10**6),
            "unbounded": nitro_one(2, extensions=unbounded), "root-2120": nitro_one(0, end=4_733_510_400),
            "2120": nitro_one(1, end=4_733_510_400)}.items():
        write("nitro", f"{name}.der", der)
        write("nitro", f"{name}.hints", hints)


def renew(name, sources, make):
    """Makes a part again if a source of it has changed."""
    stamp = hashlib.sha256(b"".join(open(os.path.join(HERE, n), "rb").read() for n in sources)).hexdigest()
    mark = os.path.join(OUT, f"{name}.stamp")
    if os.path.exists(mark) and open(mark, encoding="utf-8").read() == stamp:
        return
    make()
    write("", f"{name}.stamp", stamp)


def make_signed():
    for folder in (*SIGNED, "snp", "nitro"):
        shutil.rmtree(os.path.join(OUT, folder), ignore_errors=True)
    worlds()
    with multiprocessing.Pool() as pool:
        pool.map(write_case, list(jobs()), 1)


def make_plain():
    for folder, cases in (("reader", reader_cases.reader()), ("pss", pss_cases.pss())):
        shutil.rmtree(os.path.join(OUT, folder), ignore_errors=True)
        for i, (what, error, parts) in enumerate(cases):
            write_case((folder, i, what, error, parts))


def main():
    os.makedirs(OUT, exist_ok=True)
    renew("signed", ("vendor_cases.py", "sim_vendors.py", "p384_hints.py"), make_signed)
    renew("plain", ("reader_cases.py", "pss_cases.py", "sim_vendors.py"), make_plain)


if __name__ == "__main__":
    main()
