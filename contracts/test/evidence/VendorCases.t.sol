// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {INitroVerifier} from "../../src/interfaces/INitroVerifier.sol";
import {ISnpVerifier} from "../../src/interfaces/ISnpVerifier.sol";
import {IEvidenceVerifier} from "../../src/interfaces/IEvidenceVerifier.sol";
import {Deploys} from "../kit/Deploys.sol";
import {VendorWorld} from "../kit/VendorWorld.sol";
import {vm} from "../kit/Vm.sol";

/// @title  Evidence under simulated vendors, signed again after one change: each check by itself
/// @notice Cases come from test/reference/vendor_cases.py, which contracts/check runs.
abstract contract VendorCases is VendorWorld {
    uint256 internal constant NOW = 1_770_000_000;

    function caseFile(string memory suite, string memory name) internal view returns (bytes memory) {
        return vm.readFileBinary(string.concat(vm.projectRoot(), "/cache/scratch/cases/", suite, "/", name));
    }

    function input(string memory suite, uint256 i, string memory letter) internal view returns (bytes memory) {
        return caseFile(suite, string.concat(vm.toString(i), ".", letter));
    }

    function there(string memory suite, uint256 i) internal view returns (bool) {
        return vm.exists(
            string.concat(vm.projectRoot(), "/cache/scratch/cases/", suite, "/", vm.toString(i), ".expect")
        );
    }

    /// Accepted or a named error of at least four bytes: never a panic, never all of the gas.
    function named(bool good, bytes memory answer) internal pure {
        ok(good || (answer.length >= 4 && bytes4(answer) != bytes4(0x4e487b71)), vm.toString(answer));
    }

    /// Bytes of `garbage` over those of `b` from a place on.
    function overwritten(bytes memory b, bytes memory garbage, uint256 at) internal pure returns (bytes memory) {
        at %= b.length;
        for (uint256 i = 0; i < garbage.length && at + i < b.length; ++i) b[at + i] = garbage[i];
        return b;
    }

    /// What came of a case is what it expects: no error, or the one named.
    function settle(string memory suite, uint256 i, bool good, bytes memory answer) internal view {
        bytes memory expected = input(suite, i, "expect");
        bool right = expected.length == 0 ? good : !good && bytes4(answer) == bytes4(keccak256(expected));
        if (right) return;
        revert NotTrue(
            string.concat(suite, " ", vm.toString(i), ": ", string(input(suite, i, "what")), ": wanted ", string(expected), ", came ", vm.toString(answer))
        );
    }
}

/// @title  SnpSimulated - SnpVerifier under simulated ARKs of Milan and Turin, a list and an ASK of Milan
abstract contract SnpSimulated is VendorCases {
    ISnpVerifier internal verifier;
    bytes internal modulus;
    bytes32 internal ask;

    function deploy(string memory root, string memory second) internal {
        vm.warp(NOW);
        deployParts();
        bytes[] memory roots = new bytes[](bytes(second).length == 0 ? 1 : 2);
        roots[0] = caseFile("snp", root);
        if (roots.length == 2) roots[1] = caseFile("snp", second);
        modulus = caseFile("snp", "modulus");
        verifier = ISnpVerifier(make(roots));
        deployAround(address(verifier), 2);
        verifier.addCrl(caseFile("snp", "list"), 0, modulus);
    }

    function make(bytes[] memory roots) internal returns (address) {
        return Deploys.create(
            "SnpVerifier.sol:SnpVerifier",
            abi.encode(
                roots, policyAt(), ISnpVerifier.Parts(reader, sha384, p384),
                ISnpVerifier.SnpRules({maxVmpl: 0, vlek: false, listsRequired: true})
            )
        );
    }

    function postAsk(string memory name) internal returns (bytes32) {
        return verifier.addCert(caseFile("snp", name), 0, modulus);
    }

    function postLeaf(string memory name, bytes32 issuer) internal returns (bytes memory record) {
        vm.recordLogs();
        verifier.addCert(caseFile("snp", name), issuer, modulus);
        (, record) = abi.decode(lastLog(ISnpVerifier.LeafPosted.selector), (bytes32, bytes));
    }
}

contract SnpCasesTest is SnpSimulated {
    function setUp() external {
        deploy("ark", "ark-turin");
        ask = postAsk("ask");
    }

    function construct(bytes[] calldata roots) external returns (address) {
        return make(roots);
    }

    function test_roots() external {
        uint256 i;
        for (; there("snp-root", i); ++i) {
            bytes[] memory roots = new bytes[](1);
            roots[0] = input("snp-root", i, "a");
            (bool good, bytes memory answer) = address(this).call(abi.encodeCall(this.construct, (roots)));
            settle("snp-root", i, good, answer);
        }
        ok(i >= 8, "cases");
        vm.expectRevert(abi.encodeWithSelector(ISnpVerifier.ProductUnknown.selector, 0));
        this.construct(new bytes[](0));
    }

    function test_certificates() external {
        bytes32 asvk = postAsk("asvk");
        bytes32 turin = verifier.addCert(caseFile("snp", "ask-turin"), bytes32(uint256(2)), modulus);
        uint256 i;
        for (; there("snp-cert", i); ++i) {
            uint256 before = vm.snapshotState();
            string memory by = string(input("snp-cert", i, "b"));
            bytes32 issuer = same(by, "root") ? bytes32(0) : same(by, "ask") ? ask : same(by, "asvk") ? asvk : turin;
            (bool good, bytes memory answer) =
                address(verifier).call(abi.encodeCall(ISnpVerifier.addCert, (input("snp-cert", i, "a"), issuer, modulus)));
            settle("snp-cert", i, good, answer);
            vm.revertToState(before);
        }
        ok(i >= 40, "cases");
    }

    function test_reports() external {
        vm.recordLogs();
        verifier.addCert(caseFile("snp", "vek"), ask, modulus);
        (, bytes memory record) = abi.decode(lastLog(ISnpVerifier.LeafPosted.selector), (bytes32, bytes));
        uint256 i;
        for (; there("snp-report", i); ++i) {
            bytes memory hints = bytes.concat(record, input("snp-report", i, "b"));
            (bool good, bytes memory answer) =
                address(verifier).call(abi.encodeCall(IEvidenceVerifier.verify, (input("snp-report", i, "a"), hints)));
            settle("snp-report", i, good, answer);
        }
        ok(i >= 45, "cases");
    }

    /// forge-config: default.fuzz.runs = 500
    function testFuzz_certificateTotal(bytes calldata garbage, uint256 at) external {
        bytes memory der = overwritten(caseFile("snp", "vek"), garbage, at);
        bytes memory call = abi.encodeCall(ISnpVerifier.addCert, (der, ask, modulus));
        (bool good, bytes memory answer) = address(verifier).call{gas: 3_000_000}(call);
        named(good, answer);
        ok(!good || keccak256(der) == keccak256(caseFile("snp", "vek")), "no other certificate is accepted");
    }

    /// forge-config: default.fuzz.runs = 500
    function testFuzz_reportTotal(bytes calldata garbage, uint256 at) external {
        bytes memory report = input("snp-report", 0, "a");
        bytes memory changed = overwritten(bytes.concat(report), garbage, at);
        vm.recordLogs();
        verifier.addCert(caseFile("snp", "vek"), ask, modulus);
        (, bytes memory record) = abi.decode(lastLog(ISnpVerifier.LeafPosted.selector), (bytes32, bytes));
        bytes memory hints = bytes.concat(record, input("snp-report", 0, "b"));
        bytes memory call = abi.encodeCall(IEvidenceVerifier.verify, (changed, hints));
        (bool good, bytes memory answer) = address(verifier).call{gas: 3_000_000}(call);
        named(good, answer);
        ok(good == (keccak256(changed) == keccak256(report)), "no other report is accepted");
    }

    /// A list for which any bit was changed is none.
    /// forge-config: default.fuzz.runs = 200
    function testFuzz_list(uint256 bit) external {
        bytes memory list = caseFile("snp", "list");
        bit %= 8 * list.length;
        list[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        (bool good, bytes memory answer) =
            address(verifier).call{gas: 3_000_000}(abi.encodeCall(ISnpVerifier.addCrl, (list, 0, modulus)));
        ok(!good, "refused");
        named(good, answer);
    }

    function test_keyOfAnother() external {
        bytes memory other = bytes.concat(modulus);
        other[511] ^= 0x02;
        bytes memory der = caseFile("snp", "vek");
        vm.expectRevert(
            abi.encodeWithSelector(ISnpVerifier.IssuerKeyMismatch.selector, keccak256(other), keccak256(modulus))
        );
        verifier.addCert(der, ask, other);
        vm.expectPartialRevert(bytes4(keccak256("AuthorityUnknown(bytes32)")));
        verifier.addCert(der, bytes32(uint256(ask) ^ 1), modulus);
        vm.expectRevert(abi.encodeWithSelector(ISnpVerifier.ProductUnknown.selector, 1));
        verifier.addCert(der, bytes32(uint256(1)), modulus);
    }

    function test_lists() external {
        bytes memory list = caseFile("snp", "list");
        uint256[] memory serials = new uint256[](1);
        serials[0] = 0x10001;
        vm.expectRevert(abi.encodeWithSelector(ISnpVerifier.SerialNotListed.selector, 0x10001));
        verifier.proveRevoked(list, 0, modulus, serials);
        list[60] ^= 0x01;
        vm.expectRevert();
        verifier.addCrl(list, 0, modulus);
        vm.warp(NOW + 86401);
        list[60] ^= 0x01;
        vm.expectPartialRevert(bytes4(keccak256("NotValidNow(uint256,uint256,uint256)")));
        verifier.addCrl(list, 0, modulus);
    }
}

contract NitroCasesTest is VendorCases {
    INitroVerifier internal verifier;
    bytes[] internal records;

    function setUp() external {
        vm.warp(NOW);
        deployParts();
        verifier = INitroVerifier(
            Deploys.create(
                "NitroVerifier.sol:NitroVerifier",
                abi.encode(caseFile("nitro", "0.der"), policyAt(), INitroVerifier.Parts(reader, sha384, p384))
            )
        );
        deployAround(address(verifier), 3);
        records.push("");
        for (uint256 i = 1; i < 5; ++i) {
            string memory n = vm.toString(i);
            vm.recordLogs();
            verifier.addCert(
                caseFile("nitro", string.concat(n, ".der")), records[i - 1], caseFile("nitro", string.concat(n, ".hints"))
            );
            (, bytes memory record) = abi.decode(lastLog(INitroVerifier.CertificatePosted.selector), (uint8, bytes));
            records.push(record);
        }
    }

    function test_certificates() external {
        uint256 i;
        for (; there("nitro-cert", i); ++i) {
            uint256 before = vm.snapshotState();
            bytes memory issuer = records[vm.parseUint(string(input("nitro-cert", i, "b")))];
            (bool good, bytes memory answer) = address(verifier).call(
                abi.encodeCall(INitroVerifier.addCert, (input("nitro-cert", i, "a"), issuer, input("nitro-cert", i, "c")))
            );
            settle("nitro-cert", i, good, answer);
            vm.revertToState(before);
        }
        ok(i >= 10, "cases");
    }

    function test_documents() external {
        uint256 i;
        for (; there("nitro-doc", i); ++i) {
            bytes memory hints = bytes.concat(records[4], input("nitro-doc", i, "b"));
            (bool good, bytes memory answer) =
                address(verifier).call(abi.encodeCall(IEvidenceVerifier.verify, (input("nitro-doc", i, "a"), hints)));
            settle("nitro-doc", i, good, answer);
        }
        ok(i >= 60, "cases");
    }

    /// forge-config: default.fuzz.runs = 500
    function testFuzz_certificateTotal(bytes calldata garbage, uint256 at) external {
        bytes memory der = overwritten(caseFile("nitro", "4.der"), garbage, at);
        bytes memory call = abi.encodeCall(INitroVerifier.addCert, (der, records[3], caseFile("nitro", "4.hints")));
        (bool good, bytes memory answer) = address(verifier).call{gas: 3_000_000}(call);
        named(good, answer);
        ok(!good || keccak256(der) == keccak256(caseFile("nitro", "4.der")), "no other certificate is accepted");
    }

    /// A chain that is posted ends with its earliest certificate, and so does what stands below.
    function test_recordsEndWithTheChain() external view {
        for (uint256 i = 2; i < 5; ++i) ok(until(records[i]) <= until(records[i - 1]), "no later than its issuer");
        eq(until(records[4]), NOW + 10800, "the target's own end");
    }

    /// A CA that may have no CA below it has none, but may have targets.
    function test_pathLength() external {
        vm.recordLogs();
        verifier.addCert(caseFile("nitro", "short.der"), "", caseFile("nitro", "short.hints"));
        (, bytes memory record) = abi.decode(lastLog(INitroVerifier.CertificatePosted.selector), (uint8, bytes));
        bytes memory der = caseFile("nitro", "2.der");
        bytes memory hints = caseFile("nitro", "2.hints");
        vm.expectRevert(abi.encodeWithSelector(INitroVerifier.PathTooLong.selector));
        verifier.addCert(der, record, hints);
        eq(uint8(records[1][161]), 3, "CAs below the regional one");
        eq(uint8(records[3][161]), 1, "and below the instance's");
    }

    function until(bytes memory record) internal pure returns (uint256 end) {
        assembly ("memory-safe") {
            end := and(mload(add(record, 166)), 0xffffffff)
        }
    }
}
