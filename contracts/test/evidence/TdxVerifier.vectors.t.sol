// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dates} from "../../src/base/Dates.sol";
import {Ids} from "../../src/base/Ids.sol";
import {Claims, TcbStatus} from "../../src/base/Types.sol";
import {IEvidenceVerifier} from "../../src/interfaces/IEvidenceVerifier.sol";
import {ITcbPolicy} from "../../src/interfaces/ITcbPolicy.sol";
import {IEvidenceErrors} from "../../src/interfaces/IEvidenceErrors.sol";
import {ITdxVerifier} from "../../src/interfaces/ITdxVerifier.sol";
import {TdxFiles} from "../kit/TdxFiles.sol";
import {TdxWorld} from "../kit/TdxWorld.sol";
import {vm} from "../kit/Vm.sol";

/// @title  Genuine Intel evidence and collateral on chain, under the real root
/// @notice Every evaluation of the MANIFEST that is about TDX: verdict, status and claims.
contract TdxVerifierVectorsTest is TdxWorld {
    struct Outcome {
        bool accepted;
        bytes cause;
        bool found;
        IEvidenceVerifier.Findings f;
    }

    string internal manifest;

    function setUp() external {
        if (vectorsMissing()) vm.skip(true, "no ../shared/vectors");
        deployWorld(file("tdx/roots/intel-sgx-root-ca.der"), manifestRules());
        manifest = vm.readFile(string.concat(vectors(), "/MANIFEST.json"));
    }

    /// Everything a host does, in one call that can fail.
    function prepare(string calldata quoteFile, string calldata set) external {
        TdxFiles.Quote memory q = TdxFiles.quote(file(quoteFile));
        postSet(readSet(set), q.ca);
        leafRecord = postLeaf(q.leaf);
    }

    function find(string calldata quoteFile) external returns (IEvidenceVerifier.Findings memory) {
        return verifier.verify(TdxFiles.quote(file(quoteFile)).evidence, hints());
    }

    function judgeIt(IEvidenceVerifier.Findings calldata f) external view {
        judge(f);
    }

    function outcomeOf(string memory quoteFile, string memory set) internal returns (Outcome memory o) {
        try this.prepare(quoteFile, set) {}
        catch (bytes memory cause) {
            o.cause = cause;
            return o;
        }
        try this.find(quoteFile) returns (IEvidenceVerifier.Findings memory f) {
            (o.found, o.f) = (true, f);
        } catch (bytes memory cause) {
            o.cause = cause;
            return o;
        }
        try this.judgeIt(o.f) {
            o.accepted = true;
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
    function test_claimsOfPhala() external {
        vm.warp(Dates.iso("2025-06-25T00:00:00Z", 0));
        Outcome memory o = outcomeOf("tdx/v4-phala-uptodate.bin", "b0c06f000000-2025-06");
        ok(o.accepted, "accepted");
        eq(bytes32(bytes8(o.f.measurement)), bytes32(bytes8(0x85ad30c310775053)), "measurement");
        eq(bytes32(bytes8(o.f.platform)), bytes32(bytes8(0xa5eae5915ed487e0)), "platform");
        eq(bytes32(bytes8(claimsOf(o.f))), bytes32(bytes8(0x3be2b77af936c042)), "claims");
        eq(o.f.status, TcbStatus.UP_TO_DATE, "status");
    }

    function test_manifest() external {
        uint256 evaluations;
        uint256 accepted;
        for (uint256 i = 0; i < 64; ++i) {
            string memory pos = string.concat(".cases[", vm.toString(i), "]");
            if (!vm.keyExistsJson(manifest, pos)) break;
            if (keccak256(bytes(str(pos, ".vendor"))) != keccak256("intel-tdx")) continue;
            if (!vm.keyExistsJson(manifest, string.concat(pos, ".evaluations"))) continue;
            for (uint256 j = 0; j < 8; ++j) {
                string memory e = string.concat(pos, ".evaluations[", vm.toString(j), "]");
                if (!vm.keyExistsJson(manifest, e)) break;
                uint256 before = vm.snapshotState();
                if (evaluation(pos, e)) ++accepted;
                vm.revertToState(before);
                ++evaluations;
            }
        }
        ok(evaluations >= 24, "all evaluations were found");
        ok(accepted >= 6, "the positive ones among them");
    }

    function str(string memory pos, string memory key) internal view returns (string memory) {
        return vm.parseJsonString(manifest, string.concat(pos, key));
    }

    function evaluation(string memory pos, string memory e) internal returns (bool) {
        string memory id = str(pos, ".id");
        vm.warp(Dates.iso(bytes32(bytes(str(e, ".time"))), 0));
        Outcome memory o = outcomeOf(str(pos, ".files.quote"), str(e, ".collateral"));
        // the chain always wants revocation lists; a set without them is refused
        bool wanted = keccak256(bytes(str(e, ".verdict_default_policy"))) == keccak256("ACCEPT")
            && vm.parseJsonBool(manifest, string.concat(e, ".crl_checked"));
        if (o.accepted != wanted) revert NotTrue(string.concat(id, ": verdict; cause ", vm.toString(o.cause)));
        if (o.found) {
            checkClaims(pos, o.f, id);
            string memory status = str(e, ".tcb_status");
            eq(bytes32(uint256(o.f.status)), bytes32(statusOf(status)), string.concat(id, ": status"));
        }
        return o.accepted;
    }

    function checkClaims(string memory pos, IEvidenceVerifier.Findings memory f, string memory id) internal view {
        bytes memory fields = bytes.concat(hexOf(pos, "mrtd"), hexOf(pos, "rtmr0"), hexOf(pos, "rtmr1"), hexOf(pos, "rtmr2"));
        fields = bytes.concat(
            fields, hexOf(pos, "rtmr3"), hexOf(pos, "mrconfigid"), hexOf(pos, "mrowner"), hexOf(pos, "mrownerconfig")
        );
        fields = bytes.concat(fields, hexOf(pos, "td_attributes"), hexOf(pos, "xfam"));
        eq(f.measurement, Ids.measurement(1, fields), string.concat(id, ": measurement"));
        eq(abi.encodePacked(f.reportHigh, f.reportLow), hexOf(pos, "report_data"), string.concat(id, ": report data"));
        bytes memory product = bytes.concat(hexOf(pos, "pck.fmspc"), hexOf(pos, "pck.pceid"));
        eq(f.product, bytes32(product), string.concat(id, ": product"));
        eq(f.platform, Ids.platform(1, hexOf(pos, "pck.ppid")), string.concat(id, ": platform"));
        eq(
            bytes32(bytes16(bytes32(f.rawTcb))), bytes32(hexOf(pos, "tee_tcb_svn")), string.concat(id, ": TEE_TCB_SVN")
        );
    }

    function hexOf(string memory pos, string memory key) internal view returns (bytes memory) {
        return vm.parseBytes(string.concat("0x", str(pos, string.concat(".claims.", key))));
    }

    function statusOf(string memory name) internal pure returns (uint256) {
        bytes32 h = keccak256(bytes(name));
        if (h == keccak256("UpToDate")) return TcbStatus.UP_TO_DATE;
        if (h == keccak256("OutOfDate")) return TcbStatus.OUT_OF_DATE;
        if (h == keccak256("NotSupported")) return TcbStatus.NOT_SUPPORTED;
        revert NotTrue(string.concat("a status that the test does not know: ", name));
    }

    // ---- causes, by vector

    function refused(string memory quoteFile, string memory set, bytes32 time, bytes4 cause) internal {
        vm.warp(Dates.iso(time, 0));
        Outcome memory o = outcomeOf(quoteFile, set);
        ok(!o.accepted, "refused");
        eq(bytes32(bytes4(o.cause)), bytes32(cause), "cause");
    }

    function test_debugTd() external {
        refused("tdx/v4-debug-td.bin", "50806f000000-2023-07", "2023-07-01T00:00:00Z", ITdxVerifier.TdDebug.selector);
    }

    function test_quoteSignature() external {
        refused(
            "tdx/v4-neg-quote-signature.bin", "00806f050000-2026-01", "2026-02-01T00:00:00Z",
            ITdxVerifier.QuoteSignature.selector
        );
    }

    function test_collateralOfAnotherFmspc() external {
        refused(
            "tdx/v4-phala-uptodate.bin", "90c06f000000-2025-06", "2025-06-20T00:00:00Z",
            ITdxVerifier.CollateralMissing.selector
        );
    }

    function test_moduleOutOfDate() external {
        refused(
            "tdx/v4-module-only-outofdate.bin", "b0c06f000000-2026-01", "2026-01-28T00:00:00Z",
            ITcbPolicy.StatusNotAccepted.selector
        );
    }

    function test_expiredCollateral() external {
        refused(
            "tdx/v4-phala-uptodate.bin", "b0c06f000000-2025-06", "2025-09-01T00:00:00Z",
            IEvidenceErrors.NotValidNow.selector
        );
    }

    function test_preproductionRoots() external {
        refused(
            "tdx/v4-neg-preproduction-root.bin", "b0c06f000000-2025-06", "2025-06-25T00:00:00Z",
            IEvidenceErrors.SignatureInvalid.selector
        );
        refused(
            "tdx/v5-neg-preproduction-root.bin", "b0c06f000000-2025-06", "2025-06-25T00:00:00Z",
            IEvidenceErrors.SignatureInvalid.selector
        );
    }

    function test_nonzeroTrailing() external {
        refused(
            "tdx/v4-spr-e4-nonzero-trailing.bin", "50806f000000-2023-07", "2023-07-01T00:00:00Z",
            TdxFiles.QuoteStructure.selector
        );
    }

    function test_sgxQuoteAndCertificatesOfSamples() external {
        refused("tdx/neg-sgx-quote-v3.bin", "b0c06f000000-2025-06", "2025-06-25T00:00:00Z", TdxFiles.QuoteStructure.selector);
        bytes memory sgx = file("tdx/neg-sgx-quote-v3.bin");
        vm.expectRevert(abi.encodeWithSelector(ITdxVerifier.UnsupportedVersion.selector, uint16(3)));
        verifier.verify(TdxFiles.slice(sgx, 0, 1300), new bytes(200));
    }

    function test_sgxCollateral() external {
        vm.warp(Dates.iso("2024-09-05T00:00:00Z", 0));
        Set memory s = readSet("b0c06f000000-2025-06");
        verifier.addCrl(file("tdx/collateral/c0806f000000-2024-09/rootcrl.der"), 0, 1000);
        TdxFiles.Quote memory q = TdxFiles.quote(file("tdx/v4-phala-2024.bin"));
        ca = verifier.addCert(q.ca, 0);
        tcbSigner = verifier.addCert(file("tdx/roots/intel-tcb-signing-2018.der"), 0);
        string memory base = "tdx/collateral/neg-sgx-kind-b0c06f000000-2024-09/";
        TdxFiles.Body memory b = TdxFiles.body(file(string.concat(base, "tcbinfo.json")), "tcbInfo");
        // its levels have no TDX components
        vm.expectRevert(abi.encodeWithSignature("MemberMissing(uint256,uint256)", 3, 7));
        verifier.addCollateral(1, b.object, b.r, b.s, tcbSigner);
        b = TdxFiles.body(file(string.concat(base, "qeidentity.json")), "enclaveIdentity");
        vm.expectPartialRevert(bytes4(keccak256("NotForTdx(bytes32,uint256)")));
        verifier.addCollateral(2, b.object, b.r, b.s, tcbSigner);
        ok(s.rootCrl.length != 0, "the set was read");
    }

    /// Two genuine lists of one day: the older one is refused after the newer one, and what the newer
    /// one dropped stays revoked.
    function test_listsOf129And57() external {
        vm.warp(Dates.iso("2026-07-17T00:00:00Z", 0));
        verifier.addCrl(file("tdx/collateral/50806f000000-2026-03/rootcrl.der"), 0, 1000);
        ca = verifier.addCert(file("tdx/roots/intel-pck-platform-ca.der"), 0);
        bytes memory older = file("tdx/crl-platform-129-2026-07-16T0817.der");
        bytes memory newer = file("tdx/crl-platform-57-2026-07-16T1143.der");
        uint256 before = vm.snapshotState();
        verifier.addCrl(newer, ca, 1000);
        (, , uint256 entries) = verifier.crl(1);
        eq(entries, 57, "entries of the newer list");
        vm.expectPartialRevert(ITdxVerifier.CrlNotNewer.selector);
        verifier.addCrl(older, ca, 1000);
        vm.revertToState(before);

        // in parts: in force only when all are recorded
        verifier.addCrl(older, ca, 100);
        (, , entries) = verifier.crl(1);
        eq(entries, 0, "not in force yet");
        verifier.addCrl(older, ca, 100);
        (, , entries) = verifier.crl(1);
        eq(entries, 129, "entries of the older list");
        verifier.addCrl(newer, ca, 1000);
        (, , entries) = verifier.crl(1);
        eq(entries, 57, "the newer list is in force");
    }
}
