// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Objects} from "../base/Objects.sol";
import {Vendor} from "../base/Types.sol";
import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";
import {ITdxVerifier} from "../interfaces/ITdxVerifier.sol";
import {CertificateReader} from "./CertificateReader.sol";
import {CollateralReader} from "./CollateralReader.sol";
import {IntelCollateral} from "./IntelCollateral.sol";
import {IntelSets} from "./IntelSets.sol";
import {P256} from "./P256.sol";
import {PckExtension} from "./PckExtension.sol";
import {TdxQuote} from "./TdxQuote.sol";
import {TdxTcb} from "./TdxTcb.sol";
import {X509} from "./X509.sol";

/// @title  TdxVerifier - Intel TDX quotes, verified on chain
/// @notice Callers: anybody, for everything. The manual is ITdxVerifier.
/// @custom:invariant TV1 per issuer, thisUpdate of the list in force never falls
/// @custom:invariant TV3 a list comes into force only when all its serials are recorded in TcbPolicy
/// @custom:invariant TV5 a revoked certificate cannot be posted
/// @custom:assumes   TcbPolicy lets this contract in through VerifierRouter; EIP-7951 at 0x100
/// @custom:storage   IntelSets' before its own
/// @custom:source    attestation.md 1; SPEC 5
contract TdxVerifier is IntelSets {
    using TdxQuote for bytes;

    uint8 private constant ROOT = 0;
    uint8 private constant PLATFORM_CA = 1;
    uint8 private constant PROCESSOR_CA = 2;
    uint8 private constant TCB_SIGNER = 3;

    uint8 private constant KIND_TCB_INFO = 1;
    uint8 private constant KIND_QE_IDENTITY = 2;

    bytes32 private constant QE_IDENTITY = bytes32(uint256(1));
    /// object of an issuer's revocation list: this and the issuer's number
    uint256 private constant CRL_OBJECTS = 2;

    uint256 private constant LEAF_RECORD = 131;

    /// SHA-256 of Intel's SGX root certificate
    bytes32 private constant INTEL_ROOT = 0x44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3;
    uint256 private constant DEVELOPMENT_CHAIN = 31337;

    struct Authority {
        uint256 x;
        uint256 y;
        bytes32 subject;
        uint8 role;
        uint32 notAfter;
        uint32 authorityEpoch;
    }

    /// The list in force of an issuer. until: of a PCK CA's list no later than the root's.
    struct Crl {
        uint32 thisUpdate;
        uint32 until;
        uint32 entries;
        uint160 entriesTag;
    }

    /// A list that verified; entries in [start, end).
    struct List {
        uint8 issuer;
        bytes32 digest;
        uint256 thisUpdate;
        uint256 nextUpdate;
        uint256 start;
        uint256 end;
        uint160 entriesTag;
    }

    CertificateReader public immutable certificates;
    CollateralReader public immutable collateral;
    bytes32 public immutable rootHash;
    bytes32 private immutable _rootSubject;
    uint256 private immutable _rootX;
    uint256 private immutable _rootY;
    uint256 private immutable _rootNotAfter;
    uint64 private immutable _tdRequired;
    uint64 private immutable _tdAllowed;
    uint64 private immutable _xfamRequired;
    uint64 private immutable _xfamAllowed;
    bool private immutable _serviceTd;

    mapping(bytes32 authority => Authority) private _authorities;
    mapping(uint8 issuer => Crl) private _crls;
    /// entries of a list recorded so far
    mapping(bytes32 digest => uint256 entries) private _recorded;
    /// authority epoch plus one at which a certificate was posted; 0 = never
    mapping(bytes32 leafTag => uint256 epochPlusOne) private _leaves;

    constructor(bytes memory root, address policy_, Readers memory readers_, TdRules memory rules_)
        IntelSets(policy_)
    {
        P256.requirePresent();
        rootHash = sha256(root);
        if (block.chainid != DEVELOPMENT_CHAIN && rootHash != INTEL_ROOT) {
            revert RootNotPinned(rootHash, INTEL_ROOT);
        }
        certificates = CertificateReader(readers_.certificates);
        collateral = CollateralReader(readers_.collateral);
        (X509.Certificate memory c, bytes32 digest,) = certificates.certificate(root);
        if (
            !_mayIssue(c) || c.pathLength == 0 || c.issuer != c.subject
                || !P256.verify(digest, c.r, c.s, c.x, c.y)
        ) revert RootNotAuthority();
        _rootSubject = c.subject;
        _rootX = c.x;
        _rootY = c.y;
        _rootNotAfter = c.notAfter;
        _tdRequired = rules_.tdRequired;
        _tdAllowed = rules_.tdAllowed;
        _xfamRequired = rules_.xfamRequired;
        _xfamAllowed = rules_.xfamAllowed;
        _serviceTd = rules_.serviceTd;
    }

    // ---- anybody: certificates and revocation lists

    /// @inheritdoc ITdxVerifier
    function addCert(bytes calldata certificate, bytes32 issuer) external returns (bytes32 id) {
        (X509.Certificate memory c, bytes32 digest, PckExtension.Platform memory p) =
            certificates.certificate(certificate);
        _requireNow(c.notBefore, c.notAfter);
        uint256 epoch = policy.authorityEpoch(Vendor.TDX);
        Authority memory a = _issuer(issuer, epoch);
        if (c.issuer != a.subject) revert IssuerMismatch(c.issuer, a.subject);
        if (!P256.verify(digest, c.r, c.s, a.x, a.y)) revert SignatureInvalid();
        bytes32 serialId = Objects.serialId(Vendor.TDX, a.role, c.serial);
        if (policy.isRevoked(Objects.SERIAL, serialId)) revert CertificateRevoked(serialId);
        if (a.role == ROOT) return _addAuthority(c, epoch);
        return _addLeaf(c, p, a, serialId, epoch);
    }

    /// @inheritdoc ITdxVerifier
    function addCrl(bytes calldata list, bytes32 issuer, uint256 limit) external {
        List memory n = _openList(list, issuer);
        Crl memory old = _crls[n.issuer];
        bytes32 object = bytes32(CRL_OBJECTS + n.issuer);
        if (
            n.thisUpdate < old.thisUpdate
                || (n.thisUpdate == old.thisUpdate && n.digest != _inForce[object])
        ) revert CrlNotNewer(n.thisUpdate, old.thisUpdate);
        uint256 count = old.entries;
        bool changed = n.entriesTag != old.entriesTag;
        if (changed) {
            uint256 done = _recorded[n.digest];
            uint256[] memory serials;
            (count, serials) = certificates.entries(list, n.start, n.end, done, limit);
            if (serials.length != 0) {
                policy.recordRevoked(Vendor.TDX, n.issuer, serials, uint40(n.thisUpdate));
                done += serials.length;
                _recorded[n.digest] = done;
            }
            if (done < count) {
                emit CrlPartlyRead(n.issuer, n.digest, done, count);
                return;
            }
        }
        uint256 until = _clamp(n.nextUpdate);
        if (n.issuer != ROOT && until > _crls[ROOT].until) until = _crls[ROOT].until;
        _crls[n.issuer] = Crl(uint32(n.thisUpdate), uint32(until), uint32(count), n.entriesTag);
        _inForce[object] = n.digest;
        if (n.issuer != ROOT) policy.noteList(Vendor.TDX, n.issuer, uint32(until));
        emit CrlInForce(n.issuer, n.digest, n.thisUpdate, n.nextUpdate, old.entries, count);
        if (changed) policy.advance(Vendor.TDX);
    }

    /// @inheritdoc ITdxVerifier
    function proveRevoked(bytes calldata list, bytes32 issuer, uint256[] calldata serials) external {
        List memory n = _openList(list, issuer);
        uint256 absent = certificates.firstAbsent(list, n.start, n.end, serials);
        if (absent != serials.length) revert SerialNotListed(serials[absent]);
        policy.recordRevoked(Vendor.TDX, n.issuer, serials, uint40(n.thisUpdate));
    }

    // ---- anybody: collateral

    /// @inheritdoc ITdxVerifier
    function addCollateral(uint8 kind, bytes calldata object, uint256 r, uint256 s, bytes32 signer) external {
        uint256 epoch = policy.authorityEpoch(Vendor.TDX);
        Authority memory a = _authority(signer, epoch);
        if (a.role != TCB_SIGNER) revert AuthorityUnknown(signer);
        Posted memory p;
        p.digest = sha256(object);
        if (!P256.verify(p.digest, r, s, a.x, a.y)) revert SignatureInvalid();

        IntelCollateral.Object memory o;
        bytes32 id = QE_IDENTITY;
        if (kind == KIND_TCB_INFO) {
            o = collateral.tcbInfo(object);
            id = o.product;
        } else if (kind == KIND_QE_IDENTITY) {
            o = collateral.qeIdentity(object);
        } else {
            revert UnknownCollateral(kind);
        }
        _requireNow(o.issueDate, o.nextUpdate);
        uint256 least = policy.minEvaluation(Vendor.TDX);
        if (o.number == 0 || o.number < least) revert EvaluationTooLow(o.number, least);
        p.tableTag = uint160(bytes20(keccak256(o.table)));
        p.until = uint32(_clamp(o.nextUpdate < a.notAfter ? o.nextUpdate : a.notAfter));
        p.issueDate = uint32(o.issueDate);
        p.content = uint64(bytes8(o.content));
        p.authorityEpoch = uint32(epoch);
        _place(id, o.number, p);
    }

    // ---- anybody: evidence

    /// @inheritdoc IEvidenceVerifier
    function verify(bytes calldata evidence, bytes calldata hints) external returns (Findings memory f) {
        TdxQuote.Layout memory q = evidence.open();
        if (hints.length < LEAF_RECORD) revert HintsTruncated(hints.length, LEAF_RECORD);
        bytes calldata leaf = hints[:LEAF_RECORD];
        (bytes calldata table, bytes calldata qeTable) = _tables(hints[LEAF_RECORD:]);

        f.vendor = Vendor.TDX;
        // FMSPC and PCEID stand side by side
        f.product = bytes32(bytes8(bytes32(leaf.word(80))));
        (f.authorityEpoch, f.issuer, f.leaf) = _checkLeaf(leaf);
        _checkTable(f.product, table, f.authorityEpoch);
        _checkTable(QE_IDENTITY, qeTable, f.authorityEpoch);
        evidence.checkSignatures(q, leaf.word(0), leaf.word(32));
        TdxQuote.checkQe(evidence, q.qe, qeTable);
        (uint256 module, uint256 levels) = TdxTcb.locate(table, TdxTcb.majorOf(evidence.word(q.body) >> 128));
        TdxQuote.checkModule(evidence, q.body, table, module);
        evidence.checkRules(q, rules());

        f.measurement = TdxQuote.measurement(evidence, q.body);
        f.platform = TdxQuote.platform(leaf.word(64) >> 128);
        f.reportHigh = bytes32(evidence.word(q.body + TdxQuote.REPORTDATA));
        f.reportLow = bytes32(evidence.word(q.body + TdxQuote.REPORTDATA + 32));

        uint256 isvsvn = evidence.word(q.qe + TdxQuote.QE_ISVSVN) >> 240;
        TdxTcb.Svns memory s = TdxTcb.Svns({
            tee: evidence.word(q.body) >> 128,
            tee2: q.is15 ? evidence.word(q.body + TdxQuote.TEE_TCB_SVN2) >> 128 : 0,
            hasTee2: q.is15,
            pck: leaf.word(88) >> 128,
            pcesvn: leaf.word(104) >> 240,
            qe: (isvsvn & 0xff) << 8 | isvsvn >> 8
        });
        f.status = TdxTcb.status(table, qeTable, s, module, levels);
        f.rawTcb = abi.encodePacked(
            bytes16(uint128(s.tee)), bytes16(uint128(s.tee2)), bytes16(uint128(s.pck)), uint16(s.pcesvn), uint16(s.qe)
        );
    }

    /// @inheritdoc IEvidenceVerifier
    function appraise(bytes32 product, bytes calldata rawTcb, bytes calldata hints) external returns (uint8) {
        if (rawTcb.length != 52) revert RawTcbLength(rawTcb.length);
        (bytes calldata table, bytes calldata qeTable) = _tables(hints);
        uint256 epoch = policy.authorityEpoch(Vendor.TDX);
        _checkTable(product, table, epoch);
        _checkTable(QE_IDENTITY, qeTable, epoch);
        uint256 tees = rawTcb.word(0);
        uint256 rest = rawTcb.word(32);
        (uint256 module, uint256 levels) = TdxTcb.locate(table, TdxTcb.majorOf(tees >> 128));
        return TdxTcb.status(
            table,
            qeTable,
            TdxTcb.Svns({
                tee: tees >> 128,
                tee2: tees & type(uint128).max,
                // a TD report 1.0 has zeros there
                hasTee2: uint128(tees) != 0,
                pck: rest >> 128,
                pcesvn: (rest >> 112) & 0xffff,
                qe: (rest >> 96) & 0xffff
            }),
            module,
            levels
        );
    }

    // ---- views

    /// @inheritdoc IEvidenceVerifier
    function vendor() external pure returns (uint8) {
        return Vendor.TDX;
    }

    /// @inheritdoc IEvidenceVerifier
    function steady() external pure returns (bool) {
        return false;
    }

    /// @inheritdoc ITdxVerifier
    function crl(uint8 issuer) external view returns (uint256 thisUpdate, uint256 until, uint256 entries) {
        Crl memory c = _crls[issuer];
        return (c.thisUpdate, c.until, c.entries);
    }

    /// @inheritdoc ITdxVerifier
    function leafKnown(bytes32 leafTag) external view returns (bool) {
        return _leaves[leafTag] != 0;
    }

    /// @inheritdoc ITdxVerifier
    function rules() public view returns (TdRules memory) {
        return TdRules(_tdRequired, _tdAllowed, _xfamRequired, _xfamAllowed, _serviceTd);
    }

    // ---- internals: certificates

    function _requireNow(uint256 from, uint256 until) private view {
        if (block.timestamp < from || block.timestamp > until) revert NotValidNow(from, until, block.timestamp);
    }

    function _mayIssue(X509.Certificate memory c) private pure returns (bool) {
        uint16 both = X509.USAGE_CERT_SIGN | X509.USAGE_CRL_SIGN;
        return c.isCa && c.usage & both == both;
    }

    /// The root for 0, else an authority that was posted, is in date and not stale.
    function _issuer(bytes32 issuer, uint256 epoch) private view returns (Authority memory a) {
        if (issuer == 0) {
            _requireNow(0, _rootNotAfter);
            return Authority(_rootX, _rootY, _rootSubject, ROOT, uint32(_clamp(_rootNotAfter)), uint32(epoch));
        }
        a = _authority(issuer, epoch);
        if (a.role == TCB_SIGNER) revert AuthorityUnknown(issuer);
    }

    function _authority(bytes32 id, uint256 epoch) private view returns (Authority memory a) {
        a = _authorities[id];
        if (a.role == ROOT) revert AuthorityUnknown(id);
        _requireNow(0, a.notAfter);
        if (a.authorityEpoch != epoch) revert AuthorityStale(id);
    }

    /// A certificate directly under the root: its common name says what it is for.
    function _addAuthority(X509.Certificate memory c, uint256 epoch) private returns (bytes32 id) {
        Crl memory rootList = _crls[ROOT];
        if (rootList.until < block.timestamp) revert CrlMissing(ROOT, rootList.until);
        uint8 role;
        if (c.commonName == "Intel SGX PCK Platform CA" && _mayIssue(c)) role = PLATFORM_CA;
        else if (c.commonName == "Intel SGX PCK Processor CA" && _mayIssue(c)) role = PROCESSOR_CA;
        else if (c.commonName == "Intel SGX TCB Signing" && _maySign(c)) role = TCB_SIGNER;
        else revert CertificateRole(c.commonName);
        id = keccak256(abi.encode(role, c.subject, c.x, c.y));
        uint256 notAfter = _clamp(c.notAfter < _rootNotAfter ? c.notAfter : _rootNotAfter);
        _authorities[id] = Authority(c.x, c.y, c.subject, role, uint32(notAfter), uint32(epoch));
        emit AuthorityPosted(id, role, c.serial, notAfter);
    }

    function _maySign(X509.Certificate memory c) private pure returns (bool) {
        return !c.isCa && c.usage & X509.USAGE_DIGITAL_SIGNATURE != 0;
    }

    function _addLeaf(
        X509.Certificate memory c,
        PckExtension.Platform memory p,
        Authority memory a,
        bytes32 serialId,
        uint256 epoch
    ) private returns (bytes32 leafTag) {
        if (c.commonName != "Intel SGX PCK Certificate" || !_maySign(c)) revert CertificateRole(c.commonName);
        if (c.sgxStart == c.sgxEnd) revert CertificateRole(c.commonName);
        uint256 until = _clamp(c.notAfter < a.notAfter ? c.notAfter : a.notAfter);
        bytes memory record = abi.encodePacked(
            c.x, c.y, p.ppid, p.fmspc, p.pceid, p.svns, p.pcesvn, a.role, uint160(c.serial), uint32(until)
        );
        leafTag = keccak256(record);
        _leaves[leafTag] = epoch + 1;
        emit LeafPosted(leafTag, serialId, bytes32(abi.encodePacked(p.fmspc, p.pceid)), record);
    }

    // ---- internals: revocation lists

    /// Reads a list; checks name, signature and dates.
    function _openList(bytes calldata list, bytes32 issuer) private view returns (List memory n) {
        (X509.RevocationList memory l, bytes32 digest, bytes32 entriesHash) = certificates.revocationList(list);
        _requireNow(l.thisUpdate, l.nextUpdate);
        Authority memory a = _issuer(issuer, policy.authorityEpoch(Vendor.TDX));
        if (l.issuer != a.subject) revert IssuerMismatch(l.issuer, a.subject);
        if (!P256.verify(digest, l.r, l.s, a.x, a.y)) revert SignatureInvalid();
        n.issuer = a.role;
        n.digest = digest;
        n.thisUpdate = l.thisUpdate;
        n.nextUpdate = l.nextUpdate;
        n.start = l.entriesStart;
        n.end = l.entriesEnd;
        n.entriesTag = uint160(uint256(entriesHash));
    }

    // ---- internals: hints

    /// Length of the TCB table, u16; TCB table; QE table.
    function _tables(bytes calldata hints)
        private
        pure
        returns (bytes calldata table, bytes calldata qeTable)
    {
        if (hints.length < 2) revert HintsTruncated(hints.length, 2);
        uint256 end = 2 + (hints.word(0) >> 240);
        if (hints.length < end) revert HintsTruncated(hints.length, end);
        return (hints[2:end], hints[end:]);
    }

    /// The record is of a posted certificate that is in date. (TcbPolicy looks at its issuer's list.)
    function _checkLeaf(bytes calldata leaf)
        private
        view
        returns (uint32 epoch, uint8 issuer, bytes32 serialId)
    {
        bytes32 tag = keccak256(leaf);
        uint256 plusOne = _leaves[tag];
        if (plusOne == 0) revert LeafUnknown(tag);
        // issuer u8, serial 20 bytes, until u32
        uint256 tail = leaf.word(106);
        issuer = uint8(tail >> 248);
        uint256 until = (tail >> 56) & 0xffffffff;
        if (block.timestamp > until) revert LeafExpired(until);
        epoch = uint32(plusOne - 1);
        serialId = Objects.serialId(Vendor.TDX, issuer, (tail >> 88) & type(uint160).max);
    }
}
