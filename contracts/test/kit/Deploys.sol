// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";

/// @title  Deploys - contracts by artifact, and the addresses that they will get
/// @notice Tests import interfaces and deploy what was built, so that a slow compiler profile of src
///         does not spread to them.
library Deploys {
    /// Deploys "File.sol:Contract" with ABI-encoded constructor arguments; a revert is passed on.
    function create(string memory artifact, bytes memory arguments) internal returns (address made) {
        bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
        assembly {
            made := create(0, add(code, 32), mload(code))
            if iszero(made) {
                let m := mload(0x40)
                returndatacopy(m, 0, returndatasize())
                revert(m, returndatasize())
            }
        }
    }

    /// Address of the contract that `creator` makes `ahead` creations from now (0: the next one).
    function predict(address creator, uint256 ahead) internal view returns (address) {
        uint256 nonce = vm.getNonce(creator) + ahead;
        bytes memory rlp = nonce == 0
            ? abi.encodePacked(hex"d694", creator, hex"80")
            : nonce < 0x80
                ? abi.encodePacked(hex"d694", creator, uint8(nonce))
                : nonce < 0x100
                    ? abi.encodePacked(hex"d794", creator, hex"81", uint8(nonce))
                    : abi.encodePacked(hex"d894", creator, hex"82", uint16(nonce));
        return address(uint160(uint256(keccak256(rlp))));
    }
}
