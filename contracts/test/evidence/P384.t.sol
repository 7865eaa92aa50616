// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Deploys} from "../kit/Deploys.sol";
import {Test} from "../kit/Test.sol";
import {vm} from "../kit/Vm.sol";

/// @title  P-384 on chain: Wycheproof, forgeries, and every hint changed
/// @notice Calls come from test/reference/p384_vectors.py, which contracts/check runs.
contract P384Test is Test {
    uint256 internal constant STATEMENT = 240;
    uint256 internal constant OPS = 387;
    uint256 internal constant SLOPE = 48;
    uint256 internal constant FIELD_HIGH = 0xffffffffffffffffffffffffffffffff;
    uint256 internal constant FIELD_LOW = 0xfffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff;
    /// gas of one verification and its calldata (contracts.md 3)
    uint256 internal constant GOAL = 700_000;

    address internal table;
    address internal p384;

    function setUp() external {
        table = Deploys.create("P384Table.sol:P384Table", "");
        p384 = Deploys.create("P384.sol:P384", abi.encode(table));
    }

    function callsOf(string memory name) internal returns (bytes[] memory calls, bool[] memory accepted) {
        string memory path = string.concat(vm.projectRoot(), "/cache/scratch/p384-", name, ".bin");
        if (!vm.exists(path)) revert NotTrue("no calls; test/reference/p384_vectors.py makes them, contracts/check runs it");
        bytes memory all = vm.readFileBinary(path);
        calls = new bytes[](512);
        accepted = new bool[](512);
        uint256 count;
        for (uint256 at = 0; at < all.length; ++count) {
            uint256 head;
            assembly ("memory-safe") {
                head := mload(add(add(all, 32), at))
            }
            uint256 size = (head >> 216) & 0xffffffff;
            accepted[count] = head >> 248 == 1;
            bytes memory c = new bytes(size);
            assembly ("memory-safe") {
                mcopy(add(c, 32), add(add(add(all, 32), at), 5), size)
            }
            calls[count] = c;
            at += 5 + size;
        }
        assembly ("memory-safe") {
            mstore(calls, count)
            mstore(accepted, count)
        }
    }

    /// The contract's answer, which must always come; and the gas of the call.
    function ask(bytes memory c) internal view returns (bool yes, uint256 used) {
        address callee = p384;
        bool good;
        uint256 answer;
        assembly ("memory-safe") {
            used := gas()
            good := staticcall(gas(), callee, add(c, 32), mload(c), 0, 32)
            used := sub(used, gas())
            good := and(good, eq(returndatasize(), 32))
            answer := mload(0)
        }
        ok(good && answer < 2, "an answer of one word, 0 or 1");
        yes = answer == 1;
    }

    function calldataGas(bytes memory c) internal pure returns (uint256 cost) {
        for (uint256 i = 0; i < c.length; ++i) cost += c[i] == 0 ? 4 : 16;
    }

    function all(string memory name) internal returns (uint256 accepts, uint256 refusals) {
        (bytes[] memory calls, bool[] memory accepted) = callsOf(name);
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool yes,) = ask(calls[i]);
            if (yes != accepted[i]) revert NotTrue(string.concat(name, ": line ", vm.toString(i + 1), " of the .txt"));
            if (yes) ++accepts;
            else ++refusals;
        }
    }

    function test_wycheproof() external {
        if (!vm.isDir(string.concat(vm.projectRoot(), "/../../shared"))) vm.skip(true, "no ../shared/vectors");
        (uint256 accepts, uint256 refusals) = all("wycheproof");
        eq(accepts, 194, "valid ones");
        eq(refusals, 75, "invalid ones that are two numbers of 384 bits");
    }

    /// Signatures of OpenSSL's with hints of the C maker, and changed ones: contracts/long.
    function test_openssl() external {
        if (!vm.exists(string.concat(vm.projectRoot(), "/cache/scratch/p384-openssl.bin"))) {
            vm.skip(true, "a long run: contracts/long");
        }
        (uint256 accepts, uint256 refusals) = all("openssl");
        ok(accepts != 0 && accepts == refusals, "every second one is good");
    }

    function test_forgeries() external {
        (uint256 accepts, uint256 refusals) = all("forged");
        ok(accepts >= 4 && refusals >= 76, "number of cases");
    }

    /// Values of which word 0 alone or word 3 alone says that they are multiples of p are refused where
    /// they stand, like ones that are plainly wrong: what comes later would cost more.
    function test_adaptiveForgeries() external {
        (bytes[] memory calls,) = callsOf("adaptive");
        ok(calls.length >= 20, "pairs");
        // a whole call first: it touches the accounts
        ask(base());
        for (uint256 i = 0; i < calls.length; i += 2) {
            (bool yes, uint256 plain) = ask(calls[i]);
            ok(!yes, "plainly wrong");
            uint256 used;
            (yes, used) = ask(calls[i + 1]);
            ok(!yes, "one half holds");
            if (used > plain + 20) revert NotTrue(string.concat("pair ", vm.toString(i / 2), " is refused too late"));
        }
    }

    function test_randomKeysAndGas() external {
        (bytes[] memory calls,) = callsOf("random");
        uint256 most;
        uint256 sum;
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool yes, uint256 used) = ask(calls[i]);
            ok(yes, string.concat("key ", vm.toString(i)));
            used += calldataGas(calls[i]);
            sum += used;
            if (used > most) most = used;
        }
        ok(most <= GOAL, string.concat("most gas with calldata: ", vm.toString(most)));
        ok(sum / calls.length < 672_000, string.concat("mean gas with calldata: ", vm.toString(sum / calls.length)));
    }

    // ---- one good call, changed

    function base() internal returns (bytes memory) {
        (bytes[] memory calls,) = callsOf("random");
        return calls[1];
    }

    function flip(bytes memory c, uint256 at, uint256 bit) internal pure {
        c[at] = bytes1(uint8(c[at]) ^ uint8(1 << bit));
    }

    function test_everyBitOfTheStatement() external {
        bytes memory c = base();
        for (uint256 i = 0; i < STATEMENT * 8; ++i) {
            flip(c, i / 8, i % 8);
            (bool yes,) = ask(c);
            ok(!yes, string.concat("bit ", vm.toString(i)));
            flip(c, i / 8, i % 8);
        }
    }

    /// Bits of an operation that the contract does not look at.
    function ignored(bytes memory c, uint256 op, uint256 count) internal pure returns (uint256 mask) {
        uint256 at = OPS + 3 * op;
        uint256 code = uint256(uint8(c[at])) << 16 | uint256(uint8(c[at + 1])) << 8 | uint8(c[at + 2]);
        bool last = op == count - 1;
        mask = 0xe00000 | (code & 0x2000 != 0 ? 0x1f00 : 0x1ff0);
        if (op == 0) mask |= 0x1f4000;
        if (last) mask |= 0x4000;
        if (op != 0 && !last && code & 0x4000 == 0) mask |= 0x1f0000;
    }

    function test_everyBitOfHeaderAndOperations() external {
        bytes memory c = base();
        uint256 count = uint8(c[STATEMENT + 2]);
        uint256 same;
        for (uint256 at = STATEMENT; at < OPS + 3 * count; ++at) {
            for (uint256 bit = 0; bit < 8; ++bit) {
                bool free;
                if (at >= OPS) {
                    uint256 place = 8 * (2 - (at - OPS) % 3) + bit;
                    free = (ignored(c, (at - OPS) / 3, count) >> place) & 1 == 1;
                }
                flip(c, at, bit);
                (bool yes,) = ask(c);
                if (yes != free) revert NotTrue(string.concat("byte ", vm.toString(at), " bit ", vm.toString(bit)));
                if (free) ++same;
                flip(c, at, bit);
            }
        }
        ok(same > 100, "bits that mean nothing");
    }

    /// Every slope is constrained by itself: a changed, zeroed or other one gives 0; plus p it is the same.
    function test_everySlope() external {
        bytes memory c = base();
        uint256 start = OPS + 3 * uint256(uint8(c[STATEMENT + 2]));
        uint256 slopes = (c.length - start) / SLOPE;
        eq(start + slopes * SLOPE, c.length, "slopes fill the hints");
        uint256 lifted;
        uint256 before;
        // the first call touches two accounts
        ask(c);
        for (uint256 i = 0; i < slopes; ++i) {
            bytes memory d = bytes.concat(c);
            uint256 at = start + i * SLOPE;
            flip(d, at + uint256(keccak256(abi.encode(i))) % SLOPE, i % 8);
            (bool yes, uint256 used) = ask(d);
            ok(!yes, string.concat("bit of slope ", vm.toString(i)));
            // refused at once, by its own check and not by a later one: that would cost as much as the next
            ok(used > before + 50, string.concat("where slope is refused: ", vm.toString(i)));
            before = used;
            d = bytes.concat(c);
            for (uint256 j = 0; j < SLOPE; ++j) d[at + j] = 0;
            (yes,) = ask(d);
            ok(!yes, string.concat("zero for slope ", vm.toString(i)));
            // plus p, where that has 384 bits
            uint256 low;
            uint256 high;
            assembly ("memory-safe") {
                low := mload(add(add(c, 48), at))
                high := shr(128, mload(add(add(c, 32), at)))
            }
            unchecked {
                uint256 sum = low + FIELD_LOW;
                high = high + FIELD_HIGH + (sum < low ? 1 : 0);
                if (high >> 128 != 0) continue;
                d = bytes.concat(c);
                assembly ("memory-safe") {
                    mstore(add(add(d, 32), at), shl(128, high))
                    mstore(add(add(d, 48), at), sum)
                    mcopy(add(add(d, 80), at), add(add(c, 80), at), sub(sub(mload(c), at), 48))
                }
            }
            (yes,) = ask(d);
            ok(yes, "a slope plus p is the same slope");
            ++lifted;
        }
        ok(slopes > 250, "number of slopes");
    }

    /// A point off the curve is refused before the first slope of its multiples is looked at.
    function test_pointsOffTheCurve() external {
        bytes memory c = base();
        ask(c);
        uint256 slopes = OPS + 3 * uint256(uint8(c[STATEMENT + 2]));
        // y of R and its first slope; y of the key and its first slope
        uint256[2] memory y = [STATEMENT + 3, uint256(192)];
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory d = bytes.concat(c);
            flip(d, slopes + 8 * i * SLOPE + 47, 0);
            (bool yes, uint256 later) = ask(d);
            ok(!yes, "a wrong slope");
            d = bytes.concat(c);
            flip(d, y[i] + 47, 0);
            refusedFor(d, later - 300, "off the curve");
        }
        // and a number that is not below p before the point is computed
        bytes memory e = bytes.concat(c);
        flip(e, 191 + 48, 0);
        (, uint256 off) = ask(e);
        for (uint256 i = 192; i < 240; ++i) e[i] = 0xff;
        refusedFor(e, off - 500, "y not below p");
    }

    /// Twice all scalars by a doubling that is counted and not made: true as it is, and no form of hints.
    function test_doublingsLeft() external {
        bytes memory c = base();
        uint256 k1 = 240 + 51;
        uint256 k2 = k1 + 32;
        assembly ("memory-safe") {
            // power, and k1 + 2^220, k2 + 2^400 of twice the numbers
            let at := add(c, 32)
            mstore8(add(at, 241), add(1, byte(0, mload(add(at, 241)))))
            mstore(add(at, k1), sub(shl(1, mload(add(at, k1))), shl(220, 1)))
            let low := mload(add(at, add(k2, 32)))
            mstore(add(at, k2), sub(or(shl(1, mload(add(at, k2))), shr(255, low)), shl(144, 1)))
            mstore(add(at, add(k2, 32)), shl(1, low))
        }
        (bool yes,) = ask(c);
        ok(!yes, "a doubling is missing");
    }

    /// What is refused before a point is computed costs little.
    function test_refusedEarly() external {
        bytes memory c = base();
        (, uint256 whole) = ask(c);
        ok(whole > 400_000, "a good call");
        bytes memory d = bytes.concat(c);
        d[STATEMENT + 1] = bytes1(uint8(201));
        refusedFor(d, 4_000, "power 201");
        d[STATEMENT + 1] = bytes1(uint8(255));
        refusedFor(d, 4_000, "power 255");
        d = bytes.concat(c);
        d[STATEMENT + 2] = bytes1(uint8(1));
        refusedFor(d, 4_000, "one operation");
        // r = 0 and s = 0, whatever the rest is
        for (uint256 i = 48; i < 144; i += 48) {
            d = bytes.concat(c);
            for (uint256 j = 0; j < 48; ++j) d[i + j] = 0;
            refusedFor(d, 4_000, i == 48 ? "r = 0" : "s = 0");
        }
        // the multiple that the table lacks is refused when it is fetched, before its slope is looked at
        uint256 at = OPS + 3;
        while (uint8(c[at + 1]) & 0x20 == 0) at += 3;
        d = bytes.concat(c);
        d[at + 2] = 0xfe;
        (bool yes, uint256 there) = ask(d);
        ok(!yes, "another multiple");
        d[at + 2] = 0xff;
        refusedFor(d, there - 500, "the missing multiple");
    }

    function refusedFor(bytes memory c, uint256 most, string memory what) internal view {
        (bool yes, uint256 used) = ask(c);
        ok(!yes && used < most, string.concat(what, ": ", vm.toString(used)));
    }

    function test_lengths() external {
        bytes memory c = base();
        (bool yes,) = ask(bytes.concat(c, hex"00"));
        ok(!yes, "a byte more");
        uint256 full = c.length;
        for (uint256 cut = 1; cut < 400; ++cut) {
            assembly ("memory-safe") {
                mstore(c, sub(full, cut))
            }
            (yes,) = ask(c);
            ok(!yes, "cut at the end");
        }
        for (uint256 n = 0; n < 500; ++n) {
            assembly ("memory-safe") {
                mstore(c, n)
            }
            (yes,) = ask(c);
            ok(!yes, "cut near the start");
        }
    }

    /// Garbage is refused early or late, never with a revert and never for more than a bounded cost.
    function testFuzz_garbage(bytes calldata garbage) external view {
        (bool yes, uint256 used) = ask(garbage);
        ok(!yes, "refused");
        ok(used < 1_000_000, "bounded");
    }

    function test_tableIsPinned() external {
        vm.expectRevert(abi.encodeWithSignature("TableNotPinned(address)", address(this)));
        this.deployWith(address(this));
    }

    function deployWith(address t) external returns (address) {
        return Deploys.create("P384.sol:P384", abi.encode(t));
    }

    function test_tableIsNoProgram() external {
        (bool good,) = table.call{gas: 100_000}("");
        ok(!good, "a call of the table fails");
        eq(table.code.length, 255 * 96, "255 points");
    }
}
