// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  Types - values that several contracts and the C tree spell alike
/// @notice Numbers are part of digests and storage words: never renumbered.

/// An application's id (SPEC 1), so that no other 32-byte id can stand in its place.
type AppId is bytes32;

/// Whose machine vouches: `vendor` of claims (attestation.md C7).
library Vendor {
    uint8 internal constant TDX = 1;
    uint8 internal constant SNP = 2;
    uint8 internal constant NITRO = 3;
}

/// Whose evidence a record is about: `kind` of the record key.
library Kind {
    uint8 internal constant NODE = 1;
    uint8 internal constant APP = 2;
}

/// TCB status of evidence under the collateral in force; same numbers as attest/verdict.h.
library TcbStatus {
    uint8 internal constant NONE = 0;
    uint8 internal constant UP_TO_DATE = 1;
    uint8 internal constant SW_HARDENING = 2;
    uint8 internal constant CONFIGURATION = 3;
    uint8 internal constant CONFIGURATION_SW_HARDENING = 4;
    uint8 internal constant OUT_OF_DATE = 5;
    uint8 internal constant OUT_OF_DATE_CONFIGURATION = 6;
    uint8 internal constant REVOKED = 7;
    uint8 internal constant NOT_SUPPORTED = 8;
    uint8 internal constant RELAUNCH = 9;
    uint8 internal constant RELAUNCH_CONFIGURATION = 10;
}

/// What evidence says, whatever the time and the collateral (SPEC 4). A preimage of `claims`.
/// reportData is empty only for a Nitro document without user_data; rawTcb per vendor: C7's table.
struct Claims {
    uint8 vendor;
    bytes32 product;
    bytes32 measurement;
    bytes reportData;
    bytes32 platform;
    bytes rawTcb;
}
