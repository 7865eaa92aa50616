// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";

/// @title  Test - assertions and bounds for every test contract
/// @notice A failed assertion reverts with what was found and what was needed, which forge prints.
abstract contract Test {
    error NotEqual(string what, bytes32 found, bytes32 needed);
    error NotEqualBytes(string what, bytes found, bytes needed);
    error NotTrue(string what);

    /// EIP-2935's system contract; forge does not predeploy it (see installHistory).
    address internal constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;

    function eq(uint256 found, uint256 needed, string memory what) internal pure {
        if (found != needed) revert NotEqual(what, bytes32(found), bytes32(needed));
    }

    function eq(bytes32 found, bytes32 needed, string memory what) internal pure {
        if (found != needed) revert NotEqual(what, found, needed);
    }

    function eq(address found, address needed, string memory what) internal pure {
        if (found != needed) {
            revert NotEqual(what, bytes32(uint256(uint160(found))), bytes32(uint256(uint160(needed))));
        }
    }

    function eq(bytes memory found, bytes memory needed, string memory what) internal pure {
        if (keccak256(found) != keccak256(needed)) revert NotEqualBytes(what, found, needed);
    }

    function ok(bool condition, string memory what) internal pure {
        if (!condition) revert NotTrue(what);
    }

    /// Maps any word into [low, high], hitting the ends more often than chance would.
    function bound(uint256 word, uint256 low, uint256 high) internal pure returns (uint256) {
        if (low > high) revert NotTrue("bound: low <= high");
        if (word >= low && word <= high) return word;
        uint256 span = high - low;
        if (span == type(uint256).max) return word;
        if (word < 4) return low + (word > span ? span : word);
        if (type(uint256).max - word < 4) {
            uint256 back = type(uint256).max - word;
            return high - (back > span ? span : back);
        }
        return low + word % (span + 1);
    }

    /// Puts EIP-2935's runtime code at its address and stores the hash of one block there.
    function installHistory(uint256 blockNumber, bytes32 hash) internal {
        if (HISTORY.code.length == 0) {
            vm.etch(
                HISTORY,
                hex"3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500"
            );
        }
        vm.store(HISTORY, bytes32(blockNumber % 8191), hash);
    }
}
