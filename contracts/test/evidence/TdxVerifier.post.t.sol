// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Objects} from "../../src/base/Objects.sol";
import {ITcbPolicy} from "../../src/interfaces/ITcbPolicy.sol";
import {IEvidenceErrors} from "../../src/interfaces/IEvidenceErrors.sol";
import {ITdxVerifier} from "../../src/interfaces/ITdxVerifier.sol";
import {Deploys} from "../kit/Deploys.sol";
import {SimDer, SimIntel} from "../kit/SimIntel.sol";
import {SimWorld} from "../kit/SimWorld.sol";
import {vm} from "../kit/Vm.sol";

/// @title  Posting certificates, revocation lists and collateral
contract TdxVerifierPostTest is SimWorld {
    SimIntel.Td internal good;

    function setUp() external {
        setUpSim();
        good = SimIntel.td(0, 0);
    }

    function sel(bytes4 s) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(s);
    }

    // ---- construction

    function test_simulatedRootRevertsOffTheDevelopmentChain() external {
        bytes memory root = SimIntel.rootCert(FROM, TO);
        ITdxVerifier.Readers memory readers = ITdxVerifier.Readers(
            Deploys.create("CertificateReader.sol:CertificateReader", ""), address(collateralReader)
        );
        bytes memory arguments = abi.encode(root, address(policy), readers, manifestRules());
        vm.chainId(1);
        try this.create(arguments) {
            ok(false, "a simulated root was taken");
        } catch (bytes memory cause) {
            eq(
                cause,
                abi.encodeWithSelector(
                    IEvidenceErrors.RootNotPinned.selector, sha256(root),
                    bytes32(0x44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3)
                ),
                "cause"
            );
        }
        if (vectorsMissing()) return;
        arguments = abi.encode(file("tdx/roots/intel-sgx-root-ca.der"), address(policy), readers, manifestRules());
        this.create(arguments);
    }

    function create(bytes calldata arguments) external returns (address) {
        return Deploys.create("TdxVerifier.sol:TdxVerifier", arguments);
    }

    function test_rootMustBeASelfSignedAuthority() external {
        ITdxVerifier.Readers memory readers = ITdxVerifier.Readers(
            Deploys.create("CertificateReader.sol:CertificateReader", ""), address(collateralReader)
        );
        bytes[3] memory bad = [SimIntel.caCert(FROM, TO), SimIntel.signerCert(FROM, TO), SimIntel.rootCert(FROM, TO)];
        // the third: a root that another key signed
        bad[2] = SimIntel.cert(
            SimIntel.Cert(1, SimIntel.ROOT_NAME, 0x99, SimIntel.ROOT_NAME, SimIntel.ROOT_KEY, FROM, TO, SimIntel.caExtensions(1))
        );
        for (uint256 i = 0; i < 3; ++i) {
            try this.create(abi.encode(bad[i], address(policy), readers, manifestRules())) {
                ok(false, "not a root");
            } catch (bytes memory cause) {
                eq(cause, sel(IEvidenceErrors.RootNotAuthority.selector), "cause");
            }
        }
    }

    // ---- certificates

    function refuseCert(bytes memory der, bytes32 issuer, bytes memory cause) internal {
        vm.expectRevert(cause);
        verifier.addCert(der, issuer);
    }

    function authority(string memory name, uint256 key, bytes memory extensions) internal pure returns (bytes memory) {
        return SimIntel.cert(SimIntel.Cert(0x88, SimIntel.ROOT_NAME, SimIntel.ROOT_KEY, name, key, FROM, TO, extensions));
    }

    function test_certRoles() external {
        bytes memory caExt = SimIntel.caExtensions(0);
        bytes memory leafExt = SimIntel.leafExtensions();
        refuseCert(authority("Some CA", 9, caExt), 0, abi.encodeWithSelector(IEvidenceErrors.CertificateRole.selector, bytes32("Some CA")));
        refuseCert(
            authority(SimIntel.PLATFORM_NAME, 9, leafExt), 0,
            abi.encodeWithSelector(IEvidenceErrors.CertificateRole.selector, bytes32("Intel SGX PCK Platform CA"))
        );
        refuseCert(
            authority(SimIntel.SIGNER_NAME, 9, caExt), 0,
            abi.encodeWithSelector(IEvidenceErrors.CertificateRole.selector, bytes32("Intel SGX TCB Signing"))
        );
        // a PCK certificate without its extension, or with a CA's
        bytes memory plain = SimIntel.cert(
            SimIntel.Cert(5, SimIntel.PLATFORM_NAME, SimIntel.CA_KEY, SimIntel.PCK_NAME, 9, FROM, TO, leafExt)
        );
        refuseCert(plain, ca, abi.encodeWithSelector(IEvidenceErrors.CertificateRole.selector, bytes32("Intel SGX PCK Certificate")));
        // a leaf cannot issue: only authorities are named as issuers
        refuseCert(SimIntel.pckCert(7, SimIntel.pck(), FROM, TO), tcbSigner, abi.encodeWithSelector(IEvidenceErrors.AuthorityUnknown.selector, tcbSigner));
        refuseCert(SimIntel.pckCert(7, SimIntel.pck(), FROM, TO), "nobody", abi.encodeWithSelector(IEvidenceErrors.AuthorityUnknown.selector, bytes32("nobody")));
        // a PCK certificate directly under the root
        bytes memory direct = SimIntel.cert(
            SimIntel.Cert(5, SimIntel.ROOT_NAME, SimIntel.ROOT_KEY, SimIntel.PCK_NAME, 9, FROM, TO, SimIntel.pckExtensions(SimIntel.pck()))
        );
        refuseCert(direct, 0, abi.encodeWithSelector(IEvidenceErrors.CertificateRole.selector, bytes32("Intel SGX PCK Certificate")));
    }

    function test_certIssuerAndSignature() external {
        bytes memory wrongName = SimIntel.cert(
            SimIntel.Cert(5, SimIntel.PROCESSOR_NAME, SimIntel.CA_KEY, SimIntel.PCK_NAME, 9, FROM, TO, SimIntel.pckExtensions(SimIntel.pck()))
        );
        refuseCert(
            wrongName, ca,
            abi.encodeWithSelector(
                IEvidenceErrors.IssuerMismatch.selector,
                keccak256(SimIntel.name(SimIntel.PROCESSOR_NAME)), keccak256(SimIntel.name(SimIntel.PLATFORM_NAME))
            )
        );
        // bug 7: equal names, another key
        bytes memory forged = SimIntel.cert(
            SimIntel.Cert(5, SimIntel.PLATFORM_NAME, 0x4444, SimIntel.PCK_NAME, 9, FROM, TO, SimIntel.pckExtensions(SimIntel.pck()))
        );
        refuseCert(forged, ca, sel(IEvidenceErrors.SignatureInvalid.selector));
        bytes memory forgedCa = SimIntel.cert(
            SimIntel.Cert(5, SimIntel.ROOT_NAME, 0x4444, SimIntel.PLATFORM_NAME, 0x4444, FROM, TO, SimIntel.caExtensions(0))
        );
        refuseCert(forgedCa, 0, sel(IEvidenceErrors.SignatureInvalid.selector));
    }

    function test_certDates() external {
        bytes memory early = SimIntel.pckCert(7, SimIntel.pck(), NOW + 1, TO);
        refuseCert(early, ca, abi.encodeWithSelector(IEvidenceErrors.NotValidNow.selector, NOW + 1, TO, NOW));
        bytes memory late = SimIntel.pckCert(7, SimIntel.pck(), FROM, NOW - 1);
        refuseCert(late, ca, abi.encodeWithSelector(IEvidenceErrors.NotValidNow.selector, FROM, NOW - 1, NOW));
        verifier.addCert(SimIntel.pckCert(7, SimIntel.pck(), NOW, NOW), ca);
    }

    /// Every truncation and every flipped bit of a certificate is refused.
    function test_certEveryByteCounts() external {
        bytes memory der = SimIntel.pckCert(7, SimIntel.pck(), FROM, TO);
        for (uint256 i = 0; i < der.length; i += 3) {
            der[i] = bytes1(uint8(der[i]) ^ 0x04);
            (bool done,) = address(verifier).call(abi.encodeCall(verifier.addCert, (der, ca)));
            ok(!done, "a flipped bit is refused");
            der[i] = bytes1(uint8(der[i]) ^ 0x04);
        }
        for (uint256 n = 0; n < der.length; n += 7) {
            bytes memory cut = new bytes(n);
            for (uint256 i = 0; i < n; ++i) cut[i] = der[i];
            (bool done,) = address(verifier).call(abi.encodeCall(verifier.addCert, (cut, ca)));
            ok(!done, "a truncated certificate is refused");
        }
        (bool longer,) = address(verifier).call(abi.encodeCall(verifier.addCert, (bytes.concat(der, hex"00"), ca)));
        ok(!longer, "bytes behind a certificate are refused");
    }

    function test_sgxExtension() external {
        bytes memory twice = bytes.concat(SimIntel.pckExtensions(SimIntel.pck()), SimIntel.extension(hex"551d13", true, hex"3000"));
        bytes memory der = SimIntel.cert(SimIntel.Cert(5, SimIntel.PLATFORM_NAME, SimIntel.CA_KEY, SimIntel.PCK_NAME, 9, FROM, TO, twice));
        vm.expectPartialRevert(bytes4(keccak256("ExtensionTwice(uint256)")));
        verifier.addCert(der, ca);
        bytes memory critical = bytes.concat(SimIntel.pckExtensions(SimIntel.pck()), SimIntel.extension(hex"551d24", true, hex"3000"));
        der = SimIntel.cert(SimIntel.Cert(5, SimIntel.PLATFORM_NAME, SimIntel.CA_KEY, SimIntel.PCK_NAME, 9, FROM, TO, critical));
        vm.expectPartialRevert(bytes4(keccak256("ExtensionUnknown(uint256)")));
        verifier.addCert(der, ca);
        bytes memory empty = bytes.concat(SimIntel.leafExtensions(), SimIntel.extension(hex"2a864886f84d010d01", false, hex"3000"));
        der = SimIntel.cert(SimIntel.Cert(5, SimIntel.PLATFORM_NAME, SimIntel.CA_KEY, SimIntel.PCK_NAME, 9, FROM, TO, empty));
        vm.expectRevert(abi.encodeWithSignature("PckItemMissing(uint256,uint256)", 0, 0x1c));
        verifier.addCert(der, ca);
    }

    function test_authorityNeedsTheRootsList() external {
        vm.warp(NOW + 400 days);
        bytes memory other = authority(SimIntel.PROCESSOR_NAME, 9, SimIntel.caExtensions(0));
        refuseCert(other, 0, abi.encodeWithSelector(ITdxVerifier.CrlMissing.selector, 0, NOW + 364 days));
    }

    // ---- revocation lists

    function test_crlRefusals() external {
        bytes memory list = pckCrl(NOW - 2 days, none());
        vm.expectRevert(abi.encodeWithSelector(ITdxVerifier.CrlNotNewer.selector, NOW - 2 days, NOW - 1 days));
        verifier.addCrl(list, ca, 1);
        // as new, but another
        list = pckCrl(NOW - 1 days, one(3));
        vm.expectRevert(abi.encodeWithSelector(ITdxVerifier.CrlNotNewer.selector, NOW - 1 days, NOW - 1 days));
        verifier.addCrl(list, ca, 1);
        list = pckCrl(NOW + 1, none());
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.NotValidNow.selector, NOW + 1, NOW + 1 + 30 days, NOW));
        verifier.addCrl(list, ca, 1);
        list = SimIntel.crl(0x4444, SimIntel.PLATFORM_NAME, NOW, NOW + 1, none());
        vm.expectRevert(sel(IEvidenceErrors.SignatureInvalid.selector));
        verifier.addCrl(list, ca, 1);
        list = SimIntel.crl(SimIntel.CA_KEY, SimIntel.PROCESSOR_NAME, NOW, NOW + 1, none());
        vm.expectPartialRevert(IEvidenceErrors.IssuerMismatch.selector);
        verifier.addCrl(list, ca, 1);
        list = pckCrl(NOW, none());
        vm.expectPartialRevert(IEvidenceErrors.IssuerMismatch.selector);
        verifier.addCrl(list, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.AuthorityUnknown.selector, tcbSigner));
        verifier.addCrl(list, tcbSigner, 1);
        // the same again is no fault
        verifier.addCrl(pckCrl(NOW - 1 days, none()), ca, 1);
    }

    function test_revokedLeafCountsAtOnceAndStays() external {
        ITcbPolicy.Subject memory s = subjectOf(verifier.verify(SimIntel.evidence(good), hints()));
        uint32 epoch = policy.collateralEpoch(1, product);
        verifier.addCrl(pckCrl(NOW, one(SERIAL)), ca, 10);
        ok(policy.collateralEpoch(1, product) > epoch, "the collateral epoch advanced");
        bytes32 leaf = Objects.serialId(1, 1, SERIAL);
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.LeafRevoked.selector, leaf));
        policy.judge(s);
        // a later list drops it: still revoked, and posting the certificate again does not bring it back
        vm.warp(NOW + 1);
        verifier.addCrl(pckCrl(NOW + 1, none()), ca, 10);
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.LeafRevoked.selector, leaf));
        policy.judge(s);
        refuseCert(
            SimIntel.pckCert(SERIAL, SimIntel.pck(), FROM, TO), ca,
            abi.encodeWithSelector(IEvidenceErrors.CertificateRevoked.selector, leaf)
        );
        // the Timelock lifts it; the old list does not bring it back, a newer one does
        vm.prank(TIMELOCK);
        policy.liftSerial(1, 1, SERIAL);
        policy.judge(s);
        verifier.proveRevoked(pckCrl(NOW, one(SERIAL)), ca, one(SERIAL));
        policy.judge(s);
        vm.warp(NOW + 2);
        verifier.proveRevoked(pckCrl(NOW + 2, one(SERIAL)), ca, one(SERIAL));
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.LeafRevoked.selector, leaf));
        policy.judge(s);
    }

    function test_proveRevoked() external {
        uint256[] memory two = new uint256[](2);
        (two[0], two[1]) = (11, 12);
        bytes memory list = pckCrl(NOW - 5 days, two);
        vm.expectRevert(abi.encodeWithSelector(ITdxVerifier.SerialNotListed.selector, 13));
        verifier.proveRevoked(list, ca, one(13));
        verifier.proveRevoked(list, ca, two);
        ok(policy.isRevoked(Objects.SERIAL, Objects.serialId(1, 1, 11)), "first");
        ok(policy.isRevoked(Objects.SERIAL, Objects.serialId(1, 1, 12)), "second");
        ok(!policy.isRevoked(Objects.SERIAL, Objects.serialId(1, 2, 12)), "another issuer's");
        list = pckCrl(NOW - 31 days, two);
        vm.expectPartialRevert(IEvidenceErrors.NotValidNow.selector);
        verifier.proveRevoked(list, ca, two);
    }

    /// bug 13: a revoked CA or TCB signer ends what hangs on it, leaf and collateral alike.
    function test_bug13_revokedAuthorities() external {
        bytes memory e = SimIntel.evidence(good);
        ITcbPolicy.Subject memory s = subjectOf(verifier.verify(e, hints()));
        verifier.addCrl(rootCrl(NOW, one(0x61)), 0, 10);
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.AuthorityEpochPassed.selector, 0, 1));
        policy.judge(s);
        refuseCert(
            SimIntel.caCert(FROM, TO), 0,
            abi.encodeWithSelector(IEvidenceErrors.CertificateRevoked.selector, Objects.serialId(1, 0, 0x61))
        );
        refuseCert(SimIntel.pckCert(SERIAL, SimIntel.pck(), FROM, TO), ca, abi.encodeWithSelector(IEvidenceErrors.AuthorityStale.selector, ca));
        // the signer still is good: post it again, and collateral after it
        bytes memory json = SimIntel.tcbInfo(tcbInfo(17, NOW));
        (uint256 r, uint256 sv) = SimIntel.sign(json);
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.AuthorityStale.selector, tcbSigner));
        verifier.addCollateral(1, json, r, sv, tcbSigner);
        verifier.addCert(SimIntel.signerCert(FROM, TO), 0);
        postTcbJson(json);
        // leaf and table were checked at different authority epochs
        bytes memory h = hints();
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.AuthorityStale.selector, product));
        verifier.verify(e, h);
    }

    function test_revokedSigner() external {
        verifier.addCrl(rootCrl(NOW, one(0x71)), 0, 10);
        refuseCert(
            SimIntel.signerCert(FROM, TO), 0,
            abi.encodeWithSelector(IEvidenceErrors.CertificateRevoked.selector, Objects.serialId(1, 0, 0x71))
        );
        ca = verifier.addCert(SimIntel.caCert(FROM, TO), 0);
        leafRecord = postLeaf(SimIntel.pckCert(SERIAL, SimIntel.pck(), FROM, TO));
        bytes memory e = SimIntel.evidence(good);
        bytes memory h = hints();
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.AuthorityStale.selector, product));
        verifier.verify(e, h);
    }

    function test_longListInParts() external {
        uint256[] memory many = new uint256[](30);
        for (uint256 i = 0; i < 30; ++i) many[i] = 1000 + i;
        bytes memory list = pckCrl(NOW, many);
        verifier.addCrl(list, ca, 12);
        (uint256 thisUpdate,,) = verifier.crl(1);
        eq(thisUpdate, NOW - 1 days, "the former list holds");
        ok(policy.isRevoked(Objects.SERIAL, Objects.serialId(1, 1, 1011)), "recorded");
        ok(!policy.isRevoked(Objects.SERIAL, Objects.serialId(1, 1, 1012)), "not yet");
        verifier.addCrl(list, ca, 12);
        verifier.addCrl(list, ca, 12);
        uint256 entries;
        (thisUpdate,, entries) = verifier.crl(1);
        eq(thisUpdate, NOW, "in force");
        eq(entries, 30, "entries");
        for (uint256 i = 0; i < 30; ++i) {
            ok(policy.isRevoked(Objects.SERIAL, Objects.serialId(1, 1, 1000 + i)), "recorded");
        }
    }

    /// A PCK CA's list counts no longer than the root's.
    function test_rootListBoundsTheOthers() external {
        bytes memory list = SimIntel.crl(SimIntel.CA_KEY, SimIntel.PLATFORM_NAME, NOW, NOW + 900 days, none());
        verifier.addCrl(list, ca, 1);
        (, uint256 until,) = verifier.crl(1);
        eq(until, NOW + 364 days, "until");
        verifier.addCrl(rootCrl(NOW, none()), 0, 1);
        verifier.addCrl(list, ca, 1);
        (, until,) = verifier.crl(1);
        eq(until, NOW + 365 days, "until, posted again");
    }

    function test_crlStructure() external {
        // an entry with a critical extension, an empty list, a critical extension of the list
        bytes memory entry = SimDer.sequence(bytes.concat(
            SimDer.integer(9), SimDer.time(NOW), SimDer.sequence(SimIntel.extension(hex"551d1d", true, hex"3000"))
        ));
        refuseCrl(SimDer.sequence(entry), "", bytes4(keccak256("ExtensionUnknown(uint256)")));
        refuseCrl(hex"3000", "", bytes4(keccak256("DerValue(uint256)")));
        bytes memory delta = SimDer.tlv(0xa0, SimDer.sequence(SimIntel.extension(hex"551d1b", true, hex"020101")));
        refuseCrl("", delta, bytes4(keccak256("ExtensionUnknown(uint256)")));
    }

    function refuseCrl(bytes memory entries, bytes memory extensions, bytes4 cause) internal {
        bytes memory tbs = SimDer.sequence(bytes.concat(
            hex"020101", SimIntel.ECDSA, SimIntel.name(SimIntel.PLATFORM_NAME), SimDer.time(NOW), SimDer.time(NOW + 1 days), entries, extensions
        ));
        bytes memory list = SimIntel.signed(tbs, SimIntel.CA_KEY);
        vm.expectPartialRevert(cause);
        verifier.addCrl(list, ca, 10);
    }

    // ---- collateral: signature, dates, numbers

    function test_collateralRefusals() external {
        bytes memory json = SimIntel.tcbInfo(tcbInfo(17, NOW));
        (uint256 r, uint256 s) = SimIntel.sign(json);
        vm.expectRevert(sel(IEvidenceErrors.SignatureInvalid.selector));
        verifier.addCollateral(1, bytes.concat(json, " "), r, s, tcbSigner);
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.AuthorityUnknown.selector, ca));
        verifier.addCollateral(1, json, r, s, ca);
        vm.expectRevert(abi.encodeWithSelector(ITdxVerifier.UnknownCollateral.selector, 3));
        verifier.addCollateral(3, json, r, s, tcbSigner);
        // a TCB info is no QE identity: its levels have another form
        vm.expectPartialRevert(bytes4(keccak256("MemberMissing(uint256,uint256)")));
        verifier.addCollateral(2, json, r, s, tcbSigner);
        refuseTcb(tcbInfo(17, NOW + 1), abi.encodeWithSelector(IEvidenceErrors.NotValidNow.selector, NOW + 1, NOW + 1 + 30 days, NOW));
        refuseTcb(tcbInfo(17, NOW - 31 days), abi.encodeWithSelector(IEvidenceErrors.NotValidNow.selector, NOW - 31 days, NOW - 1 days, NOW));
        refuseTcb(tcbInfo(17, NOW - 2 days), abi.encodeWithSelector(ITdxVerifier.CollateralNotNewer.selector, NOW - 2 days, NOW - 1 days));
        refuseTcb(tcbInfo(16, NOW), abi.encodeWithSelector(ITdxVerifier.EvaluationSuperseded.selector, 16, 17));
        refuseTcb(tcbInfo(0, NOW), abi.encodeWithSelector(ITdxVerifier.EvaluationTooLow.selector, 0, 0));
        vm.prank(TIMELOCK);
        policy.setVendor(1, 1 << 1, 0, 18);
        refuseTcb(tcbInfo(17, NOW), abi.encodeWithSelector(ITdxVerifier.EvaluationTooLow.selector, 17, 18));
    }

    function test_reissueReplacesAtOnceAndOnlyLevelsMoveTheEpoch() external {
        uint32 epoch = policy.collateralEpoch(1, product);
        postTcb(tcbInfo(17, NOW));
        eq(policy.collateralEpoch(1, product), epoch, "new dates only");
        SimIntel.TcbInfo memory t = tcbInfo(17, NOW);
        t.levels[1].status = "Revoked";
        postTcb(t);
        eq(policy.collateralEpoch(1, product), epoch + 1, "levels changed");
        // a date of a level that no table holds
        bytes memory json = SimIntel.tcbInfo(t);
        for (uint256 i = 0; i + 10 < json.length; ++i) {
            if (keccak256(abi.encodePacked(json[i], json[i + 1], json[i + 2], json[i + 3], json[i + 4], json[i + 5], json[i + 6], json[i + 7], json[i + 8], json[i + 9])) == keccak256("2025-05-14")) {
                json[i + 9] = "5";
            }
        }
        postTcbJson(json);
        eq(policy.collateralEpoch(1, product), epoch + 2, "dates of levels changed");
        ok(verifier.inForce(product) == sha256(json), "the object in force");
    }
}
