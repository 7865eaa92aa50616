# SPDX-License-Identifier: Apache-2.0
"""contracts/export: what the compiler and the sources say, for programs and people.

    export.py           rewrite abi/: NAME.json (ABI per contract), errors.json, layout.json
    export.py --check   exit 1 if a file of abi/ is not what would be written

errors.json: selector -> {"name", "class", "text"}. The class is that of base/err.h: PEER somebody's
bytes are malformed or forged; ENV the same call may succeed later; POLICY a rule says no. The text is
the error's @notice; without one, the words of its name.
"""
import glob
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ABI = os.path.join(HERE, "abi")
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, "..", "crypto"))
from keccak_ref import keccak256  # noqa: E402

ALIASES = {"uint": "uint256", "int": "int256", "AppId": "bytes32", "NodeId": "uint32"}
ERROR = re.compile(r"((?:^[ \t]*///[^\n]*\n)*)^[ \t]*error[ \t]+(\w+)[ \t]*\(([^)]*)\)[ \t]*;", re.M)
# Bytes that somebody made wrong or forged.
PEER_FILES = {"Der", "Json", "X509", "PckExtension", "IntelCollateral", "IntelLevels", "CollateralQueue", "Dates",
              "Certificate384", "AmdKey", "Cbor"}
PEER = {
    "SignatureInvalid", "IssuerMismatch", "CertificateRole", "EvidenceTooLarge", "EvidenceTruncated", "HintsTruncated",
    "UnsupportedVersion", "UnsupportedKeyType", "UnsupportedTee", "QeVendor", "BodyType", "TableMismatch",
    "QeSignature", "QeBinding", "QeMiscselect", "QeAttributes", "QeSigner", "QeProduct", "QeDebug", "QuoteSignature",
    "ModuleUnknown", "ModuleSigner", "ModuleAttributes", "RawTcbLength", "ReportDataMismatch", "ReportDataNotReserved",
    "ClaimsMismatch", "LeafMismatch", "SerialNotListed", "EvidenceLength", "IssuerKeyMismatch", "AmdExtensions",
    "SnpVersion", "SnpAlgorithm", "SnpReserved", "SnpGuestPolicy", "SnpSigningKey", "SnpMaskedChipKey", "SnpProduct",
    "SnpReportedTcb", "SnpTcbOrder", "SnpChipId", "SnpSignature", "NotAnAuthority", "PathTooLong", "DocumentTooLarge",
    "CoseForm", "CoseHeader", "FieldMissing", "FieldValue", "PathMismatch", "PcrMissing", "PcrZero", "EnclaveDebug",
    "UserDataLength", "ExtraField", "DocumentSignature",
}
# The same may succeed later, or after something else was posted.
ENV = {
    "BlockHashUnknown", "BlockHistoryMissing", "P256Missing", "Sha384Failed", "AuthorityUnknown", "AuthorityStale", "CrlMissing",
    "CollateralMissing", "CollateralExpired", "LeafUnknown", "ListMissing", "AuthorityEpochPassed", "VerifierNotRipe",
    "BoundBlockInFuture", "Frozen", "TooManyPending", "TimestampFar",
}


def type_of(argument, enums):
    name = argument.split()[0]
    if name.split(".")[-1] in enums:
        return "uint8"
    return ALIASES.get(name, name)


def sentence(notice, name):
    """The notice; without one the words of the name."""
    if notice:
        return notice.group(1).strip()
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def errors():
    found = {}
    paths = sorted(glob.glob(os.path.join(HERE, "src", "**", "*.sol"), recursive=True))
    texts = {path: open(path, encoding="utf-8").read() for path in paths}
    enums = {"ProposalState"} | {n for t in texts.values() for n in re.findall(r"^\s*enum (\w+)", t, re.M)}
    for path, text in texts.items():
        stem = os.path.basename(path)[:-4]
        for comment, name, arguments in ERROR.findall(text):
            words = " ".join(line.strip()[3:].strip() for line in comment.strip().split("\n") if line.strip())
            notice = re.search(r"@notice\s+(.*?)(?=@\w|$)", words)
            types = [type_of(a, enums) for a in arguments.split(",") if a.strip()]
            selector = "0x" + keccak256(f"{name}({','.join(types)})".encode())[:4].hex()
            kind = "PEER" if stem in PEER_FILES or name in PEER else "ENV" if name in ENV else "POLICY"
            found.setdefault(selector, {"name": name, "class": kind, "text": sentence(notice, name)})
    return dict(sorted(found.items()))


def contracts():
    """Deployed contracts: sources of src outside interfaces, base and libraries."""
    for folder in ("evidence", "registry", "epoch", "governance"):
        for path in sorted(glob.glob(os.path.join(HERE, "src", folder, "*.sol"))):
            name = os.path.basename(path)[:-4]
            if re.search(rf"^contract {name}\b", open(path, encoding="utf-8").read(), re.M):
                yield name


def wanted():
    files = {"errors.json": errors()}
    for name in contracts():
        with open(os.path.join(HERE, "out", f"{name}.sol", f"{name}.json"), encoding="utf-8") as f:
            files[f"{name}.json"] = json.load(f)["abi"]
    return {name: json.dumps(value, indent=1) + "\n" for name, value in files.items()}


def main():
    files = wanted()
    layout = [sys.executable, os.path.join(HERE, "tools", "layout.py")]
    if "--check" not in sys.argv[1:]:
        os.makedirs(ABI, exist_ok=True)
        for name, text in files.items():
            with open(os.path.join(ABI, name), "w", encoding="utf-8") as f:
                f.write(text)
        sys.exit(subprocess.call(layout + ["export"]))
    stale = []
    for name, text in files.items():
        path = os.path.join(ABI, name)
        if not os.path.exists(path) or open(path, encoding="utf-8").read() != text:
            stale.append(name)
    if stale:
        print("contracts: stale files of abi/ (run contracts/export): " + ", ".join(stale), file=sys.stderr)
    sys.exit(1 if subprocess.call(layout + ["check"]) or stale else 0)


if __name__ == "__main__":
    main()
