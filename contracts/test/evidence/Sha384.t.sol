// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hash384} from "../../src/evidence/Hash384.sol";
import {Deploys} from "../kit/Deploys.sol";
import {Test} from "../kit/Test.sol";
import {vm} from "../kit/Vm.sol";

/// @title  SHA-384 against OpenSSL
/// @notice Messages and answers: test/reference/sha384.py.
contract Sha384Test is Test {
    uint256 internal constant KNOWN = 384;
    uint256 internal constant PARTS = 10;
    uint256 internal constant ROUNDS_OF_PART = 1000;

    address internal sha;
    string internal answers;

    function setUp() external {
        sha = Deploys.create("Sha384.sol:Sha384", "");
        answers = vm.readFile(string.concat(vm.projectRoot(), "/test/reference/sha384.json"));
    }

    function message(uint256 i, uint256 length) internal pure returns (bytes memory m) {
        m = new bytes(length + 32);
        for (uint256 at = 0; at < length; at += 32) {
            bytes32 block_ = sha256(abi.encode(i, at / 32));
            assembly ("memory-safe") {
                mstore(add(add(m, 32), at), block_)
            }
        }
        assembly ("memory-safe") {
            mstore(m, length)
        }
    }

    function digest(bytes memory m) internal view returns (bytes memory) {
        (bytes32 high, bytes16 low) = Hash384.digest(sha, m);
        return abi.encodePacked(high, low);
    }

    /// FIPS 180-4's examples, one and two blocks.
    function test_examples() external view {
        eq(
            digest("abc"),
            hex"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            "abc"
        );
        eq(
            digest("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
            hex"09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039",
            "two blocks"
        );
    }

    /// Every length mod 128, with none, one and two whole blocks before the tail.
    function test_everyLength() external {
        bytes memory known = vm.parseJsonBytes(answers, ".known");
        eq(known.length, 48 * KNOWN, "number of answers");
        for (uint256 n = 0; n < KNOWN; ++n) {
            bytes memory needed = new bytes(48);
            assembly ("memory-safe") {
                mcopy(add(needed, 32), add(add(known, 32), mul(n, 48)), 48)
            }
            bytes memory free = message(n, n);
            eq(digest(free), needed, vm.toString(n));
        }
    }

    function part(uint256 p) internal {
        string memory pos = string.concat(".random[", vm.toString(p), "]");
        bytes32 acc;
        for (uint256 k = 0; k < ROUNDS_OF_PART; ++k) {
            uint256 free;
            assembly ("memory-safe") {
                free := mload(0x40)
            }
            uint256 i = 1_000_000 + p * ROUNDS_OF_PART + k;
            uint256 length = (uint256(sha256(abi.encode(i, type(uint256).max))) >> 240) % 700;
            acc = sha256(abi.encodePacked(acc, digest(message(i, length))));
            assembly {
                // messages are not needed again; memory costs grow with the square
                mstore(0x40, free)
            }
        }
        eq(acc, vm.parseJsonBytes32(answers, pos), "chain of digests");
    }

    function test_random_0() external {
        for (uint256 p = 0; p < PARTS / 2; ++p) part(p);
    }

    function test_random_1() external {
        for (uint256 p = PARTS / 2; p < PARTS; ++p) part(p);
    }

    /// A message that ends in zeros is not the shorter one, and what stands behind it does not count.
    function test_paddingIsNotMessage() external view {
        ok(keccak256(digest(hex"00")) != keccak256(digest("")), "one zero byte");
        bytes memory m = message(7, 200);
        bytes32 before = keccak256(digest(m));
        assembly ("memory-safe") {
            mstore(m, 199)
            mstore8(add(m, 231), 0xff)
        }
        bytes32 shorter = keccak256(digest(m));
        assembly ("memory-safe") {
            mstore8(add(m, 231), 0x00)
        }
        eq(keccak256(digest(m)), shorter, "a byte behind the message");
        ok(shorter != before, "the shorter message");
    }

    /// 24,100 gas per block, with what a call costs.
    function test_gasPerBlock() external view {
        bytes memory m = message(1, 4395);
        uint256 left = gasleft();
        Hash384.digest(sha, m);
        uint256 used = left - gasleft();
        ok(used < 35 * 24_100 + 3_500, string.concat("gas of 35 blocks: ", vm.toString(used)));
    }

    /// An address without code answers nothing, which is no digest.
    function test_missingContract() external {
        vm.expectRevert(abi.encodeWithSelector(Hash384.Sha384Failed.selector, address(0xdead)));
        this.missing();
    }

    function missing() external view {
        Hash384.digest(address(0xdead), "abc");
    }
}
