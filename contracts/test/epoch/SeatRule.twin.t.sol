// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISeatRule} from "../../src/interfaces/ISeatRule.sol";
import {SeatRule} from "../../src/epoch/SeatRule.sol";
import {Test} from "../kit/Test.sol";
import {vm} from "../kit/Vm.sol";

/// @title  SeatRule against its twin in Python, on enumerated and drawn committees
contract SeatRuleTwinTest is Test {
    uint256[] private _numbers;
    SeatRule private _rule;

    function setUp() external {
        _rule = new SeatRule();
    }

    function test_everyAnswerIsTheTwins() external {
        string memory json = vm.readFile(string.concat(vm.projectRoot(), "/test/reference/seats.json"));
        uint256[] memory flat = vm.parseJsonUintArray(json, ".flat");
        uint256 next;
        uint256 cases;
        uint256 degraded;
        while (next < flat.length) {
            uint256 length = flat[next];
            ISeatRule.Output memory out = _rule.choose(_input(flat, next + 1));
            next += length + 1;
            uint256 answer = next + 1;
            string memory where = vm.toString(cases);
            eq(out.ok ? 1 : 0, flat[answer], where);
            if (out.ok) {
                _same(out, flat, answer, where);
                if (out.degraded) ++degraded;
            }
            next += flat[next] + 1;
            ++cases;
        }
        ok(cases > 900 && degraded > 20, "enough cases");
    }

    function _same(ISeatRule.Output memory out, uint256[] memory flat, uint256 spot, string memory where)
        private
        pure
    {
        eq(out.degraded ? 1 : 0, flat[spot + 1], where);
        eq(out.n, flat[spot + 2], where);
        eq(out.t, flat[spot + 3], where);
        eq(out.newSeats, flat[spot + 4], where);
        for (uint256 i; i < out.n; ++i) {
            eq(out.ids[i], flat[spot + 5 + i], where);
            eq(out.reserved[i], flat[spot + 5 + out.n + i], where);
        }
    }

    function _input(uint256[] memory flat, uint256 spot) private pure returns (ISeatRule.Input memory input) {
        uint256 members = flat[spot];
        uint256 waiting = flat[spot + 1];
        input.t0 = uint16(flat[spot + 2]);
        input.fullN = uint16(flat[spot + 3]);
        input.target = uint16(flat[spot + 4]);
        input.used = uint16(flat[spot + 5]);
        input.margin = uint8(flat[spot + 6]);
        input.slack = uint8(flat[spot + 7]);
        input.kinds = uint8(flat[spot + 8]);
        input.operatorKind = uint8(flat[spot + 9]);
        input.due = flat[spot + 10] == 1;
        input.degraded = flat[spot + 11] == 1;
        input.lost = flat[spot + 12];
        input.absent = flat[spot + 13];
        input.incumbents = new ISeatRule.Person[](members);
        input.candidates = new ISeatRule.Person[](waiting);
        spot += 14;
        for (uint256 i; i < members + waiting; ++i) {
            ISeatRule.Person memory p = ISeatRule.Person({
                id: uint32(flat[spot]),
                vendor: uint8(flat[spot + 1]),
                eligible: flat[spot + 2] == 1,
                benched: flat[spot + 3] == 1,
                gone: flat[spot + 4] == 1,
                domain0: uint32(flat[spot + 5]),
                domain1: uint32(flat[spot + 6]),
                bond: uint96(flat[spot + 7])
            });
            if (i < members) input.incumbents[i] = p;
            else input.candidates[i - members] = p;
            spot += 8;
        }
    }

    // ---- sizes of SPEC 6

    function test_tableOfSizes() external view {
        uint16[5] memory n = [uint16(3), 6, 9, 64, 256];
        uint16[5] memory t = [uint16(2), 4, 5, 33, 129];
        uint16[5] memory b = [uint16(0), 1, 2, 15, 63];
        uint16[5] memory a = [uint16(2), 5, 7, 48, 192];
        for (uint256 i; i < 5; ++i) {
            (uint16 t_, uint16 b_, uint16 a_, uint16 q_) = _rule.parameters(n[i]);
            eq(t_, t[i], "T");
            eq(b_, b[i], "b");
            eq(a_, a[i], "a");
            eq(q_, n[i] / 2 + 1, "q");
        }
    }

    /// Sizes that three equal vendors fill under a margin of one (../shared/prototypes/models/seats.py).
    function test_sizesThatThreeVendorsFill() external view {
        ok(_rule.fillsByThree(9, 1), "9");
        ok(!_rule.fillsByThree(10, 1), "10");
        ok(_rule.fillsByThree(11, 1), "11");
        ok(_rule.fillsByThree(6, 0), "6 for development");
        ok(!_rule.fillsByThree(4, 0), "4");
        ok(_rule.fillsByThree(3, 0), "3");
        ok(!_rule.fillsByThree(8, 1), "8");
    }
}
