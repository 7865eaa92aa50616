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
    uint256 internal constant NOT_PEM = 1 << 10;
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

    // TDX
    uint256 internal constant QUOTE_LENGTH = 1 << 2;
    uint256 internal constant KEY_TYPE = 1 << 5;
    uint256 internal constant TEE_TYPE = 1 << 6;
    uint256 internal constant QE_VENDOR = 1 << 7;
    uint256 internal constant BODY_TYPE = 1 << 8;
    uint256 internal constant PCK_EXTENSION = 1 << 15;
    uint256 internal constant TRAILING = 1 << 18;
    uint256 internal constant PCK_LIST_MISSING = 1 << 25;
    uint256 internal constant PCK_LIST_MALFORMED = 1 << 26;
    uint256 internal constant PCK_LIST_ISSUER = 1 << 27;
    uint256 internal constant PCK_LIST_SIGNATURE = 1 << 28;
    uint256 internal constant PCK_LIST_EXPIRED = 1 << 29;
    uint256 internal constant PCK_LIST_EARLY = 1 << 30;
    uint256 internal constant PCK_REVOKED = 1 << 31;
    uint256 internal constant PCK_CA_REVOKED = 1 << 32;
    uint256 internal constant SIGNER_REVOKED = 1 << 33;
    uint256 internal constant SIGNER_EXPIRED = 1 << 34;
    uint256 internal constant SIGNER_EARLY = 1 << 35;
    uint256 internal constant TCB_MALFORMED = 1 << 37;
    uint256 internal constant TCB_CHAIN = 1 << 38;
    uint256 internal constant TCB_SIGNATURE = 1 << 39;
    uint256 internal constant TCB_ID = 1 << 40;
    uint256 internal constant TCB_VERSION = 1 << 41;
    uint256 internal constant TCB_EXPIRED = 1 << 42;
    uint256 internal constant TCB_EARLY = 1 << 43;
    uint256 internal constant TCB_NUMBER = 1 << 44;
    uint256 internal constant FMSPC = 1 << 45;
    uint256 internal constant PCEID = 1 << 46;
    uint256 internal constant QEID_MALFORMED = 1 << 48;
    uint256 internal constant QEID_CHAIN = 1 << 49;
    uint256 internal constant QEID_SIGNATURE = 1 << 50;
    uint256 internal constant QEID_ID = 1 << 51;
    uint256 internal constant QEID_VERSION = 1 << 52;
    uint256 internal constant QEID_EXPIRED = 1 << 53;
    uint256 internal constant QEID_EARLY = 1 << 54;
    uint256 internal constant QEID_NUMBER = 1 << 55;
    uint256 internal constant QE_SIGNATURE = 1 << 56;
    uint256 internal constant QE_BINDING = 1 << 57;
    uint256 internal constant QE_MISCSELECT = 1 << 58;
    uint256 internal constant QE_ATTRIBUTES = 1 << 59;
    uint256 internal constant QE_MRSIGNER = 1 << 60;
    uint256 internal constant QE_PRODID = 1 << 61;
    uint256 internal constant QE_DEBUG = 1 << 62;
    uint256 internal constant ATTEST_KEY = 1 << 63;
    uint256 internal constant QUOTE_SIGNATURE = 1 << 64;
    uint256 internal constant MODULE_UNKNOWN = 1 << 65;
    uint256 internal constant MODULE_SIGNER = 1 << 66;
    uint256 internal constant MODULE_ATTRIBUTES = 1 << 67;
    uint256 internal constant TCB_STATUS = 1 << 68;
    uint256 internal constant TD_DEBUG = 1 << 69;
    uint256 internal constant TD_MIGRATABLE = 1 << 70;
    uint256 internal constant TD_FORBIDDEN = 1 << 71;
    uint256 internal constant TD_MISSING = 1 << 72;
    uint256 internal constant XFAM = 1 << 73;
    uint256 internal constant SERVICE_TD = 1 << 74;

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

    uint256 private constant MALFORMED = CERTIFICATE | LIST_MALFORMED | PCK_LIST_MALFORMED | SIGNERS;
    /// of what signs TCB info and QE identity C says only that it does not lead to the root
    uint256 private constant SIGNERS = TCB_CHAIN | QEID_CHAIN;

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
            return CHAIN_EXPIRED | CHAIN_EARLY | LIST_EXPIRED | LIST_EARLY | PCK_LIST_EXPIRED | PCK_LIST_EARLY
                | SIGNER_EXPIRED | SIGNER_EARLY | TCB_EXPIRED | TCB_EARLY | QEID_EXPIRED | QEID_EARLY;
        }
        if (cause == IEvidenceErrors.LeafExpired.selector) return CHAIN_EXPIRED;
        if (cause == IEvidenceErrors.CertificateRole.selector) return CHAIN | SNP_ISSUER | SIGNERS;
        // the form of an issuer's name is not read: it must be the subject of the one above, to the byte
        if (cause == IEvidenceErrors.IssuerMismatch.selector) {
            return MALFORMED | CHAIN | SNP_ISSUER | LIST_ISSUER | PCK_LIST_ISSUER | UNTRUSTED_ROOT;
        }
        if (cause == IEvidenceErrors.SignatureInvalid.selector) {
            return CHAIN | SNP_VEK_SIGNATURE | LIST_SIGNATURE | PCK_LIST_SIGNATURE | SIGNERS | TCB_SIGNATURE
                | QEID_SIGNATURE | UNTRUSTED_ROOT;
        }
        if (
            cause == IEvidenceErrors.CertificateRevoked.selector || cause == ITcbPolicy.LeafRevoked.selector
                || cause == ITcbPolicy.AuthorityEpochPassed.selector
        ) return SNP_ASK_REVOKED | PCK_REVOKED | PCK_CA_REVOKED | SIGNER_REVOKED;
        return 0;
    }
}
