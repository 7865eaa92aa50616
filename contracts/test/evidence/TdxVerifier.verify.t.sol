// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ids} from "../../src/base/Ids.sol";
import {Objects} from "../../src/base/Objects.sol";
import {TcbStatus} from "../../src/base/Types.sol";
import {IEvidenceVerifier} from "../../src/interfaces/IEvidenceVerifier.sol";
import {ITcbPolicy} from "../../src/interfaces/ITcbPolicy.sol";
import {IEvidenceErrors} from "../../src/interfaces/IEvidenceErrors.sol";
import {ITdxVerifier} from "../../src/interfaces/ITdxVerifier.sol";
import {SimIntel} from "../kit/SimIntel.sol";
import {SimWorld} from "../kit/SimWorld.sol";
import {TdxFiles} from "../kit/TdxFiles.sol";
import {vm} from "../kit/Vm.sol";

/// @title  Evidence under a simulated Intel: each refusal by its cause, everything else being right
contract TdxVerifierVerifyTest is SimWorld {
    SimIntel.Td internal good;

    function setUp() external {
        setUpSim();
        good = SimIntel.td(keccak256("high"), keccak256("low"));
    }

    function refuse(bytes memory evidence, bytes memory cause) internal {
        bytes memory h = hints();
        vm.expectRevert(cause);
        verifier.verify(evidence, h);
    }

    function refuseTd(SimIntel.Td memory t, bytes memory cause) internal {
        refuse(SimIntel.evidence(t), cause);
    }

    function statusOf(SimIntel.Td memory t) internal returns (uint8) {
        return verifier.verify(SimIntel.evidence(t), hints()).status;
    }

    function sel(bytes4 s) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(s);
    }

    // ---- what is accepted

    function test_findings() external {
        IEvidenceVerifier.Findings memory f = verifier.verify(SimIntel.evidence(good), hints());
        eq(f.vendor, 1, "vendor");
        eq(f.product, product, "product");
        eq(f.reportHigh, keccak256("high"), "report data, first half");
        eq(f.reportLow, keccak256("low"), "report data, second half");
        eq(f.platform, Ids.platform(1, abi.encodePacked(SimIntel.pck().ppid)), "platform");
        bytes memory body = SimIntel.bodyOf(good);
        bytes memory fields = bytes.concat(
            TdxFiles.slice(body, 136, 184), TdxFiles.slice(body, 328, 520), TdxFiles.slice(body, 184, 328), TdxFiles.slice(body, 120, 136)
        );
        eq(f.measurement, Ids.measurement(1, fields), "measurement");
        eq(
            f.rawTcb,
            abi.encodePacked(good.tee, bytes16(0), SimIntel.pck().svns, uint16(11), uint16(4)),
            "raw TCB"
        );
        eq(f.status, TcbStatus.UP_TO_DATE, "status");
        eq(f.leaf, Objects.serialId(1, 1, SERIAL), "leaf");
        eq(f.issuer, 1, "issuer");
        judge(f);
    }

    function test_zeroPpidHasNoPlatform() external {
        SimIntel.Pck memory p = SimIntel.pck();
        p.ppid = 0;
        leafRecord = postLeaf(SimIntel.pckCert(99, p, FROM, TO));
        eq(verifier.verify(SimIntel.evidence(good), hints()).platform, 0, "platform");
    }

    function test_version5OfEachKind() external {
        good.version = 5;
        for (uint16 kind = 2; kind <= 4; ++kind) {
            good.kind = kind;
            good.tee2 = kind == 2 ? bytes16(0) : good.tee;
            eq(statusOf(good), TcbStatus.UP_TO_DATE, "status");
        }
    }

    // ---- header and lengths

    function test_header() external {
        bytes memory e = SimIntel.evidence(good);
        e[0] = 0x03;
        refuse(e, abi.encodeWithSelector(ITdxVerifier.UnsupportedVersion.selector, 3));
        e[0] = 0x04;
        e[2] = 0x03;
        refuse(e, abi.encodeWithSelector(ITdxVerifier.UnsupportedKeyType.selector, 3));
        e[2] = 0x02;
        e[4] = 0x00;
        refuse(e, abi.encodeWithSelector(ITdxVerifier.UnsupportedTee.selector, 0));
        e[4] = 0x81;
        e[12] = 0x00;
        refuse(e, abi.encodeWithSelector(ITdxVerifier.QeVendor.selector, bytes16(0x009a7233f79c4ca9940a0db3957f0607)));
    }

    function test_bodyTypes() external {
        good.version = 5;
        good.kind = 3;
        bytes memory e = SimIntel.evidence(good);
        e[48] = 0x02;
        refuse(e, abi.encodeWithSelector(ITdxVerifier.BodyType.selector, 2, 648));
        e[48] = 0x01;
        refuse(e, abi.encodeWithSelector(ITdxVerifier.BodyType.selector, 1, 648));
        e[48] = 0x04;
        refuse(e, abi.encodeWithSelector(ITdxVerifier.BodyType.selector, 4, 648));
        e[48] = 0x09;
        refuse(e, abi.encodeWithSelector(ITdxVerifier.BodyType.selector, 9, 648));
    }

    /// Every truncation is refused; so is anything longer than 8 KiB.
    function test_lengths() external {
        bytes memory e = SimIntel.evidence(good);
        bytes memory h = hints();
        for (uint256 n = 0; n < e.length; n += n < 60 ? 1 : 37) {
            (bool done,) = address(verifier).call(abi.encodeCall(verifier.verify, (TdxFiles.slice(e, 0, n), h)));
            ok(!done, "a truncated quote is refused");
        }
        refuse(TdxFiles.slice(e, 0, 53), abi.encodeWithSelector(ITdxVerifier.EvidenceTruncated.selector, 53, 54));
        refuse(TdxFiles.slice(e, 0, 1207), abi.encodeWithSelector(ITdxVerifier.EvidenceTruncated.selector, 1207, 1208));
        refuse(bytes.concat(e, new bytes(8192)), abi.encodeWithSelector(ITdxVerifier.EvidenceTooLarge.selector, 9432, 8192));
        refuse(bytes.concat(e, hex"00"), sel(ITdxVerifier.QeBinding.selector));
    }

    function test_hintLengths() external {
        bytes memory e = SimIntel.evidence(good);
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.HintsTruncated.selector, 130, 131));
        verifier.verify(e, new bytes(130));
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.HintsTruncated.selector, 1, 2));
        verifier.verify(e, new bytes(132));
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.HintsTruncated.selector, 2, 7));
        verifier.verify(e, bytes.concat(leafRecord, hex"0005"));
    }

    // ---- false hints

    function test_falseHints() external {
        bytes memory e = SimIntel.evidence(good);
        bytes memory h = hints();
        for (uint256 i = 0; i < h.length; ++i) {
            bytes1 was = h[i];
            h[i] = ~was;
            (bool done,) = address(verifier).call(abi.encodeCall(verifier.verify, (e, h)));
            ok(!done, "a false hint is refused");
            h[i] = was;
        }
        verifier.verify(e, h);
        (bool longer,) = address(verifier).call(abi.encodeCall(verifier.verify, (e, bytes.concat(h, hex"00"))));
        ok(!longer, "bytes behind the tables are refused");
    }

    function test_unknownLeaf() external {
        leafRecord[130] = bytes1(uint8(leafRecord[130]) ^ 1);
        refuseTd(good, abi.encodeWithSelector(IEvidenceErrors.LeafUnknown.selector, keccak256(leafRecord)));
    }

    function test_tablesSwappedOrOfAnotherTime() external {
        bytes memory e = SimIntel.evidence(good);
        bytes memory swapped = bytes.concat(leafRecord, bytes2(uint16(qeTable.length)), qeTable, tcbTable);
        vm.expectRevert(abi.encodeWithSelector(ITdxVerifier.TableMismatch.selector, product));
        verifier.verify(e, swapped);
        bytes memory old = hints();
        SimIntel.TcbInfo memory t = tcbInfo(17, NOW - 1 hours);
        t.levels[1].pcesvn = 6;
        postTcb(t);
        vm.expectRevert(abi.encodeWithSelector(ITdxVerifier.TableMismatch.selector, product));
        verifier.verify(e, old);
        verifier.verify(e, hints());
    }

    // ---- signatures and binding

    function test_signatures() external {
        bytes memory e = SimIntel.evidence(good);
        e[632] = bytes1(uint8(e[632]) ^ 1);
        refuse(e, sel(ITdxVerifier.QuoteSignature.selector));
        e = SimIntel.evidence(good);
        e[700] = bytes1(uint8(e[700]) ^ 1);
        refuse(e, sel(ITdxVerifier.QeBinding.selector));
        e = SimIntel.evidence(good);
        e[760] = bytes1(uint8(e[760]) ^ 1);
        refuse(e, sel(ITdxVerifier.QeSignature.selector));
        e = SimIntel.evidence(good);
        e[e.length - 1] = bytes1(uint8(e[e.length - 1]) ^ 1);
        refuse(e, sel(ITdxVerifier.QeBinding.selector));
    }

    /// Every byte of the evidence is signed, bound, or part of a signature.
    function test_everyByteCounts() external {
        bytes memory e = SimIntel.evidence(good);
        bytes memory h = hints();
        for (uint256 i = 0; i < e.length; ++i) {
            e[i] = bytes1(uint8(e[i]) ^ 0x10);
            (bool done,) = address(verifier).call(abi.encodeCall(verifier.verify, (e, h)));
            ok(!done, "a flipped bit is refused");
            e[i] = bytes1(uint8(e[i]) ^ 0x10);
        }
    }

    /// bug 5: another attestation key signs the body; the QE vouched for the first one.
    function test_bug05_swappedAttestationKey() external {
        bytes memory part = SimIntel.signedPart(good);
        (uint256 x, uint256 y) = vm.publicKeyP256(0x77);
        (bytes32 r, bytes32 s) = vm.signP256(0x77, sha256(part));
        bytes memory e = SimIntel.evidence(good);
        bytes memory rest = TdxFiles.slice(e, 632 + 128, e.length);
        refuse(bytes.concat(part, r, s, abi.encodePacked(x, y), rest), sel(ITdxVerifier.QeBinding.selector));
    }

    /// Second half of the QE's report data must be zero.
    function test_bindingOfHalfAReport() external {
        bytes memory e = SimIntel.evidence(good);
        bytes memory qeReport = TdxFiles.slice(e, 760, 760 + 384);
        qeReport[383] = 0x01;
        bytes memory key = TdxFiles.slice(e, 696, 760);
        refuse(
            SimIntel.assemble(SimIntel.signedPart(good), key, qeReport, TdxFiles.slice(e, 1208, e.length)),
            sel(ITdxVerifier.QeBinding.selector)
        );
    }

    // ---- quoting enclave

    function withQe(uint256 offset, bytes1 value) internal view returns (bytes memory) {
        bytes memory e = SimIntel.evidence(good);
        bytes memory qeReport = TdxFiles.slice(e, 760, 760 + 384);
        qeReport[offset] = value;
        return SimIntel.assemble(
            SimIntel.signedPart(good), TdxFiles.slice(e, 696, 760), qeReport, TdxFiles.slice(e, 1208, e.length)
        );
    }

    function test_qeIdentity() external {
        refuse(withQe(16, 0x01), abi.encodeWithSelector(ITdxVerifier.QeMiscselect.selector, bytes4(0x01000000)));
        refuse(withQe(48, 0x17), sel(ITdxVerifier.QeDebug.selector));
        refuse(
            withQe(48, 0x95),
            abi.encodeWithSelector(ITdxVerifier.QeAttributes.selector, bytes16(0x9500000000000000e700000000000000))
        );
        refuse(
            withQe(128, 0x00),
            abi.encodeWithSelector(
                ITdxVerifier.QeSigner.selector, bytes32(0x009e2a7c6f948f17474e34a7fc43ed030f7c1563f1babddf6340c82e0e54a8c5)
            )
        );
        refuse(withQe(256, 0x01), abi.encodeWithSelector(ITdxVerifier.QeProduct.selector, 1));
        // masked bits may differ
        verifier.verify(withQe(48, 0x11), hints());
    }

    function test_qeLevels() external {
        good.qeSvn = 3;
        eq(statusOf(good), TcbStatus.NOT_SUPPORTED, "below every level");
        postQe(
            SimIntel.qeIdentity(
                17, NOW - 1 hours, NOW + 29 days,
                bytes.concat(SimIntel.svnLevel(5, "UpToDate"), ",", SimIntel.svnLevel(3, "OutOfDate"))
            )
        );
        eq(statusOf(good), TcbStatus.OUT_OF_DATE, "the lower level");
        good.qeSvn = 0x0105;
        eq(statusOf(good), TcbStatus.UP_TO_DATE, "two bytes, little-endian");
    }

    // ---- TDX module

    function test_module() external {
        good.tee = 0x06070300000000000000000000000000;
        refuseTd(good, abi.encodeWithSelector(ITdxVerifier.ModuleUnknown.selector, 7));
        good.tee = 0x05010300000000000000000000000000;
        eq(statusOf(good), TcbStatus.OUT_OF_DATE, "module below its first level");
        good.tee = 0x01010300000000000000000000000000;
        eq(statusOf(good), TcbStatus.NOT_SUPPORTED, "module below all its levels");
        // major 0: no identity; components 0 and 1 count
        good.tee = 0x05000200000000000000000000000000;
        eq(statusOf(good), TcbStatus.UP_TO_DATE, "TDX 1.0 module");
        good.tee = 0x04000200000000000000000000000000;
        eq(statusOf(good), TcbStatus.NOT_SUPPORTED, "TDX 1.0 module, too old");
    }

    function bodyWith(uint256 offset, bytes1 value) internal view returns (bytes memory) {
        bytes memory part = SimIntel.signedPart(good);
        part[48 + offset] = value;
        bytes memory e = SimIntel.evidence(good);
        return SimIntel.assemble(
            part, TdxFiles.slice(e, 696, 760), TdxFiles.slice(e, 760, 1144), TdxFiles.slice(e, 1208, e.length)
        );
    }

    function test_moduleSignerAndAttributes() external {
        refuse(bodyWith(64, 0x01), sel(ITdxVerifier.ModuleSigner.selector));
        refuse(bodyWith(111, 0x01), sel(ITdxVerifier.ModuleSigner.selector));
        refuse(bodyWith(112, 0x01), abi.encodeWithSelector(ITdxVerifier.ModuleAttributes.selector, bytes8(0x0100000000000000)));
    }

    // ---- TD attributes: bug 1 and its relatives

    function test_bug01_debugGroup() external {
        for (uint256 bit = 0; bit < 8; ++bit) {
            good.attributes = uint64(1 << 28 | 1 << bit);
            refuseTd(good, abi.encodeWithSelector(ITdxVerifier.TdDebug.selector, good.attributes));
        }
        good.attributes = 1 << 28 | 1 << 29;
        refuseTd(good, abi.encodeWithSelector(ITdxVerifier.TdMigratable.selector, good.attributes));
        good.attributes = 1 << 28 | 1 << 62;
        refuseTd(
            good,
            abi.encodeWithSelector(
                ITdxVerifier.TdAttributesForbidden.selector, good.attributes, manifestRules().tdAllowed
            )
        );
    }

    function test_networkRules() external {
        ITdxVerifier.TdRules memory r = manifestRules();
        r.tdRequired = 1 << 28;
        r.serviceTd = false;
        vm.warp(NOW);
        deployWorld(SimIntel.rootCert(FROM, TO), r);
        verifier.addCrl(rootCrl(NOW - 1 days, none()), 0, 1);
        ca = verifier.addCert(SimIntel.caCert(FROM, TO), 0);
        tcbSigner = qeSigner = verifier.addCert(SimIntel.signerCert(FROM, TO), 0);
        verifier.addCrl(pckCrl(NOW - 1 days, none()), ca, 1);
        postTcb(tcbInfo(17, NOW - 1 days));
        postQe(qe(17, NOW - 1 days));
        leafRecord = postLeaf(SimIntel.pckCert(SERIAL, SimIntel.pck(), FROM, TO));
        good.attributes = 0;
        refuseTd(good, abi.encodeWithSelector(ITdxVerifier.TdAttributesMissing.selector, 0, 1 << 28));
        good.attributes = 1 << 28;
        good.xfam = 0x602e6;
        refuseTd(good, abi.encodeWithSelector(ITdxVerifier.Xfam.selector, 0x602e6));
        good.xfam = 0x602e7 | 1 << 40;
        refuseTd(good, abi.encodeWithSelector(ITdxVerifier.Xfam.selector, good.xfam));
        good.xfam = 0x602e7;
        good.version = 5;
        good.kind = 3;
        good.tee2 = good.tee;
        bytes memory part = SimIntel.signedPart(good);
        part[54 + 647] = 0x01;
        bytes memory e = SimIntel.evidence(good);
        refuse(
            SimIntel.assemble(part, TdxFiles.slice(e, 766, 830), TdxFiles.slice(e, 830, 1214), TdxFiles.slice(e, 1278, e.length)),
            sel(ITdxVerifier.ServiceTd.selector)
        );
        verifier.verify(e, hints());
    }

    // ---- TCB status: rules 1 to 5

    function test_bug10_noMatchIsNotOutOfDate() external {
        SimIntel.Pck memory p = SimIntel.pck();
        p.svns = 0x01010101010100010000000000000000;
        leafRecord = postLeaf(SimIntel.pckCert(77, p, FROM, TO));
        eq(statusOf(good), TcbStatus.NOT_SUPPORTED, "no level matches");
        p.svns = 0x02020202030100030000000000000000;
        leafRecord = postLeaf(SimIntel.pckCert(78, p, FROM, TO));
        eq(statusOf(good), TcbStatus.OUT_OF_DATE, "the second level");
        p.pcesvn = 4;
        leafRecord = postLeaf(SimIntel.pckCert(79, p, FROM, TO));
        eq(statusOf(good), TcbStatus.NOT_SUPPORTED, "PCESVN below every level");
    }

    /// Every component decides, and a higher one makes up for nothing.
    function testFuzz_componentsOneByOne(uint8 which, uint8 value) external {
        uint256 i = which % 16;
        SimIntel.Pck memory p = SimIntel.pck();
        uint8 first = uint8(p.svns[i]);
        uint8 second = uint8(bytes16(0x02020202030100030000000000000000)[i]);
        p.svns = bytes16(uint128(p.svns) & ~(uint128(0xff) << uint128(8 * (15 - i))) | uint128(value) << uint128(8 * (15 - i)));
        leafRecord = postLeaf(SimIntel.pckCert(1000 + value, p, FROM, TO));
        uint8 want = value >= first ? TcbStatus.UP_TO_DATE : value >= second ? TcbStatus.OUT_OF_DATE : TcbStatus.NOT_SUPPORTED;
        eq(statusOf(good), want, "status");
    }

    function test_bug11_relaunch() external {
        good.version = 5;
        good.kind = 3;
        good.tee = 0x02010300000000000000000000000000;
        good.tee2 = 0x06010300000000000000000000000000;
        eq(statusOf(good), TcbStatus.RELAUNCH, "old at launch, good now");
        good.tee2 = good.tee;
        eq(statusOf(good), TcbStatus.OUT_OF_DATE, "old at launch and now");
        good.tee = 0x06010300000000000000000000000000;
        eq(statusOf(good), TcbStatus.UP_TO_DATE, "good at launch, older now");
        good.tee = 0x02010300000000000000000000000000;
        good.tee2 = 0x06090300000000000000000000000000;
        eq(statusOf(good), TcbStatus.OUT_OF_DATE, "present module unknown");
    }

    // ---- time

    function test_expiries() external {
        bytes memory e = SimIntel.evidence(good);
        bytes memory h = hints();
        vm.warp(NOW + 29 days);
        verifier.verify(e, h);
        vm.warp(NOW + 29 days + 1);
        vm.expectRevert(abi.encodeWithSelector(ITdxVerifier.CollateralExpired.selector, product, NOW + 29 days));
        verifier.verify(e, h);
        postTcb(tcbInfo(17, NOW + 28 days));
        vm.expectRevert(abi.encodeWithSelector(ITdxVerifier.CollateralExpired.selector, bytes32(uint256(1)), NOW + 29 days));
        verifier.verify(e, h);
        postQe(qe(17, NOW + 28 days));
        IEvidenceVerifier.Findings memory f = verifier.verify(e, h);
        // the list of the leaf's issuer: TcbPolicy's to look at
        ITcbPolicy.Subject memory s = subjectOf(f);
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.ListMissing.selector, 1, 1, uint40(NOW + 29 days)));
        policy.judge(s);
        verifier.addCrl(pckCrl(NOW + 28 days, none()), ca, 1);
        policy.judge(s);
    }

    function test_leafExpires() external {
        leafRecord = postLeaf(SimIntel.pckCert(55, SimIntel.pck(), FROM, NOW + 1 days));
        bytes memory e = SimIntel.evidence(good);
        bytes memory h = hints();
        vm.warp(NOW + 1 days);
        verifier.verify(e, h);
        vm.warp(NOW + 1 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.LeafExpired.selector, NOW + 1 days));
        verifier.verify(e, h);
    }

    function test_processorCaNeedsItsOwnList() external {
        bytes32 other = verifier.addCert(
            SimIntel.cert(SimIntel.Cert(0x62, SimIntel.ROOT_NAME, SimIntel.ROOT_KEY, SimIntel.PROCESSOR_NAME, 0x2002, FROM, TO, SimIntel.caExtensions(0))), 0
        );
        bytes memory leaf = SimIntel.cert(
            SimIntel.Cert(5, SimIntel.PROCESSOR_NAME, 0x2002, SimIntel.PCK_NAME, SimIntel.PCK_KEY, FROM, TO, SimIntel.pckExtensions(SimIntel.pck()))
        );
        ca = other;
        leafRecord = postLeaf(leaf);
        ITcbPolicy.Subject memory s = subjectOf(verifier.verify(SimIntel.evidence(good), hints()));
        eq(s.issuer, 2, "issuer");
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.ListMissing.selector, 1, 2, 0));
        policy.judge(s);
    }

    // ---- appraise

    function test_appraise() external {
        IEvidenceVerifier.Findings memory f = verifier.verify(SimIntel.evidence(good), hints());
        ok(!verifier.steady(), "it follows collateral");
        eq(verifier.appraise(product, f.rawTcb, appraiseHints()), f.status, "the same status");
        bytes memory h = appraiseHints();
        vm.expectRevert(abi.encodeWithSelector(IEvidenceErrors.RawTcbLength.selector, 51));
        verifier.appraise(product, new bytes(51), h);
        vm.expectRevert(abi.encodeWithSelector(ITdxVerifier.CollateralMissing.selector, bytes32("x")));
        verifier.appraise("x", f.rawTcb, h);
    }
}
