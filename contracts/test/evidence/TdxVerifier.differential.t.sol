// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ids} from "../../src/base/Ids.sol";
import {Claims} from "../../src/base/Types.sol";
import {IEvidenceVerifier} from "../../src/interfaces/IEvidenceVerifier.sol";
import {ITdxVerifier} from "../../src/interfaces/ITdxVerifier.sol";
import {TdxWorld} from "../kit/TdxWorld.sol";
import {vm} from "../kit/Vm.sol";

/// @title  The verifiers in C and in Solidity, on the same mutated evidence
/// @notice Cases and the C verifier's answers come from tdx-mutate (tests/tools; the head of
///         tdx_mutate.c has the format); tests/tools/tdx-differential makes them and runs this.
///         Both must accept the same cases; where this verifier gives findings, claims and TCB status
///         are those of C.
contract TdxVerifierDifferentialTest is TdxWorld {
    uint256 private constant PARTS = 11;
    string private constant DIR = "cache/scratch/tdx-mutate/";

    struct Case {
        bytes[11] parts;
        uint256 time;
        bool accepts;
        uint8 status;
        bytes32 claims;
        string label;
    }

    struct Answer {
        bool accepts;
        uint8 status;
        bytes32 claims;
    }

    event Disagreement(string label, bytes ours, bool acceptsInC, uint8 statusInC, bytes32 claimsInC);

    bytes[11][2] private _base;
    uint256 private _fresh;

    function test_everyCaseOfTdxMutate() external {
        if (!vm.exists(string.concat(DIR, "base.bin"))) {
            vm.skip(true, "no cases: run tests/tools/tdx-differential");
        }
        _readBase();
        // policy_network of attest/policy.h
        deployWorld(
            _base[0][0],
            ITdxVerifier.TdRules({
                tdRequired: 1 << 28,
                tdAllowed: uint64(1 << 28 | 1 << 30 | 1 << 31),
                xfamRequired: 3,
                xfamAllowed: 0x6dbe7,
                serviceTd: false
            })
        );
        _fresh = vm.snapshotState();
        uint256 cases;
        uint256 accepted;
        uint256 disagreements;
        for (uint256 i = 0; vm.exists(_name(i)); ++i) {
            // a call each: its memory is given back
            (uint256 n, uint256 a, uint256 d) = this.runFile(_name(i));
            (cases, accepted, disagreements) = (cases + n, accepted + a, disagreements + d);
        }
        eq(disagreements, 0, "both verifiers answer alike");
        ok(cases >= 100 && accepted * 10 >= cases && accepted < cases, "there are cases of both kinds");
    }

    function runFile(string calldata name) external returns (uint256 cases, uint256 accepted, uint256 disagreements) {
        bytes memory b = vm.readFileBinary(name);
        uint256 pos;
        while (pos < b.length) {
            (bool alike, bool accepts) = _runCase(_readCase(b, pos + 4));
            ++cases;
            if (accepts) ++accepted;
            if (!alike) ++disagreements;
            pos += 4 + _u32(b, pos);
        }
    }

    /// Everything posted at the case's time, then verified and judged.
    function post(bytes[11] calldata parts) external returns (Answer memory a) {
        verifier.addCrl(parts[4], 0, type(uint256).max);
        ca = verifier.addCert(parts[1], 0);
        bytes32 signer = verifier.addCert(parts[3], 0);
        verifier.addCrl(parts[5], ca, type(uint256).max);
        (uint256 r, uint256 s) = abi.decode(parts[7], (uint256, uint256));
        verifier.addCollateral(1, parts[6], r, s, signer);
        tcbTable = collateralReader.tcbInfo(parts[6]).table;
        (r, s) = abi.decode(parts[9], (uint256, uint256));
        verifier.addCollateral(2, parts[8], r, s, signer);
        qeTable = collateralReader.qeIdentity(parts[8]).table;
        leafRecord = postLeaf(parts[2]);
        IEvidenceVerifier.Findings memory f = verifier.verify(parts[10], hints());
        a.claims = Ids.claims(
            Claims(f.vendor, f.product, f.measurement, abi.encodePacked(f.reportHigh, f.reportLow), f.platform, f.rawTcb)
        );
        a.status = f.status;
        try this.judgeFindings(f) {
            a.accepts = true;
        } catch {}
    }

    function judgeFindings(IEvidenceVerifier.Findings calldata f) external view {
        judge(f);
    }

    function _runCase(Case memory c) private returns (bool alike, bool accepts) {
        vm.warp(c.time);
        try this.post(c.parts) returns (Answer memory a) {
            accepts = a.accepts;
            alike = a.accepts == c.accepts && a.status == c.status && a.claims == c.claims;
            if (!alike) emit Disagreement(c.label, abi.encode(a), c.accepts, c.status, c.claims);
        } catch (bytes memory cause) {
            alike = !c.accepts;
            if (!alike) emit Disagreement(c.label, cause, c.accepts, c.status, c.claims);
        }
        vm.revertToState(_fresh);
    }

    function _readBase() private {
        bytes memory b = vm.readFileBinary(string.concat(DIR, "base.bin"));
        eq(uint8(b[0]), 2, "number of bases");
        uint256 pos = 1;
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 k = 0; k < PARTS; ++k) {
                _base[i][k] = _cut(b, pos + 4, _u32(b, pos));
                pos += 4 + _u32(b, pos);
            }
        }
    }

    function _readCase(bytes memory b, uint256 pos) private view returns (Case memory c) {
        c.parts = _base[uint8(b[pos])];
        c.time = uint64(bytes8(bytes32(_cut(b, pos + 1, 8))));
        c.accepts = b[pos + 9] == 0x01;
        c.status = uint8(b[pos + 10]);
        c.claims = bytes32(_cut(b, pos + 12, 32));
        // behind the reasons, which have no counterpart here
        pos += 60;
        c.label = string(_cut(b, pos + 1, uint8(b[pos])));
        pos += 1 + uint8(b[pos]);
        uint256 changed = uint8(b[pos++]);
        for (; changed > 0; --changed) {
            c.parts[uint8(b[pos])] = _cut(b, pos + 5, _u32(b, pos + 1));
            pos += 5 + _u32(b, pos + 1);
        }
    }

    function _name(uint256 i) private pure returns (string memory) {
        return string.concat(DIR, "cases-", i < 10 ? "00" : i < 100 ? "0" : "", vm.toString(i), ".bin");
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
