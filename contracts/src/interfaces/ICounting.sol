// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  ICounting - what the votes of the open attempt say
/// @notice Holds nothing and changes nothing: reads Epochs at this block. Epochs believes it, so its address
///         is fixed there; anybody may ask.
interface ICounting {
    /// @param transcript SHA-256 of the preimage
    /// @param ready      bitmap of members whose latest hash it is
    /// @param pk         of key 0
    /// @param yHash      of key 0
    /// @param struck     dealers without commit, or with one below q votes
    /// @param blamed     nodes that the transcript blames
    struct Outcome {
        bytes32 transcript;
        uint256 ready;
        bytes32 pk;
        bytes32 yHash;
        uint32[] struck;
        uint32[] blamed;
    }

    /// @notice so many equal hashes are not enough
    error TooFewEqual(bytes32 hash, uint256 found, uint256 needed);
    /// @notice a hash has enough entries to activate
    error CanActivate(bytes32 hash, uint256 found);
    /// @notice a field of the transcript is not what the chain knows
    error PreimageMismatch(bytes32 field, bytes32 found, bytes32 needed);

    /// @notice What the preimage brings if it can be activated now; else reverts. Entries that count: each
    ///         member's latest hash, votes with a transcript only while no complaint is recorded, none of a
    ///         member that re-attested. n equal ones suffice at once, a equal ones after B2c. QUAL and the
    ///         blamed dealers must have q votes each, QUAL at least T dealers (later T of the old committee).
    function outcome(bytes calldata preimage) external view returns (Outcome memory);
    /// @notice Who is struck if the attempt fails now, and the hash with >= T READYs (0: none, nobody).
    ///         Reverts while a hash has >= a.
    function failure() external view returns (bytes32 hash, uint32[] memory struck);
}
