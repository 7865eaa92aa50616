// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceErrors} from "../interfaces/IEvidenceErrors.sol";
import {ISnpVerifier} from "../interfaces/ISnpVerifier.sol";
import {Vendor} from "../base/Types.sol";

/// @title  SnpReport - layout of an SEV-SNP report, and the checks that need only its bytes
/// @notice Multi-byte fields of a report are little-endian; TCB versions are read as bytes.
/// @custom:source attestation.md 2.1, 2.2, 2.4
library SnpReport {
    uint256 internal constant SIZE = 1184;
    uint256 internal constant SIGNED_SIZE = 0x2a0;
    uint256 internal constant REPORT_DATA = 0x50;
    uint256 internal constant REPORTED_TCB = 0x180;
    uint256 internal constant CHIP_ID = 0x1a0;

    uint256 private constant POLICY = 0x08;
    uint256 private constant VMPL = 0x30;
    uint256 private constant ALGORITHM = 0x34;
    uint256 private constant CURRENT_TCB = 0x38;
    uint256 private constant PLATFORM_INFO = 0x40;
    uint256 private constant KEY_INFO = 0x48;
    uint256 private constant MEASUREMENT = 0x90;
    uint256 private constant HOST_DATA = 0xc0;
    uint256 private constant ID_KEY_DIGEST = 0xe0;
    uint256 private constant CPUID = 0x188;
    uint256 private constant COMMITTED_TCB = 0x1e0;
    uint256 private constant LAUNCH_TCB = 0x1f0;
    uint256 private constant MITIGATIONS = 0x1f8;
    uint256 private constant SIGNATURE_R = 0x2a0;
    uint256 private constant SIGNATURE_S = 0x2e8;

    uint64 private constant POLICY_ONE = 1 << 17;
    uint64 private constant POLICY_MIGRATE = 1 << 18;
    uint64 private constant POLICY_DEBUG = 1 << 19;
    uint64 private constant POLICY_KNOWN = 0x03ffffff;
    uint32 private constant KEY_MASKED = 1 << 1;
    uint32 private constant KEY_INFO_KNOWN = 0x1f;

    uint8 internal constant MILAN = 0;
    uint8 internal constant GENOA = 1;
    uint8 internal constant TURIN = 2;
    uint8 internal constant VCEK = 1;
    uint8 internal constant VLEK = 2;

    function word(bytes calldata e, uint256 at) internal pure returns (uint256 w) {
        assembly ("memory-safe") {
            w := calldataload(add(e.offset, at))
        }
    }

    /// @notice Length, version, algorithm and everything reserved.
    function open(bytes calldata e) internal pure {
        if (e.length != SIZE) revert IEvidenceErrors.EvidenceLength(e.length, SIZE);
        uint256 version = _le32(word(e, 0));
        if (version < 2 || version > 5) revert ISnpVerifier.SnpVersion(uint32(version));
        uint256 algorithm = _le32(word(e, ALGORITHM));
        if (algorithm != 1) revert ISnpVerifier.SnpAlgorithm(uint32(algorithm));
        _requireZero(e, 0x4c, 4);
        // version 2 has no family, model, stepping
        _requireZero(e, version == 2 ? 0x188 : 0x18b, version == 2 ? 24 : 21);
        _requireZero(e, 0x1eb, 1);
        _requireZero(e, 0x1ef, 1);
        if (version < 5) _requireZero(e, MITIGATIONS, 16);
        _requireZero(e, 0x208, 152);
        _requireZero(e, SIGNATURE_R + 48, 24);
        _requireZero(e, SIGNATURE_S + 48, 24);
        _requireZero(e, 0x330, 368);
        if (_le32(word(e, KEY_INFO)) & ~uint256(KEY_INFO_KNOWN) != 0) revert ISnpVerifier.SnpReserved(KEY_INFO);
        if (_le64(word(e, POLICY)) & ~uint256(POLICY_KNOWN) != 0) revert ISnpVerifier.SnpReserved(POLICY);
    }

    /// @notice The report belongs to the key of that leaf record, and its processor to the product.
    function checkBinding(bytes calldata e, bytes calldata leaf, uint8 product, uint8 role) internal pure {
        uint256 keyInfo = _le32(word(e, KEY_INFO));
        // SIGNING_KEY: 0 VCEK, 1 VLEK
        if (keyInfo >> 2 != role - 1) revert ISnpVerifier.SnpSigningKey(uint32(keyInfo));
        if (role == VCEK && keyInfo & KEY_MASKED != 0) revert ISnpVerifier.SnpMaskedChipKey();
        if (_le32(word(e, 0)) > 2 && _productOf(word(e, CPUID) >> 240) != product) {
            revert ISnpVerifier.SnpProduct(uint8(e[CPUID]), uint8(e[CPUID + 1]));
        }
        _checkTcbs(e, product);
        bytes8 reported = bytes8(bytes32(word(e, REPORTED_TCB)));
        bytes8 needed = bytes8(bytes32(word(leaf, 162)));
        if (reported != needed) revert ISnpVerifier.SnpReportedTcb(reported, needed);
        // HWID and zeros behind it; zero is no chip's id
        uint256 high = word(e, CHIP_ID);
        uint256 low = word(e, CHIP_ID + 32);
        if (role == VCEK && (high | low == 0 || high != word(leaf, 98) || low != word(leaf, 130))) {
            revert ISnpVerifier.SnpChipId();
        }
    }

    /// @notice What a guest of this network may be.
    function checkRules(bytes calldata e, uint8 role, ISnpVerifier.SnpRules memory r) internal pure {
        if (role == VLEK && !r.vlek) revert ISnpVerifier.SnpVlek();
        uint64 guest = uint64(_le64(word(e, POLICY)));
        if (guest & POLICY_DEBUG != 0) revert ISnpVerifier.SnpDebug(guest);
        if (guest & POLICY_MIGRATE != 0) revert ISnpVerifier.SnpMigratable(guest);
        if (guest & POLICY_ONE == 0) revert ISnpVerifier.SnpGuestPolicy(guest);
        uint256 vmpl = _le32(word(e, VMPL));
        if (vmpl > r.maxVmpl) revert ISnpVerifier.SnpVmpl(uint32(vmpl), r.maxVmpl);
    }

    /// @notice r and s of the signature, big-endian, 48 bytes each.
    function signature(bytes calldata e) internal pure returns (bytes memory rs) {
        rs = new bytes(96);
        uint256 rLow = _reversed(word(e, SIGNATURE_R));
        uint256 rHigh = _reversed(word(e, SIGNATURE_R + 32)) & type(uint128).max;
        uint256 sLow = _reversed(word(e, SIGNATURE_S));
        uint256 sHigh = _reversed(word(e, SIGNATURE_S + 32)) & type(uint128).max;
        assembly ("memory-safe") {
            mstore(add(rs, 32), or(shl(128, rHigh), shr(128, rLow)))
            mstore(add(rs, 64), or(shl(128, rLow), sHigh))
            mstore(add(rs, 96), sLow)
        }
    }

    /// @notice measurement of SPEC 4: MEASUREMENT, HOST_DATA, POLICY, ID_KEY_DIGEST, AUTHOR_KEY_DIGEST, VMPL.
    function measurement(bytes calldata e) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                Vendor.SNP,
                bytes.concat(
                    e[MEASUREMENT:HOST_DATA + 32], e[POLICY:POLICY + 8], e[ID_KEY_DIGEST:ID_KEY_DIGEST + 96], e[VMPL:VMPL + 4]
                )
            )
        );
    }

    /// @notice platform of SPEC 4; zero for a VLEK.
    function platform(bytes calldata e, uint8 role) internal pure returns (bytes32) {
        if (role != VCEK) return 0;
        return keccak256(abi.encode(Vendor.SNP, e[CHIP_ID:CHIP_ID + 64]));
    }

    /// @notice rawTcb of attestation.md C7, 56 bytes.
    function rawTcb(bytes calldata e) internal pure returns (bytes memory) {
        return bytes.concat(
            e[CURRENT_TCB:CURRENT_TCB + 8],
            e[REPORTED_TCB:REPORTED_TCB + 8],
            e[COMMITTED_TCB:COMMITTED_TCB + 8],
            e[LAUNCH_TCB:LAUNCH_TCB + 8],
            e[PLATFORM_INFO:PLATFORM_INFO + 8],
            // before version 5 reserved, and zero by open()
            e[MITIGATIONS:MITIGATIONS + 16]
        );
    }

    /// Bytes that the product's layout does not use are zero, and CURRENT >= COMMITTED >= REPORTED.
    function _checkTcbs(bytes calldata e, uint8 product) private pure {
        uint256 current = word(e, CURRENT_TCB) >> 192;
        uint256 reported = word(e, REPORTED_TCB) >> 192;
        uint256 committed = word(e, COMMITTED_TCB) >> 192;
        uint256 launch = word(e, LAUNCH_TCB) >> 192;
        // first byte on top: Turin has 0 to 3 and 7, the others 0, 1, 6 and 7
        uint256 unused = product == TURIN ? 0x00000000ffffff00 : 0x0000ffffffff0000;
        if ((current | reported | committed | launch) & unused != 0) revert ISnpVerifier.SnpReserved(CURRENT_TCB);
        for (uint256 i = 0; i < 64; i += 8) {
            uint256 middle = (committed >> i) & 0xff;
            if (middle > (current >> i) & 0xff || (reported >> i) & 0xff > middle) revert ISnpVerifier.SnpTcbOrder();
        }
    }

    /// Family and model, a byte each; a number of no product if unknown.
    function _productOf(uint256 familyModel) private pure returns (uint8) {
        uint256 model = familyModel & 0xff;
        if (familyModel >> 8 == 0x19) {
            if (model <= 0x0f) return MILAN;
            if ((model >= 0x10 && model <= 0x1f) || (model >= 0xa0 && model <= 0xaf)) return GENOA;
        }
        if (familyModel >> 8 == 0x1a && model <= 0x11) return TURIN;
        return type(uint8).max;
    }

    function _requireZero(bytes calldata e, uint256 at, uint256 size) private pure {
        uint256 rest;
        uint256 end = at + size;
        uint256 pos = at;
        for (; pos + 32 <= end; pos += 32) rest |= word(e, pos);
        if (pos < end) rest |= word(e, pos) >> (8 * (32 - (end - pos)));
        if (rest != 0) revert ISnpVerifier.SnpReserved(at);
    }

    /// The first four bytes of a word as a little-endian number.
    function _le32(uint256 w) private pure returns (uint256) {
        return _reversed(w) & 0xffffffff;
    }

    function _le64(uint256 w) private pure returns (uint256) {
        return _reversed(w) & type(uint64).max;
    }

    /// Bytes in the opposite order.
    function _reversed(uint256 w) private pure returns (uint256) {
        unchecked {
            uint256 m = 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;
            w = ((w >> 8) & m) | ((w & m) << 8);
            m = 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
            w = ((w >> 16) & m) | ((w & m) << 16);
            m = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
            w = ((w >> 32) & m) | ((w & m) << 32);
            m = 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff;
            w = ((w >> 64) & m) | ((w & m) << 64);
            return (w >> 128) | (w << 128);
        }
    }
}
