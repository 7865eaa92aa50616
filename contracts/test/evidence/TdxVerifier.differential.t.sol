// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ids} from "../../src/base/Ids.sol";
import {Claims} from "../../src/base/Types.sol";
import {IntelCollateral} from "../../src/evidence/IntelCollateral.sol";
import {IntelLevels} from "../../src/evidence/IntelLevels.sol";
import {Json} from "../../src/evidence/Json.sol";
import {PckExtension} from "../../src/evidence/PckExtension.sol";
import {IEvidenceErrors} from "../../src/interfaces/IEvidenceErrors.sol";
import {IEvidenceVerifier} from "../../src/interfaces/IEvidenceVerifier.sol";
import {ITcbPolicy} from "../../src/interfaces/ITcbPolicy.sol";
import {ITdxVerifier} from "../../src/interfaces/ITdxVerifier.sol";
import {Differential} from "../kit/Differential.sol";
import {Reasons} from "../kit/Reasons.sol";
import {TdxWorld} from "../kit/TdxWorld.sol";

/// @title  TdxVerifier and attest/tdx.c, on the same mutated evidence (Differential)
/// @notice Parts of a case are named at the head of tests/tools/tdx_mutate.c.
contract TdxVerifierDifferentialTest is TdxWorld, Differential {
    function test_everyCaseOfTdxMutate() external {
        runAll();
    }

    function folder() internal pure override returns (string memory) {
        return "cache/scratch/tdx-mutate/";
    }

    function deployBases() internal override {
        // policy_network of attest/policy.h
        deployWorld(
            base[0][0],
            ITdxVerifier.TdRules({
                tdRequired: 1 << 28,
                tdAllowed: uint64(1 << 28 | 1 << 30 | 1 << 31),
                xfamRequired: 3,
                xfamAllowed: 0x6dbe7,
                serviceTd: false
            })
        );
    }

    function isPosted(Case memory) internal pure override returns (bool) {
        return false;
    }

    function answer(Case memory c) internal override returns (Answer memory a) {
        a = blank();
        try this.find(c.parts) returns (IEvidenceVerifier.Findings memory f) {
            a.found = true;
            a.status = f.status;
            a.claims = Ids.claims(
                Claims(f.vendor, f.product, f.measurement, abi.encodePacked(f.reportHigh, f.reportLow), f.platform, f.rawTcb)
            );
            try this.judgeFindings(f) {
                a.accepts = true;
            } catch (bytes memory cause) {
                noted(a, cause);
            }
        } catch (bytes memory cause) {
            noted(a, cause);
        }
    }

    /// Everything posted, then verified.
    function find(bytes[] calldata parts) external returns (IEvidenceVerifier.Findings memory) {
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
        return verifier.verify(parts[10], hints());
    }

    function judgeFindings(IEvidenceVerifier.Findings calldata f) external view {
        judge(f);
    }

    function reasonsOf(bytes4 cause) internal pure override returns (uint256) {
        uint256 object = Reasons.TCB_MALFORMED | Reasons.QEID_MALFORMED;
        if (
            cause == Json.JsonSyntax.selector || cause == Json.JsonString.selector || cause == Json.JsonNumber.selector
                || cause == Json.JsonKeyTwice.selector || cause == Json.JsonDepth.selector
                || cause == IntelLevels.MemberMissing.selector || cause == IntelLevels.MemberValue.selector
                || cause == IntelLevels.TooManyItems.selector
        ) return object;
        if (cause == IntelCollateral.NotForTdx.selector) {
            return Reasons.TCB_ID | Reasons.TCB_VERSION | Reasons.QEID_ID | Reasons.QEID_VERSION;
        }
        if (cause == PckExtension.PckItemTwice.selector || cause == PckExtension.PckItemMissing.selector) {
            return Reasons.PCK_EXTENSION | Reasons.CHAIN;
        }
        if (cause == IEvidenceErrors.EvidenceLength.selector || cause == ITdxVerifier.EvidenceTruncated.selector) {
            return Reasons.TRUNCATED | Reasons.QUOTE_LENGTH | Reasons.TRAILING;
        }
        if (cause == ITdxVerifier.EvidenceTooLarge.selector) return Reasons.TOO_LARGE;
        // the contract reads the header first, C the lengths: it is given a whole quote
        if (cause == ITdxVerifier.UnsupportedVersion.selector) return Reasons.VERSION | Reasons.TRUNCATED;
        if (cause == ITdxVerifier.UnsupportedKeyType.selector) return Reasons.KEY_TYPE | Reasons.TRUNCATED;
        if (cause == ITdxVerifier.UnsupportedTee.selector) return Reasons.TEE_TYPE | Reasons.TRUNCATED;
        if (cause == ITdxVerifier.QeVendor.selector) return Reasons.QE_VENDOR | Reasons.TRUNCATED;
        if (cause == ITdxVerifier.BodyType.selector) return Reasons.BODY_TYPE | Reasons.TRUNCATED;
        // collateral is kept by what it is for
        if (cause == ITdxVerifier.CollateralMissing.selector) return Reasons.FMSPC | Reasons.PCEID;
        if (cause == ITdxVerifier.EvaluationTooLow.selector) return Reasons.TCB_NUMBER | Reasons.QEID_NUMBER;
        if (cause == ITdxVerifier.QeSignature.selector) return Reasons.QE_SIGNATURE;
        if (cause == ITdxVerifier.QeBinding.selector) return Reasons.QE_BINDING;
        if (cause == ITdxVerifier.QeMiscselect.selector) return Reasons.QE_MISCSELECT;
        if (cause == ITdxVerifier.QeAttributes.selector) return Reasons.QE_ATTRIBUTES;
        if (cause == ITdxVerifier.QeSigner.selector) return Reasons.QE_MRSIGNER;
        if (cause == ITdxVerifier.QeProduct.selector) return Reasons.QE_PRODID;
        if (cause == ITdxVerifier.QeDebug.selector) return Reasons.QE_DEBUG;
        if (cause == ITdxVerifier.QuoteSignature.selector) return Reasons.QUOTE_SIGNATURE | Reasons.ATTEST_KEY;
        if (cause == ITdxVerifier.ModuleUnknown.selector) return Reasons.MODULE_UNKNOWN;
        if (cause == ITdxVerifier.ModuleSigner.selector) return Reasons.MODULE_SIGNER;
        if (cause == ITdxVerifier.ModuleAttributes.selector) return Reasons.MODULE_ATTRIBUTES;
        if (cause == ITdxVerifier.TdDebug.selector) return Reasons.TD_DEBUG;
        if (cause == ITdxVerifier.TdMigratable.selector) return Reasons.TD_MIGRATABLE;
        if (cause == ITdxVerifier.TdAttributesForbidden.selector) return Reasons.TD_FORBIDDEN;
        if (cause == ITdxVerifier.TdAttributesMissing.selector) return Reasons.TD_MISSING;
        if (cause == ITdxVerifier.Xfam.selector) return Reasons.XFAM;
        if (cause == ITdxVerifier.ServiceTd.selector) return Reasons.SERVICE_TD;
        if (cause == ITcbPolicy.StatusNotAccepted.selector) return Reasons.TCB_STATUS;
        uint256 shared = Reasons.shared(cause);
        // an object's signature is looked at before its text, which C reads first; the SGX extension is read
        // before the leaf's signature, at which C ends; what is too short for DER is no PEM to C
        if (cause == IEvidenceErrors.SignatureInvalid.selector) return shared | object;
        if (cause == IEvidenceErrors.CertificateRole.selector) return shared | Reasons.PCK_EXTENSION;
        return shared & Reasons.CERTIFICATE != 0
            ? shared | object | Reasons.PCK_EXTENSION | Reasons.CHAIN | Reasons.NOT_PEM
            : shared;
    }

    function mustReach() internal pure override returns (uint256) {
        return Reasons.TRUNCATED | Reasons.VERSION | Reasons.KEY_TYPE | Reasons.TEE_TYPE | Reasons.QE_VENDOR
            | Reasons.BODY_TYPE | Reasons.CERTIFICATE | Reasons.UNTRUSTED_ROOT | Reasons.CHAIN | Reasons.CHAIN_EXPIRED
            | Reasons.CHAIN_EARLY | Reasons.LIST_MALFORMED | Reasons.LIST_ISSUER | Reasons.LIST_SIGNATURE
            | Reasons.LIST_EXPIRED | Reasons.LIST_EARLY | Reasons.TCB_MALFORMED | Reasons.QEID_MALFORMED
            | Reasons.TCB_ID | Reasons.QEID_ID | Reasons.FMSPC | Reasons.PCEID | Reasons.QE_SIGNATURE
            | Reasons.QE_BINDING | Reasons.QE_MISCSELECT | Reasons.QE_ATTRIBUTES | Reasons.QE_MRSIGNER
            | Reasons.QE_PRODID | Reasons.QUOTE_SIGNATURE | Reasons.MODULE_UNKNOWN | Reasons.MODULE_SIGNER
            | Reasons.MODULE_ATTRIBUTES | Reasons.TCB_STATUS | Reasons.TD_DEBUG | Reasons.TD_MIGRATABLE
            | Reasons.TD_FORBIDDEN | Reasons.TD_MISSING | Reasons.XFAM | Reasons.SERVICE_TD;
    }
}
