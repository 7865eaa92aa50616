// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SnpReport} from "../../src/evidence/SnpReport.sol";
import {IEvidenceErrors} from "../../src/interfaces/IEvidenceErrors.sol";
import {ISnpVerifier} from "../../src/interfaces/ISnpVerifier.sol";
import {Test} from "../kit/Test.sol";

/// @title  What a report's bytes alone must say, for every version and product; nothing is signed
contract SnpReportTest is Test {
    uint8 internal constant MILAN = 0;
    uint8 internal constant GENOA = 1;
    uint8 internal constant TURIN = 2;
    uint8 internal constant VCEK = 1;
    uint8 internal constant VLEK = 2;

    bytes8 internal constant TCB = 0x0300000000000873;
    bytes8 internal constant TURIN_TCB = 0x0102030400000049;

    // ---- the library from outside

    function open(bytes calldata e) external pure {
        SnpReport.open(e);
    }

    function bind(bytes calldata e, bytes calldata leaf, uint8 product, uint8 role) external pure {
        SnpReport.checkBinding(e, leaf, product, role);
    }

    function judge(bytes calldata e, uint8 role, ISnpVerifier.SnpRules calldata r) external pure {
        SnpReport.checkRules(e, role, r);
    }

    // ---- reports

    function put(bytes memory b, uint256 at, bytes memory what) internal pure returns (bytes memory) {
        for (uint256 i = 0; i < what.length; ++i) b[at + i] = what[i];
        return b;
    }

    function chip() internal pure returns (bytes memory) {
        return abi.encodePacked(keccak256("chip"), keccak256("more of it"));
    }

    function report(uint8 version, bytes2 familyModel, bytes8 tcb) internal pure returns (bytes memory e) {
        e = new bytes(1184);
        e[0] = bytes1(version);
        put(e, 0x08, hex"00000300");
        e[0x34] = 0x01;
        put(e, 0x38, abi.encodePacked(tcb));
        put(e, 0x180, abi.encodePacked(tcb));
        if (version > 2) put(e, 0x188, abi.encodePacked(familyModel));
        put(e, 0x1a0, chip());
        put(e, 0x1e0, abi.encodePacked(tcb));
        put(e, 0x1f0, abi.encodePacked(tcb));
    }

    function milan() internal pure returns (bytes memory) {
        return report(3, 0x1901, TCB);
    }

    /// The fields of a leaf's record that a report is compared with.
    function leafOf(bytes8 tcb, bytes memory hwid) internal pure returns (bytes memory leaf) {
        leaf = new bytes(194);
        put(leaf, 98, hwid);
        put(leaf, 162, abi.encodePacked(tcb));
    }

    // ---- what is expected

    function opens(bytes memory e) internal view {
        this.open(e);
    }

    function closed(bytes memory e, bytes memory cause, string memory what) internal view {
        (bool good, bytes memory answer) = address(this).staticcall(abi.encodeCall(this.open, (e)));
        ok(!good, what);
        eq(answer, cause, what);
    }

    function reserved(bytes memory e, uint256 at, uint256 from, string memory what) internal view {
        closed(put(e, at, hex"01"), abi.encodeWithSelector(ISnpVerifier.SnpReserved.selector, from), what);
    }

    function binds(bytes memory e, bytes memory leaf, uint8 product, uint8 role) internal view {
        this.bind(e, leaf, product, role);
    }

    function loose(bytes memory e, bytes memory leaf, uint8 product, uint8 role, bytes4 cause, string memory what)
        internal
        view
    {
        (bool good, bytes memory answer) = address(this).staticcall(abi.encodeCall(this.bind, (e, leaf, product, role)));
        ok(!good, what);
        eq(bytes32(bytes4(answer)), bytes32(cause), what);
    }

    // ---- open

    function test_versions() external view {
        for (uint8 v = 2; v <= 5; ++v) opens(report(v, 0x1901, TCB));
        for (uint8 v = 0; v < 2; ++v) {
            closed(report(v, 0x1901, TCB), abi.encodeWithSelector(ISnpVerifier.SnpVersion.selector, v), "too old");
        }
        closed(report(6, 0x1901, TCB), abi.encodeWithSelector(ISnpVerifier.SnpVersion.selector, 6), "too new");
        closed(
            put(milan(), 3, hex"01"), abi.encodeWithSelector(ISnpVerifier.SnpVersion.selector, 0x01000003), "four bytes"
        );
    }

    function test_size() external view {
        bytes memory longer = bytes.concat(milan(), hex"00");
        closed(longer, abi.encodeWithSelector(IEvidenceErrors.EvidenceLength.selector, 1185, 1184), "a byte more");
        bytes memory shorter = milan();
        assembly ("memory-safe") {
            mstore(shorter, 1183)
        }
        closed(shorter, abi.encodeWithSelector(IEvidenceErrors.EvidenceLength.selector, 1183, 1184), "a byte less");
        closed("", abi.encodeWithSelector(IEvidenceErrors.EvidenceLength.selector, 0, 1184), "nothing");
    }

    function test_algorithm() external view {
        for (uint8 i = 0; i < 3; ++i) {
            if (i == 1) continue;
            bytes memory e = put(milan(), 0x34, abi.encodePacked(i));
            closed(e, abi.encodeWithSelector(ISnpVerifier.SnpAlgorithm.selector, i), "another algorithm");
        }
    }

    /// Each byte of each reserved range, under the offset of its range.
    function test_everyReservedByte() external view {
        range(3, 0x4c, 4);
        range(2, 0x188, 24);
        range(3, 0x18b, 21);
        range(3, 0x1eb, 1);
        range(3, 0x1ef, 1);
        for (uint8 v = 2; v < 5; ++v) range(v, 0x1f8, 16);
        range(5, 0x208, 152);
        range(3, 0x2a0 + 48, 24);
        range(3, 0x2e8 + 48, 24);
        range(3, 0x330, 368);
        // in version 5 these are mitigation vectors
        for (uint256 at = 0x1f8; at < 0x208; ++at) opens(put(report(5, 0x1901, TCB), at, hex"ff"));
        // from version 3 on these are family, model and stepping
        for (uint256 at = 0x188; at < 0x18b; ++at) opens(put(milan(), at, hex"ff"));
    }

    function range(uint8 version, uint256 from, uint256 size) internal view {
        for (uint256 at = from; at < from + size; ++at) {
            reserved(report(version, 0x1901, TCB), at, from, string.concat("reserved byte"));
        }
    }

    function test_unknownBits() external view {
        for (uint256 bit = 0; bit < 32; ++bit) {
            bytes memory e = put(milan(), 0x48 + bit / 8, abi.encodePacked(uint8(1 << (bit % 8))));
            if (bit < 5) opens(e);
            else closed(e, abi.encodeWithSelector(ISnpVerifier.SnpReserved.selector, 0x48), "a bit of KEY_INFO");
        }
        for (uint256 bit = 0; bit < 64; ++bit) {
            bytes memory e = put(milan(), 0x08 + bit / 8, abi.encodePacked(uint8(1 << (bit % 8))));
            if (bit < 26) opens(e);
            else closed(e, abi.encodeWithSelector(ISnpVerifier.SnpReserved.selector, 0x08), "a bit of POLICY");
        }
    }

    // ---- checkBinding

    function test_signingKey() external view {
        bytes memory leaf = leafOf(TCB, chip());
        bytes4 cause = ISnpVerifier.SnpSigningKey.selector;
        binds(milan(), leaf, MILAN, VCEK);
        loose(milan(), leaf, MILAN, VLEK, cause, "VCEK's report under a VLEK");
        bytes memory e = put(milan(), 0x48, hex"04");
        loose(e, leaf, MILAN, VCEK, cause, "VLEK's report under a VCEK");
        binds(e, leaf, MILAN, VLEK);
        for (uint8 key = 2; key < 8; ++key) {
            e = put(milan(), 0x48, abi.encodePacked(uint8(key << 2)));
            loose(e, leaf, MILAN, VCEK, cause, "no such key");
            loose(e, leaf, MILAN, VLEK, cause, "no such key");
        }
        loose(put(milan(), 0x48, hex"02"), leaf, MILAN, VCEK, ISnpVerifier.SnpMaskedChipKey.selector, "masked");
        // with a VLEK the chip key is not what signs
        binds(put(milan(), 0x48, hex"06"), leaf, MILAN, VLEK);
    }

    function test_familyAndModel() external view {
        for (uint256 family = 0x17; family < 0x1d; ++family) {
            for (uint256 model = 0; model < 256; ++model) checkProduct(family, model);
        }
    }

    function checkProduct(uint256 family, uint256 model) internal view {
        uint8 product = 3;
        if (family == 0x19 && model < 0x10) product = MILAN;
        if (family == 0x19 && ((model >= 0x10 && model < 0x20) || (model >= 0xa0 && model < 0xb0))) product = GENOA;
        if (family == 0x1a && model < 0x12) product = TURIN;
        bytes2 number = bytes2(uint16(family << 8 | model));
        for (uint8 p = MILAN; p <= TURIN; ++p) {
            bytes8 tcb = p == TURIN ? TURIN_TCB : TCB;
            bytes memory e = report(3, number, tcb);
            if (p == product) binds(e, leafOf(tcb, chip()), p, VCEK);
            else loose(e, leafOf(tcb, chip()), p, VCEK, ISnpVerifier.SnpProduct.selector, "another product");
        }
    }

    /// Version 2 does not say which processor.
    function test_versionTwoNamesNoProduct() external view {
        binds(report(2, 0, TCB), leafOf(TCB, chip()), MILAN, VCEK);
        binds(report(2, 0, TCB), leafOf(TCB, chip()), GENOA, VCEK);
    }

    function test_reportedTcb() external view {
        bytes4 cause = ISnpVerifier.SnpReportedTcb.selector;
        for (uint256 i = 0; i < 8; ++i) {
            bytes8 other = TCB ^ bytes8(uint64(1) << uint64(8 * i));
            loose(milan(), leafOf(other, chip()), MILAN, VCEK, cause, "a level of the certificate");
        }
    }

    function test_chipId() external view {
        bytes4 cause = ISnpVerifier.SnpChipId.selector;
        for (uint256 i = 0; i < 64; ++i) {
            bytes memory e = put(milan(), 0x1a0 + i, abi.encodePacked(chip()[i] ^ 0x80));
            loose(e, leafOf(TCB, chip()), MILAN, VCEK, cause, "a byte of the chip's id");
            // a VLEK names no chip
            binds(put(e, 0x48, hex"04"), leafOf(TCB, ""), MILAN, VLEK);
        }
        bytes memory zero = put(milan(), 0x1a0, new bytes(64));
        loose(zero, leafOf(TCB, new bytes(64)), MILAN, VCEK, cause, "zero is no chip's id");
    }

    /// Turin's ids have eight bytes and zeros behind them.
    function test_chipIdOfTurin() external view {
        bytes memory id = put(new bytes(64), 0, hex"0102030405060708");
        bytes memory e = put(report(5, 0x1a02, TURIN_TCB), 0x1a0, id);
        binds(e, leafOf(TURIN_TCB, id), TURIN, VCEK);
        loose(put(e, 0x1a8, hex"01"), leafOf(TURIN_TCB, id), TURIN, VCEK, ISnpVerifier.SnpChipId.selector, "behind it");
    }

    /// Bytes that a product's TCB has not, in each of the four TCBs.
    function test_unusedTcbBytes() external view {
        bytes4 cause = ISnpVerifier.SnpReserved.selector;
        for (uint256 i = 0; i < 8; ++i) {
            bool turins = i < 4 || i == 7;
            bool milans = i < 2 || i > 5;
            bytes memory e = put(milan(), 0x1f0 + i, hex"ff");
            if (milans) binds(e, leafOf(TCB, chip()), MILAN, VCEK);
            else loose(e, leafOf(TCB, chip()), MILAN, VCEK, cause, "LAUNCH_TCB");
            e = put(milan(), 0x38 + i, hex"ff");
            if (milans) binds(e, leafOf(TCB, chip()), MILAN, VCEK);
            else loose(e, leafOf(TCB, chip()), MILAN, VCEK, cause, "CURRENT_TCB");
            e = put(report(3, 0x1a02, TURIN_TCB), 0x1f0 + i, hex"ff");
            if (turins) binds(e, leafOf(TURIN_TCB, chip()), TURIN, VCEK);
            else loose(e, leafOf(TURIN_TCB, chip()), TURIN, VCEK, cause, "Turin's LAUNCH_TCB");
            e = put(report(3, 0x1a02, TURIN_TCB), 0x38 + i, hex"ff");
            if (turins) binds(e, leafOf(TURIN_TCB, chip()), TURIN, VCEK);
            else loose(e, leafOf(TURIN_TCB, chip()), TURIN, VCEK, cause, "Turin's CURRENT_TCB");
        }
    }

    /// CURRENT >= COMMITTED >= REPORTED in each byte by itself.
    function test_tcbOrder() external view {
        bytes4 cause = ISnpVerifier.SnpTcbOrder.selector;
        bytes8 tcb = 0x0506000000000708;
        for (uint256 i = 0; i < 8; ++i) {
            if (i > 1 && i < 6) continue;
            bytes memory leaf = leafOf(tcb, chip());
            bytes memory e = report(3, 0x1901, tcb);
            bytes memory higher = abi.encodePacked(uint8(tcb[i]) + 1);
            bytes memory lower = abi.encodePacked(uint8(tcb[i]) - 1);
            loose(put(bytes.concat(e), 0x1e0 + i, higher), leaf, MILAN, VCEK, cause, "COMMITTED above CURRENT");
            loose(put(bytes.concat(e), 0x1e0 + i, lower), leaf, MILAN, VCEK, cause, "REPORTED above COMMITTED");
            binds(put(bytes.concat(e), 0x38 + i, higher), leaf, MILAN, VCEK);
            binds(put(put(bytes.concat(e), 0x38 + i, higher), 0x1e0 + i, higher), leaf, MILAN, VCEK);
        }
    }

    // ---- checkRules

    function refuses(bytes memory e, uint8 role, ISnpVerifier.SnpRules memory r, bytes4 cause) internal view {
        (bool good, bytes memory answer) = address(this).staticcall(abi.encodeCall(this.judge, (e, role, r)));
        ok(!good, "refused");
        eq(bytes32(bytes4(answer)), bytes32(cause), "why");
    }

    function test_rules() external view {
        ISnpVerifier.SnpRules memory r = ISnpVerifier.SnpRules({maxVmpl: 1, vlek: false, listsRequired: true});
        this.judge(milan(), VCEK, r);
        refuses(milan(), VLEK, r, ISnpVerifier.SnpVlek.selector);
        r.vlek = true;
        this.judge(milan(), VLEK, r);
        refuses(put(milan(), 0x08, hex"00000b00"), VCEK, r, ISnpVerifier.SnpDebug.selector);
        refuses(put(milan(), 0x08, hex"00000700"), VCEK, r, ISnpVerifier.SnpMigratable.selector);
        refuses(put(milan(), 0x08, hex"00000100"), VCEK, r, ISnpVerifier.SnpGuestPolicy.selector);
        this.judge(put(milan(), 0x30, hex"01"), VCEK, r);
        refuses(put(milan(), 0x30, hex"02"), VCEK, r, ISnpVerifier.SnpVmpl.selector);
        refuses(put(milan(), 0x33, hex"01"), VCEK, r, ISnpVerifier.SnpVmpl.selector);
    }
}
