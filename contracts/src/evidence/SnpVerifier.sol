// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Objects} from "../base/Objects.sol";
import {TcbStatus, Vendor} from "../base/Types.sol";
import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";
import {ISnpVerifier} from "../interfaces/ISnpVerifier.sol";
import {ITcbPolicy} from "../interfaces/ITcbPolicy.sol";
import {AmdKey} from "./AmdKey.sol";
import {Certificate384} from "./Certificate384.sol";
import {Ecdsa384} from "./Ecdsa384.sol";
import {Hash384} from "./Hash384.sol";
import {Reader384} from "./Reader384.sol";
import {RsaPss} from "./RsaPss.sol";
import {SnpReport} from "./SnpReport.sol";
import {X509} from "./X509.sol";

/// @title  SnpVerifier - AMD SEV-SNP reports, verified on chain
/// @notice Callers: anybody, for everything. The manual is ISnpVerifier.
/// @custom:invariant SV1 per product, thisUpdate of the list in force never falls
/// @custom:invariant SV2 a list comes into force only when all its serials are recorded in TcbPolicy
/// @custom:invariant SV3 a revoked ASK or ASVK cannot be posted, and what it issued does not count
/// @custom:assumes   TcbPolicy lets this contract in through VerifierRouter; EIP-7883's MODEXP
/// @custom:storage   _inForce, read by nodes (abi/layout.json)
/// @custom:source    attestation.md 2; SPEC 5
contract SnpVerifier is ISnpVerifier {
    using SnpReport for bytes;

    uint8 private constant PRODUCTS = 3;
    /// number of a product's issuers in serialId, and of its list in _inForce
    uint8 private constant ISSUER_OF_PRODUCT = 16;
    /// issuer under which TcbPolicy keeps the date of lists
    uint8 private constant LISTS = 1;
    uint256 private constant LEAF_RECORD = 194;
    uint256 private constant RAW_TCB = 56;
    uint256 private constant DEVELOPMENT_CHAIN = 31337;

    /// SHA-256 of AMD's ARK-Milan, ARK-Genoa, ARK-Turin
    bytes32 private constant ARK_MILAN = 0x69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd;
    bytes32 private constant ARK_GENOA = 0x4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1;
    bytes32 private constant ARK_TURIN = 0x1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a;

    struct Root {
        bytes32 keyTag;
        bytes32 subject;
        bytes32 hash;
        uint40 notAfter;
        uint160 serial;
    }

    struct Authority {
        bytes32 keyTag;
        bytes32 subject;
        uint8 product;
        uint8 role;
        uint32 notAfter;
        uint32 authorityEpoch;
        uint160 serial;
    }

    /// The list in force of a product.
    struct Crl {
        uint40 thisUpdate;
        uint40 until;
        bool rootRevoked; // by this list or an earlier one
    }

    ITcbPolicy public immutable policy;
    Reader384 public immutable reader;
    address public immutable sha384;
    address public immutable p384;
    uint32 private immutable _maxVmpl;
    bool private immutable _vlek;
    bool private immutable _listsRequired;

    mapping(bytes32 object => bytes32 digest) private _inForce;
    mapping(uint8 product => Root) private _roots;
    mapping(uint8 product => Crl) private _crls;
    mapping(bytes32 authority => Authority) private _authorities;
    /// authority epoch plus one at which a certificate was posted; 0 = never
    mapping(bytes32 leafTag => uint256 epochPlusOne) private _leaves;

    /// @param roots the products' ARKs in any order; off chain 31337 they must be AMD's
    constructor(bytes[] memory roots, address policy_, Parts memory parts, SnpRules memory rules_) {
        policy = ITcbPolicy(policy_);
        reader = Reader384(parts.reader);
        sha384 = parts.sha384;
        p384 = parts.p384;
        _maxVmpl = rules_.maxVmpl;
        _vlek = rules_.vlek;
        _listsRequired = rules_.listsRequired;
        if (block.chainid != DEVELOPMENT_CHAIN && !rules_.listsRequired) revert ListsNotRequired();
        for (uint256 i = 0; i < roots.length; ++i) _pin(roots[i], Reader384(parts.reader));
        if (roots.length == 0) revert ProductUnknown(0);
    }

    // ---- anybody: certificates and revocation lists

    /// @inheritdoc ISnpVerifier
    function addCert(bytes calldata certificate, bytes32 issuer, bytes calldata modulus) external returns (bytes32 id) {
        (Certificate384.Certificate memory c, bytes memory key) = reader.certificate(certificate);
        _requireNow(c.notBefore, c.notAfter);
        uint32 epoch = policy.authorityEpoch(Vendor.SNP);
        Authority memory a = _issuer(issuer, epoch);
        if (c.issuer != a.subject) revert IssuerMismatch(c.issuer, a.subject);
        _requireSigned(certificate[c.tbsStart:c.tbsEnd], c.signature, a.keyTag, modulus);
        if (a.role == 0) return _addAuthority(c, key, a, epoch);
        AmdKey.Key memory k = reader.amdKey(certificate, c.extensionsStart, c.extensionsEnd);
        return _addLeaf(c, key, k, a, epoch);
    }

    /// @inheritdoc ISnpVerifier
    function addCrl(bytes calldata list, uint8 product, bytes calldata modulus) external {
        (Certificate384.RevocationList memory l, uint256[] memory serials) = _openList(list, product, modulus);
        bytes32 digest = sha256(list[l.tbsStart:l.tbsEnd]);
        bytes32 object = bytes32(uint256(ISSUER_OF_PRODUCT + product));
        Crl memory old = _crls[product];
        if (l.thisUpdate < old.thisUpdate || (l.thisUpdate == old.thisUpdate && digest != _inForce[object])) {
            revert CrlNotNewer(l.thisUpdate, old.thisUpdate);
        }
        // advances the epoch only for serials that are new
        if (serials.length != 0) {
            policy.recordRevoked(Vendor.SNP, ISSUER_OF_PRODUCT + product, serials, uint40(l.thisUpdate));
        }
        _crls[product] = Crl(uint40(l.thisUpdate), uint40(l.nextUpdate), old.rootRevoked || _hasRoot(product, serials));
        _inForce[object] = digest;
        emit CrlInForce(product, digest, l.thisUpdate, l.nextUpdate, serials.length);
        _noteLists();
    }

    /// @inheritdoc ISnpVerifier
    function proveRevoked(bytes calldata list, uint8 product, bytes calldata modulus, uint256[] calldata serials)
        external
    {
        (Certificate384.RevocationList memory l, uint256[] memory listed) = _openList(list, product, modulus);
        for (uint256 i = 0; i < serials.length; ++i) {
            bool found = false;
            for (uint256 j = 0; j < listed.length && !found; ++j) found = listed[j] == serials[i];
            if (!found) revert SerialNotListed(serials[i]);
        }
        if (_hasRoot(product, serials)) _crls[product].rootRevoked = true;
        policy.recordRevoked(Vendor.SNP, ISSUER_OF_PRODUCT + product, serials, uint40(l.thisUpdate));
    }

    // ---- anybody: evidence

    /// @inheritdoc IEvidenceVerifier
    function verify(bytes calldata evidence, bytes calldata hints) external view returns (Findings memory f) {
        evidence.open();
        if (hints.length < LEAF_RECORD) revert HintsTruncated(hints.length, LEAF_RECORD);
        bytes calldata leaf = hints[:LEAF_RECORD];
        (uint8 product, uint8 role) = (uint8(leaf[96]), uint8(leaf[97]));
        f.authorityEpoch = _checkLeaf(leaf);
        f.issuer = LISTS;
        f.leaf = Objects.serialId(Vendor.SNP, ISSUER_OF_PRODUCT + product, leaf.word(170) >> 96);
        evidence.checkBinding(leaf, product, role);
        _requireSignature(evidence, leaf, hints[LEAF_RECORD:]);
        evidence.checkRules(role, rules());
        _requireList(product);

        f.vendor = Vendor.SNP;
        f.product = _nameOf(product);
        f.measurement = evidence.measurement();
        f.platform = evidence.platform(role);
        f.reportHigh = bytes32(evidence.word(SnpReport.REPORT_DATA));
        f.reportLow = bytes32(evidence.word(SnpReport.REPORT_DATA + 32));
        f.rawTcb = evidence.rawTcb();
        f.status = TcbStatus.UP_TO_DATE;
    }

    /// @inheritdoc IEvidenceVerifier
    function appraise(bytes32, bytes calldata rawTcb, bytes calldata) external pure returns (uint8) {
        if (rawTcb.length != RAW_TCB) revert RawTcbLength(rawTcb.length);
        return TcbStatus.UP_TO_DATE;
    }

    // ---- views

    /// @inheritdoc IEvidenceVerifier
    function vendor() external pure returns (uint8) {
        return Vendor.SNP;
    }

    /// @inheritdoc IEvidenceVerifier
    function steady() external pure returns (bool) {
        return true;
    }

    /// @inheritdoc ISnpVerifier
    function inForce(bytes32 object) external view returns (bytes32) {
        return _inForce[object];
    }

    /// @inheritdoc ISnpVerifier
    function crl(uint8 product) external view returns (uint256 thisUpdate, uint256 until) {
        return (_crls[product].thisUpdate, _crls[product].until);
    }

    /// @inheritdoc ISnpVerifier
    function leafKnown(bytes32 leafTag) external view returns (bool) {
        return _leaves[leafTag] != 0;
    }

    /// @inheritdoc ISnpVerifier
    function rules() public view returns (SnpRules memory) {
        return SnpRules(_maxVmpl, _vlek, _listsRequired);
    }

    /// @inheritdoc ISnpVerifier
    function rootHash(uint8 product) external view returns (bytes32) {
        return _roots[product].hash;
    }

    // ---- internals: certificates

    function _nameOf(uint8 product) private pure returns (bytes32) {
        return product == SnpReport.MILAN ? bytes32("Milan") : product == SnpReport.GENOA ? bytes32("Genoa") : bytes32("Turin");
    }

    /// prefix and the product's name, left-aligned; `length` bytes of prefix.
    function _named(bytes32 prefix, uint256 length, uint8 product) private pure returns (bytes32) {
        return prefix | _nameOf(product) >> (8 * length);
    }

    function _pin(bytes memory root, Reader384 reader_) private {
        (Certificate384.Certificate memory c, bytes memory key) = reader_.certificate(root);
        uint8 product = 0;
        while (product < PRODUCTS && c.commonName != _named("ARK-", 4, product)) ++product;
        uint16 both = X509.USAGE_CERT_SIGN | X509.USAGE_CRL_SIGN;
        if (
            product == PRODUCTS || c.keyKind != Certificate384.RSA_KEY || !c.isCa || c.usage & both != both
                || c.pathLength == 0 || c.issuer != c.subject
        ) revert RootNotAuthority();
        bytes32 hash = sha256(root);
        bytes32 needed = product == SnpReport.MILAN ? ARK_MILAN : product == SnpReport.GENOA ? ARK_GENOA : ARK_TURIN;
        if (block.chainid != DEVELOPMENT_CHAIN && hash != needed) revert RootNotPinned(hash, needed);
        if (_roots[product].hash != 0) revert RootTwice(product);
        _roots[product] = Root(keccak256(key), c.subject, hash, uint40(c.notAfter), uint160(c.serial));
    }

    function _requireNow(uint256 from, uint256 until) private view {
        if (block.timestamp < from || block.timestamp > until) revert NotValidNow(from, until, block.timestamp);
    }

    /// 32 bits end in 2106; certificates may be made for longer.
    function _clamp(uint256 time) private pure returns (uint32) {
        return time > type(uint32).max ? type(uint32).max : uint32(time);
    }

    /// A product's root for its number (role 0), else an authority that was posted, is in date and not stale.
    function _issuer(bytes32 issuer, uint32 epoch) private view returns (Authority memory a) {
        if (uint256(issuer) < PRODUCTS) {
            uint8 product = uint8(uint256(issuer));
            Root memory r = _root(product);
            return Authority(r.keyTag, r.subject, product, 0, _clamp(r.notAfter), epoch, 0);
        }
        a = _authorities[issuer];
        if (a.role == 0) revert AuthorityUnknown(issuer);
        _requireNow(0, a.notAfter);
        if (a.authorityEpoch != epoch) revert AuthorityStale(issuer);
        _requireUnrevoked(a.product, a.serial);
    }

    function _root(uint8 product) private view returns (Root memory r) {
        r = _rootInDate(product);
        _requireUnrevoked(product, r.serial);
    }

    function _rootInDate(uint8 product) private view returns (Root memory r) {
        r = _roots[product];
        if (r.hash == 0) revert ProductUnknown(product);
        _requireNow(0, r.notAfter);
    }

    function _requireUnrevoked(uint8 product, uint256 serial) private view {
        bytes32 id = Objects.serialId(Vendor.SNP, ISSUER_OF_PRODUCT + product, serial);
        if (policy.isRevoked(Objects.SERIAL, id)) revert CertificateRevoked(id);
    }

    /// An ECDSA signature is none here: it has not the size of an RSA signature.
    function _requireSigned(bytes calldata tbs, bytes memory signature, bytes32 keyTag, bytes calldata modulus)
        private
        view
    {
        bytes32 tag = keccak256(modulus);
        if (tag != keyTag) revert IssuerKeyMismatch(tag, keyTag);
        (bytes32 high, bytes16 low) = Hash384.digest(sha384, tbs);
        if (!RsaPss.verify(sha384, high, low, modulus, signature)) revert SignatureInvalid();
    }

    /// Directly under the root: the common name says what for.
    function _addAuthority(Certificate384.Certificate memory c, bytes memory key, Authority memory root, uint32 epoch)
        private
        returns (bytes32 id)
    {
        uint8 product = root.product;
        uint8 role = c.commonName == _named("SEV-", 4, product)
            ? SnpReport.VCEK
            : c.commonName == _named("SEV-VLEK-", 9, product) ? SnpReport.VLEK : 0;
        if (
            role == 0 || c.keyKind != Certificate384.RSA_KEY || !c.isCa || c.usage & X509.USAGE_CERT_SIGN == 0
        ) revert CertificateRole(c.commonName);
        _requireUnrevoked(product, c.serial);
        uint32 notAfter = _clamp(c.notAfter < root.notAfter ? c.notAfter : root.notAfter);
        bytes32 keyTag = keccak256(key);
        // the serial too: a withdrawn certificate and its successor may have one key
        id = keccak256(abi.encode(role, product, c.subject, keyTag, c.serial));
        _authorities[id] = Authority(keyTag, c.subject, product, role, notAfter, epoch, uint160(c.serial));
        emit AuthorityPosted(id, product, role, c.serial, notAfter);
        if (!_listsRequired) policy.noteList(Vendor.SNP, LISTS, type(uint32).max);
    }

    function _addLeaf(
        Certificate384.Certificate memory c,
        bytes memory key,
        AmdKey.Key memory k,
        Authority memory a,
        uint32 epoch
    ) private returns (bytes32 leafTag) {
        bytes32 name = a.role == SnpReport.VCEK ? bytes32("SEV-VCEK") : bytes32("SEV-VLEK");
        if (c.commonName != name || c.keyKind != Certificate384.P384_KEY || c.isCa) revert CertificateRole(c.commonName);
        _requireExtensions(k, a.product, a.role);
        bytes memory record = abi.encodePacked(
            key,
            a.product,
            a.role,
            k.hwid,
            new bytes(64 - k.hwid.length),
            _reportedTcb(k.levels, a.product),
            a.serial,
            _clamp(c.notAfter < a.notAfter ? c.notAfter : a.notAfter)
        );
        leafTag = keccak256(record);
        _leaves[leafTag] = uint256(epoch) + 1;
        bytes32 serialId = Objects.serialId(Vendor.SNP, ISSUER_OF_PRODUCT + a.product, a.serial);
        emit LeafPosted(leafTag, serialId, _nameOf(a.product), record);
    }

    function _requireExtensions(AmdKey.Key memory k, uint8 product, uint8 role) private pure {
        bool turin = product == SnpReport.TURIN;
        // "Milan" or "Milan-" and a stepping
        bytes32 name = _nameOf(product);
        bool named = bytes5(k.product) == bytes5(name) && (k.product == name || k.product[5] == "-");
        // FMC in Turin and only there, where the fourth level is none
        bool levels = (k.present >> 9) & 1 == (turin ? 1 : 0) && !(turin && (k.present >> 4) & 1 == 1);
        bool chip = role == SnpReport.VCEK
            ? k.hwid.length == (turin ? 8 : 64) && k.csp.length == 0
            : k.hwid.length == 0 && k.csp.length != 0;
        if (!named || !levels || !chip) revert AmdExtensions(k.product);
    }

    /// Patch levels in the order of REPORTED_TCB's bytes (attestation.md 2.2).
    function _reportedTcb(uint256 levels, uint8 product) private pure returns (bytes8 tcb) {
        // numbers of the levels, first byte first: FMC BL TEE SNP 5 6 7 UCODE; BL TEE 4 5 6 7 SNP UCODE
        uint256 order = product == SnpReport.TURIN ? 0x0901020305060708 : 0x0102040506070308;
        uint256 out;
        for (uint256 i = 0; i < 8; ++i) out = out << 8 | ((levels >> (8 * ((order >> (56 - 8 * i)) & 0xff))) & 0xff);
        return bytes8(uint64(out));
    }

    // ---- internals: revocation lists

    function _openList(bytes calldata list, uint8 product, bytes calldata modulus)
        private
        view
        returns (Certificate384.RevocationList memory l, uint256[] memory serials)
    {
        (l, serials) = reader.revocationList(list);
        _requireNow(l.thisUpdate, l.nextUpdate);
        // a root that its own list has revoked can still take away, and gives nothing
        Root memory r = _rootInDate(product);
        if (l.issuer != r.subject) revert IssuerMismatch(l.issuer, r.subject);
        _requireSigned(list[l.tbsStart:l.tbsEnd], l.signature, r.keyTag, modulus);
    }

    /// A list may name the ARK that signed it: nothing below it counts any more.
    function _hasRoot(uint8 product, uint256[] memory serials) private view returns (bool found) {
        uint256 serial = _roots[product].serial;
        for (uint256 i = 0; i < serials.length && !found; ++i) found = serials[i] == serial;
    }

    /// TcbPolicy asks for one date; the products' own are looked at in verify.
    function _noteLists() private {
        uint256 latest;
        for (uint8 product = 0; product < PRODUCTS; ++product) {
            if (_crls[product].until > latest) latest = _crls[product].until;
        }
        if (_listsRequired) policy.noteList(Vendor.SNP, LISTS, _clamp(latest));
    }

    function _requireList(uint8 product) private view {
        Crl memory list = _crls[product];
        if (_listsRequired && block.timestamp > list.until) revert CrlMissing(product, list.until);
        if (list.rootRevoked) {
            revert CertificateRevoked(Objects.serialId(Vendor.SNP, ISSUER_OF_PRODUCT + product, _roots[product].serial));
        }
    }

    // ---- internals: evidence

    /// The record is of a posted certificate that is in date. (TcbPolicy looks at its issuer's revocation.)
    function _checkLeaf(bytes calldata leaf) private view returns (uint32 epoch) {
        bytes32 tag = keccak256(leaf);
        uint256 plusOne = _leaves[tag];
        if (plusOne == 0) revert LeafUnknown(tag);
        uint256 until = uint32(leaf.word(162));
        if (block.timestamp > until) revert LeafExpired(until);
        return uint32(plusOne - 1);
    }

    function _requireSignature(bytes calldata evidence, bytes calldata leaf, bytes calldata hints) private view {
        (bytes32 high, bytes16 low) = Hash384.digest(sha384, evidence[:SnpReport.SIGNED_SIZE]);
        if (!Ecdsa384.verify(p384, high, low, evidence.signature(), leaf[:96], hints)) revert SnpSignature();
    }
}
