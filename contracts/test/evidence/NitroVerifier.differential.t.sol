// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ids} from "../../src/base/Ids.sol";
import {Claims} from "../../src/base/Types.sol";
import {Cbor} from "../../src/evidence/Cbor.sol";
import {IEvidenceErrors} from "../../src/interfaces/IEvidenceErrors.sol";
import {IEvidenceVerifier} from "../../src/interfaces/IEvidenceVerifier.sol";
import {INitroVerifier} from "../../src/interfaces/INitroVerifier.sol";
import {Deploys} from "../kit/Deploys.sol";
import {Differential} from "../kit/Differential.sol";
import {NitroWorld} from "../kit/NitroWorld.sol";
import {Reasons} from "../kit/Reasons.sol";
import {vm} from "../kit/Vm.sol";

/// @title  NitroVerifier and attest/nitro.c, on the same mutated documents (Differential)
/// @notice Parts of a case are named at the head of tests/tools/nitro_mutate.c. Records are what the contract's
///         events say; where client/lib made one of the target it must be the same. The bases' chain is
///         posted once, for the cases that have no other.
contract NitroVerifierDifferentialTest is NitroWorld, Differential {
    uint256 private constant ROOT = 0;
    uint256 private constant DOCUMENT = 1;
    uint256 private constant RECORD = 2;
    uint256 private constant HINTS = 3;
    uint256 private constant CERTS = 4;
    uint256 private constant MAX_CERTS = 8;
    /// when the bases are judged: PC_FORGE_NITRO_NOW
    uint256 private constant BASE_TIME = 1_800_000_000;

    function test_everyCaseOfNitroMutate() external {
        runAll();
    }

    function folder() internal pure override returns (string memory) {
        return "cache/scratch/nitro-mutate/";
    }

    function deployBases() internal override {
        vm.warp(BASE_TIME);
        deployParts();
        verifier = INitroVerifier(
            Deploys.create(
                "NitroVerifier.sol:NitroVerifier",
                abi.encode(base[0][ROOT], policyAt(), INitroVerifier.Parts(reader, sha384, p384))
            )
        );
        deployAround(address(verifier), 3);
    }

    function postBases() internal override {
        bytes memory record;
        for (uint256 i = 0; base[0][CERTS + 2 * i].length != 0; ++i) {
            record = post(base[0][CERTS + 2 * i], record, base[0][CERTS + 2 * i + 1]);
        }
        for (uint256 i = 0; i < base.length; ++i) eq(record, base[i][RECORD], "the library's record");
    }

    function isPosted(Case memory c) internal pure override returns (bool) {
        return c.time == BASE_TIME && c.changed >> CERTS == 0;
    }

    function answer(Case memory c) internal override returns (Answer memory a) {
        a = blank();
        bytes memory record = isPosted(c) ? base[c.base][RECORD] : _chain(c, a);
        IEvidenceVerifier.Findings memory f;
        try verifier.verify(c.parts[DOCUMENT], bytes.concat(record, c.parts[HINTS])) returns (
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
        // AWS states no status; C computes none
        a.status = c.status;
        try this.judgeFindings(f) {
            a.accepts = true;
        } catch (bytes memory cause) {
            noted(a, cause);
        }
    }

    function judgeFindings(IEvidenceVerifier.Findings calldata f) external view {
        judge(address(verifier), f);
    }

    /// The case's chain posted from the root down as far as it goes; the record of its target.
    function _chain(Case memory c, Answer memory a) private returns (bytes memory record) {
        for (uint256 i = 0; i < MAX_CERTS && c.parts[CERTS + 2 * i].length != 0; ++i) {
            vm.recordLogs();
            try verifier.addCert(c.parts[CERTS + 2 * i], record, c.parts[CERTS + 2 * i + 1]) {
                (, record) = abi.decode(lastLog(INitroVerifier.CertificatePosted.selector), (uint8, bytes));
            } catch (bytes memory cause) {
                noted(a, cause);
                return base[c.base][RECORD];
            }
        }
        // below a root that is not the pinned one the library's records have another path
        if (c.parts[RECORD].length != 0 && c.reasons & Reasons.UNTRUSTED_ROOT == 0) {
            eq(record, c.parts[RECORD], "the library's record");
        }
        return record.length == 0 ? base[c.base][RECORD] : record;
    }

    function reasonsOf(bytes4 cause) internal pure override returns (uint256) {
        uint256 cbor = Reasons.COSE_FORM | Reasons.DOC_PAYLOAD;
        if (cause == Cbor.CborTruncated.selector) return cbor | Reasons.TRUNCATED;
        // an item of another kind where a field is read is that field's fault in C, unless more is wrong behind it
        if (cause == Cbor.CborKind.selector) {
            return cbor | Reasons.DOC_FIELD | Reasons.DOC_DIGEST | Reasons.TRUNCATED;
        }
        if (
            cause == Cbor.CborForm.selector || cause == Cbor.CborKeyTwice.selector || cause == Cbor.CborTooLarge.selector
                || cause == Cbor.CborTrailing.selector
        ) return cbor;
        if (cause == INitroVerifier.DocumentTooLarge.selector) return Reasons.TOO_LARGE;
        if (cause == INitroVerifier.CoseForm.selector) return Reasons.COSE_FORM | Reasons.TRUNCATED;
        // C looks at the headers and at fields when it has read the whole envelope or payload
        if (cause == INitroVerifier.CoseHeader.selector) return Reasons.COSE_HEADER | Reasons.COSE_FORM | Reasons.TRUNCATED;
        if (cause == INitroVerifier.FieldMissing.selector) return Reasons.DOC_FIELD;
        if (cause == INitroVerifier.FieldValue.selector) {
            return Reasons.DOC_FIELD | Reasons.DOC_DIGEST | Reasons.DOC_PAYLOAD | Reasons.TRUNCATED;
        }
        if (cause == INitroVerifier.TimestampFar.selector) return Reasons.TIMESTAMP_OLD | Reasons.TIMESTAMP_EARLY;
        if (cause == INitroVerifier.PcrMissing.selector) return Reasons.PCR_MISSING;
        if (cause == INitroVerifier.PcrZero.selector) return Reasons.PCR_ZERO;
        if (cause == INitroVerifier.EnclaveDebug.selector) return Reasons.NITRO_DEBUG;
        if (cause == INitroVerifier.UserDataLength.selector) return Reasons.REPORT_DATA;
        if (cause == INitroVerifier.ExtraField.selector) return Reasons.EXTRA_FIELD;
        if (cause == INitroVerifier.DocumentSignature.selector) return Reasons.DOC_SIGNATURE;
        if (cause == INitroVerifier.PathTooLong.selector || cause == INitroVerifier.NotAnAuthority.selector) {
            return Reasons.CHAIN;
        }
        // the chain is not the one that was posted: another root, or one that could not be
        if (cause == INitroVerifier.PathMismatch.selector) return Reasons.UNTRUSTED_ROOT;
        return Reasons.shared(cause);
    }

    function mustReach() internal pure override returns (uint256) {
        return Reasons.TRUNCATED | Reasons.CERTIFICATE | Reasons.UNTRUSTED_ROOT | Reasons.CHAIN | Reasons.CHAIN_EXPIRED
            | Reasons.CHAIN_EARLY | Reasons.REPORT_DATA | Reasons.COSE_FORM | Reasons.COSE_HEADER | Reasons.DOC_PAYLOAD
            | Reasons.DOC_FIELD | Reasons.DOC_DIGEST | Reasons.PCR_MISSING | Reasons.DOC_SIGNATURE
            | Reasons.NITRO_DEBUG | Reasons.PCR_ZERO | Reasons.TIMESTAMP_OLD | Reasons.TIMESTAMP_EARLY
            | Reasons.EXTRA_FIELD;
    }
}
