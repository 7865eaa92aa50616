// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Der} from "../../src/evidence/Der.sol";
import {Test} from "../kit/Test.sol";
import {vm} from "../kit/Vm.sol";

/// @title  What the DER reader refuses by itself, whoever reads on
contract DerTest is Test {
    function skip(bytes calldata der) external pure returns (uint256 stop) {
        return Der.skip(der, 0, der.length);
    }

    function signature(bytes calldata der) external pure returns (uint256 r, uint256 s) {
        return Der.ecdsaSignature(der, 0, der.length);
    }

    function test_tagNumberThatGoesOn() external {
        eq(this.skip(hex"300100ff"), 3, "a tag of one byte");
        vm.expectRevert(abi.encodeWithSelector(Der.DerTag.selector, 0, 0x1f, 0));
        this.skip(hex"1f0100");
        vm.expectRevert(abi.encodeWithSelector(Der.DerTag.selector, 0, 0xbf, 0));
        this.skip(hex"bf0100");
    }

    function test_unusedBitsOfASignature() external {
        (uint256 r, uint256 s) = this.signature(hex"0309003006020101020102");
        eq(r, 1, "r");
        eq(s, 2, "s");
        vm.expectRevert(abi.encodeWithSelector(Der.DerValue.selector, 0));
        this.signature(hex"0309013006020101020102");
        vm.expectRevert(abi.encodeWithSelector(Der.DerValue.selector, 0));
        this.signature(hex"0300");
    }
}
