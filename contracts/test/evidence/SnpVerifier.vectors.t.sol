// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dates} from "../../src/base/Dates.sol";
import {Ids} from "../../src/base/Ids.sol";
import {Objects} from "../../src/base/Objects.sol";
import {Claims, TcbStatus} from "../../src/base/Types.sol";
import {IEvidenceErrors} from "../../src/interfaces/IEvidenceErrors.sol";
import {IEvidenceVerifier} from "../../src/interfaces/IEvidenceVerifier.sol";
import {ISnpVerifier} from "../../src/interfaces/ISnpVerifier.sol";
import {ITcbPolicy} from "../../src/interfaces/ITcbPolicy.sol";
import {SnpWorld} from "../kit/SnpWorld.sol";
import {vm} from "../kit/Vm.sol";

/// @title  Genuine AMD evidence on chain, under the real roots: every evaluation of the MANIFEST
contract SnpVerifierVectorsTest is SnpWorld {
    struct Outcome {
        bool accepted;
        bytes cause;
        bool found;
        IEvidenceVerifier.Findings f;
    }

    function setUp() external {
        needVectors();
        deploySnp(ISnpVerifier.SnpRules({maxVmpl: 0, vlek: false, listsRequired: false}));
    }

    function prepare(string calldata leaf, string calldata issuer) external returns (bytes memory) {
        return postLeaf(file(leaf), issuer);
    }

    function find(string calldata report, bytes calldata record) external returns (IEvidenceVerifier.Findings memory f) {
        f = verifier.verify(file(report), bytes.concat(record, hintsOf(stem(report, 4))));
        judge(address(verifier), f);
    }

    function outcomeOf(string memory report, string memory leaf, string memory issuer)
        internal
        returns (Outcome memory o)
    {
        bytes memory record;
        try this.prepare(leaf, issuer) returns (bytes memory made) {
            record = made;
        } catch (bytes memory cause) {
            o.cause = cause;
            return o;
        }
        try this.find(report, record) returns (IEvidenceVerifier.Findings memory f) {
            (o.accepted, o.f) = (true, f);
        } catch (bytes memory cause) {
            o.cause = cause;
        }
    }

    function claimsOf(IEvidenceVerifier.Findings memory f) internal pure returns (bytes32) {
        return Ids.claims(
            Claims(f.vendor, f.product, f.measurement, abi.encodePacked(f.reportHigh, f.reportLow), f.platform, f.rawTcb)
        );
    }

    /// attestation.md C7's worked vector.
    function test_claimsOfTurin() external {
        vm.warp(Dates.iso("2026-03-01T00:00:00Z", 0));
        Outcome memory o =
            outcomeOf("snp/v5-turin-microsoft.report.bin", "snp/v5-turin-microsoft.vcek.der", "snp/certs/ask-turin.der");
        if (!o.accepted) revert NotTrue(vm.toString(o.cause));
        eq(bytes32(bytes8(o.f.measurement)), bytes32(bytes8(0x053f9f4f3706dd39)), "measurement");
        eq(bytes32(bytes8(o.f.platform)), bytes32(bytes8(0xbfe66d829ff58c31)), "platform");
        eq(bytes32(bytes8(claimsOf(o.f))), bytes32(bytes8(0x747d2c6b3a448d06)), "claims");
        eq(o.f.status, TcbStatus.UP_TO_DATE, "status");
    }

    /// Every evaluation under the default policy; those of a VLEK again under one that takes them.
    function test_manifest() external {
        (uint256 evaluations, uint256 accepted) = evaluateAll("verdict_default_policy");
        eq(evaluations, 16, "evaluations");
        eq(accepted, 7, "accepted ones");
    }

    function test_manifestWithVlek() external {
        deploySnp(ISnpVerifier.SnpRules({maxVmpl: 1, vlek: true, listsRequired: false}));
        (uint256 evaluations, uint256 accepted) = evaluateAll("verdict_with_max_vmpl_1_and_vlek_allowed");
        eq(evaluations, 4, "evaluations");
        eq(accepted, 2, "accepted ones");
    }

    function evaluateAll(string memory verdict) internal returns (uint256 evaluations, uint256 accepted) {
        for (uint256 i = 0; i < 64; ++i) {
            string memory pos = string.concat(".cases[", vm.toString(i), "]");
            if (!vm.keyExistsJson(manifest, pos)) break;
            if (!same(str(pos, ".vendor"), "amd-sev-snp")) continue;
            for (uint256 j = 0; j < 8; ++j) {
                string memory e = string.concat(pos, ".evaluations[", vm.toString(j), "]");
                if (!vm.keyExistsJson(manifest, string.concat(e, ".", verdict))) break;
                uint256 before = vm.snapshotState();
                if (evaluation(pos, e, same(str(e, string.concat(".", verdict)), "ACCEPT"))) ++accepted;
                vm.revertToState(before);
                ++evaluations;
            }
        }
    }

    function evaluation(string memory pos, string memory e, bool wanted) internal returns (bool) {
        vm.warp(Dates.iso(bytes32(bytes(str(e, ".time"))), 0));
        bool vcek = vm.keyExistsJson(manifest, string.concat(pos, ".files.vcek"));
        Outcome memory o = outcomeOf(
            str(pos, ".files.report"), str(pos, vcek ? ".files.vcek" : ".files.vlek"), str(pos, ".files.issuer")
        );
        string memory id = str(pos, ".id");
        if (o.accepted != wanted) revert NotTrue(string.concat(id, ": verdict; cause ", vm.toString(o.cause)));
        if (o.accepted) checkClaims(pos, o.f, id, vcek);
        return o.accepted;
    }

    function checkClaims(string memory pos, IEvidenceVerifier.Findings memory f, string memory id, bool vcek)
        internal
        view
    {
        bytes memory report = file(str(pos, ".files.report"));
        bytes memory fields = bytes.concat(hexOf(pos, ".claims.measurement"), hexOf(pos, ".claims.host_data"));
        bytes memory guest = new bytes(8);
        bytes memory vmpl = new bytes(4);
        for (uint256 i = 0; i < 8; ++i) guest[i] = report[8 + i];
        for (uint256 i = 0; i < 4; ++i) vmpl[i] = report[0x30 + i];
        fields = bytes.concat(fields, guest, hexOf(pos, ".claims.id_key_digest"));
        fields = bytes.concat(fields, hexOf(pos, ".claims.author_key_digest"), vmpl);
        eq(f.measurement, Ids.measurement(2, fields), string.concat(id, ": measurement"));
        eq(
            abi.encodePacked(f.reportHigh, f.reportLow), hexOf(pos, ".claims.report_data"), string.concat(id, ": report data")
        );
        bytes32 platform = vcek ? Ids.platform(2, hexOf(pos, ".claims.chip_id")) : bytes32(0);
        eq(f.platform, platform, string.concat(id, ": platform"));
        eq(f.rawTcb.length, 56, string.concat(id, ": rawTcb"));
        eq(uint8(f.rawTcb[8]), uint8(report[0x180]), string.concat(id, ": REPORTED_TCB"));
    }

    // ---- causes, by vector

    function refused(string memory report, string memory leaf, string memory issuer, bytes32 time, bytes4 cause) internal {
        vm.warp(Dates.iso(time, 0));
        Outcome memory o = outcomeOf(
            string.concat("snp/", report, ".report.bin"), string.concat("snp/", leaf),
            string.concat("snp/certs/", issuer, ".der")
        );
        ok(!o.accepted, "refused");
        if (bytes4(o.cause) != cause) revert NotTrue(string.concat("cause ", vm.toString(o.cause)));
    }

    function test_debugGuest() external {
        refused("v2-milan-debug", "v2-milan-debug.vcek.der", "ask-milan", "2023-06-01T00:00:00Z", ISnpVerifier.SnpDebug.selector);
    }

    function test_tamperedVcek() external {
        bytes4 cause = IEvidenceErrors.SignatureInvalid.selector;
        refused("neg-v2-milan-vcek-tampered-legacy", "neg-v2-milan-vcek-tampered-legacy.vcek.der", "ask-milan", "2024-01-01T00:00:00Z", cause);
        refused("neg-v2-milan-vcek-tampered-new", "neg-v2-milan-vcek-tampered-new.vcek.der", "ask-milan", "2024-01-01T00:00:00Z", cause);
    }

    function test_expiredVcek() external {
        refused("v2-milan-virtee", "v2-milan-virtee.vcek.der", "ask-milan", "2031-01-01T00:00:00Z", IEvidenceErrors.NotValidNow.selector);
    }

    function test_wrongVcek() external {
        refused("v3-milan-microsoft", "v2-milan-azure.vcek.der", "ask-milan", "2026-03-01T00:00:00Z", ISnpVerifier.SnpReportedTcb.selector);
    }

    function test_otherProductsIssuer() external {
        refused("v3-genoa-microsoft", "v3-genoa-microsoft.vcek.der", "ask-milan", "2026-03-01T00:00:00Z", IEvidenceErrors.IssuerMismatch.selector);
    }

    function test_vlekNotTaken() external {
        refused("v3-milan-vlek-aws", "v3-milan-vlek-aws.vlek.der", "asvk-milan", "2025-06-01T00:00:00Z", ISnpVerifier.SnpVlek.selector);
    }

    function test_vlekCannotBePostedUnderAnAsk() external {
        refused("v3-milan-vlek-aws", "v3-milan-vlek-aws.vlek.der", "ask-milan", "2025-06-01T00:00:00Z", IEvidenceErrors.IssuerMismatch.selector);
    }

    function test_truncatedReport() external {
        bytes memory report = file("snp/neg-truncated-report.bin");
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.EvidenceLength.selector, report.length, 1184));
        verifier.verify(report, "");
    }

    // ---- real CRL: Genoa's first ASK is withdrawn, the second counts

    function test_listOfGenoa() external {
        deploySnp(ISnpVerifier.SnpRules({maxVmpl: 0, vlek: false, listsRequired: true}));
        string memory report = "snp/v5-genoa-siena.report.bin";
        vm.warp(Dates.iso("2026-08-10T00:00:00Z", 0));
        bytes memory ark = modulusOf(cert("ark-genoa"));
        bytes memory record = postLeaf(file("snp/v5-genoa-siena.vcek.der"), "snp/certs/ask-genoa.der");
        bytes memory hints = bytes.concat(record, hintsOf(stem(report, 4)));
        vm.expectRevert(abi.encodeWithSelector(ISnpVerifier.CrlMissing.selector, 1, 0));
        verifier.verify(file(report), hints);

        verifier.addCrl(cert("crl-genoa-9"), 1, ark);
        IEvidenceVerifier.Findings memory f = verifier.verify(file(report), hints);
        judge(address(verifier), f);
        ok(policy.isRevoked(Objects.SERIAL, Objects.serialId(2, 17, 0x20001)), "the first ASK");
        ok(!policy.isRevoked(Objects.SERIAL, Objects.serialId(2, 17, 0x20002)), "the second ASK");
        eq(verifier.inForce(bytes32(uint256(17))) != 0 ? 1 : 0, 1, "list in force");
        // again: the same list changes nothing
        uint32 epoch = policy.collateralEpoch(2, "Genoa");
        verifier.addCrl(cert("crl-genoa-9"), 1, ark);
        eq(policy.collateralEpoch(2, "Genoa"), epoch, "collateral epoch");
        // its end
        vm.warp(Dates.iso("2026-09-09T00:00:01Z", 0));
        vm.expectRevert(abi.encodeWithSelector(ISnpVerifier.CrlMissing.selector, 1, Dates.iso("2026-09-09T00:00:00Z", 0)));
        verifier.verify(file(report), hints);
    }

    /// What is revoked stays so: the leaf's record, and posting anew (A40).
    function test_revokedIssuerDoesNotReturn() external {
        string memory report = "snp/v3-genoa-microsoft.report.bin";
        vm.warp(Dates.iso("2026-03-01T00:00:00Z", 0));
        bytes memory record = postLeaf(file("snp/v3-genoa-microsoft.vcek.der"), "snp/certs/ask-genoa.der");
        bytes memory hints = bytes.concat(record, hintsOf(stem(report, 4)));
        IEvidenceVerifier.Findings memory f = verifier.verify(file(report), hints);
        judge(address(verifier), f);
        bytes32 ask = Objects.serialId(2, 17, 0x20002);
        eq(f.leaf, ask, "the leaf of the findings is its ASK");
        vm.prank(TIMELOCK);
        policy.revoke(Objects.SERIAL, ask);
        f = verifier.verify(file(report), hints);
        vm.expectRevert();
        this.judgeIt(f);
        bytes memory modulus = modulusOf(cert("ark-genoa"));
        bytes memory der = cert("ask-genoa");
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.CertificateRevoked.selector, ask));
        verifier.addCert(der, bytes32(uint256(1)), modulus);
    }

    function judgeIt(IEvidenceVerifier.Findings calldata f) external view {
        judge(address(verifier), f);
    }

    function test_recheckStatus() external {
        ok(verifier.steady(), "it never changes");
        eq(verifier.appraise("Milan", new bytes(56), ""), TcbStatus.UP_TO_DATE, "status");
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.RawTcbLength.selector, 55));
        verifier.appraise("Milan", new bytes(55), "");
    }

    /// Off chain 31337 only AMD's roots are pinned.
    function test_rootsArePinned() external {
        bytes[] memory roots = new bytes[](1);
        roots[0] = cert("ark-milan");
        ISnpVerifier.Parts memory parts = ISnpVerifier.Parts(reader, sha384, p384);
        this.deployRoots(roots, parts);
        // a changed signature: another hash, same names and key
        roots[0][roots[0].length - 1] ^= 0x01;
        vm.chainId(1);
        vm.expectPartialRevert(IEvidenceErrors.RootNotPinned.selector);
        this.deployRoots(roots, parts);
        roots[0] = cert("ask-milan");
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.RootNotAuthority.selector));
        this.deployRoots(roots, parts);
        vm.chainId(31337);
    }

    function test_oneRootOfAProduct() external {
        bytes[] memory roots = new bytes[](2);
        roots[0] = roots[1] = cert("ark-milan");
        vm.expectRevert(abi.encodeWithSelector(ISnpVerifier.RootTwice.selector, 0));
        this.deployRoots(roots, ISnpVerifier.Parts(reader, sha384, p384));
    }

    /// Reports without a revocation list are for development chains.
    function test_listsAreRequired() external {
        bytes[] memory roots = new bytes[](1);
        roots[0] = cert("ark-milan");
        lists = false;
        this.deployRoots(roots, ISnpVerifier.Parts(reader, sha384, p384));
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(ISnpVerifier.ListsNotRequired.selector));
        this.deployRoots(roots, ISnpVerifier.Parts(reader, sha384, p384));
        lists = true;
        this.deployRoots(roots, ISnpVerifier.Parts(reader, sha384, p384));
        vm.chainId(31337);
    }

    bool private lists = true;

    function deployRoots(bytes[] calldata roots, ISnpVerifier.Parts calldata parts) external {
        deployWith(roots, parts);
    }

    function deployWith(bytes[] memory roots, ISnpVerifier.Parts memory parts) internal {
        bytes memory arguments =
            abi.encode(roots, address(policy), parts, ISnpVerifier.SnpRules({maxVmpl: 0, vlek: false, listsRequired: lists}));
        bytes memory code = bytes.concat(vm.getCode("SnpVerifier.sol:SnpVerifier"), arguments);
        assembly {
            if iszero(create(0, add(code, 32), mload(code))) {
                let m := mload(0x40)
                returndatacopy(m, 0, returndatasize())
                revert(m, returndatasize())
            }
        }
    }
}
