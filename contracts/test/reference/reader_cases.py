# SPDX-License-Identifier: Apache-2.0
"""Certificates, revocation lists and AMD extensions of which one place is not what Reader384 reads.

Readers look at no signature, so nothing is signed. Used by vendor_cases.py: suite reader, (what, error, der, kind).
"""
import sim_vendors as sim
from sim_vendors import ECDSA, PSS, bits, integer, name, oid, sequence, tlv

NOW = 1_770_000_000
VALUE, INTEGER, END, CUT = "DerValue(uint256)", "DerInteger(uint256)", "DerEnd(uint256,uint256)", "DerTruncated(uint256)"
TAG, LENGTH, NAME = "DerTag(uint256,uint8,uint8)", "DerLength(uint256)", "CommonName(uint256)"
TWICE, UNKNOWN, ITEM = "ExtensionTwice(uint256)", "ExtensionUnknown(uint256)", "AmdItemMissing(uint256,uint256)"
PSS_TRAILER = sequence(oid("2a864886f70d01010a"), sequence(
    tlv(0xa0, sim.SHA384_ID), tlv(0xa1, sequence(oid("2a864886f70d010108"), sim.SHA384_ID)), tlv(0xa2, integer(48)),
    tlv(0xa3, integer(1))))
RS = sequence(integer(5), integer(2**383))


def utc(text):
    return tlv(0x17, text.encode())


def generalized(text):
    return tlv(0x18, text.encode())


OLD = utc("260101000000Z")
NEW = utc("270101000000Z")


def certificate(*, version=tlv(0xa0, integer(2)), serial=integer(7), inner=PSS, dates=sequence(OLD, NEW), subject=name("subject"),
                key=None, extensions=None, wrapped=None, outer=None, signature=None, behind=b"", cut=None):
    key = sim.ec_key(5) if key is None else key
    extensions = [sim.constraints(False)] if extensions is None else extensions
    wrapped = tlv(0xa3, sequence(*extensions)) if wrapped is None else wrapped
    content = version + serial + inner + name("issuer") + dates + subject + key + wrapped
    outer = inner if outer is None else outer
    signature = (bits(RS) if outer == ECDSA else bits(bytes(512))) if signature is None else signature
    return sequence(sequence(content[:cut]), outer, signature, behind)


def revocations(*, version=integer(1), inner=PSS, dates=OLD + NEW, entries=b"", extensions=b"", outer=None, cut=None):
    content = version + inner + name("issuer") + dates + entries + extensions
    return sequence(sequence(content[:cut]), inner if outer is None else outer, bits(bytes(512)))


def entry(serial=9, more=b""):
    return sequence(integer(serial), OLD, more)


def extra(value, mark=b"", kind="551d15", behind=b""):
    return sequence(oid(kind), mark, tlv(0x04, value), behind)


def certificates():
    yield "PSS", "", certificate()
    yield "PSS with its trailer", "", certificate(inner=PSS_TRAILER)
    yield "ECDSA", "", certificate(inner=ECDSA)
    yield "an RSA key", "", certificate(key=sim.rsa_key())
    yield "a byte behind", END, certificate() + b"\0"
    yield "a byte behind the signature", END, certificate(behind=b"\0")
    yield "cut", CUT, certificate()[:-1]
    yield "version 2", VALUE, certificate(version=tlv(0xa0, integer(1)))
    yield "no version", VALUE, certificate(version=b"")
    yield "nothing to be signed but three bytes", VALUE, certificate(cut=3)
    yield "a serial of 20 bytes", "", certificate(serial=integer(2**160 - 1))
    yield "a serial of 21 bytes", INTEGER, certificate(serial=integer(2**160))
    yield "a negative serial", INTEGER, certificate(serial=tlv(2, b"\x80"))
    yield "a padded serial", INTEGER, certificate(serial=tlv(2, b"\0\x7f"))
    yield "serial 0", "", certificate(serial=integer(0))
    yield "a serial without bytes", INTEGER, certificate(serial=tlv(2))
    yield "a serial that is no INTEGER", TAG, certificate(serial=tlv(0x0a, b"\1"))
    yield "two algorithms", VALUE, certificate(outer=PSS_TRAILER)
    yield "ECDSA outside alone", VALUE, certificate(outer=ECDSA)
    yield "another algorithm", VALUE, certificate(inner=sequence(oid("2a8648ce3d040302")))
    yield "ECDSA with parameters", VALUE, certificate(inner=sequence(oid("2a8648ce3d040303"), tlv(5)))
    yield "ECDSA that ends too late", CUT, certificate(inner=ECDSA, outer=ECDSA, cut=5 + 3 + 11)
    # dates
    yield "three dates", END, certificate(dates=sequence(OLD, NEW, NEW))
    yield "one date", CUT, certificate(dates=sequence(OLD))
    yield "2049 in four digits", VALUE, certificate(dates=sequence(OLD, generalized("20491231235959Z")))
    yield "2050 in four digits", "", certificate(dates=sequence(OLD, generalized("20500101000000Z")))
    yield "a GeneralizedTime with a fraction", VALUE, certificate(dates=sequence(OLD, generalized("20500101000000.5Z")))
    yield "a UTCTime without seconds", VALUE, certificate(dates=sequence(utc("2601010000Z"), NEW))
    yield "a UTCTime with more", VALUE, certificate(dates=sequence(utc("260101000000Z0"), NEW))
    # names
    yield "no common name", NAME, certificate(subject=sequence(tlv(0x31, sequence(oid("55040b"), tlv(0x0c, b"x")))))
    yield "two common names", NAME, certificate(subject=sequence(*[tlv(0x31, sequence(oid("550403"), tlv(0x0c, b"x")))] * 2))
    yield "two common names in a set", NAME, certificate(subject=sequence(tlv(0x31, *[sequence(oid("550403"), tlv(0x0c, b"x"))] * 2)))
    yield "an empty common name", NAME, certificate(subject=name(""))
    yield "an empty common name and a good one", NAME, certificate(
        subject=sequence(*[tlv(0x31, sequence(oid("550403"), tlv(0x0c, text))) for text in (b"", b"x")]))
    yield "a common name of 32 bytes", "", certificate(subject=name("x" * 32))
    yield "a common name of 33 bytes", NAME, certificate(subject=name("x" * 33))
    yield "a PrintableString", "", certificate(subject=sequence(tlv(0x31, sequence(oid("550403"), tlv(0x13, b"x")))))
    yield "a BMPString", NAME, certificate(subject=sequence(tlv(0x31, sequence(oid("550403"), tlv(0x1e, b"\0x")))))
    yield "a name's text with more behind it", END, certificate(
        subject=sequence(tlv(0x31, sequence(oid("550403"), tlv(0x0c, b"x"), tlv(5)))))
    yield "an OID that begins like the common name's", NAME, certificate(
        subject=sequence(tlv(0x31, sequence(tlv(6, bytes.fromhex("55040301")), tlv(0x0c, b"x")))))
    yield "no name of an ECDSA certificate", "", certificate(inner=ECDSA, subject=sequence())
    # keys
    ec, rsa = sim.ec_key(5), sim.rsa_key()
    yield "another curve", VALUE, certificate(key=ec.replace(bytes.fromhex("2b81040022"), bytes.fromhex("2b81040023")))
    yield "a compressed point", VALUE, certificate(key=ec.replace(b"\x03\x62\0\4", b"\x03\x62\0\2"))
    yield "an RSA key for PSS alone", VALUE, certificate(
        key=rsa.replace(bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a864886f70d01010a")))
    low = (sim.MODULUS >> 1).to_bytes(512, "big")
    yield "a modulus of 4095 bits", VALUE, certificate(key=rsa.replace(sim.modulus(), low))
    yield "another exponent", VALUE, certificate(key=rsa[:-3] + b"\1\0\3")
    yield "a point that ends too late", VALUE, certificate(key=ec, wrapped=b"", cut=-1)
    # the certificate's signature has the exponent where it would stand
    place = 546 - 133 - len(PSS) - 5
    exponent = bytes(place) + b"\2\3\1\0\1" + bytes(507 - place)
    head = len(certificate(key=b"", wrapped=b"")) - len(certificate(key=b"", wrapped=b"", cut=0)) - 2
    yield "a modulus that ends too late", VALUE, certificate(key=rsa, wrapped=b"", cut=head + 133, signature=bits(exponent))
    # signatures
    yield "an RSA signature of 511 bytes", VALUE, certificate(signature=bits(bytes(511)))
    yield "an RSA signature of 513 bytes", VALUE, certificate(signature=bits(bytes(513)))
    yield "unused bits", VALUE, certificate(signature=tlv(3, b"\1" + bytes(512)))
    yield "a signature without bits", VALUE, certificate(signature=tlv(3))
    yield "an ECDSA signature without bits", VALUE, certificate(inner=ECDSA, signature=tlv(3))
    for what, error, rs in (
            ("r = 0", "", sequence(integer(0), integer(1))),
            ("r of 48 bytes", "", sequence(integer(2**384 - 1), integer(1))),
            ("r of 49 bytes", INTEGER, sequence(integer(2**384), integer(1))),
            ("r of 50 bytes", INTEGER, sequence(integer(2**392), integer(1))),
            ("a negative r", INTEGER, sequence(tlv(2, b"\x80"), integer(1))),
            ("a padded r", INTEGER, sequence(tlv(2, b"\0\1"), integer(1))),
            ("r without bytes", INTEGER, sequence(tlv(2), integer(1))),
            ("s of 49 bytes", INTEGER, sequence(integer(1), integer(2**384))),
            ("three numbers", END, sequence(integer(1), integer(2), integer(3))),
            ("one number", CUT, sequence(integer(1))),
            ("bytes behind r and s", END, sequence(integer(1), integer(2)) + b"\0")):
        yield what, error, certificate(inner=ECDSA, signature=bits(rs))
    yield from extensions()


def extensions():
    """Of certificates."""
    def one(*parts, **more):
        return certificate(extensions=list(parts), **more)
    yield "no extensions", CUT, certificate(wrapped=b"")
    yield "an empty sequence of extensions", VALUE, one()
    yield "bytes behind the extensions", END, certificate(wrapped=tlv(0xa3, sequence(sim.constraints(False))) + tlv(5))
    yield "bytes behind their sequence", END, certificate(wrapped=tlv(0xa3, sequence(sim.constraints(False)), tlv(5)))
    yield "an extension twice", TWICE, one(extra(b"", kind="2a03"), extra(b"", kind="2a03"))
    yield "OIDs that differ in a leading zero", "", one(extra(b"", kind="2a03"), extra(b"", kind="002a03"))
    yield "sixteen extensions", "", one(*[extra(b"", kind=f"2a03{i:02x}") for i in range(16)])
    yield "seventeen extensions", VALUE, one(*[extra(b"", kind=f"2a03{i:02x}") for i in range(17)])
    yield "an unknown one", "", one(extra(b"", kind="2a03"))
    yield "an unknown critical one", UNKNOWN, one(extra(b"", b"\1\1\xff", "2a03"))
    yield "critical FALSE", VALUE, one(extra(b"", b"\1\1\0", "2a03"))
    yield "critical 1", VALUE, one(extra(b"", b"\1\1\1", "2a03"))
    yield "an extension that ends in critical", VALUE, one(sequence(oid("2a03"), b"\1\1"), b"\xff\0")
    yield "an empty OID", VALUE, one(extra(b"", kind=""))
    yield "an OID of 31 bytes", "", one(extra(b"", kind="2a" * 31))
    yield "an OID of 32 bytes", VALUE, one(extra(b"", kind="2a" * 32))
    yield "an OID of 33 bytes", VALUE, one(extra(b"", kind="2a" * 33))
    yield "bytes behind an extension's value", END, one(extra(b"", kind="2a03", behind=tlv(5)))
    yield "a value that is no OCTET STRING", TAG, one(sequence(oid("2a03"), tlv(5)))

    def constraints(value):
        return one(extra(value, b"\1\1\xff", "551d13"))
    yield "a CA with a path length", "", constraints(sequence(b"\1\1\xff", integer(3)))
    yield "a path length of five bytes", INTEGER, constraints(sequence(b"\1\1\xff", integer(2**32)))
    yield "a path length without a CA", END, constraints(sequence(integer(3)))
    yield "bytes behind the path length", END, constraints(sequence(b"\1\1\xff", integer(3), integer(3)))
    yield "bytes behind basicConstraints", END, constraints(sequence(b"\1\1\xff") + tlv(5))

    def usage(value):
        return one(extra(value, b"\1\1\xff", "551d0f"))
    yield "keyUsage of two bytes", "", usage(tlv(3, b"\7\0\x80"))
    yield "keyUsage without bits", VALUE, usage(tlv(3, b"\0"))
    yield "keyUsage of three bytes", VALUE, usage(tlv(3, b"\0\0\0\x80"))
    yield "eight unused bits of keyUsage", VALUE, usage(tlv(3, b"\x08\x80"))
    yield "bytes behind keyUsage", END, usage(tlv(3, b"\1\6") + tlv(5))
    # lengths
    yield "a tag where another should be", TAG, certificate(version=tlv(0xa0, integer(2)), serial=tlv(4, b"\1"))
    short = sequence(oid("2a03"), b"\4\x81\x7f" + bytes(127))
    yield "two bytes of length for 127", LENGTH, one(short)
    yield "two bytes of length for 128", "", one(sequence(oid("2a03"), b"\4\x81\x80" + bytes(128)))
    yield "three bytes of length for 255", LENGTH, one(sequence(oid("2a03"), b"\4\x82\0\xff" + bytes(255)))
    yield "three bytes of length for 256", "", one(sequence(oid("2a03"), b"\4\x82\1\0" + bytes(256)))
    yield "four bytes of length", LENGTH, one(sequence(oid("2a03"), b"\4\x83\0\1\0" + bytes(256)))
    yield "an indefinite length", LENGTH, one(sequence(oid("2a03"), b"\4\x80" + bytes(128)))
    yield "an element that begins at the end", CUT, one(sequence(oid("2a03")), extra(b"", kind="2a04"))
    yield "an element that begins one byte before the end", CUT, one(sequence(oid("2a03"), b"\4"), extra(b"", kind="2a04"))
    yield "an element that ends behind what encloses it", CUT, one(sequence(oid("2a03"), b"\4\1"), extra(b"", kind="2a04"))


def lists():
    number = sequence(oid("551d14"), b"\1\1\xff", tlv(4, integer(3)))
    yield "a list", "", revocations()
    yield "three entries", "", revocations(entries=sequence(entry(1), entry(2), entry(3)))
    yield "no entries where some are said to be", VALUE, revocations(entries=sequence())
    yield "version 1", VALUE, revocations(version=integer(0))
    yield "no version", VALUE, revocations(version=b"")
    yield "nothing to be signed but two bytes", VALUE, revocations(cut=2)
    yield "two algorithms", VALUE, revocations(outer=PSS_TRAILER)
    yield "no end", CUT, revocations(dates=OLD)
    yield "a critical number", "", revocations(extensions=tlv(0xa0, sequence(number)))
    yield "bytes behind the extensions", END, revocations(extensions=tlv(0xa0, sequence(number)) + tlv(5))
    yield "bytes behind their sequence", END, revocations(extensions=tlv(0xa0, sequence(number), tlv(5)))
    yield "a partial list", UNKNOWN, revocations(extensions=tlv(0xa0, sequence(extra(b"", b"\1\1\xff", "551d1c"))))
    yield "bytes behind an extension's value", END, revocations(extensions=tlv(0xa0, sequence(extra(b"", behind=tlv(5)))))
    yield "an entry with a reason", "", revocations(entries=sequence(entry(1, sequence(extra(b"\x0a\1\1")))))
    yield "an entry with a critical extension", UNKNOWN, revocations(
        entries=sequence(entry(1, sequence(extra(b"", b"\1\1\xff", "551d1d")))))
    yield "an entry with a critical number", UNKNOWN, revocations(
        entries=sequence(entry(1, sequence(extra(b"", b"\1\1\xff", "551d14")))))
    yield "bytes behind an entry's extensions", END, revocations(entries=sequence(entry(1, sequence(extra(b"")) + tlv(5))))
    yield "an entry without a date", CUT, revocations(entries=sequence(sequence(integer(1)), entry(2)))
    yield "an entry with a negative serial", INTEGER, revocations(entries=sequence(sequence(tlv(2, b"\xff"), OLD)))


def keys():
    levels = sim.levels_of(sim.MILAN_TCB)
    arc = "2b060104019c7801"

    def of(**changes):
        return b"".join(sim.amd_extensions(**{"levels": levels, **changes}))
    yield "a VCEK's", "", of()
    for i in (1, 2, 3, 8):
        yield f"no level {i}", ITEM, of(levels={k: v for k, v in levels.items() if k != i})
    yield "no product", ITEM, of().replace(bytes.fromhex(arc + "02"), bytes.fromhex(arc + "07"))
    unnamed = sim.amd_extensions(levels)[:1] + sim.amd_extensions(levels)[2:]
    yield "a product by an OID with a zero before it", ITEM, b"".join(
        unnamed + [sim.extension("00" + arc + "02", tlv(0x16, b"Milan"))])
    yield "a level by an OID with a zero before it", ITEM, of(
        levels={k: v for k, v in levels.items() if k != 1}, more=[sim.extension("00" + arc + "0301", integer(3))])
    other = sim.extension("2b060104019c79010301", integer(4))
    yield "a level outside the arc", ITEM, of(levels={k: v for k, v in levels.items() if k != 1}, more=[other])
    yield "version 1", "", of().replace(b"\2\1\0", b"\2\1\1", 1)
    yield "version 2", VALUE, of().replace(b"\2\1\0", b"\2\1\2", 1)
    yield "bytes behind the version", END, b"".join(
        sim.amd_extensions(levels)[1:] + [sim.extension(arc + "01", integer(0) + tlv(5))])
    yield "bytes behind a level", END, of(levels={k: v for k, v in levels.items() if k != 8},
                                          more=[sim.extension(arc + "0308", integer(115) + tlv(5))])
    yield "level 10 and level 0", "", of(more=[sim.extension(arc + "030a", tlv(5)), sim.extension(arc + "0300", tlv(5))])
    yield "level 10 in place of level 2", ITEM, of(levels={**{k: v for k, v in levels.items() if k != 2}, 10: 1})
    yield "a level of two bytes", INTEGER, of(levels={**levels, 8: 256})
    yield "a product of 32 bytes", "", of(product="M" * 32)
    yield "a product of 33 bytes", VALUE, of(product="M" * 33)
    yield "an empty product", VALUE, of(product="")
    yield "bytes behind the product", END, of() + sim.extension(arc + "02", tlv(0x16, b"Milan") + tlv(5))
    yield "an empty CSP id", VALUE, of(csp="")
    yield "a product in another string", TAG, of().replace(b"\x16\x08Milan", b"\x0c\x08Milan")
    for what, error, hwid in (
            ("64 bytes", "", bytes(64)), ("8 bytes", "", bytes(8)), ("an OCTET STRING of 64", "", b"\4\x40" + bytes(64)),
            ("an OCTET STRING of 8", "", b"\4\x08" + bytes(8)), ("66 bytes that are none", VALUE, b"\3\x40" + bytes(64)),
            ("10 bytes that are none", VALUE, b"\3\x08" + bytes(8)), ("63 bytes", VALUE, bytes(63)),
            ("65 bytes", VALUE, bytes(65)), ("no bytes", VALUE, b"")):
        yield f"a chip's id: {what}", error, of(hwid=hwid)


def reader():
    for kind, cases in (("certificate", certificates()), ("list", lists()), ("key", keys())):
        for what, error, der in cases:
            yield f"{kind}: {what}", error, (der, kind)
