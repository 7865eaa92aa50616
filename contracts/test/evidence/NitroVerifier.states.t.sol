// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Objects} from "../../src/base/Objects.sol";
import {IEvidenceErrors} from "../../src/interfaces/IEvidenceErrors.sol";
import {IEvidenceVerifier} from "../../src/interfaces/IEvidenceVerifier.sol";
import {INitroVerifier} from "../../src/interfaces/INitroVerifier.sol";
import {ITcbPolicy} from "../../src/interfaces/ITcbPolicy.sol";
import {TcbStatus} from "../../src/base/Types.sol";
import {vm} from "../kit/Vm.sol";
import {NitroSimulated} from "./VendorCases.t.sol";

/// @title  What NitroVerifier holds between calls: records of certificates, over time and depth
contract NitroVerifierStatesTest is NitroSimulated {
    uint256 internal constant END = NOW + 10 ** 8;

    function setUp() external {
        deploy("0.der");
        postChain();
    }

    function refused(string memory name, bytes memory issuer, bytes memory cause) internal {
        bytes memory der = caseFile("nitro", string.concat(name, ".der"));
        bytes memory hints = caseFile("nitro", string.concat(name, ".hints"));
        vm.expectRevert(cause);
        verifier.addCert(der, issuer, hints);
    }

    function below(bytes memory record) internal pure returns (uint8) {
        return uint8(record[161]);
    }

    // ---- ends

    /// A chain that is posted ends with its earliest certificate, and so does what stands below.
    function test_recordsEndWithTheChain() external view {
        for (uint256 i = 2; i < 5; ++i) ok(until(records[i]) <= until(records[i - 1]), "no later than its issuer");
        eq(until(records[4]), NOW + 10800, "the target's own end");
    }

    function test_certificateEndsWithItsIssuer() external {
        eq(until(post("late", "")), END, "the root's end");
    }

    function test_rootPastItsEnd() external {
        vm.warp(END);
        post("late", "");
        vm.warp(END + 1);
        refused("late", "", abi.encodeWithSelector(IEvidenceErrors.NotValidNow.selector, 0, END, END + 1));
    }

    /// A record past its end serves neither as issuer nor for a document.
    function test_recordPastItsEnd() external {
        vm.warp(until(records[4]) + 1);
        bytes memory document = input("nitro-doc", 0, "a");
        bytes memory hints = bytes.concat(records[4], input("nitro-doc", 0, "b"));
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.LeafExpired.selector, until(records[4])));
        verifier.verify(document, hints);
    }

    /// Certificates that end in 2120 count to the last second that a record can say.
    function test_endsAfter2106() external {
        deploy("root-2120.der");
        eq(until(post("2120", "")), type(uint32).max, "the end");
    }

    // ---- depth

    /// A CA that may have no CA below it has none, but may have targets.
    function test_pathLength() external {
        refused("2", post("short", ""), abi.encodeWithSelector(INitroVerifier.PathTooLong.selector));
        eq(below(records[1]), 3, "CAs below the regional one, which says so itself");
        eq(below(records[3]), 1, "and below the instance's");
        eq(below(records[4]), 0, "none below a target");
        // what is above bounds one that bounds nothing itself
        eq(below(post("unbounded", records[1])), 2, "below a zonal one without a length");
    }

    // ---- revocations

    function judgeIt(IEvidenceVerifier.Findings calldata f) external view {
        judge(address(verifier), f);
    }

    /// A document says when its certificate was posted: after any revocation it counts only if that was later.
    function test_afterARevocation() external {
        bytes memory document = input("nitro-doc", 0, "a");
        this.judgeIt(verifier.verify(document, bytes.concat(records[4], input("nitro-doc", 0, "b"))));
        vm.prank(TIMELOCK);
        policy.revoke(Objects.SERIAL, Objects.serialId(3, 0, 0x77));
        IEvidenceVerifier.Findings memory f =
            verifier.verify(document, bytes.concat(records[4], input("nitro-doc", 0, "b")));
        vm.expectPartialRevert(ITcbPolicy.AuthorityEpochPassed.selector);
        this.judgeIt(f);
        delete records;
        records.push("");
        postChain();
        this.judgeIt(verifier.verify(document, bytes.concat(records[4], input("nitro-doc", 0, "b"))));
    }

    // ---- records and sizes

    function test_hintsTruncated() external {
        bytes memory document = input("nitro-doc", 0, "a");
        bytes memory hints = records[4];
        assembly ("memory-safe") {
            mstore(hints, 185)
        }
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.HintsTruncated.selector, 185, 186));
        verifier.verify(document, hints);
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.HintsTruncated.selector, 0, 186));
        verifier.verify(document, "");
    }

    function test_recordThatWasNeverPosted() external {
        bytes memory document = input("nitro-doc", 0, "a");
        bytes memory record = bytes.concat(records[4]);
        record[185] ^= 0x01;
        bytes memory hints = bytes.concat(record, input("nitro-doc", 0, "b"));
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.LeafUnknown.selector, keccak256(record)));
        verifier.verify(document, hints);
    }

    function test_rawTcb() external {
        eq(verifier.appraise("", "", ""), TcbStatus.UP_TO_DATE, "none");
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.RawTcbLength.selector, 1));
        verifier.appraise("", hex"00", "");
    }
}
