// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "./Test.sol";
import {vm} from "./Vm.sol";

/// @title  What the tests and contracts rely on in the virtual machine itself
contract KitTest is Test {
    function test_boundHitsItsEnds() external pure {
        eq(bound(0, 5, 9), 5, "low end");
        eq(bound(type(uint256).max, 5, 9), 9, "high end");
        eq(bound(7, 5, 9), 7, "inside stays");
    }

    function testFuzz_boundStaysInside(uint256 word, uint256 low, uint256 high) external pure {
        vm.assume(low <= high);
        uint256 got = bound(word, low, high);
        ok(got >= low && got <= high, "inside");
    }

    /// P256VERIFY answers one word for a good signature and nothing for a bad one.
    function test_p256PrecompileIsThere() external view {
        (bytes32 r, bytes32 s) = vm.signP256(7, keccak256("x"));
        (uint256 x, uint256 y) = vm.publicKeyP256(7);
        (bool done, bytes memory answer) = address(0x100).staticcall(abi.encode(keccak256("x"), r, s, x, y));
        ok(done && answer.length == 32 && abi.decode(answer, (uint256)) == 1, "good signature");
        (done, answer) = address(0x100).staticcall(abi.encode(keccak256("y"), r, s, x, y));
        ok(done && answer.length == 0, "bad signature");
    }

    function test_historyAnswersStoredHash() external {
        vm.roll(1000);
        installHistory(990, keccak256("hash"));
        (bool done, bytes memory answer) = HISTORY.staticcall(abi.encode(uint256(990)));
        ok(done, "answers");
        eq(abi.decode(answer, (bytes32)), keccak256("hash"), "stored hash");
        (done,) = HISTORY.staticcall(abi.encode(uint256(1000)));
        ok(!done, "no hash of the present block");
    }
}
