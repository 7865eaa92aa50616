// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BlockHistory} from "../base/BlockHistory.sol";
import {Ids} from "../base/Ids.sol";
import {Labels} from "../base/Labels.sol";
import {Objects} from "../base/Objects.sol";
import {Claims, Kind} from "../base/Types.sol";
import {IAttestations} from "../interfaces/IAttestations.sol";
import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";
import {IGuardianCouncil} from "../interfaces/IGuardianCouncil.sol";
import {ITcbPolicy} from "../interfaces/ITcbPolicy.sol";
import {IVerifierRouter} from "../interfaces/IVerifierRouter.sol";

/// @title  Attestations - which enclave proved what, and until when
/// @notice Callers: attest, recheck - anybody. Nobody can delete or rewrite a record. The manual is
///         IAttestations.
/// @custom:invariant AT1 boundBlock of a record never falls
/// @custom:invariant AT2 recheck never moves validUntil, attestedAt, boundBlock or claims
/// @custom:invariant AT3 a record whose leaf was found revoked stands so until attested anew
/// @custom:assumes   EIP-2935 has code; a verifier's answer depends on evidence, collateral and block only
/// @custom:storage   _records: two words per key, drawn in IAttestations
/// @custom:gas       attest TDX 160,000 first, 110,000 renewal; recheck SNP, Nitro 45,000 (contracts/gas)
/// @custom:source    SPEC 3-5; attestation.md C4, C7
contract Attestations is IAttestations {
    // bit offsets in word 1, drawn in IAttestations
    uint256 private constant KIND = 8;
    uint256 private constant STATUS = 16;
    uint256 private constant STANDING = 24;
    uint256 private constant VERIFIER_ID = 32;
    uint256 private constant EPOCH = 48;
    uint256 private constant BOUND_BLOCK = 80;
    uint256 private constant ATTESTED_AT = 120;
    uint256 private constant VALID_UNTIL = 160;
    uint256 private constant LEAF_TAG = 200;

    uint8 private constant GOOD = 1;
    uint8 private constant REFUSED = 2;
    uint8 private constant LEAF_REVOKED = 3;

    /// EIP-2935 keeps 8,191 hashes
    uint64 private constant MAX_BOUND_AGE = 8000;
    uint40 private constant MAX_AGE = 30 days;

    IVerifierRouter public immutable router;
    ITcbPolicy public immutable policy;
    IGuardianCouncil public immutable council;
    uint64 public immutable maxBoundAgeBlocks;
    uint40 public immutable maxAgeSeconds;

    /// A record as its two words: packing them by hand saves 1,500 gas of an attest (contracts/gas).
    struct Words {
        bytes32 claims;
        uint256 state;
    }

    mapping(bytes32 record => Record) private _records;

    constructor(address router_, address policy_, address council_, uint64 maxBoundAge, uint40 maxAge) {
        BlockHistory.requirePresent();
        if (maxBoundAge == 0 || maxBoundAge > MAX_BOUND_AGE) revert PeriodOutOfRange(maxBoundAge, 1, MAX_BOUND_AGE);
        if (maxAge == 0 || maxAge > MAX_AGE) revert PeriodOutOfRange(maxAge, 1, MAX_AGE);
        router = IVerifierRouter(router_);
        policy = ITcbPolicy(policy_);
        council = IGuardianCouncil(council_);
        maxBoundAgeBlocks = maxBoundAge;
        maxAgeSeconds = maxAge;
    }

    // ---- anybody

    /// @inheritdoc IAttestations
    function attest(
        uint8 kind,
        bytes32 subject,
        bytes32 context,
        address verifier,
        uint64 boundBlock,
        bytes calldata evidence,
        bytes calldata hints
    ) external returns (bytes32 record) {
        (bytes32 high, bytes32 low) = _expected(kind, subject, context, boundBlock);
        // judge refuses what another contract than an active verifier has said
        IEvidenceVerifier.Findings memory f = IEvidenceVerifier(verifier).verify(evidence, hints);
        if (f.reportHigh != high) revert ReportDataMismatch(f.reportHigh, high);
        if (f.reportLow != low) revert ReportDataNotReserved(f.reportLow);
        if (kind == Kind.APP) _requireUnfrozen(f, verifier);
        (uint32 epoch, uint16 verifierId) = policy.judge(
            ITcbPolicy.Subject(
                verifier, f.vendor, f.issuer, f.product, f.platform, f.leaf, f.status, f.authorityEpoch, f.rawTcb
            )
        );

        record = Ids.record(kind, subject, context, f.measurement, f.platform, verifier);
        // Ids.claims of the same fields, without a copy of them
        bytes32 claims = keccak256(
            abi.encode(
                Labels.CLAIMS, f.vendor, f.product, f.measurement, abi.encodePacked(high, low), f.platform, f.rawTcb
            )
        );
        Words storage w = _words(record);
        uint256 recorded = uint40(w.state >> BOUND_BLOCK);
        if (recorded >= boundBlock) {
            // a copy of a transaction that came first must not make the original fail
            if (recorded == boundBlock && w.claims == claims) return record;
            revert BoundBlockNotNewer(uint40(boundBlock), uint40(recorded));
        }
        uint256 state = uint256(f.vendor) | uint256(kind) << KIND | uint256(f.status) << STATUS
            | uint256(GOOD) << STANDING | uint256(verifierId) << VERIFIER_ID | uint256(epoch) << EPOCH
            | uint256(boundBlock) << BOUND_BLOCK | block.timestamp << ATTESTED_AT
            | (block.timestamp + maxAgeSeconds) << VALID_UNTIL | uint256(uint56(bytes7(f.leaf))) << LEAF_TAG;
        w.claims = claims;
        w.state = state;
        emit Attested(record, subject, context, verifier, f.measurement, f.platform, claims, state);
    }

    /// @inheritdoc IAttestations
    function recheck(bytes32 record, Preimage calldata p, bytes calldata rawTcb, bytes calldata hints) external {
        Words storage w = _words(record);
        bytes32 recorded = w.claims;
        if (recorded == 0) revert NoRecord(record);
        uint256 before = w.state;
        uint8 vendor = uint8(before);
        bytes32 claims = _claims(vendor, p, rawTcb);
        if (claims != recorded) revert ClaimsMismatch(claims, recorded);
        bytes32 leaf = Objects.serialId(vendor, p.issuer, p.serial);
        if (uint56(bytes7(leaf)) != before >> LEAF_TAG) revert LeafMismatch(record, leaf);
        (bytes4 cause, uint8 status, uint32 epoch) = policy.reconsider({
            verifierId: uint16(before >> VERIFIER_ID),
            vendor: vendor,
            recorded: uint8(before >> STATUS),
            product: p.product,
            platform: p.platform,
            leaf: leaf,
            rawTcb: rawTcb,
            hints: hints
        });
        uint256 standing = uint8(before >> STANDING);
        if (standing != LEAF_REVOKED) {
            standing = cause == 0 ? GOOD : cause == ITcbPolicy.LeafRevoked.selector ? LEAF_REVOKED : REFUSED;
        }
        uint256 word = before & ~(0xffff << STATUS | uint256(type(uint32).max) << EPOCH) | uint256(status) << STATUS
            | standing << STANDING | uint256(epoch) << EPOCH;
        if (word == before) return;
        w.state = word;
        emit Rechecked(record, before, word);
    }

    // ---- views

    /// @inheritdoc IAttestations
    function live(bytes32 record) external view returns (bool) {
        Record memory r = recordOf(record);
        if (r.standing != GOOD || block.timestamp > r.validUntil) return false;
        if (!router.isActive(r.verifierId) || !policy.vendorAccepted(r.vendor)) return false;
        if (council.anyFreezeUntil() < block.timestamp) return true;
        address verifier = router.verifierOf(r.verifierId);
        return _frozenUntil(Objects.VENDOR, Objects.vendorId(r.vendor)) < block.timestamp
            && _frozenUntil(Objects.VERIFIER, Objects.verifierId(verifier)) < block.timestamp;
    }

    /// @inheritdoc IAttestations
    function recordOf(bytes32 record) public view returns (Record memory) {
        return _records[record];
    }

    /// @inheritdoc IAttestations
    function claimsOf(Claims calldata preimage) public pure returns (bytes32) {
        return Ids.claims(preimage);
    }

    /// @inheritdoc IAttestations
    function reportData(uint8 kind, bytes32 subject, bytes32 context, uint64 boundBlock, bytes32 blockHash)
        public
        view
        returns (bytes32 high, bytes32 low)
    {
        if (kind != Kind.NODE && kind != Kind.APP) revert UnknownKind(kind);
        bytes32 tag = kind == Kind.NODE ? Labels.REPORT_NODE : Labels.REPORT_APP;
        high = keccak256(
            abi.encode(tag, block.chainid, address(this), subject, context, uint256(boundBlock), blockHash)
        );
        low = Labels.REPORT;
    }

    // ---- internals

    /// Report data for a bound block that is neither too old nor to come.
    function _expected(uint8 kind, bytes32 subject, bytes32 context, uint64 boundBlock)
        private
        view
        returns (bytes32 high, bytes32 low)
    {
        if (boundBlock >= block.number) revert BoundBlockInFuture(boundBlock, block.number - 1);
        if (block.number - boundBlock > maxBoundAgeBlocks) {
            revert BoundBlockTooOld(boundBlock, block.number - maxBoundAgeBlocks);
        }
        return reportData(kind, subject, context, boundBlock, BlockHistory.hashOf(boundBlock));
    }

    /// Applications cannot renew under a freeze that covers them (SPEC 10).
    function _requireUnfrozen(IEvidenceVerifier.Findings memory f, address verifier) private view {
        if (council.anyFreezeUntil() < block.timestamp) return;
        _requireObjectUnfrozen(Objects.VENDOR, Objects.vendorId(f.vendor));
        _requireObjectUnfrozen(Objects.PRODUCT, Objects.productId(f.vendor, f.product));
        _requireObjectUnfrozen(Objects.PLATFORM, f.platform);
        _requireObjectUnfrozen(Objects.SERIAL, f.leaf);
        _requireObjectUnfrozen(Objects.MEASUREMENT, f.measurement);
        _requireObjectUnfrozen(Objects.VERIFIER, Objects.verifierId(verifier));
    }

    function _requireObjectUnfrozen(uint8 kind, bytes32 id) private view {
        uint40 until = _frozenUntil(kind, id);
        if (until >= block.timestamp) revert Frozen(kind, id, until);
    }

    function _frozenUntil(uint8 kind, bytes32 id) private view returns (uint40) {
        return council.frozenUntil(Objects.objectOf(kind, id));
    }

    /// Ids.claims of a record's vendor and these fields, the report data ending in the reserved half: what
    /// abi.encode would lay out, written once behind the free memory pointer and left there (500 gas less).
    function _claims(uint8 vendor, Preimage calldata p, bytes calldata rawTcb) private pure returns (bytes32 claims) {
        (bytes32 tag, bytes32 reserved) = (Labels.CLAIMS, Labels.REPORT);
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore(m, tag)
            mstore(add(m, 0x20), and(vendor, 0xff))
            calldatacopy(add(m, 0x40), p, 0x40) // product, measurement
            mstore(add(m, 0x80), 0xe0) // where report data stands
            mstore(add(m, 0xa0), calldataload(add(p, 0x60))) // platform
            mstore(add(m, 0xc0), 0x140) // where rawTcb stands
            mstore(add(m, 0xe0), 0x40)
            mstore(add(m, 0x100), calldataload(add(p, 0x40))) // reportHigh
            mstore(add(m, 0x120), reserved)
            let size := and(add(rawTcb.length, 0x1f), not(0x1f))
            mstore(add(add(m, 0x140), size), 0) // zeros behind the last byte; without any, the length's place
            mstore(add(m, 0x140), rawTcb.length)
            calldatacopy(add(m, 0x160), rawTcb.offset, rawTcb.length)
            claims := keccak256(m, add(0x160, size))
        }
    }

    function _words(bytes32 record) private view returns (Words storage w) {
        Record storage r = _records[record];
        assembly {
            w.slot := r.slot
        }
    }
}
