// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Objects} from "../../src/base/Objects.sol";
import {TcbStatus} from "../../src/base/Types.sol";
import {IAttestations} from "../../src/interfaces/IAttestations.sol";
import {ITcbPolicy} from "../../src/interfaces/ITcbPolicy.sol";
import {RecheckTwin} from "../kit/RecheckTwin.sol";
import {SaidVerifier} from "../kit/SaidVerifier.sol";
import {SaidWorld} from "../kit/SaidWorld.sol";
import {vm} from "../kit/Vm.sol";

/// @title  Attestations.recheck and TcbPolicy.reconsider, around verifiers that say what they are told
contract AttestationsRecheckTest is SaidWorld {
    function setUp() external {
        setUpSaid();
    }

    function refuse(Told memory t, bytes memory cause) internal {
        vm.expectRevert(cause);
        w.attestations.recheck(t.key, t.p, t.rawTcb, "");
    }

    function standing(Told memory t) internal view returns (uint8) {
        return w.attestations.recordOf(t.key).standing;
    }

    // ---- refusals

    function test_noRecord() external {
        Told memory t = attest(born[2], 7, raw(2));
        t.key = "none";
        refuse(t, abi.encodeWithSelector(IAttestations.NoRecord.selector, bytes32("none")));
    }

    /// Each field of the claims counts, the length of rawTcb too.
    function test_claims() external {
        for (uint8 vendor = 1; vendor <= 3; ++vendor) {
            Told memory t = attest(born[vendor], 7, raw(vendor));
            t.p.product = "x";
            refuseClaims(t);
            t = attest(born[vendor], 7, raw(vendor));
            t.p.measurement ^= bytes32(uint256(1));
            refuseClaims(t);
            t = attest(born[vendor], 7, raw(vendor));
            t.p.reportHigh ^= bytes32(uint256(1));
            refuseClaims(t);
            t = attest(born[vendor], 7, raw(vendor));
            t.p.platform = 0;
            refuseClaims(t);
            t = attest(born[vendor], 7, raw(vendor));
            t.rawTcb = bytes.concat(t.rawTcb, hex"00");
            refuseClaims(t);
        }
    }

    function refuseClaims(Told memory t) internal {
        (bytes memory cause,) = RecheckTwin.expected(w, t.key, t.p, t.rawTcb);
        eq(bytes4(cause), IAttestations.ClaimsMismatch.selector, "cause");
        refuse(t, cause);
    }

    /// rawTcb of any length hashes as abi.encode lays it out.
    function testFuzz_claimsOfAnyLength(bytes calldata rawTcb) external {
        ok(recheckAsTwin(attest(born[2], 7, rawTcb), ""), "rechecked");
    }

    function test_leaf() external {
        Told memory t = attest(born[2], 7, raw(2));
        t.p.issuer = 2;
        refuse(t, abi.encodeWithSelector(IAttestations.LeafMismatch.selector, t.key, Objects.serialId(2, 2, 7)));
        (t.p.issuer, t.p.serial) = (1, 8);
        refuse(t, abi.encodeWithSelector(IAttestations.LeafMismatch.selector, t.key, Objects.serialId(2, 1, 8)));
    }

    function test_endedVerifier() external {
        Told memory steady = attest(born[2], 7, raw(2));
        Told memory asked = attest(born[1], 7, raw(1));
        vm.prank(TIMELOCK);
        w.router.retire(address(born[2]));
        vm.prank(RATIFIER);
        w.router.revoke(Objects.VERIFIER, Objects.verifierId(address(born[1])));
        refuse(steady, abi.encodeWithSelector(ITcbPolicy.VerifierInactive.selector, 2));
        refuse(asked, abi.encodeWithSelector(ITcbPolicy.VerifierInactive.selector, 1));
    }

    function test_verifiersOwnRefusalPasses() external {
        Told memory t = attest(born[1], 7, raw(1));
        vm.expectRevert(abi.encodeWithSelector(SaidVerifier.SaidNo.selector, bytes("no")));
        w.attestations.recheck(t.key, t.p, t.rawTcb, "no");
    }

    // ---- whom it asks

    function test_whoIsAsked() external {
        Told memory t = attest(born[1], 7, raw(1));
        w.attestations.recheck(t.key, t.p, t.rawTcb, "the hints, longer than one word of thirty-two bytes");
        eq(born[1].asked(), 1, "asked");
        bytes memory hints = "the hints, longer than one word of thirty-two bytes";
        eq(born[1].askedFor(), keccak256(abi.encode(t.p.product, t.rawTcb, hints)), "for that");
        t = attest(born[2], 7, raw(2));
        w.attestations.recheck(t.key, t.p, t.rawTcb, "no");
        t = attest(born[3], 7, raw(3));
        w.attestations.recheck(t.key, t.p, t.rawTcb, "no");
        eq(born[2].asked() + born[3].asked(), 0, "a steady one need not be");
    }

    /// What comes into force while the verifier is asked belongs to the epoch that is recorded.
    function test_epochBehindTheQuestion() external {
        Told memory t = attest(born[1], 7, raw(1));
        uint32 before = w.policy.collateralEpoch(1, t.p.product);
        w.attestations.recheck(t.key, t.p, t.rawTcb, "advance");
        eq(w.policy.collateralEpoch(1, t.p.product), before + 1, "advanced");
        eq(w.attestations.recordOf(t.key).collateralEpoch, before + 1, "recorded");
    }

    /// Of two steady verifiers the younger is named; the older one's records are judged all the same.
    function test_twoSteadyVerifiers() external {
        SaidVerifier younger = another(2, true);
        Told memory old = attest(born[2], 7, raw(2));
        Told memory young = attest(younger, 7, raw(2));
        eq(w.policy.vendorPolicy(2).steadyVerifier, 4, "named");
        ok(recheckAsTwin(old, "") && recheckAsTwin(young, ""), "both");
        eq(born[2].asked(), 1, "the older is asked");
        eq(younger.asked(), 0, "the younger is not");
        vm.prank(TIMELOCK);
        w.router.retire(address(younger));
        eq(w.policy.vendorPolicy(2).steadyVerifier, 0, "nobody is named");
        refuse(young, abi.encodeWithSelector(ITcbPolicy.VerifierInactive.selector, 4));
        ok(recheckAsTwin(old, ""), "the older goes on");
        eq(born[2].asked(), 2, "asked again");
    }

    /// One that must be asked beside a steady one of the same vendor.
    function test_steadyAndAsked() external {
        SaidVerifier younger = another(2, false);
        younger.setStatus(1);
        Told memory t = attest(younger, 7, raw(2));
        eq(w.policy.vendorPolicy(2).steadyVerifier, 2, "the steady one stays named");
        younger.setStatus(TcbStatus.OUT_OF_DATE);
        ok(recheckAsTwin(t, ""), "judged");
        eq(standing(t), 2, "refused");
        eq(younger.asked(), 1, "asked");
    }

    // ---- what it sees: each with its flag unset before

    function test_revocationsAreSeen() external {
        for (uint8 vendor = 1; vendor <= 3; ++vendor) {
            Told memory t = attest(born[vendor], 7, raw(vendor));
            ok(recheckAsTwin(t, ""), "nothing yet");
            eq(standing(t), 1, "good");
            uint256 before = vm.snapshotState();

            born[vendor].list(1, 7, uint40(NOW));
            ok(recheckAsTwin(t, ""), "listed");
            eq(standing(t), 3, "by a list");
            vm.revertToState(before);

            revokeAndRecheck(t, Objects.SERIAL, Objects.serialId(vendor, 1, 7), 3);
            vm.revertToState(before);
            revokeAndRecheck(t, Objects.PLATFORM, t.p.platform, 2);
            vm.revertToState(before);
            revokeAndRecheck(t, Objects.PRODUCT, Objects.productId(vendor, t.p.product), 2);
            vm.revertToState(before);
            revokeAndRecheck(t, Objects.VENDOR, Objects.vendorId(vendor), 2);
            vm.revertToState(before);

            // what is somebody else's changes nothing but the epoch
            revokeAndRecheck(t, Objects.SERIAL, Objects.serialId(vendor, 1, 8), 1);
            revokeAndRecheck(t, Objects.PLATFORM, "another", 1);
            revokeAndRecheck(t, Objects.PRODUCT, "another", 1);
        }
    }

    function revokeAndRecheck(Told memory t, uint8 kind, bytes32 id, uint8 want) internal {
        vm.prank(RATIFIER);
        w.policy.revoke(kind, id);
        ok(recheckAsTwin(t, ""), "rechecked");
        eq(standing(t), want, "standing");
    }

    /// A record whose leaf was found revoked stays so, though the serial is lifted.
    function test_leafRevokedIsFinal() external {
        Told memory t = attest(born[2], 7, raw(2));
        born[2].list(1, 7, uint40(NOW));
        ok(recheckAsTwin(t, ""), "listed");
        vm.prank(TIMELOCK);
        w.policy.liftSerial(2, 1, 7);
        ok(recheckAsTwin(t, ""), "lifted");
        eq(standing(t), 3, "final");
    }

    function test_minimumIsSeen() external {
        for (uint8 vendor = 1; vendor <= 2; ++vendor) {
            Told memory t = attest(born[vendor], 7, raw(vendor));
            bytes memory least = raw(vendor);
            least[3] = 0x06;
            vm.prank(TIMELOCK);
            w.policy.setMinTcb(vendor, t.p.product, least);
            ok(recheckAsTwin(t, ""), "judged");
            eq(standing(t), 2, "below");
            vm.prank(TIMELOCK);
            w.policy.setMinTcb(vendor, t.p.product, raw(vendor));
            ok(recheckAsTwin(t, ""), "judged again");
            eq(standing(t), 1, "reached");
        }
    }

    function test_eventAndNothingToWrite() external {
        Told memory t = attest(born[2], 7, raw(2));
        vm.recordLogs();
        w.attestations.recheck(t.key, t.p, t.rawTcb, "");
        eq(vm.getRecordedLogs().length, 0, "nothing new, nothing written");
        born[2].list(1, 8, uint40(NOW));
        bytes32 slot = bytes32(uint256(keccak256(abi.encode(t.key, uint256(0)))) + 1);
        uint256 before = uint256(vm.load(address(w.attestations), slot));
        uint256 afterwards = before + (1 << 48);
        vm.expectEmit(address(w.attestations));
        emit IAttestations.Rechecked(t.key, before, afterwards);
        w.attestations.recheck(t.key, t.p, t.rawTcb, "");
        eq(vm.load(address(w.attestations), slot), bytes32(afterwards), "word 1");
    }

    /// The arithmetic of it: slots and contracts are warm here, but for the mark. Whole transactions: contracts/gas.
    function test_gas() external {
        for (uint8 vendor = 2; vendor <= 3; ++vendor) {
            Told memory t = attest(born[vendor], 7, raw(vendor));
            uint256 spared = gasOf(t, 8);
            born[vendor].list(1, 9, uint40(NOW));
            uint256 whole = gasOf(t, 10);
            ok(spared < 6_900, "nothing but arithmetic");
            ok(whole > spared + 2_100 && whole < spared + 2_500, "the flag spares the mark's read");
        }
    }

    /// Of a recheck under a new epoch, which a veto makes without setting any flag.
    function gasOf(Told memory t, uint256 seed) internal returns (uint256 used) {
        uint8 vendor = t.verifier.vendor();
        vm.prank(TIMELOCK);
        w.policy.veto(vendor, uint32(seed), uint40(block.timestamp));
        bytes memory call = abi.encodeCall(IAttestations.recheck, (t.key, t.p, t.rawTcb, ""));
        uint256 before = gasleft();
        (bool done,) = address(w.attestations).call(call);
        used = before - gasleft();
        ok(done, "rechecked");
    }

    // ---- against the twin

    Told[5] internal told;

    /// Acts of everybody in any order; after each, every record is rechecked as the twin says. (TP5 among them.)
    function testFuzz_asTheTwin(uint256[12] calldata seeds) external {
        told[0] = attest(born[1], 0, raw(1));
        told[1] = attest(born[2], 1, raw(2));
        told[2] = attest(born[3], 2, raw(3));
        told[3] = attest(another(2, true), 1, raw(2));
        told[4] = attest(another(1, true), 0, raw(1));
        for (uint256 i = 0; i < seeds.length; ++i) {
            act(seeds[i]);
            for (uint256 k = 0; k < 5; ++k) recheckAsTwin(told[k], "");
        }
    }

    function act(uint256 seed) internal {
        uint8 vendor = uint8(1 + (seed >> 8) % 3);
        uint256 which = (seed >> 16) % 4;
        uint16 statuses = uint16((seed >> 24) & 0x066c | 2);
        uint40 until = uint40(block.timestamp + (seed >> 40) % 3 hours);
        bytes32 product = which == 0 ? bytes32("another") : productOf(vendor);
        vm.startPrank(TIMELOCK);
        if (seed % 13 == 0) try w.policy.setVendor(vendor, statuses, until, 0) {} catch {}
        if (seed % 13 == 1) try w.policy.setProduct(vendor, product, seed >> 250 == 0, statuses, until) {} catch {}
        if (seed % 13 == 2) try w.policy.setMinTcb(vendor, product, bent(vendor, seed)) {} catch {}
        if (seed % 13 == 3) try w.policy.liftSerial(vendor, 1, which) {} catch {}
        if (seed % 13 == 4) w.policy.revoke(Objects.SERIAL, Objects.serialId(vendor, 1, which));
        if (seed % 13 == 5) w.policy.revoke(Objects.PLATFORM, keccak256(abi.encode("platform", which)));
        if (seed % 13 == 6) w.policy.revoke(Objects.PRODUCT, Objects.productId(vendor, product));
        if (seed % 13 == 7 && which == 1) w.policy.revoke(Objects.VENDOR, Objects.vendorId(vendor));
        if (seed % 13 == 8) try w.router.retire(address(told[(seed >> 16) % 5].verifier)) {} catch {}
        vm.stopPrank();
        if (seed % 13 == 9) try born[vendor].list(1, which, uint40(block.timestamp)) {} catch {}
        if (seed % 13 == 10) born[1].setStatus(uint8(which == 0 ? 1 : 1 + (seed >> 24) % 10));
        if (seed % 13 == 11) vm.warp(block.timestamp + (seed >> 24) % 4 hours);
        if (seed % 13 == 12) try this.attestAnew((seed >> 16) % 5) {} catch {}
    }

    function attestAnew(uint256 k) external {
        told[k] = attest(told[k].verifier, told[k].p.serial, told[k].rawTcb);
    }

    /// The vendor's rawTcb with one component above or below.
    function bent(uint8 vendor, uint256 seed) internal pure returns (bytes memory r) {
        r = raw(vendor);
        if (r.length != 0) r[(seed >> 64) % r.length] = bytes1(uint8(seed >> 72));
        return seed >> 251 == 0 ? bytes("") : r;
    }
}
