// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vendor} from "../base/Types.sol";
import {ITdxVerifier} from "../interfaces/ITdxVerifier.sol";
import {P256} from "./P256.sol";

/// @title  TdxQuote - layout of a stripped TDX quote, and the checks that need only its bytes
/// @notice Positions are offsets into the evidence; open() has bounded all of them.
/// @custom:source attestation.md 1.1, 1.4
library TdxQuote {
    uint256 internal constant MAX_EVIDENCE = 8192;
    /// signature 64, key 64, QE report 384, its signature 64
    uint256 internal constant BEHIND_SIGNED = 576;
    bytes16 internal constant INTEL_QE_VENDOR = 0x939a7233f79c4ca9940a0db3957f0607;

    uint256 internal constant SEPT_DEBUG_GROUP = 0xff;
    uint256 internal constant MIGRATABLE = 1 << 29;
    uint256 internal constant QE_ATTRIBUTE_DEBUG = 0x02;

    // offsets in the body
    uint256 internal constant MRSIGNERSEAM = 64;
    uint256 internal constant SEAMATTRIBUTES = 112;
    uint256 internal constant TDATTRIBUTES = 120;
    uint256 internal constant XFAM = 128;
    uint256 internal constant MRTD = 136;
    uint256 internal constant MRCONFIGID = 184;
    uint256 internal constant RTMR0 = 328;
    uint256 internal constant REPORTDATA = 520;
    uint256 internal constant TEE_TCB_SVN2 = 584;
    uint256 internal constant MRSERVICETD = 600;

    // offsets in the QE report
    uint256 internal constant QE_MISCSELECT = 16;
    uint256 internal constant QE_ATTRIBUTES = 48;
    uint256 internal constant QE_MRSIGNER = 128;
    uint256 internal constant QE_ISVPRODID = 256;
    uint256 internal constant QE_ISVSVN = 258;
    uint256 internal constant QE_REPORTDATA = 320;

    /// @param body       where the TD report starts
    /// @param signedEnd  end of the signed bytes
    /// @param qe         where the QE report starts
    /// @param is15       the body is a TD report 1.5 (or Ex): it has TEE_TCB_SVN2 and MRSERVICETD
    struct Layout {
        uint256 body;
        uint256 signedEnd;
        uint256 qe;
        bool is15;
    }

    function word(bytes calldata e, uint256 pos) internal pure returns (uint256 w) {
        assembly {
            w := calldataload(add(e.offset, pos))
        }
    }

    /// @notice Header, body type and lengths.
    function open(bytes calldata e) internal pure returns (Layout memory q) {
        if (e.length > MAX_EVIDENCE) revert ITdxVerifier.EvidenceTooLarge(e.length, MAX_EVIDENCE);
        if (e.length < 54) revert ITdxVerifier.EvidenceTruncated(e.length, 54);
        uint256 header = word(e, 0);
        uint256 version = _le16(header >> 240);
        if (version != 4 && version != 5) revert ITdxVerifier.UnsupportedVersion(uint16(version));
        uint256 keyType = _le16((header >> 224) & 0xffff);
        if (keyType != 2) revert ITdxVerifier.UnsupportedKeyType(uint16(keyType));
        uint256 tee = _le32((header >> 192) & 0xffffffff);
        if (tee != 0x81) revert ITdxVerifier.UnsupportedTee(uint32(tee));
        bytes16 qeVendor = bytes16(bytes32(word(e, 12)));
        if (qeVendor != INTEL_QE_VENDOR) revert ITdxVerifier.QeVendor(qeVendor);
        uint256 size = 584;
        q.body = 48;
        if (version == 5) {
            uint256 descriptor = word(e, 48);
            uint256 kind = _le16(descriptor >> 240);
            size = _le32((descriptor >> 208) & 0xffffffff);
            uint256 needed = kind == 2 ? 584 : kind == 3 ? 648 : kind == 4 ? 885 : 0;
            if (needed == 0 || size != needed) revert ITdxVerifier.BodyType(uint16(kind), uint32(size));
            q.body = 54;
            q.is15 = kind != 2;
        }
        q.signedEnd = q.body + size;
        q.qe = q.signedEnd + 128;
        if (e.length < q.signedEnd + BEHIND_SIGNED) {
            revert ITdxVerifier.EvidenceTruncated(e.length, q.signedEnd + BEHIND_SIGNED);
        }
    }

    /// @notice The QE report is signed by the leaf's key and binds the attestation key, which signed the
    ///         quote (steps 7 and 9).
    function checkSignatures(bytes calldata e, Layout memory q, uint256 leafX, uint256 leafY) internal view {
        uint256 qe = q.qe;
        if (!P256.verify(sha256(e[qe:qe + 384]), word(e, qe + 384), word(e, qe + 416), leafX, leafY)) {
            revert ITdxVerifier.QeSignature();
        }
        // attestation key, then all authentication data
        bytes32 binding = sha256(abi.encodePacked(e[qe - 64:qe], e[qe + 448:]));
        if (word(e, qe + QE_REPORTDATA) != uint256(binding) || word(e, qe + QE_REPORTDATA + 32) != 0) {
            revert ITdxVerifier.QeBinding();
        }
        uint256 end = q.signedEnd;
        if (
            !P256.verify(
                sha256(e[:end]), word(e, end), word(e, end + 32), word(e, end + 64), word(e, end + 96)
            )
        ) revert ITdxVerifier.QuoteSignature();
    }

    /// @notice The QE is the one of the identity (step 8).
    function checkQe(bytes calldata e, uint256 qe, bytes calldata table) internal pure {
        unchecked {
            uint256 attributes = word(e, qe + QE_ATTRIBUTES) >> 128;
            if ((attributes >> 120) & QE_ATTRIBUTE_DEBUG != 0) revert ITdxVerifier.QeDebug();
            uint256 misc = word(e, qe + QE_MISCSELECT) >> 224;
            uint256 head = word(table, 0);
            if (misc & ((head >> 192) & 0xffffffff) != head >> 224) {
                revert ITdxVerifier.QeMiscselect(bytes4(uint32(misc)));
            }
            if (attributes & (word(table, 24) >> 128) != word(table, 8) >> 128) {
                revert ITdxVerifier.QeAttributes(bytes16(uint128(attributes)));
            }
            if (word(e, qe + QE_MRSIGNER) != word(table, 40)) {
                revert ITdxVerifier.QeSigner(bytes32(word(e, qe + QE_MRSIGNER)));
            }
            uint256 product = _le16(word(e, qe + QE_ISVPRODID) >> 240);
            if (product != word(table, 72) >> 240) revert ITdxVerifier.QeProduct(uint16(product));
        }
    }

    /// @notice The TDX module is the one of the table at `module` (step 6).
    function checkModule(bytes calldata e, uint256 body, bytes calldata table, uint256 module) internal pure {
        unchecked {
            if (module == 0) revert ITdxVerifier.ModuleUnknown(uint8(word(e, body) >> 240));
            if (
                word(e, body + MRSIGNERSEAM) != word(table, module + 1)
                    || word(e, body + MRSIGNERSEAM + 32) >> 128 != word(table, module + 33) >> 128
            ) revert ITdxVerifier.ModuleSigner();
            uint256 found = word(e, body + SEAMATTRIBUTES) >> 192;
            // all zero, so also zero under any mask: the identity must want that
            if (found != 0 || word(table, module + 49) >> 192 != 0) {
                revert ITdxVerifier.ModuleAttributes(bytes8(uint64(found)));
            }
        }
    }

    /// @notice What a TD of this network may be (step 11).
    function checkRules(bytes calldata e, Layout memory q, ITdxVerifier.TdRules memory r) internal pure {
        unchecked {
            uint256 flags = word(e, q.body + TDATTRIBUTES);
            uint64 attributes = uint64(_le64(flags >> 192));
            if (attributes & SEPT_DEBUG_GROUP != 0) revert ITdxVerifier.TdDebug(attributes);
            if (attributes & MIGRATABLE != 0) revert ITdxVerifier.TdMigratable(attributes);
            if (attributes & ~r.tdAllowed != 0) {
                revert ITdxVerifier.TdAttributesForbidden(attributes, r.tdAllowed);
            }
            if (attributes & r.tdRequired != r.tdRequired) {
                revert ITdxVerifier.TdAttributesMissing(attributes, r.tdRequired);
            }
            uint64 xfam = uint64(_le64((flags >> 128) & 0xffffffffffffffff));
            if (xfam & ~r.xfamAllowed != 0 || xfam & r.xfamRequired != r.xfamRequired) {
                revert ITdxVerifier.Xfam(xfam);
            }
            if (
                q.is15 && !r.serviceTd
                    && (word(e, q.body + MRSERVICETD) | (word(e, q.body + MRSERVICETD + 32) >> 128)) != 0
            ) revert ITdxVerifier.ServiceTd();
        }
    }

    /// @notice platform of SPEC 4: keccak256(abi.encode(vendor, 16 bytes)); zero for a zero PPID.
    function platform(uint256 ppid) internal pure returns (bytes32 digest) {
        uint8 vendor = Vendor.TDX;
        if (ppid == 0) return 0;
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore(m, vendor)
            mstore(add(m, 0x20), 0x40)
            mstore(add(m, 0x40), 16)
            mstore(add(m, 0x60), shl(128, ppid))
            digest := keccak256(m, 0x80)
        }
    }

    /// @notice measurement of SPEC 4: keccak256(abi.encode(vendor, fields)), the 400 bytes MRTD, RTMR0..3,
    ///         MRCONFIGID, MROWNER, MROWNERCONFIG, TDATTRIBUTES, XFAM.
    function measurement(bytes calldata e, uint256 body) internal pure returns (bytes32 digest) {
        uint8 vendor = Vendor.TDX;
        assembly ("memory-safe") {
            // words: vendor, offset 0x40, length 400, then 400 bytes padded to 416; above free memory
            let m := mload(0x40)
            let source := add(e.offset, body)
            mstore(m, vendor)
            mstore(add(m, 0x20), 0x40)
            mstore(add(m, 0x40), 400)
            calldatacopy(add(m, 0x60), add(source, MRTD), 48)
            calldatacopy(add(m, 0x90), add(source, RTMR0), 192)
            calldatacopy(add(m, 0x150), add(source, MRCONFIGID), 144)
            calldatacopy(add(m, 0x1e0), add(source, TDATTRIBUTES), 16)
            mstore(add(m, 0x1f0), 0)
            digest := keccak256(m, 0x200)
        }
    }

    function _le16(uint256 v) private pure returns (uint256) {
        unchecked {
            return (v & 0xff) << 8 | (v >> 8);
        }
    }

    function _le32(uint256 v) private pure returns (uint256) {
        unchecked {
            v = (v & 0x00ff00ff) << 8 | ((v >> 8) & 0x00ff00ff);
            return (v & 0xffff) << 16 | (v >> 16);
        }
    }

    function _le64(uint256 v) private pure returns (uint256) {
        unchecked {
            v = (v & 0x00ff00ff00ff00ff) << 8 | ((v >> 8) & 0x00ff00ff00ff00ff);
            v = (v & 0x0000ffff0000ffff) << 16 | ((v >> 16) & 0x0000ffff0000ffff);
            return (v & 0xffffffff) << 32 | (v >> 32);
        }
    }
}
