// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ecdsa384} from "../../src/evidence/Ecdsa384.sol";
import {Hash384} from "../../src/evidence/Hash384.sol";
import {Test} from "../kit/Test.sol";

/// A contract in the place of Sha384 or P384 that answers what it was told to.
contract Answers {
    bytes private _answer;
    bool private _fails;

    constructor(bytes memory answer, bool fails) {
        (_answer, _fails) = (answer, fails);
    }

    fallback() external {
        bytes memory answer = _answer;
        bool fails = _fails;
        assembly ("memory-safe") {
            if fails { revert(add(answer, 32), mload(answer)) }
            return(add(answer, 32), mload(answer))
        }
    }
}

/// @title  Calls of the hash and of the curve: an answer counts only in the one form that it has
contract Calls384Test is Test {
    bytes internal constant ONE = abi.encode(uint256(1));

    function answers(bytes memory answer) internal returns (address) {
        return address(new Answers(answer, false));
    }

    function fails(bytes memory answer) internal returns (address) {
        return address(new Answers(answer, true));
    }

    function digest(address hasher) external view returns (bytes32 high, bytes16 low) {
        return Hash384.digest(hasher, "message");
    }

    function verify(address p384, bytes calldata rs, bytes calldata key, bytes calldata hints)
        external
        view
        returns (bool)
    {
        return Ecdsa384.verify(p384, bytes32(uint256(1)), bytes16(uint128(2)), rs, key, hints);
    }

    function accepted(address p384) internal view returns (bool) {
        return this.verify(p384, new bytes(96), new bytes(96), "");
    }

    // ---- Hash384

    function noDigest(address hasher) internal view {
        (bool good, bytes memory answer) = address(this).staticcall(abi.encodeCall(this.digest, (hasher)));
        ok(!good, "no digest");
        eq(answer, abi.encodeWithSelector(Hash384.Sha384Failed.selector, hasher), "why");
    }

    function test_hash() external {
        bytes memory d = abi.encodePacked(keccak256("a"), bytes16(keccak256("b")));
        (bytes32 high, bytes16 low) = this.digest(answers(d));
        eq(high, keccak256("a"), "first 32 bytes");
        eq(bytes32(low), bytes32(bytes16(keccak256("b"))), "last 16 bytes");
        noDigest(answers(bytes.concat(d, hex"00")));
        noDigest(answers(abi.encodePacked(keccak256("a"))));
        noDigest(answers(""));
        noDigest(fails(d));
        noDigest(address(0xdead));
    }

    // ---- Ecdsa384

    function test_answersOfTheCurve() external {
        ok(accepted(answers(ONE)), "1 is yes");
        ok(!accepted(answers(abi.encode(uint256(0)))), "0 is no");
        ok(!accepted(answers(abi.encode(uint256(2)))), "2 is no answer");
        ok(!accepted(answers(abi.encode(type(uint256).max))), "nor are all ones");
        ok(!accepted(answers(bytes.concat(ONE, ONE))), "two words");
        ok(!accepted(answers(bytes.concat(ONE, hex"00"))), "a byte more");
        ok(!accepted(answers("")), "nothing");
        ok(!accepted(fails(ONE)), "a revert with 1");
        ok(!accepted(address(0xdead)), "nobody there");
    }

    function test_sizes() external {
        address yes = answers(ONE);
        ok(this.verify(yes, new bytes(96), new bytes(96), "hints"), "96 and 96");
        for (uint256 size = 0; size < 200; ++size) {
            if (size == 96) continue;
            ok(!this.verify(yes, new bytes(size), new bytes(96), ""), "r and s");
            ok(!this.verify(yes, new bytes(96), new bytes(size), ""), "key");
        }
    }

    /// What the curve is asked: digest, r, s, key, hints, in that order and nothing else.
    function test_statement() external {
        EchoesHash echo = new EchoesHash();
        bytes memory rs = abi.encodePacked(keccak256("r"), keccak256("rs"), keccak256("s"));
        bytes memory key = abi.encodePacked(keccak256("x"), keccak256("xy"), keccak256("y"));
        bytes memory asked = abi.encodePacked(bytes32(uint256(1)), bytes16(uint128(2)), rs, key, "hints");
        echo.expect(keccak256(asked));
        ok(this.verify(address(echo), rs, key, "hints"), "as expected");
        ok(!this.verify(address(echo), key, rs, "hints"), "the other order");
    }
}

/// Answers 1 to the one call whose bytes have a hash that was named.
contract EchoesHash {
    bytes32 private _expected;

    function expect(bytes32 hash) external {
        _expected = hash;
    }

    fallback() external {
        bytes memory answer = abi.encode(keccak256(msg.data) == _expected ? 1 : 0);
        assembly ("memory-safe") {
            return(add(answer, 32), mload(answer))
        }
    }
}
