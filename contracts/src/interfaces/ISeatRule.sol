// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  ISeatRule - who gets which seat (SPEC 6), as a pure function
/// @notice Stateless; Epochs passes everything in and believes the answer, so its code hash is pinned
///         there. Reads as the rule does:
///         - incumbents who are eligible keep their seats, by bond where caps or seats are short;
///         - free seats go to candidates in the order given, then to benched incumbents, then to benched
///           candidates; a candidate above its domain's cap is passed over;
///         - in a due epoch without a free seat, up to max(1, n/8) incumbents of lowest bond give way to
///           candidates of at least 110 % of it;
///         - new seats: at most min(T, T')-1, less `used`; none of this binds genesis;
///         - a seat left empty is reserved for an incumbent who is not gone, inside the caps.
///         Sizes: genesis is `target`, full. Later the largest n in (floor, target] that fills whole, else
///         floor with at least a seats filled, floor = min(fullN, target). If that fails and a vendor is
///         lost or absent, or the committee is DEGRADED already, the DEGRADED committee of SPEC 6.
interface ISeatRule {
    /// @param id       0 in a list of incumbents: a seat without one
    /// @param eligible enrolled for this attempt, live, past probation
    /// @param benched  struck in a failed attempt at this epoch: comes after everybody else
    /// @param gone     keeps no seat
    struct Person {
        uint32 id;
        uint8 vendor;
        bool eligible;
        bool benched;
        bool gone;
        uint32 domain0;
        uint32 domain1;
        uint96 bond;
    }

    /// @param incumbents   by index - 1; their number is the present n, 0 at genesis
    /// @param candidates   eligible ones, best first
    /// @param t0           present T
    /// @param fullN        n of the last committee that was not DEGRADED
    /// @param used         new seats given in the last regular epoch length
    /// @param margin       of the caps
    /// @param slack        T' <= n' - slack in DEGRADED
    /// @param kinds        bit 0 vendor, 1 domain0, 2 domain1 are under quota
    /// @param operatorKind 1 domain0, 2 domain1 is the operator; 0 neither
    /// @param lost         bit v: vendor v is revoked
    /// @param absent       bit v: vendor v is absent
    struct Input {
        Person[] incumbents;
        Person[] candidates;
        uint16 t0;
        uint16 fullN;
        uint16 target;
        uint16 used;
        uint8 margin;
        uint8 slack;
        uint8 kinds;
        uint8 operatorKind;
        bool due;
        bool degraded;
        uint256 lost;
        uint256 absent;
    }

    /// @param ok       a committee was found; else n and filled say how near the smallest size came
    /// @param ids      by index - 1, 0 = empty seat
    /// @param reserved by index - 1, whose the empty seat is
    struct Output {
        bool ok;
        bool degraded;
        uint16 n;
        uint16 t;
        uint16 filled;
        uint16 needed;
        uint16 newSeats;
        uint32[] ids;
        uint32[] reserved;
    }

    function choose(Input memory input) external pure returns (Output memory);

    /// @notice T, b, a and q of a size (SPEC 6).
    function parameters(uint16 n) external pure returns (uint16 t, uint16 b, uint16 a, uint16 q);
    /// @notice Caps of a size: of any domain, and of an operator.
    function caps(uint16 n, uint16 t, uint8 margin) external pure returns (uint16 any, uint16 operator);
    /// @notice Can three equal domains fill n seats inside the cap?
    function fillsByThree(uint16 n, uint8 margin) external pure returns (bool);
}
