// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Labels} from "../../src/base/Labels.sol";
import {Objects} from "../../src/base/Objects.sol";
import {IAttestations} from "../../src/interfaces/IAttestations.sol";
import {IEvidenceVerifier} from "../../src/interfaces/IEvidenceVerifier.sol";
import {ITcbPolicy} from "../../src/interfaces/ITcbPolicy.sol";
import {IVerifierRouter} from "../../src/interfaces/IVerifierRouter.sol";
import {FreeCouncil} from "./Council.sol";
import {Deploys} from "./Deploys.sol";
import {RecheckTwin} from "./RecheckTwin.sol";
import {SaidVerifier} from "./SaidVerifier.sol";
import {ITcbPolicyInitial} from "./TdxWorld.sol";
import {Test} from "./Test.sol";
import {vm} from "./Vm.sol";

/// @title  SaidWorld - the real policy, router and records around verifiers that say what they are told
/// @notice Vendor 1's verifier has to be asked for its status, those of 2 and 3 are steady.
abstract contract SaidWorld is Test {
    /// What somebody attested, and how it is told again.
    struct Told {
        SaidVerifier verifier;
        bytes32 key;
        IAttestations.Preimage p;
        bytes rawTcb;
    }

    address internal constant TIMELOCK = address(0x71);
    address internal constant RATIFIER = address(0x72);
    uint256 internal constant NOW = 1_790_000_000;

    RecheckTwin.World internal w;
    /// by vendor
    SaidVerifier[4] internal born;

    function setUpSaid() internal {
        vm.warp(NOW);
        vm.roll(100);
        installHistory(99, keccak256("history"));
        ITcbPolicyInitial.Initial[] memory initial = new ITcbPolicyInitial.Initial[](3);
        for (uint8 i = 0; i < 3; ++i) initial[i] = ITcbPolicyInitial.Initial(i + 1, uint16(1 << 1), 0);
        address routerAt = Deploys.predict(address(this), 4);
        w.policy = ITcbPolicy(
            Deploys.create(
                "TcbPolicy.sol:TcbPolicy",
                abi.encode(TIMELOCK, RATIFIER, routerAt, uint40(7 days), uint40(14 days), initial)
            )
        );
        address[] memory list = new address[](3);
        for (uint8 v = 1; v <= 3; ++v) {
            born[v] = new SaidVerifier(v, v != 1, address(w.policy));
            list[v - 1] = address(born[v]);
        }
        w.router = IVerifierRouter(
            Deploys.create(
                "VerifierRouter.sol:VerifierRouter",
                abi.encode(TIMELOCK, RATIFIER, address(w.policy), uint40(14 days), list)
            )
        );
        eq(address(w.router), routerAt, "predicted address of VerifierRouter");
        w.attestations = IAttestations(
            Deploys.create(
                "Attestations.sol:Attestations",
                abi.encode(address(w.router), address(w.policy), address(new FreeCouncil()), uint64(300), uint40(1 days))
            )
        );
        for (uint8 v = 1; v <= 3; ++v) born[v].noteList();
    }

    /// Another verifier of a vendor, active.
    function another(uint8 vendor, bool steady) internal returns (SaidVerifier made) {
        made = new SaidVerifier(vendor, steady, address(w.policy));
        vm.prank(TIMELOCK);
        w.router.propose(vendor, address(made));
        vm.warp(block.timestamp + 14 days);
        w.router.activate(address(made));
    }

    function nextBlock() internal returns (uint64 bound, bytes32 hash) {
        bound = uint64(block.number);
        hash = keccak256(abi.encode("block", bound));
        vm.roll(block.number + 1);
        installHistory(bound, hash);
        vm.setBlockhash(bound, hash);
    }

    /// Nitro knows no products.
    function productOf(uint8 vendor) internal pure returns (bytes32) {
        return vendor == 3 ? bytes32(0) : bytes32("product");
    }

    /// A record of a machine; what differs by machine is made of its number.
    function attest(SaidVerifier verifier, uint256 machine, bytes memory rawTcb) internal returns (Told memory t) {
        (uint64 bound, bytes32 hash) = nextBlock();
        bytes32 subject = keccak256(abi.encode("subject", machine));
        IEvidenceVerifier.Findings memory f;
        f.vendor = verifier.vendor();
        f.product = productOf(f.vendor);
        f.measurement = keccak256(abi.encode("measurement", machine));
        f.platform = keccak256(abi.encode("platform", machine));
        (f.reportHigh, f.reportLow) = w.attestations.reportData(1, subject, "context", bound, hash);
        f.rawTcb = rawTcb;
        f.status = 1;
        f.issuer = 1;
        f.leaf = Objects.serialId(f.vendor, 1, machine);
        t.verifier = verifier;
        t.p = IAttestations.Preimage(f.product, f.measurement, f.reportHigh, f.platform, 1, machine);
        t.rawTcb = rawTcb;
        t.key = w.attestations.attest(1, subject, "context", address(verifier), bound, abi.encode(f), "");
        eq(f.reportLow, Labels.REPORT, "the reserved half");
    }

    function filled(uint256 length, uint8 each) internal pure returns (bytes memory r) {
        r = new bytes(length);
        for (uint256 i = 0; i < length; ++i) r[i] = bytes1(each);
    }

    /// rawTcb of a vendor's length.
    function raw(uint8 vendor) internal pure returns (bytes memory) {
        return filled(vendor == 1 ? 52 : vendor == 2 ? 56 : 0, 5);
    }

    /// Rechecks, and holds what happens against the twin.
    function recheckAsTwin(Told memory t, bytes memory hints) internal returns (bool done) {
        (bytes memory refusal, IAttestations.Record memory want) = RecheckTwin.expected(w, t.key, t.p, t.rawTcb);
        try w.attestations.recheck(t.key, t.p, t.rawTcb, hints) {
            eq(refusal, "", "the twin refuses");
            done = true;
        } catch (bytes memory cause) {
            eq(cause, refusal, "cause");
            want = w.attestations.recordOf(t.key);
        }
        IAttestations.Record memory found = w.attestations.recordOf(t.key);
        eq(found.standing, want.standing, "standing");
        eq(found.status, want.status, "status");
        eq(found.collateralEpoch, want.collateralEpoch, "epoch");
        eq(keccak256(abi.encode(found)), keccak256(abi.encode(want)), "the whole record");
    }
}
