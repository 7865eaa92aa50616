// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Objects} from "../../src/base/Objects.sol";
import {IEvidenceErrors} from "../../src/interfaces/IEvidenceErrors.sol";
import {IEvidenceVerifier} from "../../src/interfaces/IEvidenceVerifier.sol";
import {ISnpVerifier} from "../../src/interfaces/ISnpVerifier.sol";
import {ITcbPolicy} from "../../src/interfaces/ITcbPolicy.sol";
import {vm} from "../kit/Vm.sol";
import {SnpSimulated} from "./VendorCases.t.sol";

/// @title  What SnpVerifier holds between calls: authorities, leaves and lists, over time and revocations
contract SnpVerifierStatesTest is SnpSimulated {
    uint256 internal constant END = NOW + 10 ** 8;

    function setUp() external {
        deploy("ark", "ark-turin");
    }

    /// The last second of a leaf's record.
    function untilOf(bytes memory record) internal pure returns (uint256 until) {
        assembly ("memory-safe") {
            until := and(mload(add(record, 194)), 0xffffffff)
        }
    }

    function refusedLeaf(string memory name, bytes32 issuer, bytes memory cause) internal {
        bytes memory der = caseFile("snp", name);
        bytes memory key = modulus;
        vm.expectRevert(cause);
        verifier.addCert(der, issuer, key);
    }

    function refusedList(string memory name, uint8 product, bytes4 cause) internal {
        bytes memory list = caseFile("snp", name);
        bytes memory key = modulus;
        vm.expectPartialRevert(cause);
        verifier.addCrl(list, product, key);
    }

    function evidence() internal view returns (bytes memory report, bytes memory hints) {
        return (input("snp-report", 0, "a"), input("snp-report", 0, "b"));
    }

    function found(bytes memory record) internal returns (IEvidenceVerifier.Findings memory) {
        (bytes memory report, bytes memory hints) = evidence();
        return verifier.verify(report, bytes.concat(record, hints));
    }

    function judgeIt(IEvidenceVerifier.Findings calldata f) external view {
        judge(address(verifier), f);
    }

    function revoke(uint256 serial) internal {
        vm.prank(TIMELOCK);
        policy.revoke(Objects.SERIAL, Objects.serialId(2, 16, serial));
    }

    // ---- ends

    function test_leafEndsWithItsAuthority() external {
        bytes32 short = postAsk("ask-short");
        bytes memory record = postLeaf("vek", short);
        eq(untilOf(record), NOW + 1000, "the ASK's end");
        vm.warp(NOW + 1000);
        found(record);
        vm.warp(NOW + 1001);
        (bytes memory report, bytes memory hints) = evidence();
        hints = bytes.concat(record, hints);
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.LeafExpired.selector, NOW + 1000));
        verifier.verify(report, hints);
        refusedLeaf(
            "vek", short, abi.encodeWithSelector(IEvidenceErrors.NotValidNow.selector, 0, NOW + 1000, NOW + 1001)
        );
    }

    function test_authorityEndsWithItsRoot() external {
        eq(untilOf(postLeaf("vek-late", postAsk("ask-late"))), END, "the ARK's end");
        vm.warp(END + 1);
        refusedLeaf("ask-late", 0, abi.encodeWithSelector(IEvidenceErrors.NotValidNow.selector, 0, END, END + 1));
    }

    /// Certificates that end in 2120 count to the last second that a record can say.
    function test_endsAfter2106() external {
        deploy("ark-2120", "");
        bytes memory record = postLeaf("vek-2120", postAsk("ask-2120"));
        eq(untilOf(record), type(uint32).max, "the end");
        found(record);
    }

    // ---- names of authorities

    /// A certificate withdrawn and its successor may have one name and one key.
    function test_serialsTellAuthoritiesApart() external {
        ok(postAsk("ask") != postAsk("ask-again"), "two authorities");
        ok(postAsk("ask") == postAsk("ask"), "posted again it is the same");
    }

    // ---- revocations

    function test_afterARevocation() external {
        bytes32 ask_ = postAsk("ask");
        bytes memory record = postLeaf("vek", ask_);
        IEvidenceVerifier.Findings memory f = found(record);
        this.judgeIt(f);
        revoke(0x77);
        // posted before: the issuer serves no more, and what it issued does not count
        refusedLeaf("vek", ask_, abi.encodeWithSelector(IEvidenceErrors.AuthorityStale.selector, ask_));
        f = found(record);
        vm.expectPartialRevert(ITcbPolicy.AuthorityEpochPassed.selector);
        this.judgeIt(f);
        // posted anew both do
        postAsk("ask");
        this.judgeIt(found(postLeaf("vek", ask_)));
    }

    function test_revokedAuthority() external {
        bytes32 ask_ = postAsk("ask");
        revoke(0x10001);
        bytes32 id = Objects.serialId(2, 16, 0x10001);
        refusedLeaf("ask", 0, abi.encodeWithSelector(IEvidenceErrors.CertificateRevoked.selector, id));
        refusedLeaf("vek", ask_, abi.encodeWithSelector(IEvidenceErrors.AuthorityStale.selector, ask_));
        // another certificate of that name and key does not stand for it
        bytes32 again = postAsk("ask-again");
        refusedLeaf("vek", ask_, abi.encodeWithSelector(IEvidenceErrors.AuthorityStale.selector, ask_));
        this.judgeIt(found(postLeaf("vek", again)));
    }

    // ---- lists

    function test_onlyNewerLists() external {
        bytes4 cause = ISnpVerifier.CrlNotNewer.selector;
        verifier.addCrl(caseFile("snp", "list"), 0, modulus);
        refusedList("list-same-second", 0, cause);
        verifier.addCrl(caseFile("snp", "list-newer"), 0, modulus);
        refusedList("list", 0, cause);
        refusedList("list-same-second", 0, cause);
    }

    function test_listsOfOthers() external {
        refusedList("list-other", 0, IEvidenceErrors.IssuerMismatch.selector);
        refusedList("list", 2, IEvidenceErrors.IssuerMismatch.selector);
        refusedList("list", 1, ISnpVerifier.ProductUnknown.selector);
        refusedList("list-to-come", 0, IEvidenceErrors.NotValidNow.selector);
        bytes memory list = caseFile("snp", "list-newer");
        list[list.length - 1] ^= 0x01;
        bytes memory key = modulus;
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.SignatureInvalid.selector));
        verifier.addCrl(list, 0, key);
    }

    function test_serialsOfAList() external {
        bytes32 ask_ = postAsk("ask");
        verifier.addCrl(caseFile("snp", "list-serials"), 0, modulus);
        ok(policy.isRevoked(Objects.SERIAL, Objects.serialId(2, 16, 0x10001)), "the first");
        ok(policy.isRevoked(Objects.SERIAL, Objects.serialId(2, 16, 0x10077)), "the second");
        bytes32 id = Objects.serialId(2, 16, 0x10001);
        refusedLeaf("ask", 0, abi.encodeWithSelector(IEvidenceErrors.CertificateRevoked.selector, id));
        // a list advances no authority's epoch: what was posted before is asked for its own serial
        refusedLeaf("vek", ask_, abi.encodeWithSelector(IEvidenceErrors.CertificateRevoked.selector, id));
    }

    /// What a newer list no longer has stays revoked (A81).
    function test_A81_serialsThatAListDroppedStayRevoked() external {
        verifier.addCrl(caseFile("snp", "list-serials"), 0, modulus);
        vm.warp(NOW + 1);
        verifier.addCrl(caseFile("snp", "list-to-come"), 0, modulus);
        bytes32 id = Objects.serialId(2, 16, 0x10001);
        ok(policy.isRevoked(Objects.SERIAL, id), "still");
        refusedLeaf("ask", 0, abi.encodeWithSelector(IEvidenceErrors.CertificateRevoked.selector, id));
    }

    /// Without taking a list into force: what it says of one serial.
    function test_proofOfRevocation() external {
        uint256[] memory serials = new uint256[](2);
        (serials[0], serials[1]) = (0x10077, 0x10078);
        bytes memory list = caseFile("snp", "list-serials");
        bytes memory key = modulus;
        vm.expectRevert(abi.encodeWithSelector(ISnpVerifier.SerialNotListed.selector, 0x10078));
        verifier.proveRevoked(list, 0, key, serials);
        serials[1] = 0x10001;
        verifier.proveRevoked(list, 0, key, serials);
        ok(policy.isRevoked(Objects.SERIAL, Objects.serialId(2, 16, 0x10001)), "revoked");
    }

    /// A posted authority says nothing of lists: their end is what the policy holds against a record.
    function test_listsEndForThePolicy() external {
        IEvidenceVerifier.Findings memory f = found(postLeaf("vek", postAsk("ask")));
        this.judgeIt(f);
        vm.warp(NOW + 86400);
        this.judgeIt(f);
        vm.warp(NOW + 86401);
        vm.expectPartialRevert(ITcbPolicy.ListMissing.selector);
        this.judgeIt(f);
        (bytes memory report, bytes memory hints) = evidence();
        hints = bytes.concat(postLeaf("vek", postAsk("ask")), hints);
        vm.expectRevert(abi.encodeWithSelector(ISnpVerifier.CrlMissing.selector, 0, NOW + 86400));
        verifier.verify(report, hints);
    }

    // ---- records

    function test_recordThatWasNeverPosted() external {
        bytes memory record = postLeaf("vek", postAsk("ask"));
        (bytes memory report, bytes memory hints) = evidence();
        record[193] ^= 0x01;
        bytes memory changed = bytes.concat(record, hints);
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.LeafUnknown.selector, keccak256(record)));
        verifier.verify(report, changed);
        assembly ("memory-safe") {
            mstore(record, 193)
        }
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.HintsTruncated.selector, 193, 194));
        verifier.verify(report, record);
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.HintsTruncated.selector, 0, 194));
        verifier.verify(report, "");
    }
}
