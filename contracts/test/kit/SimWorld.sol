// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SimIntel} from "./SimIntel.sol";
import {TdxWorld} from "./TdxWorld.sol";
import {vm} from "./Vm.sol";

/// @title  SimWorld - the evidence contracts under a simulated Intel, with everything posted
abstract contract SimWorld is TdxWorld {
    uint256 internal constant NOW = 1_790_000_000;
    uint256 internal constant FROM = NOW - 30 days;
    uint256 internal constant TO = NOW + 3000 days;
    uint256 internal constant SERIAL = 0x003c16ed54eacbb4ced072be72630c85788cf46e36;
    bytes32 internal constant RESERVED = keccak256("polyclave/report/v1");

    bytes32 internal product;

    function setUpSim() internal {
        vm.warp(NOW);
        deployWorld(SimIntel.rootCert(FROM, TO), manifestRules());
        verifier.addCrl(rootCrl(NOW - 1 days, none()), 0, type(uint256).max);
        ca = verifier.addCert(SimIntel.caCert(FROM, TO), 0);
        tcbSigner = qeSigner = verifier.addCert(SimIntel.signerCert(FROM, TO), 0);
        verifier.addCrl(pckCrl(NOW - 1 days, none()), ca, type(uint256).max);
        postTcb(tcbInfo(17, NOW - 1 days));
        postQe(qe(17, NOW - 1 days));
        leafRecord = postLeaf(SimIntel.pckCert(SERIAL, SimIntel.pck(), FROM, TO));
        product = bytes32(abi.encodePacked(SimIntel.pck().fmspc, SimIntel.pck().pceid));
    }

    function none() internal pure returns (uint256[] memory) {
        return new uint256[](0);
    }

    function one(uint256 serial) internal pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = serial;
    }

    function rootCrl(uint256 from, uint256[] memory serials) internal pure returns (bytes memory) {
        return SimIntel.crl(SimIntel.ROOT_KEY, SimIntel.ROOT_NAME, from, from + 365 days, serials);
    }

    function pckCrl(uint256 from, uint256[] memory serials) internal pure returns (bytes memory) {
        return SimIntel.crl(SimIntel.CA_KEY, SimIntel.PLATFORM_NAME, from, from + 30 days, serials);
    }

    function tcbInfo(uint256 evaluation, uint256 issued) internal pure returns (SimIntel.TcbInfo memory t) {
        t.fmspc = SimIntel.pck().fmspc;
        t.pceid = SimIntel.pck().pceid;
        t.number = evaluation;
        t.issueDate = issued;
        t.nextUpdate = issued + 30 days;
        t.modules = bytes.concat(
            SimIntel.module("TDX_03", SimIntel.svnLevel(3, "UpToDate")),
            ",",
            SimIntel.module("TDX_01", bytes.concat(SimIntel.svnLevel(6, "UpToDate"), ",", SimIntel.svnLevel(2, "OutOfDate")))
        );
        t.levels = new SimIntel.Level[](2);
        t.levels[0] = SimIntel.Level(SimIntel.pck().svns, 0x05000200000000000000000000000000, 11, "UpToDate");
        t.levels[1] = SimIntel.Level(0x02020202030100030000000000000000, 0x05000200000000000000000000000000, 5, "OutOfDate");
    }

    function qe(uint256 evaluation, uint256 issued) internal pure returns (bytes memory) {
        return SimIntel.qeIdentity(evaluation, issued, issued + 30 days, SimIntel.svnLevel(4, "UpToDate"));
    }

    function postTcb(SimIntel.TcbInfo memory t) internal {
        postTcbJson(SimIntel.tcbInfo(t));
    }

    function refuseTcb(SimIntel.TcbInfo memory t, bytes memory cause) internal {
        bytes memory json = SimIntel.tcbInfo(t);
        (uint256 r, uint256 s) = SimIntel.sign(json);
        vm.expectRevert(cause);
        verifier.addCollateral(1, json, r, s, tcbSigner);
    }

    /// Of the TCB info in force.
    function number() internal view returns (uint256 n) {
        (n,,,,) = verifier.active(product);
    }

    function postTcbJson(bytes memory json) internal {
        (uint256 r, uint256 s) = SimIntel.sign(json);
        verifier.addCollateral(1, json, r, s, tcbSigner);
        tcbTable = collateralReader.tcbInfo(json).table;
    }

    function postQe(bytes memory json) internal {
        (uint256 r, uint256 s) = SimIntel.sign(json);
        verifier.addCollateral(2, json, r, s, qeSigner);
        qeTable = collateralReader.qeIdentity(json).table;
    }

    function evidenceFor(uint8 kind, bytes32 subject, bytes32 context, uint64 bound, bytes32 hash)
        internal
        view
        returns (bytes memory)
    {
        (bytes32 high, bytes32 low) = attestations.reportData(kind, subject, context, bound, hash);
        return SimIntel.evidence(SimIntel.td(high, low));
    }

    /// Mines one block and records the hash of the one before; that one's number.
    function nextBlock() internal returns (uint64 bound, bytes32 hash) {
        bound = uint64(block.number);
        hash = keccak256(abi.encode("block", bound));
        vm.roll(block.number + 1);
        vm.warp(block.timestamp + 12);
        installHistory(bound, hash);
        vm.setBlockhash(bound, hash);
    }
}
