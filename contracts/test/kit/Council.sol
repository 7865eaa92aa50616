// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;


/// @title  FreeCouncil - the part of IGuardianCouncil that registers ask, with freezes that a test sets
contract FreeCouncil {
    mapping(bytes32 object => uint40) public frozenUntil;
    uint40 public anyFreezeUntil;

    function set(bytes32 object, uint40 until) external {
        frozenUntil[object] = until;
        if (until > anyFreezeUntil) anyFreezeUntil = until;
    }
}
