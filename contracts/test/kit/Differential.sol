// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "./Test.sol";
import {vm} from "./Vm.sol";

/// @title  Differential - the verifiers in C and in Solidity, on the same mutated evidence
/// @notice Cases and the C verifier's answers come from tdx-mutate, snp-mutate and nitro-mutate (tests/tools;
///         mutate.h has the format); tests/tools/differential makes them, runs the tests and removes the cases.
///         A case agrees if both accept, or both refuse for a reason that both name, and if claims and
///         status are those of C wherever the contract gives findings. Where two things are wrong (a label
///         with "+") either may be named: C ends at some reasons, the contracts at each.
abstract contract Differential is Test {
    struct Case {
        uint256 base;
        bytes[] parts;
        uint256 changed; // bit i: part i is not the base's
        uint256 time;
        bool accepts;
        uint8 status;
        bytes32 claims;
        uint256 reasons; // bit set of attest/verdict.h
        string label;
    }

    /// What the contracts say. Causes: every revert on the way, of posts that failed too.
    struct Answer {
        bool accepts;
        bool found;
        uint8 status;
        bytes32 claims;
        bytes4[] causes;
        uint256 count;
    }

    struct Tally {
        uint256 cases;
        uint256 accepted;
        uint256 disagreements;
        uint256[128] reasons;
    }

    /// forge prints events of these names
    event log_named_uint(string name, uint256 value);
    event log_named_string(string name, string value);

    /// Cases of a run that must reach every reason.
    uint256 private constant FULL_RUN = 10_000;
    /// Most that are printed of one file.
    uint256 private constant PRINTED = 40;

    bytes[][] internal base;
    string[] internal reasonName;

    // ---- what a vendor's test says

    /// Folder of the cases: cache/scratch/VENDOR-mutate/
    function folder() internal pure virtual returns (string memory);

    /// Deploys the contracts with the bases' roots.
    function deployBases() internal virtual;

    /// Posts what the bases bring, for the cases that bring the same.
    function postBases() internal virtual {}

    /// Does the case bring what the bases brought, so that nothing has to be posted?
    function isPosted(Case memory c) internal view virtual returns (bool);

    /// Everything posted at the case's time (unless it isPosted), then verified and judged.
    function answer(Case memory c) internal virtual returns (Answer memory);

    /// Reasons of C, as bits, of which at least one stands behind that error.
    function reasonsOf(bytes4 cause) internal pure virtual returns (uint256);

    /// Reasons that the cases must reach with both verifiers naming them.
    function mustReach() internal pure virtual returns (uint256);

    // ---- the run

    function runAll() internal {
        if (!vm.exists(string.concat(folder(), "base.bin"))) {
            vm.skip(true, "no cases: run tests/tools/differential");
        }
        _readBases();
        deployBases();
        // two for all cases: forge keeps the memory of each
        uint256 fresh = vm.snapshotState();
        postBases();
        uint256 posted = vm.snapshotState();
        Tally memory sum;
        for (uint256 i = 0; vm.exists(_name(i)); ++i) {
            // a call each: its memory is given back
            Tally memory t = this.runFile(_name(i), sum.cases, fresh, posted);
            sum.cases += t.cases;
            sum.accepted += t.accepted;
            sum.disagreements += t.disagreements;
            for (uint256 r = 0; r < 128; ++r) sum.reasons[r] += t.reasons[r];
        }
        _report(sum);
        eq(sum.disagreements, 0, "both verifiers answer alike");
        ok(sum.cases >= 100 && sum.accepted * 100 >= sum.cases * 15, "15 of 100 cases are accepted by both");
        // a short run need not meet every reason
        for (uint256 r = 0; r < reasonName.length && sum.cases >= FULL_RUN; ++r) {
            ok((mustReach() >> r) & 1 == 0 || sum.reasons[r] != 0, string.concat("reached: ", reasonName[r]));
        }
    }

    function runFile(string calldata name, uint256 first, uint256 fresh, uint256 posted)
        external
        returns (Tally memory t)
    {
        bytes memory b = vm.readFileBinary(name);
        uint256 pos;
        while (pos < b.length) {
            Case memory c = _readCase(b, pos + 4);
            ok(vm.revertToState(isPosted(c) ? posted : fresh), "the state is restored");
            vm.warp(c.time);
            _settle(t, c, answer(c), first);
            pos += 4 + _u32(b, pos);
        }
    }

    function noted(Answer memory a, bytes memory cause) internal pure {
        a.causes[a.count++] = bytes4(cause);
    }

    function blank() internal pure returns (Answer memory a) {
        a.causes = new bytes4[](16);
    }

    function _settle(Tally memory t, Case memory c, Answer memory a, uint256 first) private {
        uint256 shared;
        for (uint256 i = 0; i < a.count; ++i) shared |= reasonsOf(a.causes[i]) & c.reasons;
        string memory what = a.accepts != c.accepts
            ? a.accepts ? "the contracts accept alone" : "C accepts alone"
            : a.found && (a.claims != c.claims || a.status != c.status)
                ? "claims or status"
                : !a.accepts && shared == 0 && !_twofold(c.label) ? "no reason in common" : "";
        if (bytes(what).length != 0) {
            if (t.disagreements++ < PRINTED) _print(c, a, what, first + t.cases);
        }
        ++t.cases;
        if (a.accepts && c.accepts) ++t.accepted;
        for (uint256 r = 0; r < 128; ++r) t.reasons[r] += (shared >> r) & 1;
    }

    function _twofold(string memory label) private pure returns (bool yes) {
        bytes memory b = bytes(label);
        for (uint256 i = 0; i < b.length && !yes; ++i) yes = b[i] == "+";
    }

    function _print(Case memory c, Answer memory a, string memory what, uint256 number) private {
        string memory text = string.concat(c.label, ": ", what, "; contracts:");
        for (uint256 i = 0; i < a.count; ++i) text = string.concat(text, " ", vm.toString(abi.encodePacked(a.causes[i])));
        text = string.concat(text, "; C:");
        for (uint256 r = 0; r < reasonName.length; ++r) {
            if ((c.reasons >> r) & 1 == 1) text = string.concat(text, " ", reasonName[r]);
        }
        emit log_named_string(string.concat("case ", vm.toString(number)), text);
    }

    function _report(Tally memory sum) private {
        emit log_named_uint("cases", sum.cases);
        emit log_named_uint("accepted by both", sum.accepted);
        emit log_named_uint("refused by both", sum.cases - sum.accepted - sum.disagreements);
        emit log_named_uint("disagreements", sum.disagreements);
        emit log_named_string("named by both", "");
        for (uint256 r = 0; r < reasonName.length; ++r) {
            if (sum.reasons[r] != 0) emit log_named_uint(string.concat("  ", reasonName[r]), sum.reasons[r]);
        }
    }

    // ---- files

    function _readBases() private {
        bytes memory b = vm.readFileBinary(string.concat(folder(), "base.bin"));
        (uint256 bases, uint256 parts, uint256 reasons) = (uint8(b[0]), uint8(b[1]), uint8(b[2]));
        uint256 pos = 3;
        for (uint256 r = 0; r < reasons; ++r) {
            reasonName.push(string(_cut(b, pos + 1, uint8(b[pos]))));
            pos += 1 + uint8(b[pos]);
        }
        for (uint256 i = 0; i < bases; ++i) {
            base.push();
            for (uint256 k = 0; k < parts; ++k) {
                base[i].push(_cut(b, pos + 4, _u32(b, pos)));
                pos += 4 + _u32(b, pos);
            }
        }
        eq(pos, b.length, "end of base.bin");
    }

    function _readCase(bytes memory b, uint256 pos) private view returns (Case memory c) {
        c.base = uint8(b[pos]);
        c.parts = base[c.base];
        c.time = uint64(bytes8(bytes32(_cut(b, pos + 1, 8))));
        c.accepts = b[pos + 9] == 0x01;
        c.status = uint8(b[pos + 10]);
        c.claims = bytes32(_cut(b, pos + 12, 32));
        c.reasons = uint64(bytes8(_cut(b, pos + 44, 8))) | uint256(uint64(bytes8(_cut(b, pos + 52, 8)))) << 64;
        pos += 60;
        c.label = string(_cut(b, pos + 1, uint8(b[pos])));
        pos += 1 + uint8(b[pos]);
        uint256 changed = uint8(b[pos++]);
        for (; changed > 0; --changed) {
            uint256 part = uint8(b[pos]);
            c.changed |= 1 << part;
            c.parts[part] = _cut(b, pos + 5, _u32(b, pos + 1));
            pos += 5 + _u32(b, pos + 1);
        }
    }

    function _name(uint256 i) private pure returns (string memory) {
        return string.concat(folder(), "cases-", i < 10 ? "00" : i < 100 ? "0" : "", vm.toString(i), ".bin");
    }

    function _u32(bytes memory b, uint256 pos) private pure returns (uint256 v) {
        assembly ("memory-safe") {
            v := shr(224, mload(add(add(b, 32), pos)))
        }
    }

    function _cut(bytes memory b, uint256 pos, uint256 length) private pure returns (bytes memory out) {
        out = new bytes(length);
        assembly ("memory-safe") {
            mcopy(add(out, 32), add(add(b, 32), pos), length)
        }
    }
}
