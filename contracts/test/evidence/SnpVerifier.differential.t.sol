// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ids} from "../../src/base/Ids.sol";
import {Claims} from "../../src/base/Types.sol";
import {AmdKey} from "../../src/evidence/AmdKey.sol";
import {IEvidenceErrors} from "../../src/interfaces/IEvidenceErrors.sol";
import {IEvidenceVerifier} from "../../src/interfaces/IEvidenceVerifier.sol";
import {ISnpVerifier} from "../../src/interfaces/ISnpVerifier.sol";
import {Deploys} from "../kit/Deploys.sol";
import {Differential} from "../kit/Differential.sol";
import {Reasons} from "../kit/Reasons.sol";
import {SnpWorld} from "../kit/SnpWorld.sol";
import {vm} from "../kit/Vm.sol";

/// @title  SnpVerifier and attest/snp.c, on the same mutated evidence (Differential)
/// @notice Parts of a case are named at the head of tests/tools/snp_mutate.c. A post that fails ends nothing:
///         whatever can be posted is, and the report is tried on it. The record of the leaf is what the
///         contract's event says; where client/lib made one it must be the same. What the bases bring is posted
///         once, for the cases that change the report alone.
contract SnpVerifierDifferentialTest is SnpWorld, Differential {
    uint256 private constant ROOT = 0;
    uint256 private constant LIST = 1;
    uint256 private constant ISSUER = 2;
    uint256 private constant LEAF = 3;
    uint256 private constant REPORT = 4;
    uint256 private constant ROOT_MODULUS = 5;
    uint256 private constant ISSUER_MODULUS = 6;
    uint256 private constant AUTHORITY = 7;
    uint256 private constant RECORD = 8;
    uint256 private constant HINTS = 9;

    /// when the bases are judged: PC_FORGE_SNP_NOW
    uint256 private constant BASE_TIME = 1_800_000_000;

    /// of each base: 0 Milan, 1 Genoa, 2 Turin
    uint256[] private _product;

    function test_everyCaseOfSnpMutate() external {
        runAll();
    }

    function folder() internal pure override returns (string memory) {
        return "cache/scratch/snp-mutate/";
    }

    function deployBases() internal override {
        deployParts();
        bytes[] memory roots = new bytes[](base.length);
        uint256 count;
        for (uint256 i = 0; i < base.length; ++i) {
            bool known = false;
            for (uint256 k = 0; k < count && !known; ++k) known = keccak256(roots[k]) == keccak256(base[i][ROOT]);
            if (!known) roots[count++] = base[i][ROOT];
        }
        assembly ("memory-safe") {
            mstore(roots, count)
        }
        // policy_network of attest/policy.h
        ISnpVerifier.SnpRules memory rules = ISnpVerifier.SnpRules({maxVmpl: 0, vlek: true, listsRequired: true});
        verifier = ISnpVerifier(
            Deploys.create(
                "SnpVerifier.sol:SnpVerifier",
                abi.encode(roots, policyAt(), ISnpVerifier.Parts(reader, sha384, p384), rules)
            )
        );
        deployAround(address(verifier), 2);
        for (uint256 i = 0; i < base.length; ++i) {
            uint256 product;
            while (verifier.rootHash(uint8(product)) != sha256(base[i][ROOT])) ++product;
            _product.push(product);
        }
    }

    function postBases() internal override {
        vm.warp(BASE_TIME);
        for (uint256 i = 0; i < base.length; ++i) {
            Case memory c;
            (c.base, c.parts) = (i, base[i]);
            Answer memory a = blank();
            eq(_post(c, a), base[i][RECORD], "the library's leaf record");
            eq(a.count, 0, "a base is posted");
        }
    }

    function isPosted(Case memory c) internal pure override returns (bool) {
        return c.time == BASE_TIME && c.changed & (1 << ROOT | 1 << LIST | 1 << ISSUER | 1 << LEAF) == 0;
    }

    function answer(Case memory c) internal override returns (Answer memory a) {
        a = blank();
        bytes memory record = isPosted(c) ? base[c.base][RECORD] : _post(c, a);
        IEvidenceVerifier.Findings memory f;
        try verifier.verify(c.parts[REPORT], bytes.concat(record, c.parts[HINTS])) returns (
            IEvidenceVerifier.Findings memory found
        ) {
            f = found;
        } catch (bytes memory cause) {
            noted(a, cause);
            return a;
        }
        a.found = true;
        a.claims = Ids.claims(
            Claims(f.vendor, f.product, f.measurement, abi.encodePacked(f.reportHigh, f.reportLow), f.platform, f.rawTcb)
        );
        // AMD states no status; C computes none
        a.status = c.status;
        try this.judgeFindings(f) {
            a.accepts = true;
        } catch (bytes memory cause) {
            noted(a, cause);
        }
    }

    /// List, authority and leaf; the leaf's record, or the library's or the base's if it cannot be posted.
    function _post(Case memory c, Answer memory a) private returns (bytes memory record) {
        uint8 product = uint8(_product[c.base]);
        try verifier.addCrl(c.parts[LIST], product, c.parts[ROOT_MODULUS]) {}
        catch (bytes memory cause) {
            noted(a, cause);
        }
        bytes32 authority;
        try verifier.addCert(c.parts[ISSUER], bytes32(uint256(product)), c.parts[ROOT_MODULUS]) returns (bytes32 id) {
            authority = id;
            if (c.parts[AUTHORITY].length != 0) eq(id, bytes32(c.parts[AUTHORITY]), "the library's id of the authority");
        } catch (bytes memory cause) {
            noted(a, cause);
        }
        record = c.parts[RECORD].length != 0 ? c.parts[RECORD] : base[c.base][RECORD];
        vm.recordLogs();
        try verifier.addCert(c.parts[LEAF], authority, c.parts[ISSUER_MODULUS]) returns (bytes32 tag) {
            (, record) = abi.decode(lastLog(ISnpVerifier.LeafPosted.selector), (bytes32, bytes));
            if (c.parts[RECORD].length != 0) eq(keccak256(c.parts[RECORD]), tag, "the library's leaf record");
        } catch (bytes memory cause) {
            noted(a, cause);
        }
    }

    function judgeFindings(IEvidenceVerifier.Findings calldata f) external view {
        judge(address(verifier), f);
    }

    function reasonsOf(bytes4 cause) internal pure override returns (uint256) {
        // C takes what follows the report for its table, and reads the header first
        if (cause == IEvidenceErrors.EvidenceLength.selector) {
            return Reasons.SNP_LENGTH | Reasons.SNP_TABLE | Reasons.TOO_LARGE | Reasons.VERSION | Reasons.SNP_ALGORITHM;
        }
        if (cause == ISnpVerifier.SnpVersion.selector) return Reasons.VERSION;
        if (cause == ISnpVerifier.SnpAlgorithm.selector) return Reasons.SNP_ALGORITHM;
        if (cause == ISnpVerifier.SnpReserved.selector) return Reasons.SNP_RESERVED;
        if (cause == ISnpVerifier.SnpSigningKey.selector) return Reasons.SNP_SIGNING_KEY;
        if (cause == ISnpVerifier.SnpMaskedChipKey.selector) return Reasons.SNP_MASKED;
        if (cause == ISnpVerifier.SnpProduct.selector) return Reasons.SNP_PRODUCT;
        if (cause == ISnpVerifier.SnpReportedTcb.selector) return Reasons.SNP_REPORTED_TCB;
        if (cause == ISnpVerifier.SnpTcbOrder.selector) return Reasons.SNP_TCB_ORDER;
        if (cause == ISnpVerifier.SnpChipId.selector) return Reasons.SNP_CHIP_ID;
        if (cause == ISnpVerifier.SnpSignature.selector) return Reasons.SNP_SIGNATURE | Reasons.CHAIN;
        if (cause == ISnpVerifier.SnpDebug.selector) return Reasons.SNP_DEBUG;
        if (cause == ISnpVerifier.SnpMigratable.selector) return Reasons.SNP_MIGRATE;
        if (cause == ISnpVerifier.SnpGuestPolicy.selector) return Reasons.SNP_POLICY;
        if (cause == ISnpVerifier.SnpVmpl.selector) return Reasons.SNP_VMPL;
        if (cause == ISnpVerifier.IssuerKeyMismatch.selector) {
            return Reasons.UNTRUSTED_ROOT | Reasons.CHAIN | Reasons.SNP_VEK_SIGNATURE;
        }
        if (cause == ISnpVerifier.AmdExtensions.selector || cause == AmdKey.AmdItemMissing.selector) {
            return Reasons.SNP_VEK_EXTENSION;
        }
        uint256 shared = Reasons.shared(cause);
        // AMD's extensions are read after the certificate; what does not begin as DER is taken for PEM by C
        return shared & Reasons.CERTIFICATE != 0 ? shared | Reasons.SNP_VEK_EXTENSION | Reasons.NOT_PEM : shared;
    }

    function mustReach() internal pure override returns (uint256) {
        return Reasons.VERSION | Reasons.CERTIFICATE | Reasons.UNTRUSTED_ROOT | Reasons.CHAIN | Reasons.CHAIN_EXPIRED
            | Reasons.CHAIN_EARLY | Reasons.LIST_MALFORMED | Reasons.LIST_ISSUER | Reasons.LIST_SIGNATURE
            | Reasons.LIST_EXPIRED | Reasons.LIST_EARLY | Reasons.SNP_LENGTH | Reasons.SNP_RESERVED
            | Reasons.SNP_ALGORITHM | Reasons.SNP_ISSUER | Reasons.SNP_VEK_SIGNATURE | Reasons.SNP_VEK_EXTENSION
            | Reasons.SNP_SIGNING_KEY | Reasons.SNP_MASKED | Reasons.SNP_PRODUCT | Reasons.SNP_REPORTED_TCB
            | Reasons.SNP_CHIP_ID | Reasons.SNP_SIGNATURE | Reasons.SNP_ASK_REVOKED | Reasons.SNP_TCB_ORDER
            | Reasons.SNP_DEBUG | Reasons.SNP_MIGRATE | Reasons.SNP_POLICY | Reasons.SNP_VMPL;
    }
}
