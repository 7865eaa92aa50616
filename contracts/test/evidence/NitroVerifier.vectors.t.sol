// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dates} from "../../src/base/Dates.sol";
import {Ids} from "../../src/base/Ids.sol";
import {Objects} from "../../src/base/Objects.sol";
import {Claims, TcbStatus} from "../../src/base/Types.sol";
import {IEvidenceErrors} from "../../src/interfaces/IEvidenceErrors.sol";
import {IEvidenceVerifier} from "../../src/interfaces/IEvidenceVerifier.sol";
import {INitroVerifier} from "../../src/interfaces/INitroVerifier.sol";
import {ITcbPolicy} from "../../src/interfaces/ITcbPolicy.sol";
import {NitroWorld} from "../kit/NitroWorld.sol";
import {vm} from "../kit/Vm.sol";

/// @title  Genuine AWS documents on chain, under the real root: every evaluation of the MANIFEST
contract NitroVerifierVectorsTest is NitroWorld {
    struct Outcome {
        bool accepted;
        bytes cause;
        IEvidenceVerifier.Findings f;
        bytes userData;
    }

    function setUp() external {
        needVectors();
        deployNitro();
    }

    function prepare(string calldata name) external returns (bytes memory target) {
        return postChain(name)[4];
    }

    function examine(string calldata name, bytes calldata record)
        external
        view
        returns (IEvidenceVerifier.Findings memory f, bytes memory userData)
    {
        (f, userData) = verifier.examine(document(name), bytes.concat(record, hintsOf(string.concat(name, ".document"))));
        judge(address(verifier), f);
    }

    function judgeIt(IEvidenceVerifier.Findings calldata f) external view {
        judge(address(verifier), f);
    }

    function document(string memory name) internal view returns (bytes memory) {
        return file(string.concat("nitro/", name, ".bin"));
    }

    function outcomeOf(string memory name) internal returns (Outcome memory o) {
        bytes memory record;
        try this.prepare(name) returns (bytes memory made) {
            record = made;
        } catch (bytes memory cause) {
            o.cause = cause;
            return o;
        }
        try this.examine(name, record) returns (IEvidenceVerifier.Findings memory f, bytes memory userData) {
            (o.accepted, o.f, o.userData) = (true, f, userData);
        } catch (bytes memory cause) {
            o.cause = cause;
        }
    }

    function claimsOf(Outcome memory o) internal pure returns (bytes32) {
        IEvidenceVerifier.Findings memory f = o.f;
        return Ids.claims(Claims(f.vendor, f.product, f.measurement, o.userData, f.platform, f.rawTcb));
    }

    /// attestation.md C7's worked vector.
    function test_claimsOfEvervault() external {
        vm.warp(Dates.iso("2022-10-13T08:59:02Z", 0));
        Outcome memory o = outcomeOf("ok-evervault-2022");
        if (!o.accepted) revert NotTrue(vm.toString(o.cause));
        eq(bytes32(bytes8(o.f.measurement)), bytes32(bytes8(0x8becb3973e340a1d)), "measurement");
        eq(bytes32(bytes8(o.f.platform)), bytes32(bytes8(0xf7476cc97720c9d9)), "platform");
        eq(bytes32(bytes8(claimsOf(o))), bytes32(bytes8(0x05ffd05e6c7248c9)), "claims");
        eq(o.f.status, TcbStatus.UP_TO_DATE, "status");
        eq(o.userData.length, 0, "user_data");
    }

    function test_manifest() external {
        uint256 evaluations;
        uint256 accepted;
        for (uint256 i = 0; i < 64; ++i) {
            string memory pos = string.concat(".cases[", vm.toString(i), "]");
            if (!vm.keyExistsJson(manifest, pos)) break;
            if (!same(str(pos, ".vendor"), "aws-nitro")) continue;
            for (uint256 j = 0; j < 8; ++j) {
                string memory e = string.concat(pos, ".evaluations[", vm.toString(j), "]");
                if (!vm.keyExistsJson(manifest, e)) break;
                uint256 before = vm.snapshotState();
                if (evaluation(pos, e)) ++accepted;
                vm.revertToState(before);
                ++evaluations;
            }
        }
        eq(evaluations, 22, "evaluations");
        eq(accepted, 6, "accepted ones");
    }

    /// The evaluations' times, to the second.
    function timeOf(string memory text) internal pure returns (uint256) {
        bytes memory t = new bytes(20);
        for (uint256 i = 0; i < 19; ++i) t[i] = bytes(text)[i];
        t[19] = "Z";
        return Dates.iso(bytes32(t), 0);
    }

    function evaluation(string memory pos, string memory e) internal returns (bool) {
        string memory id = str(pos, ".id");
        vm.warp(timeOf(str(e, ".time")));
        string memory name = stem(str(pos, ".files.document"), 4);
        Outcome memory o = outcomeOf(name);
        bool wanted = same(str(e, ".verdict_default_policy"), "ACCEPT");
        if (o.accepted != wanted) revert NotTrue(string.concat(id, ": verdict; cause ", vm.toString(o.cause)));
        if (o.accepted) checkClaims(pos, o, id);
        else checkCause(e, o.cause, id);
        return o.accepted;
    }

    function checkClaims(string memory pos, Outcome memory o, string memory id) internal view {
        bytes memory fields = bytes.concat(pcr(pos, "0"), pcr(pos, "1"), pcr(pos, "2"), pcr(pos, "8"));
        eq(o.f.measurement, Ids.measurement(3, fields), string.concat(id, ": measurement"));
        bytes memory module = bytes(str(pos, ".claims.module_id"));
        uint256 cut = find(module, "-enc", 0) - 4;
        bytes memory host = new bytes(cut);
        for (uint256 i = 0; i < cut; ++i) host[i] = module[i];
        eq(o.f.platform, Ids.platform(3, host), string.concat(id, ": platform"));
        if (vm.keyExistsJson(manifest, string.concat(pos, ".claims.user_data"))) {
            string memory key = string.concat(pos, ".claims.user_data");
            // null where the document has null
            if (o.userData.length != 0) eq(o.userData, vm.parseBytes(string.concat("0x", vm.parseJsonString(manifest, key))), id);
        }
    }

    function pcr(string memory pos, string memory index) internal view returns (bytes memory) {
        string memory key = string.concat(pos, ".claims.pcrs.", index);
        return vm.keyExistsJson(manifest, key)
            ? vm.parseBytes(string.concat("0x", vm.parseJsonString(manifest, key)))
            : new bytes(48);
    }

    function checkCause(string memory e, bytes memory cause, string memory id) internal view {
        string memory reason = vm.parseJsonString(manifest, string.concat(e, ".reasons[0]"));
        bytes4 needed = same(reason, "debug_mode_zero_pcrs")
            ? INitroVerifier.EnclaveDebug.selector
            : IEvidenceErrors.NotValidNow.selector;
        if (bytes4(cause) != needed) revert NotTrue(string.concat(id, ": cause ", vm.toString(cause)));
    }

    // ---- dates

    /// The leaf lives three hours; the timestamp counts ten minutes.
    function test_timeAfterPosting() external {
        string memory name = "ok-dstack-2025";
        uint256 stamp = Dates.iso("2025-12-25T16:04:19Z", 0);
        vm.warp(stamp);
        bytes memory record = postChain(name)[4];
        this.examine(name, record);
        vm.warp(stamp + 600);
        this.examine(name, record);
        vm.warp(stamp + 601);
        vm.expectRevert(abi.encodeWithSelector(INitroVerifier.TimestampFar.selector, 1_766_678_659_346, stamp + 601));
        this.examine(name, record);
        vm.warp(stamp - 600);
        vm.expectRevert(abi.encodeWithSelector(INitroVerifier.TimestampFar.selector, 1_766_678_659_346, stamp - 600));
        this.examine(name, record);
        vm.warp(stamp - 599);
        this.examine(name, record);
        vm.warp(Dates.iso("2025-12-25T19:04:20Z", 0));
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.LeafExpired.selector, Dates.iso("2025-12-25T19:04:19Z", 0)));
        this.examine(name, record);
    }

    // ---- what verify wants beside examine

    function test_verifyWantsReportDataAlone() external {
        vm.warp(timeOf("2025-12-25T16:05:19Z"));
        string memory name = "ok-dstack-2025";
        bytes memory hints = bytes.concat(postChain(name)[4], hintsOf(string.concat(name, ".document")));
        IEvidenceVerifier.Findings memory f = verifier.verify(document(name), hints);
        eq(f.reportHigh, 0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, "first half");
        eq(f.reportLow, 0, "second half");

        vm.warp(timeOf("2022-10-13T08:59:02Z"));
        deployNitro();
        name = "ok-evervault-2022";
        hints = bytes.concat(postChain(name)[4], hintsOf(string.concat(name, ".document")));
        bytes memory doc = document(name);
        vm.expectRevert();
        verifier.verify(doc, hints);
    }

    // ---- certificates (A40)

    function test_certificateUnderAnotherIssuer() external {
        vm.warp(timeOf("2025-12-25T16:05:19Z"));
        string memory name = "ok-dstack-2025";
        bytes[] memory chain = chainOf(document(name));
        bytes[] memory records = postChain(name);
        vm.expectPartialRevert(IEvidenceErrors.IssuerMismatch.selector);
        verifier.addCert(chain[3], records[1], hintsOf("ok-dstack-2025.3"));
        bytes memory changed = bytes.concat(records[2]);
        changed[0] ^= 0x01;
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.LeafUnknown.selector, keccak256(changed)));
        verifier.addCert(chain[3], changed, hintsOf("ok-dstack-2025.3"));
        vm.expectRevert(abi.encodeWithSelector(INitroVerifier.NotAnAuthority.selector, keccak256(records[4])));
        verifier.addCert(chain[4], records[4], hintsOf("ok-dstack-2025.4"));
        // hints of another signature
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.SignatureInvalid.selector));
        verifier.addCert(chain[3], records[2], hintsOf("ok-dstack-2025.4"));
        // a bit of the signed part
        chain[3][60] ^= 0x01;
        vm.expectRevert();
        verifier.addCert(chain[3], records[2], hintsOf("ok-dstack-2025.3"));
    }

    /// A revoked CA does not return, and what stands below it counts no more.
    function test_revokedAuthorityDoesNotReturn() external {
        vm.warp(timeOf("2025-12-25T16:05:19Z"));
        string memory name = "ok-dstack-2025";
        bytes[] memory chain = chainOf(document(name));
        bytes[] memory records = postChain(name);
        (IEvidenceVerifier.Findings memory f,) = this.examine(name, records[4]);
        uint256 serial;
        bytes memory zonal = records[2];
        assembly ("memory-safe") {
            serial := shr(96, mload(add(zonal, 198)))
        }
        bytes32 id = Objects.serialId(3, 0, serial);
        vm.prank(TIMELOCK);
        policy.revoke(Objects.SERIAL, id);
        // the document's certificate was posted before
        vm.expectPartialRevert(ITcbPolicy.AuthorityEpochPassed.selector);
        this.judgeIt(f);
        // nothing can be posted below what was posted before, and the zonal CA not at all
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.AuthorityStale.selector, keccak256(records[3])));
        verifier.addCert(chain[4], records[3], hintsOf("ok-dstack-2025.4"));
        bytes memory regional = post(chain[1], "", hintsOf("ok-dstack-2025.1"));
        eq(keccak256(regional), keccak256(records[1]), "the same record");
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.CertificateRevoked.selector, id));
        verifier.addCert(chain[2], regional, hintsOf("ok-dstack-2025.2"));
        // and a stale record below a fresh one stays stale
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.AuthorityStale.selector, keccak256(records[2])));
        verifier.addCert(chain[3], records[2], hintsOf("ok-dstack-2025.3"));
    }

    function test_revokedTarget() external {
        vm.warp(timeOf("2025-12-25T16:05:19Z"));
        bytes[] memory records = postChain("ok-dstack-2025");
        (IEvidenceVerifier.Findings memory f,) = this.examine("ok-dstack-2025", records[4]);
        vm.prank(TIMELOCK);
        policy.revoke(Objects.SERIAL, f.leaf);
        vm.expectRevert();
        this.judgeIt(f);
        bytes[] memory chain = chainOf(document("ok-dstack-2025"));
        bytes memory above;
        for (uint256 i = 1; i < 4; ++i) above = post(chain[i], above, hintsOf(string.concat("ok-dstack-2025.", vm.toString(i))));
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.CertificateRevoked.selector, f.leaf));
        verifier.addCert(chain[4], above, hintsOf("ok-dstack-2025.4"));
    }

    /// Another document's chain or hints do not serve.
    function test_otherChain() external {
        vm.warp(timeOf("2025-12-25T16:05:19Z"));
        bytes[] memory records = postChain("ok-dstack-2025");
        bytes memory doc = document("debug-dstack-2025");
        bytes memory hints = bytes.concat(records[4], hintsOf("debug-dstack-2025.document"));
        vm.expectPartialRevert(INitroVerifier.PathMismatch.selector);
        verifier.examine(doc, hints);
        doc = document("ok-dstack-2025");
        vm.expectRevert(abi.encodeWithSelector(INitroVerifier.DocumentSignature.selector));
        verifier.examine(doc, hints);
        hints = bytes.concat(records[3], hintsOf("ok-dstack-2025.document"));
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.LeafUnknown.selector, keccak256(records[3])));
        verifier.examine(doc, hints);
    }

    function test_recheckStatus() external {
        ok(verifier.steady(), "it never changes");
        eq(verifier.appraise(0, "", ""), TcbStatus.UP_TO_DATE, "status");
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.RawTcbLength.selector, 1));
        verifier.appraise(0, hex"00", "");
    }

    function test_rootIsPinned() external {
        bytes memory root = file("nitro/roots/aws-nitro-root-g1.der");
        vm.chainId(1);
        this.deployRoot(root);
        root[root.length - 1] ^= 0x01;
        vm.expectPartialRevert(IEvidenceErrors.RootNotPinned.selector);
        this.deployRoot(root);
        vm.chainId(31337);
    }

    function deployRoot(bytes memory root) external {
        bytes memory code = bytes.concat(
            vm.getCode("NitroVerifier.sol:NitroVerifier"),
            abi.encode(root, address(policy), INitroVerifier.Parts(reader, sha384, p384))
        );
        assembly {
            if iszero(create(0, add(code, 32), mload(code))) {
                let m := mload(0x40)
                returndatacopy(m, 0, returndatasize())
                revert(m, returndatasize())
            }
        }
    }
}

/// @title  A genuine document, changed
contract NitroVerifierChangedTest is NitroWorld {
    bytes internal hints;
    bytes internal doc;

    function setUp() external {
        needVectors();
        deployNitro();
        vm.warp(Dates.iso("2025-12-25T16:05:19Z", 0));
        hints = bytes.concat(postChain("ok-dstack-2025")[4], hintsOf("ok-dstack-2025.document"));
        doc = file("nitro/ok-dstack-2025.bin");
    }

    /// Every bit of a document matters. A sample: each takes up to a million gas.
    /// forge-config: default.fuzz.runs = 128
    function testFuzz_bitOfTheDocument(uint256 bit) external {
        bit %= 8 * doc.length;
        bytes memory d = doc;
        d[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        vm.expectRevert();
        verifier.examine(d, hints);
    }

    function test_truncatedAtEveryByte() external {
        bytes memory d = doc;
        uint256 full = d.length;
        for (uint256 n = 0; n < full; ++n) {
            assembly ("memory-safe") {
                mstore(d, n)
            }
            (bool good,) = address(verifier).staticcall(abi.encodeCall(INitroVerifier.examine, (d, "")));
            ok(!good, "refused");
        }
    }

    /// Any bytes give findings or a named error of at least four bytes, never a panic and never all gas.
    /// forge-config: default.fuzz.runs = 1000
    function testFuzz_total(bytes calldata garbage, uint256 at) external {
        bytes memory d = doc;
        at %= d.length;
        for (uint256 i = 0; i < garbage.length && at + i < d.length; ++i) d[at + i] = garbage[i];
        (bool good, bytes memory answer) =
            address(verifier).staticcall{gas: 3_000_000}(abi.encodeCall(INitroVerifier.examine, (d, hints)));
        ok(good || (answer.length >= 4 && bytes4(answer) != bytes4(0x4e487b71)), vm.toString(answer));
    }
}
