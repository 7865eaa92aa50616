// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../test/kit/Vm.sol";

/// @title  Deployer - the address of the key in the environment
contract Deployer {
    function run() external view returns (address) {
        return vm.addr(vm.envUint("POLYCLAVE_DEPLOYER_KEY"));
    }
}
