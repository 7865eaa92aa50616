// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  BlockHistory - hashes of the last 8,191 blocks
/// @notice The opcode answers for the last 256 (4,800 gas cheaper), EIP-2935's system contract for the
///         others; both give the same hash. Where that contract is missing a call succeeds with empty
///         data: so code and length are checked, and an unknown hash is a revert, never zero.
library BlockHistory {
    address internal constant SYSTEM = 0x0000F90827F1C53a10cb7A02335B175320002935;
    uint256 internal constant WINDOW = 8191;

    /// @notice the chain has no EIP-2935 system contract
    error BlockHistoryMissing();
    /// @notice the block is not among the last 8,191, or not yet mined
    error BlockHashUnknown(uint256 blockNumber);

    /// @notice Hash of a block before the present one. Reverts unless it is known.
    function hashOf(uint256 blockNumber) internal view returns (bytes32 hash) {
        hash = blockhash(blockNumber);
        if (hash != 0) return hash;
        (bool done, bytes memory answer) = SYSTEM.staticcall(abi.encode(blockNumber));
        if (!done || answer.length != 32) revert BlockHashUnknown(blockNumber);
        hash = abi.decode(answer, (bytes32));
        if (hash == 0) revert BlockHashUnknown(blockNumber);
    }

    /// @notice For constructors: reverts where there is no history to read.
    function requirePresent() internal view {
        if (SYSTEM.code.length == 0) revert BlockHistoryMissing();
    }
}
