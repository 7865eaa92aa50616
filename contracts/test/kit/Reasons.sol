// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dates} from "../../src/base/Dates.sol";
import {Der} from "../../src/evidence/Der.sol";
import {X509} from "../../src/evidence/X509.sol";
import {IEvidenceErrors} from "../../src/interfaces/IEvidenceErrors.sol";
import {ITcbPolicy} from "../../src/interfaces/ITcbPolicy.sol";

/// @title  Reasons - reasons of the C verifier as bits (attest/verdict.h; the numbers never change), and which of
///         them stand behind the errors that the verifiers of all vendors share
library Reasons {
    uint256 internal constant TRUNCATED = 1 << 1;
    uint256 internal constant TOO_LARGE = 1 << 3;
    uint256 internal constant VERSION = 1 << 4;
    uint256 internal constant CERTIFICATE = 1 << 12;
    uint256 internal constant UNTRUSTED_ROOT = 1 << 13;
    uint256 internal constant CHAIN = 1 << 14;
    uint256 internal constant CHAIN_EXPIRED = 1 << 16;
    uint256 internal constant CHAIN_EARLY = 1 << 17;
    uint256 internal constant LIST_MISSING = 1 << 19;
    uint256 internal constant LIST_MALFORMED = 1 << 20;
    uint256 internal constant LIST_ISSUER = 1 << 21;
    uint256 internal constant LIST_SIGNATURE = 1 << 22;
    uint256 internal constant LIST_EXPIRED = 1 << 23;
    uint256 internal constant LIST_EARLY = 1 << 24;
    uint256 internal constant REPORT_DATA = 1 << 80;

    // SEV-SNP
    uint256 internal constant SNP_LENGTH = 1 << 84;
    uint256 internal constant SNP_RESERVED = 1 << 85;
    uint256 internal constant SNP_ALGORITHM = 1 << 86;
    uint256 internal constant SNP_TABLE = 1 << 87;
    uint256 internal constant SNP_VEK_MISSING = 1 << 88;
    uint256 internal constant SNP_ISSUER = 1 << 89;
    uint256 internal constant SNP_VEK_SIGNATURE = 1 << 90;
    uint256 internal constant SNP_VEK_EXTENSION = 1 << 91;
    uint256 internal constant SNP_SIGNING_KEY = 1 << 92;
    uint256 internal constant SNP_MASKED = 1 << 93;
    uint256 internal constant SNP_PRODUCT = 1 << 94;
    uint256 internal constant SNP_REPORTED_TCB = 1 << 95;
    uint256 internal constant SNP_CHIP_ID = 1 << 96;
    uint256 internal constant SNP_SIGNATURE = 1 << 97;
    uint256 internal constant SNP_ASK_REVOKED = 1 << 98;
    uint256 internal constant SNP_TCB_ORDER = 1 << 99;
    uint256 internal constant SNP_DEBUG = 1 << 100;
    uint256 internal constant SNP_MIGRATE = 1 << 101;
    uint256 internal constant SNP_POLICY = 1 << 102;
    uint256 internal constant SNP_VMPL = 1 << 103;

    // Nitro
    uint256 internal constant COSE_FORM = 1 << 111;
    uint256 internal constant COSE_HEADER = 1 << 112;
    uint256 internal constant DOC_PAYLOAD = 1 << 113;
    uint256 internal constant DOC_FIELD = 1 << 114;
    uint256 internal constant DOC_DIGEST = 1 << 115;
    uint256 internal constant PCR_MISSING = 1 << 116;
    uint256 internal constant DOC_SIGNATURE = 1 << 117;
    uint256 internal constant NITRO_DEBUG = 1 << 118;
    uint256 internal constant PCR_ZERO = 1 << 119;
    uint256 internal constant TIMESTAMP_OLD = 1 << 120;
    uint256 internal constant TIMESTAMP_EARLY = 1 << 121;
    uint256 internal constant EXTRA_FIELD = 1 << 122;

    uint256 private constant MALFORMED = CERTIFICATE | LIST_MALFORMED;

    /// @notice 0 for errors that only follow from others, as a certificate below one that was not posted.
    function shared(bytes4 cause) internal pure returns (uint256) {
        if (
            cause == Der.DerTruncated.selector || cause == Der.DerTag.selector || cause == Der.DerLength.selector
                || cause == Der.DerEnd.selector || cause == Der.DerInteger.selector || cause == Der.DerValue.selector
                || cause == Dates.DateMalformed.selector || cause == X509.ExtensionUnknown.selector
                || cause == X509.ExtensionTwice.selector
        ) return MALFORMED;
        // whose name it must be is a matter of the chain in C
        if (cause == X509.CommonName.selector) return MALFORMED | CHAIN | SNP_ISSUER;
        if (cause == IEvidenceErrors.NotValidNow.selector) {
            return CHAIN_EXPIRED | CHAIN_EARLY | LIST_EXPIRED | LIST_EARLY;
        }
        if (cause == IEvidenceErrors.LeafExpired.selector) return CHAIN_EXPIRED;
        if (cause == IEvidenceErrors.CertificateRole.selector) return CHAIN | SNP_ISSUER;
        // the form of an issuer's name is not read: it must be the subject of the one above, to the byte
        if (cause == IEvidenceErrors.IssuerMismatch.selector) {
            return MALFORMED | CHAIN | SNP_ISSUER | LIST_ISSUER | UNTRUSTED_ROOT;
        }
        if (cause == IEvidenceErrors.SignatureInvalid.selector) {
            return CHAIN | SNP_VEK_SIGNATURE | LIST_SIGNATURE | UNTRUSTED_ROOT;
        }
        if (
            cause == IEvidenceErrors.CertificateRevoked.selector || cause == ITcbPolicy.LeafRevoked.selector
                || cause == ITcbPolicy.AuthorityEpochPassed.selector
        ) return SNP_ASK_REVOKED;
        return 0;
    }
}
