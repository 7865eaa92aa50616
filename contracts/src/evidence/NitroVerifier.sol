// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Objects} from "../base/Objects.sol";
import {TcbStatus, Vendor} from "../base/Types.sol";
import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";
import {INitroVerifier} from "../interfaces/INitroVerifier.sol";
import {ITcbPolicy} from "../interfaces/ITcbPolicy.sol";
import {Cbor} from "./Cbor.sol";
import {Certificate384} from "./Certificate384.sol";
import {Ecdsa384} from "./Ecdsa384.sol";
import {Hash384} from "./Hash384.sol";
import {NitroDocument} from "./NitroDocument.sol";
import {Reader384} from "./Reader384.sol";
import {X509} from "./X509.sol";

/// @title  NitroVerifier - AWS Nitro attestation documents, verified on chain
/// @notice Callers: anybody, for everything. The manual is INitroVerifier.
/// @custom:invariant NV1 a posted certificate's chain to the pinned root was valid when it was posted, and
///                   its record ends no later than any certificate of the chain
/// @custom:invariant NV2 after a revocation a certificate counts only if it and all above were posted anew
/// @custom:invariant NV3 a revoked certificate cannot be posted
/// @custom:assumes   TcbPolicy lets this contract in through VerifierRouter, and raises the authority epoch
///                   at each revocation of a serial
/// @custom:source    attestation.md 3; SPEC 5
contract NitroVerifier is INitroVerifier {
    using Cbor for bytes;
    using NitroDocument for bytes;

    uint8 private constant CA = 0;
    uint8 private constant TARGET = 1;
    uint8 private constant ANY_BELOW = 255;
    /// issuer under which TcbPolicy keeps the date of lists; AWS has none
    uint8 private constant LISTS = 1;
    uint256 private constant RECORD = 186;
    uint256 private constant TIMESTAMP_SLACK_MS = 600_000;
    uint256 private constant REPORT_DATA = 64;
    uint256 private constant DEVELOPMENT_CHAIN = 31337;

    /// SHA-256 of AWS's root G1
    bytes32 private constant AWS_ROOT = 0x641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b;

    /// What a certificate needs of the one above it.
    struct Issuer {
        bytes key;
        bytes32 subject;
        bytes32 path;
        uint8 below;
        uint32 until;
    }

    ITcbPolicy public immutable policy;
    Reader384 public immutable reader;
    address public immutable sha384;
    address public immutable p384;
    bytes32 public immutable rootHash;
    bytes32 private immutable _rootSubject;
    uint32 private immutable _rootUntil;

    bytes private _rootKey;
    /// authority epoch plus one at which a certificate was posted; 0 = never
    mapping(bytes32 tag => uint256 epochPlusOne) private _certificates;

    constructor(bytes memory root, address policy_, Parts memory parts) {
        policy = ITcbPolicy(policy_);
        reader = Reader384(parts.reader);
        sha384 = parts.sha384;
        p384 = parts.p384;
        rootHash = sha256(root);
        if (block.chainid != DEVELOPMENT_CHAIN && rootHash != AWS_ROOT) revert RootNotPinned(rootHash, AWS_ROOT);
        (Certificate384.Certificate memory c, bytes memory key) = Reader384(parts.reader).certificate(root);
        if (!_mayIssue(c) || c.issuer != c.subject || c.pathLength != type(uint256).max) revert RootNotAuthority();
        _rootSubject = c.subject;
        _rootUntil = _clamp(c.notAfter);
        _rootKey = key;
    }

    // ---- anybody: certificates

    /// @inheritdoc INitroVerifier
    function addCert(bytes calldata certificate, bytes calldata issuer, bytes calldata hints)
        external
        returns (bytes32 tag)
    {
        (Certificate384.Certificate memory c, bytes memory key) = reader.certificate(certificate);
        if (block.timestamp < c.notBefore || block.timestamp > c.notAfter) {
            revert NotValidNow(c.notBefore, c.notAfter, block.timestamp);
        }
        uint32 epoch = policy.authorityEpoch(Vendor.NITRO);
        Issuer memory above = issuer.length == 0 ? _root() : _issuer(issuer, epoch);
        if (c.issuer != above.subject) revert IssuerMismatch(c.issuer, above.subject);
        if (c.algorithm != Certificate384.ECDSA || c.keyKind != Certificate384.P384_KEY) revert CertificateRole(0);
        (bytes32 high, bytes16 low) = Hash384.digest(sha384, certificate[c.tbsStart:c.tbsEnd]);
        if (!Ecdsa384.verify(p384, high, low, c.signature, above.key, hints)) revert SignatureInvalid();

        uint8 kind = _kindOf(c);
        bytes32 serialId = Objects.serialId(Vendor.NITRO, kind, c.serial);
        if (policy.isRevoked(Objects.SERIAL, serialId)) revert CertificateRevoked(serialId);
        bytes memory record = abi.encodePacked(
            key,
            c.subject,
            sha256(abi.encodePacked(above.path, certificate)),
            kind,
            kind == CA ? _below(c, above) : 0,
            _clamp(c.notAfter < above.until ? c.notAfter : above.until),
            uint160(c.serial)
        );
        tag = keccak256(record);
        _certificates[tag] = uint256(epoch) + 1;
        emit CertificatePosted(tag, serialId, kind, record);
        // no list has to be in date for a document to count
        if (issuer.length == 0) policy.noteList(Vendor.NITRO, LISTS, type(uint32).max);
    }

    // ---- anybody: evidence

    /// @inheritdoc IEvidenceVerifier
    function verify(bytes calldata evidence, bytes calldata hints) external view returns (Findings memory f) {
        NitroDocument.Document memory d;
        (f, d) = _examine(evidence, hints);
        if (d.extra) revert ExtraField();
        uint256 size = d.dataEnd - d.data;
        if (size != REPORT_DATA) revert UserDataLength(size);
        f.reportHigh = bytes32(evidence.word(d.data));
        f.reportLow = bytes32(evidence.word(d.data + 32));
    }

    /// @inheritdoc INitroVerifier
    function examine(bytes calldata document, bytes calldata hints)
        external
        view
        returns (Findings memory findings, bytes memory userData)
    {
        NitroDocument.Document memory d;
        (findings, d) = _examine(document, hints);
        userData = document[d.data:d.dataEnd];
    }

    /// @inheritdoc IEvidenceVerifier
    function appraise(bytes32, bytes calldata rawTcb, bytes calldata) external pure returns (uint8) {
        if (rawTcb.length != 0) revert RawTcbLength(rawTcb.length);
        return TcbStatus.UP_TO_DATE;
    }

    // ---- views

    /// @inheritdoc IEvidenceVerifier
    function vendor() external pure returns (uint8) {
        return Vendor.NITRO;
    }

    /// @inheritdoc IEvidenceVerifier
    function steady() external pure returns (bool) {
        return true;
    }

    /// @inheritdoc INitroVerifier
    function certificateKnown(bytes32 tag) external view returns (bool) {
        return _certificates[tag] != 0;
    }

    // ---- internals: certificates

    /// 32 bits end in 2106; certificates may be made for longer.
    function _clamp(uint256 time) private pure returns (uint32) {
        return time > type(uint32).max ? type(uint32).max : uint32(time);
    }

    function _mayIssue(Certificate384.Certificate memory c) private pure returns (bool) {
        return c.isCa && c.usage & X509.USAGE_CERT_SIGN != 0;
    }

    function _kindOf(Certificate384.Certificate memory c) private pure returns (uint8) {
        if (_mayIssue(c)) return CA;
        if (!c.isCa && c.usage & X509.USAGE_DIGITAL_SIGNATURE != 0) return TARGET;
        revert CertificateRole(0);
    }

    /// CAs that may stand below this one.
    function _below(Certificate384.Certificate memory c, Issuer memory above) private pure returns (uint8) {
        if (above.below == 0) revert PathTooLong();
        uint256 left = above.below == ANY_BELOW ? ANY_BELOW : above.below - 1;
        return uint8(c.pathLength < left ? c.pathLength : left);
    }

    function _root() private view returns (Issuer memory) {
        if (block.timestamp > _rootUntil) revert NotValidNow(0, _rootUntil, block.timestamp);
        return Issuer(_rootKey, _rootSubject, rootHash, ANY_BELOW, _rootUntil);
    }

    function _issuer(bytes calldata record, uint32 epoch) private view returns (Issuer memory) {
        (bytes32 tag, uint32 posted, uint32 until) = _known(record);
        if (posted != epoch) revert AuthorityStale(tag);
        if (uint8(record[160]) != CA) revert NotAnAuthority(tag);
        return Issuer(
            record[:96], bytes32(record.word(96)), bytes32(record.word(128)), uint8(record[161]), until
        );
    }

    /// The record is of a posted certificate whose chain is in date. epoch: when it was posted.
    function _known(bytes calldata record) private view returns (bytes32 tag, uint32 epoch, uint32 until) {
        tag = keccak256(record);
        uint256 plusOne = _certificates[tag];
        if (plusOne == 0) revert LeafUnknown(tag);
        until = uint32(record.word(134));
        if (block.timestamp > until) revert LeafExpired(until);
        epoch = uint32(plusOne - 1);
    }

    // ---- internals: evidence

    function _examine(bytes calldata b, bytes calldata hints)
        private
        view
        returns (Findings memory f, NitroDocument.Document memory d)
    {
        d = b.read();
        if (hints.length < RECORD) revert HintsTruncated(hints.length, RECORD);
        bytes calldata record = hints[:RECORD];
        bytes32 tag;
        (tag, f.authorityEpoch,) = _known(record);
        if (uint8(record[160]) != TARGET) revert LeafUnknown(tag);
        bytes32 path = bytes32(record.word(128));
        if (d.path != path) revert PathMismatch(d.path, path);
        _requireRecent(d.timestamp);
        f.measurement = b.measurement(d);
        _requireSignature(b, d, record, hints[RECORD:]);

        f.vendor = Vendor.NITRO;
        f.issuer = LISTS;
        f.leaf = Objects.serialId(Vendor.NITRO, TARGET, record.word(166) >> 96);
        f.platform = b.platform(d);
        f.status = TcbStatus.UP_TO_DATE;
    }

    function _requireRecent(uint256 timestamp) private view {
        uint256 present = block.timestamp * 1000;
        uint256 distance = timestamp > present ? timestamp - present : present - timestamp;
        if (distance > TIMESTAMP_SLACK_MS) revert TimestampFar(timestamp, block.timestamp);
    }

    function _requireSignature(
        bytes calldata b,
        NitroDocument.Document memory d,
        bytes calldata record,
        bytes calldata hints
    ) private view {
        (bytes32 high, bytes16 low) = Hash384.digest(sha384, b.signedBytes(d));
        if (!Ecdsa384.verify(p384, high, low, b[d.signature:d.signature + 96], record[:96], hints)) {
            revert DocumentSignature();
        }
    }
}
