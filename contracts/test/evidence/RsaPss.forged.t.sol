// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hash384} from "../../src/evidence/Hash384.sol";
import {RsaPss} from "../../src/evidence/RsaPss.sol";
import {Deploys} from "../kit/Deploys.sol";
import {vm} from "../kit/Vm.sol";
import {VendorCases} from "./VendorCases.t.sol";

/// @title  RSASSA-PSS: signatures by a known key of which one check alone is in the way
/// @notice Cases: test/reference/pss_cases.py.
contract RsaPssForgedTest is VendorCases {
    address internal constant MODEXP = address(0x05);

    function setUp() external {
        sha384 = Deploys.create("Sha384.sol:Sha384", "");
    }

    function verify(address hasher, bytes calldata n, bytes calldata s, bytes calldata m) external view returns (bool) {
        (bytes32 high, bytes16 low) = Hash384.digest(sha384, m);
        return RsaPss.verify(hasher, high, low, n, s);
    }

    function verdict(uint256 i) internal view returns (bool) {
        return this.verify(sha384, input("pss", i, "a"), input("pss", i, "b"), input("pss", i, "c"));
    }

    function test_everyCase() external view {
        uint256 i;
        for (; there("pss", i); ++i) {
            bool wanted = input("pss", i, "expect").length == 0;
            if (verdict(i) != wanted) revert NotTrue(string(input("pss", i, "what")));
        }
        ok(i >= 18, "cases");
    }

    /// What MODEXP answers counts only if it succeeds, and in its one size.
    function test_answersOfModexp() external {
        bytes memory em = power(input("pss", 0, "b"), input("pss", 0, "a"));
        eq(em.length, 512, "the message");
        vm.mockCall(MODEXP, "", em);
        ok(verdict(0), "the answer as it is");
        vm.mockCall(MODEXP, "", bytes.concat(em, hex"00"));
        ok(!verdict(0), "a byte more");
        vm.clearMockedCalls();
        vm.mockCallRevert(MODEXP, "", em);
        ok(!verdict(0), "a failure that looks like an answer");
        vm.clearMockedCalls();
        ok(verdict(0), "good again");
    }

    function power(bytes memory s, bytes memory n) internal view returns (bytes memory em) {
        bool good;
        (good, em) =
            MODEXP.staticcall(abi.encodePacked(uint256(512), uint256(3), uint256(512), s, hex"010001", n));
        ok(good, "MODEXP");
    }

    /// Without the hash contract there is no verdict.
    function test_hashMissing() external {
        (bytes memory n, bytes memory s, bytes memory m) = (input("pss", 0, "a"), input("pss", 0, "b"), input("pss", 0, "c"));
        vm.expectRevert(abi.encodeWithSelector(Hash384.Sha384Failed.selector, address(0xdead)));
        this.verify(address(0xdead), n, s, m);
    }
}
