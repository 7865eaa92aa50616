// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ids} from "../../src/base/Ids.sol";
import {Objects} from "../../src/base/Objects.sol";
import {IEvidenceErrors} from "../../src/interfaces/IEvidenceErrors.sol";
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

    /// A list that names the ARK that signed it: nothing below it counts any more.
    function test_rootThatRevokesItself() external {
        vm.recordLogs();
        verifier.addCert(caseFile("snp", "vek"), ask, modulus);
        (, bytes memory record) = abi.decode(lastLog(ISnpVerifier.LeafPosted.selector), (bytes32, bytes));
        bytes memory hints = bytes.concat(record, input("snp-report", 0, "b"));
        judge(address(verifier), verifier.verify(input("snp-report", 0, "a"), hints));
        // whoever proves the ARK alone revoked first keeps nobody from posting the list
        uint256[] memory root = new uint256[](1);
        root[0] = 0x10000;
        verifier.proveRevoked(caseFile("snp", "selflist"), 0, modulus, root);
        verifier.addCrl(caseFile("snp", "selflist"), 0, modulus);
        bytes memory cause =
            abi.encodeWithSelector(IEvidenceErrors.CertificateRevoked.selector, Objects.serialId(2, 16, 0x10000));
        bytes memory report = input("snp-report", 0, "a");
        vm.expectRevert(cause);
        verifier.verify(report, hints);
        bytes memory der = caseFile("snp", "ask");
        vm.expectRevert(cause);
        verifier.addCert(der, 0, modulus);
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

/// @title  NitroSimulated - NitroVerifier under a simulated root, and a chain of it
abstract contract NitroSimulated is VendorCases {
    INitroVerifier internal verifier;
    bytes[] internal records;

    function deploy(string memory root) internal {
        vm.warp(NOW);
        deployParts();
        verifier = INitroVerifier(make(caseFile("nitro", root)));
        deployAround(address(verifier), 3);
        delete records;
        records.push("");
    }

    function make(bytes memory root) internal returns (address) {
        return Deploys.create(
            "NitroVerifier.sol:NitroVerifier",
            abi.encode(root, policyAt(), INitroVerifier.Parts(reader, sha384, p384))
        );
    }

    function post(string memory name, bytes memory issuer) internal returns (bytes memory record) {
        vm.recordLogs();
        verifier.addCert(
            caseFile("nitro", string.concat(name, ".der")), issuer, caseFile("nitro", string.concat(name, ".hints"))
        );
        (, record) = abi.decode(lastLog(INitroVerifier.CertificatePosted.selector), (uint8, bytes));
    }

    function postChain() internal {
        for (uint256 i = 1; i < 5; ++i) records.push(post(vm.toString(i), records[i - 1]));
    }

    function until(bytes memory record) internal pure returns (uint256 end) {
        assembly ("memory-safe") {
            end := and(mload(add(record, 166)), 0xffffffff)
        }
    }
}

contract NitroCasesTest is NitroSimulated {
    function setUp() external {
        deploy("0.der");
        postChain();
    }

    function construct(bytes calldata root) external returns (address) {
        return make(root);
    }

    function test_roots() external {
        uint256 i;
        for (; there("nitro-root", i); ++i) {
            (bool good, bytes memory answer) =
                address(this).call(abi.encodeCall(this.construct, (input("nitro-root", i, "a"))));
            settle("nitro-root", i, good, answer);
        }
        ok(i >= 5, "cases");
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
        ok(i >= 75, "cases");
    }

    /// Where module_id names no instance, the machine has no name: not once "-enc", or nothing before it.
    function test_platforms() external {
        uint256 nameless;
        for (uint256 i = 0; there("nitro-doc", i); ++i) {
            bool none = starts(input("nitro-doc", i, "what"), "a module id of no instance");
            if (i != 0 && !none) continue;
            bytes memory hints = bytes.concat(records[4], input("nitro-doc", i, "b"));
            IEvidenceVerifier.Findings memory f = verifier.verify(input("nitro-doc", i, "a"), hints);
            eq(f.platform, none ? bytes32(0) : Ids.platform(3, "i-0123456789abcdef0"), "platform");
            if (none) ++nameless;
        }
        eq(nameless, 3, "cases");
    }

    function starts(bytes memory text, string memory with) internal pure returns (bool) {
        for (uint256 i = 0; i < bytes(with).length; ++i) {
            if (i >= text.length || text[i] != bytes(with)[i]) return false;
        }
        return true;
    }

    /// forge-config: default.fuzz.runs = 500
    function testFuzz_certificateTotal(bytes calldata garbage, uint256 at) external {
        bytes memory der = overwritten(caseFile("nitro", "4.der"), garbage, at);
        bytes memory call = abi.encodeCall(INitroVerifier.addCert, (der, records[3], caseFile("nitro", "4.hints")));
        (bool good, bytes memory answer) = address(verifier).call{gas: 3_000_000}(call);
        named(good, answer);
        ok(!good || keccak256(der) == keccak256(caseFile("nitro", "4.der")), "no other certificate is accepted");
    }
}
