// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IntelCollateral} from "./IntelCollateral.sol";

/// @title  CollateralReader - Intel's TCB info and QE identity, from JSON to packed tables
/// @notice Pure code behind TdxVerifier, which trusts it as itself; it holds nothing.
///         Total: fields or a revert that names place and cause. Signature and dates are the caller's.
contract CollateralReader {
    function tcbInfo(bytes calldata json) external pure returns (IntelCollateral.Object memory) {
        return IntelCollateral.tcbInfo(json);
    }

    function qeIdentity(bytes calldata json) external pure returns (IntelCollateral.Object memory) {
        return IntelCollateral.qeIdentity(json);
    }
}
