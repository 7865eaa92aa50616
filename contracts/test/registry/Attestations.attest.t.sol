// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ids} from "../../src/base/Ids.sol";
import {Labels} from "../../src/base/Labels.sol";
import {Objects} from "../../src/base/Objects.sol";
import {Claims, TcbStatus} from "../../src/base/Types.sol";
import {IAttestations} from "../../src/interfaces/IAttestations.sol";
import {IEvidenceVerifier} from "../../src/interfaces/IEvidenceVerifier.sol";
import {ITcbPolicy} from "../../src/interfaces/ITcbPolicy.sol";
import {Deploys} from "../kit/Deploys.sol";
import {SimIntel} from "../kit/SimIntel.sol";
import {SimWorld} from "../kit/SimWorld.sol";
import {vm} from "../kit/Vm.sol";

/// @title  A verifier of one's own that says anything: what a stranger may name in attest
contract LyingVerifier {
    IEvidenceVerifier.Findings internal _f;

    function say(IEvidenceVerifier.Findings calldata f) external {
        _f = f;
    }

    function vendor() external pure returns (uint8) {
        return 1;
    }

    function verify(bytes calldata, bytes calldata) external view returns (IEvidenceVerifier.Findings memory) {
        return _f;
    }

    function appraise(bytes32, bytes calldata, bytes calldata) external view returns (uint8) {
        return _f.status;
    }
}

contract AttestationsAttestTest is SimWorld {
    bytes32 internal subject;
    bytes32 internal context;
    uint64 internal boundAt;
    bytes32 internal hash;

    function setUp() external {
        setUpSim();
        subject = Ids.keysNode(keccak256("ed"), keccak256("x"), address(0xacc));
        context = Ids.contextOf(address(0x0123));
        (boundAt, hash) = nextBlock();
    }

    function attest(uint8 kind) internal returns (bytes32) {
        bytes memory e = evidenceFor(kind, subject, context, boundAt, hash);
        return attestations.attest(kind, subject, context, address(verifier), boundAt, e, hints());
    }

    function refuse(uint8 kind, bytes memory e, bytes memory cause) internal {
        bytes memory h = hints();
        vm.expectRevert(cause);
        attestations.attest(kind, subject, context, address(verifier), boundAt, e, h);
    }

    function findings() internal returns (IEvidenceVerifier.Findings memory) {
        return verifier.verify(evidenceFor(1, subject, context, boundAt, hash), hints());
    }

    function preimage(IEvidenceVerifier.Findings memory f) internal pure returns (Claims memory) {
        return Claims(
            f.vendor, f.product, f.measurement, abi.encodePacked(f.reportHigh, f.reportLow), f.platform, f.rawTcb
        );
    }

    function recheck(bytes32 key, IEvidenceVerifier.Findings memory f) internal {
        IAttestations.Preimage memory p =
            IAttestations.Preimage(f.product, f.measurement, f.reportHigh, f.platform, 1, SERIAL);
        attestations.recheck(key, p, f.rawTcb, appraiseHints());
    }

    // ---- first and renewal

    function test_recordAndItsWords() external {
        IEvidenceVerifier.Findings memory f = findings();
        bytes32 key = Ids.record(1, subject, context, f.measurement, f.platform, address(verifier));
        bytes32 claims = Ids.claims(preimage(f));
        uint256 state = uint256(1) | 1 << 8 | uint256(TcbStatus.UP_TO_DATE) << 16 | 1 << 24 | 1 << 32
            | uint256(policy.collateralEpoch(1, product)) << 48 | uint256(boundAt) << 80 | block.timestamp << 120
            | (block.timestamp + 1 days) << 160 | uint256(uint56(bytes7(f.leaf))) << 200;
        vm.expectEmit(address(attestations));
        emit IAttestations.Attested(
            key, subject, context, address(verifier), f.measurement, f.platform, claims, state
        );
        eq(attest(1), key, "key");
        bytes32 slot = keccak256(abi.encode(key, uint256(0)));
        eq(vm.load(address(attestations), slot), claims, "word 0");
        eq(vm.load(address(attestations), bytes32(uint256(slot) + 1)), bytes32(state), "word 1");
        IAttestations.Record memory r = attestations.recordOf(key);
        eq(r.vendor, 1, "vendor");
        eq(r.kind, 1, "kind");
        eq(r.status, TcbStatus.UP_TO_DATE, "status");
        eq(r.standing, 1, "standing");
        eq(r.verifierId, 1, "verifier");
        eq(r.boundBlock, boundAt, "bound block");
        eq(r.attestedAt, block.timestamp, "attestedAt");
        eq(r.validUntil, block.timestamp + 1 days, "validUntil");
        ok(attestations.live(key), "live");
        vm.warp(block.timestamp + 1 days);
        ok(attestations.live(key), "live in its last second");
        vm.warp(block.timestamp + 1);
        ok(!attestations.live(key), "expired");
        ok(!attestations.live("nothing"), "absent");
    }

    function test_renewal() external {
        bytes32 key = attest(1);
        uint40 until = attestations.recordOf(key).validUntil;
        vm.warp(block.timestamp + 6 hours);
        (boundAt, hash) = nextBlock();
        eq(attest(1), key, "the same record");
        ok(attestations.recordOf(key).validUntil > until, "renewed");
    }

    /// A copied transaction that comes first must not make the original fail; nor does it move anything.
    function test_sameEvidenceAgainIsNoFaultAndNoRenewal() external {
        bytes32 key = attest(1);
        IAttestations.Record memory before = attestations.recordOf(key);
        vm.roll(block.number + 1);
        vm.warp(block.timestamp + 600);
        eq(attest(1), key, "succeeds");
        eq(keccak256(abi.encode(attestations.recordOf(key))), keccak256(abi.encode(before)), "nothing changed");
    }

    function test_olderBoundBlockIsRefused() external {
        (uint64 older, bytes32 olderHash) = (boundAt, hash);
        bytes memory e = evidenceFor(1, subject, context, older, olderHash);
        (boundAt, hash) = nextBlock();
        attest(1);
        uint64 newer = boundAt;
        (boundAt, hash) = (older, olderHash);
        refuse(1, e, abi.encodeWithSelector(IAttestations.BoundBlockNotNewer.selector, older, newer));
    }

    /// Other claims (another QE version) bound to the same block do not replace a record.
    function test_otherClaimsOfTheSameBlockAreRefused() external {
        attest(1);
        (bytes32 high, bytes32 low) = attestations.reportData(1, subject, context, boundAt, hash);
        SimIntel.Td memory t = SimIntel.td(high, low);
        t.qeSvn = 5;
        refuse(1, SimIntel.evidence(t), abi.encodeWithSelector(IAttestations.BoundBlockNotNewer.selector, boundAt, boundAt));
    }

    // ---- binding: bug 39, one field after the other

    function test_bug39_reportDataOfAnother() external {
        (bytes32 high,) = attestations.reportData(1, subject, context, boundAt, hash);
        bytes32[6] memory other;
        (other[0],) = attestations.reportData(2, subject, context, boundAt, hash);
        (other[1],) = attestations.reportData(1, keccak256("other keys"), context, boundAt, hash);
        (other[2],) = attestations.reportData(1, subject, Ids.contextOf(address(0x0124)), boundAt, hash);
        (other[3],) = attestations.reportData(1, subject, context, boundAt - 1, hash);
        (other[4],) = attestations.reportData(1, subject, context, boundAt, keccak256("other hash"));
        vm.chainId(5);
        (other[5],) = attestations.reportData(1, subject, context, boundAt, hash);
        vm.chainId(31337);
        for (uint256 i = 0; i < 6; ++i) {
            refuse(
                1, SimIntel.evidence(SimIntel.td(other[i], RESERVED)),
                abi.encodeWithSelector(IAttestations.ReportDataMismatch.selector, other[i], high)
            );
        }
        refuse(
            1, SimIntel.evidence(SimIntel.td(high, 0)),
            abi.encodeWithSelector(IAttestations.ReportDataNotReserved.selector, bytes32(0))
        );
        refuse(
            1, SimIntel.evidence(SimIntel.td(high, bytes32(uint256(RESERVED) ^ 1))),
            abi.encodeWithSelector(IAttestations.ReportDataNotReserved.selector, bytes32(uint256(RESERVED) ^ 1))
        );
    }

    function test_kinds() external {
        bytes memory e = evidenceFor(1, subject, context, boundAt, hash);
        refuse(0, e, abi.encodeWithSelector(IAttestations.UnknownKind.selector, 0));
        refuse(3, e, abi.encodeWithSelector(IAttestations.UnknownKind.selector, 3));
    }

    function test_boundBlockRange() external {
        bytes memory e = evidenceFor(1, subject, context, boundAt, hash);
        bytes memory h = hints();
        uint64 present = uint64(block.number);
        vm.expectRevert(abi.encodeWithSelector(IAttestations.BoundBlockInFuture.selector, present, present - 1));
        attestations.attest(1, subject, context, address(verifier), present, e, h);
        vm.roll(boundAt + 300);
        vm.setBlockhash(boundAt, hash);
        installHistory(boundAt, hash);
        uint256 before = vm.snapshotState();
        attest(1);
        vm.revertToState(before);
        vm.roll(boundAt + 301);
        refuse(1, e, abi.encodeWithSelector(IAttestations.BoundBlockTooOld.selector, boundAt, boundAt + 1));
    }

    /// Beyond the opcode's 256 blocks EIP-2935 answers; where it does not, nothing is recorded.
    function test_historyBeyondTheOpcode() external {
        vm.roll(boundAt + 290);
        installHistory(boundAt, hash);
        uint256 before = vm.snapshotState();
        attest(1);
        vm.revertToState(before);
        vm.store(HISTORY, bytes32(uint256(boundAt) % 8191), 0);
        bytes memory e = evidenceFor(1, subject, context, boundAt, hash);
        refuse(1, e, abi.encodeWithSignature("BlockHashUnknown(uint256)", boundAt));
        vm.etch(HISTORY, "");
        refuse(1, e, abi.encodeWithSignature("BlockHashUnknown(uint256)", boundAt));
    }

    // ---- who verifies

    function test_strangersVerifierIsRefused() external {
        LyingVerifier liar = new LyingVerifier();
        liar.say(findings());
        bytes memory e = evidenceFor(1, subject, context, boundAt, hash);
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.NotVerifier.selector, address(liar), 1));
        attestations.attest(1, subject, context, address(liar), boundAt, e, "");
        // nor does a genuine one of another vendor pass
        IEvidenceVerifier.Findings memory f = findings();
        f.vendor = 2;
        liar.say(f);
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.NotVerifier.selector, address(liar), 2));
        attestations.attest(1, subject, context, address(liar), boundAt, e, "");
    }

    function test_retiredVerifierEndsItsRecords() external {
        bytes32 key = attest(1);
        vm.prank(TIMELOCK);
        router.retire(address(verifier));
        ok(!attestations.live(key), "not live");
        (boundAt, hash) = nextBlock();
        bytes memory e = evidenceFor(1, subject, context, boundAt, hash);
        refuse(1, e, abi.encodeWithSelector(ITcbPolicy.NotVerifier.selector, address(verifier), 1));
    }

    // ---- policy

    function test_policyRefusals() external {
        bytes memory e = evidenceFor(1, subject, context, boundAt, hash);
        vm.prank(TIMELOCK);
        policy.setProduct(1, product, true, 0, 0);
        refuse(1, e, abi.encodeWithSelector(ITcbPolicy.ProductOff.selector, 1, product));
        vm.prank(TIMELOCK);
        policy.setProduct(1, product, false, 0, 0);
        attest(1);
        (boundAt, hash) = nextBlock();
        e = evidenceFor(1, subject, context, boundAt, hash);
        bytes32 platform = Ids.platform(1, abi.encodePacked(SimIntel.pck().ppid));
        vm.prank(RATIFIER);
        policy.revoke(Objects.PLATFORM, platform);
        refuse(1, e, abi.encodeWithSelector(ITcbPolicy.PlatformRevoked.selector, platform));
    }

    // ---- freezes

    function test_applicationsDoNotRenewUnderAFreeze() external {
        IEvidenceVerifier.Findings memory f = findings();
        uint8[6] memory kinds =
            [Objects.VENDOR, Objects.PRODUCT, Objects.PLATFORM, Objects.SERIAL, Objects.MEASUREMENT, Objects.VERIFIER];
        bytes32[6] memory ids = [
            Objects.vendorId(1), Objects.productId(1, product), f.platform, f.leaf, f.measurement,
            Objects.verifierId(address(verifier))
        ];
        for (uint256 i = 0; i < 6; ++i) {
            uint256 before = vm.snapshotState();
            council.set(Objects.objectOf(kinds[i], ids[i]), uint40(block.timestamp + 100));
            refuse(
                2, evidenceFor(2, subject, context, boundAt, hash),
                abi.encodeWithSelector(IAttestations.Frozen.selector, kinds[i], ids[i], uint40(block.timestamp + 100))
            );
            attest(1);
            vm.revertToState(before);
        }
        council.set(Objects.objectOf(Objects.VENDOR, Objects.vendorId(2)), uint40(block.timestamp + 100));
        attest(2);
    }

    function test_frozenVendorOrVerifierIsNotLive() external {
        bytes32 key = attest(1);
        council.set(Objects.objectOf(Objects.VENDOR, Objects.vendorId(1)), uint40(block.timestamp));
        ok(!attestations.live(key), "frozen vendor");
        vm.warp(block.timestamp + 1);
        ok(attestations.live(key), "the freeze lapsed");
        council.set(
            Objects.objectOf(Objects.VERIFIER, Objects.verifierId(address(verifier))), uint40(block.timestamp + 9)
        );
        ok(!attestations.live(key), "frozen verifier");
        council.set(Objects.objectOf(Objects.VERIFIER, Objects.verifierId(address(verifier))), 0);
        vm.prank(TIMELOCK);
        policy.revoke(Objects.VENDOR, Objects.vendorId(1));
        ok(!attestations.live(key), "revoked vendor");
    }

    // ---- recheck (Attestations.recheck.t.sol has the rest)

    function test_recheckFollowsCollateral() external {
        bytes32 key = attest(1);
        IEvidenceVerifier.Findings memory f = findings();
        IAttestations.Record memory was = attestations.recordOf(key);
        SimIntel.TcbInfo memory t = tcbInfo(17, NOW);
        t.levels[0].pcesvn = 12;
        postTcb(t);
        ok(attestations.live(key), "being behind evicts nobody");
        recheck(key, f);
        IAttestations.Record memory r = attestations.recordOf(key);
        eq(r.status, TcbStatus.OUT_OF_DATE, "status");
        eq(r.standing, 2, "refused");
        ok(r.collateralEpoch > was.collateralEpoch, "epoch");
        ok(!attestations.live(key), "not live");
        eq(r.claims, was.claims, "claims stay");
        eq(r.validUntil, was.validUntil, "validUntil stays");
        eq(r.boundBlock, was.boundBlock, "boundAt block stays");
        // and back, when governance accepts it for a time
        vm.prank(TIMELOCK);
        policy.setVendor(1, uint16(1 << 1 | 1 << 5), uint40(block.timestamp + 5 days), 0);
        recheck(key, f);
        ok(attestations.live(key), "good again");
        // nothing new: nothing written
        vm.recordLogs();
        recheck(key, f);
        eq(vm.getRecordedLogs().length, 0, "no event");
    }

    /// A record whose leaf was found revoked stays so.
    function test_recheckOfARevokedLeafIsFinal() external {
        bytes32 key = attest(1);
        IEvidenceVerifier.Findings memory f = findings();
        verifier.addCrl(pckCrl(NOW, one(SERIAL)), ca, 10);
        recheck(key, f);
        eq(attestations.recordOf(key).standing, 3, "leaf revoked");
        ok(!attestations.live(key), "not live");
        vm.prank(TIMELOCK);
        policy.liftSerial(1, 1, SERIAL);
        recheck(key, f);
        eq(attestations.recordOf(key).standing, 3, "final for this record");
        (boundAt, hash) = nextBlock();
        attest(1);
        ok(attestations.live(key), "attested anew");
    }

    // ---- shadowing: SPEC 4's key

    /// A stranger who attests for the same subject with another image or machine makes another record.
    function test_recordsDoNotShadow() external {
        bytes32 key = attest(1);
        (bytes32 high, bytes32 low) = attestations.reportData(1, subject, context, boundAt, hash);
        SimIntel.Td memory t = SimIntel.td(high, low);
        t.mrtd = keccak256("another image");
        bytes32 other =
            attestations.attest(1, subject, context, address(verifier), boundAt, SimIntel.evidence(t), hints());
        ok(other != key, "another image is another record");
        SimIntel.Pck memory p = SimIntel.pck();
        p.ppid = 0x11111111111111111111111111111111;
        leafRecord = postLeaf(SimIntel.pckCert(66, p, FROM, TO));
        bytes32 third = attest(1);
        ok(third != key && third != other, "another machine is another record");
        ok(attestations.live(key) && attestations.live(other) && attestations.live(third), "all live");
    }

    // ---- construction

    function test_constructor() external {
        this.make(300, 1 days);
        refuseMake(0, 1 days, abi.encodeWithSelector(IAttestations.PeriodOutOfRange.selector, 0, 1, 8000));
        refuseMake(8001, 1 days, abi.encodeWithSelector(IAttestations.PeriodOutOfRange.selector, 8001, 1, 8000));
        refuseMake(300, 0, abi.encodeWithSelector(IAttestations.PeriodOutOfRange.selector, 0, 1, 30 days));
        refuseMake(300, 30 days + 1, abi.encodeWithSelector(IAttestations.PeriodOutOfRange.selector, 30 days + 1, 1, 30 days));
        vm.etch(HISTORY, "");
        refuseMake(300, 1 days, abi.encodeWithSignature("BlockHistoryMissing()"));
    }

    function make(uint64 blocks, uint40 age) external {
        Deploys.create(
            "Attestations.sol:Attestations", abi.encode(address(router), address(policy), address(council), blocks, age)
        );
    }

    function refuseMake(uint64 blocks, uint40 age, bytes memory cause) internal {
        try this.make(blocks, age) {
            ok(false, "made");
        } catch (bytes memory found) {
            eq(found, cause, "cause");
        }
    }

    function test_reservedHalfIsTheLabel() external pure {
        eq(RESERVED, Labels.REPORT, "label");
    }
}
