// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISeatRule} from "../interfaces/ISeatRule.sol";

/// @title  SeatRule - who gets which seat
/// @notice No storage, no calls. The readable twin is test/reference/seats.py.
/// @custom:invariant SR1 a committee that is not DEGRADED keeps every cap, reserved seats counted
/// @custom:invariant SR2 nobody sits twice; an eligible incumbent moves only if its index is above n
/// @custom:invariant SR3 n and T do not fall below fullN's while target >= fullN, but in DEGRADED
/// @custom:gas       256 seats and 64 candidates below 3M
/// @custom:source    SPEC 6
contract SeatRule is ISeatRule {
    /// Sizes above the floor that are tried in full; more would let crafted domains spend a block's gas.
    uint256 private constant TRIES = 4;
    /// Buckets for domain numbers; persons are at most 256 + 272, with two numbers each.
    uint256 private constant BUCKETS = 2048;
    /// A candidate displaces an incumbent at 110 % of its bond.
    uint256 private constant DISPLACE_PARTS = 110;

    /// What one trial size is tried with, and what came of it. Persons are numbered incumbents first.
    struct Trial {
        uint256 n;
        uint256 capAny;
        uint256 capOperator;
        uint256 limit;
        uint256 filled;
        uint256 newSeats;
        uint256[] vendors;
        uint256[] domains;
        bool[] seated;
        uint256[] order;
    }

    /// @inheritdoc ISeatRule
    function choose(Input memory input) external pure returns (Output memory out) {
        uint256 domainCount = _denseDomains(input);
        uint256[] memory order = _byBond(input.incumbents);
        if (input.incumbents.length == 0) {
            uint256 t = input.target / 2 + 1;
            Trial memory trial = _trial(input, input.target, t, type(uint256).max, domainCount, order);
            _result(input, trial, out, t);
            out.needed = input.target;
            out.ok = trial.filled == input.target;
            return out;
        }
        if (_regular(input, out, domainCount, order)) return out;
        if (input.lost != 0 || input.absent != 0 || input.degraded) {
            Output memory shrunk;
            if (_degraded(input, shrunk, domainCount)) return shrunk;
        }
    }

    /// @inheritdoc ISeatRule
    function parameters(uint16 n) external pure returns (uint16 t, uint16 b, uint16 a, uint16 q) {
        t = n / 2 + 1;
        b = n < t ? 0 : (n - t) / 2;
        a = t + b;
        q = n / 2 + 1;
    }

    /// @inheritdoc ISeatRule
    function caps(uint16 n, uint16 t, uint8 margin) external pure returns (uint16 any, uint16 operator) {
        (uint256 x, uint256 y) = _caps(n, t, margin);
        return (uint16(x), uint16(y));
    }

    /// @inheritdoc ISeatRule
    function fillsByThree(uint16 n, uint8 margin) external pure returns (bool) {
        (uint256 any,) = _caps(n, n / 2 + 1, margin);
        return 3 * any >= n;
    }

    // ---- sizes

    /// Largest size that fills, or the floor with at least a filled.
    function _regular(Input memory input, Output memory out, uint256 domainCount, uint256[] memory order)
        private
        pure
        returns (bool)
    {
        uint256 floor = input.fullN < input.target ? input.fullN : input.target;
        uint256 present;
        for (uint256 i; i < order.length; ++i) {
            if (input.incumbents[uint16(order[i])].eligible) ++present;
        }
        uint256 tries;
        for (uint256 n = input.target; n >= floor; --n) {
            uint256 limit = _limit(input, n / 2 + 1);
            uint256 waiting = input.candidates.length < limit ? input.candidates.length : limit;
            if (n > floor && (present + waiting < n || tries == TRIES)) continue;
            ++tries;
            Trial memory trial = _trial(input, n, n / 2 + 1, limit, domainCount, order);
            uint256 needed = n > floor ? n : _quorum(n, n / 2 + 1);
            if (trial.filled >= needed) {
                _result(input, trial, out, n / 2 + 1);
                out.needed = uint16(needed);
                out.ok = true;
                return true;
            }
            if (n == floor) {
                out.n = uint16(n);
                out.filled = uint16(trial.filled);
                out.needed = uint16(needed);
                break;
            }
        }
        return false;
    }

    /// n' = n less the lost vendor's seats (an absent one's: less those not enrolled). Secrecy alone
    /// caps: T' is above the largest domain.
    function _degraded(Input memory input, Output memory out, uint256 domainCount) private pure returns (bool) {
        uint256 size = input.incumbents.length;
        Person[] memory kept = new Person[](size);
        uint256 n;
        for (uint256 i; i < size; ++i) {
            Person memory p = input.incumbents[i];
            if (p.id != 0) {
                bool isLost = (input.lost >> p.vendor) & 1 == 1;
                bool isAbsent = (input.absent >> p.vendor) & 1 == 1 && !p.eligible;
                if (isLost || isAbsent) continue;
            }
            kept[n++] = p;
        }
        if (n < size && input.lost == 0 && input.absent == 0) return false;
        assembly ("memory-safe") {
            mstore(kept, n) // shortens the array to what was filled
        }
        if (n <= 2) return false;
        uint256 t = n / 2 + 1;
        uint256 usual = input.t0 < n - 2 ? input.t0 : n - 2;
        if (usual > t) t = usual;

        Person[] memory all = input.incumbents;
        input.incumbents = kept;
        uint256[] memory order = _byBond(kept);
        Trial memory trial;
        trial.n = n;
        trial.capAny = t - 1;
        trial.capOperator = t - 1;
        trial.limit = _limit(input, t);
        _fill(input, trial, domainCount, order, true);
        _result(input, trial, out, 0);
        uint256 largest = _largestDomain(input, trial);
        if (largest + 1 > t) t = largest + 1;
        input.incumbents = all;
        if (t + input.slack > n || trial.filled < _quorum(n, t)) return false;
        if (trial.newSeats > _limit(input, t)) return false;
        out.t = uint16(t);
        out.needed = uint16(_quorum(n, t));
        out.degraded = true;
        out.ok = true;
        return true;
    }

    /// a = T + b
    function _quorum(uint256 n, uint256 t) private pure returns (uint256) {
        return t + (n - t) / 2;
    }

    /// min(T, T') - 1, less what the last regular epoch length has used
    function _limit(Input memory input, uint256 t) private pure returns (uint256) {
        uint256 most = (t < input.t0 ? t : input.t0) - 1;
        return most > input.used ? most - input.used : 0;
    }

    /// min(T-1, n-T) less the margin; an operator: max(1, b) inside that
    function _caps(uint256 n, uint256 t, uint256 margin) private pure returns (uint256 any, uint256 operator) {
        if (t == 0 || t > n) return (0, 0);
        any = t - 1 < n - t ? t - 1 : n - t;
        any = any > margin ? any - margin : 0;
        operator = (n - t) / 2;
        if (operator == 0) operator = 1;
        if (operator > any) operator = any;
    }

    // ---- one size

    function _trial(
        Input memory input,
        uint256 n,
        uint256 t,
        uint256 limit,
        uint256 domainCount,
        uint256[] memory order
    ) private pure returns (Trial memory trial) {
        trial.n = n;
        (trial.capAny, trial.capOperator) = _caps(n, t, input.margin);
        trial.limit = limit;
        _fill(input, trial, domainCount, order, false);
    }

    /// The order of ISeatRule. `keepAll`: incumbents keep their seats whatever the caps (DEGRADED).
    function _fill(
        Input memory input,
        Trial memory trial,
        uint256 domainCount,
        uint256[] memory order,
        bool keepAll
    ) private pure {
        uint256 size = input.incumbents.length;
        trial.vendors = new uint256[](256);
        trial.domains = new uint256[](domainCount + 1);
        trial.seated = new bool[](size + input.candidates.length);
        trial.order = order;
        for (uint256 i; i < order.length; ++i) {
            uint256 spot = uint16(order[i]);
            Person memory p = input.incumbents[spot];
            if (p.eligible && !p.benched) _sit(input, trial, p, spot, keepAll);
        }
        _seatCandidates(input, trial, false);
        for (uint256 i; i < order.length; ++i) {
            uint256 spot = uint16(order[i]);
            Person memory p = input.incumbents[spot];
            if (p.eligible && p.benched) _sit(input, trial, p, spot, keepAll);
        }
        _seatCandidates(input, trial, true);
        if (input.due && trial.filled == trial.n) _displace(input, trial);
    }

    function _seatCandidates(Input memory input, Trial memory trial, bool benched) private pure {
        uint256 size = input.incumbents.length;
        for (uint256 i; i < input.candidates.length; ++i) {
            if (trial.filled == trial.n || trial.newSeats >= trial.limit) return;
            Person memory p = input.candidates[i];
            if (p.benched != benched || (input.lost >> p.vendor) & 1 == 1) continue;
            if (_sit(input, trial, p, size + i, false)) ++trial.newSeats;
        }
    }

    /// Incumbents of lowest bond, from the bottom, against candidates from the top.
    function _displace(Input memory input, Trial memory trial) private pure {
        uint256 size = input.incumbents.length;
        uint256 turns = trial.n / 8 == 0 ? 1 : trial.n / 8;
        for (uint256 i = trial.order.length; i > 0 && turns > 0; --i) {
            uint256 spot = uint16(trial.order[i - 1]);
            if (!trial.seated[spot]) continue;
            --turns;
            Person memory low = input.incumbents[spot];
            for (uint256 j; j < input.candidates.length; ++j) {
                if (trial.newSeats >= trial.limit) return;
                if (trial.seated[size + j]) continue;
                Person memory high = input.candidates[j];
                if (uint256(high.bond) * 100 < uint256(low.bond) * DISPLACE_PARTS) break;
                if (high.benched || (input.lost >> high.vendor) & 1 == 1) continue;
                _count(input, trial, low, false);
                --trial.filled;
                trial.seated[spot] = false;
                if (_sit(input, trial, high, size + j, false)) {
                    ++trial.newSeats;
                    break;
                }
                _count(input, trial, low, true);
                ++trial.filled;
                trial.seated[spot] = true;
            }
        }
    }

    /// Seats p if there is a seat and no cap is in the way.
    function _sit(Input memory input, Trial memory trial, Person memory p, uint256 spot, bool anyway)
        private
        pure
        returns (bool)
    {
        if (trial.filled == trial.n || (!anyway && !_fits(input, trial, p))) return false;
        _count(input, trial, p, true);
        trial.seated[spot] = true;
        ++trial.filled;
        return true;
    }

    function _fits(Input memory input, Trial memory trial, Person memory p) private pure returns (bool) {
        if (input.kinds & 1 != 0 && trial.vendors[p.vendor] >= trial.capAny) return false;
        if (input.kinds & 2 != 0) {
            uint256 cap = input.operatorKind == 1 ? trial.capOperator : trial.capAny;
            if (trial.domains[p.domain0] >= cap) return false;
        }
        if (input.kinds & 4 != 0) {
            uint256 cap = input.operatorKind == 2 ? trial.capOperator : trial.capAny;
            if (trial.domains[p.domain1] >= cap) return false;
        }
        return true;
    }

    function _count(Input memory input, Trial memory trial, Person memory p, bool up) private pure {
        unchecked {
            // one more or one less of a count that is at most 256; it falls only after it rose
            uint256 step = up ? 1 : type(uint256).max;
            if (input.kinds & 1 != 0) trial.vendors[p.vendor] += step;
            if (input.kinds & 2 != 0) trial.domains[p.domain0] += step;
            if (input.kinds & 4 != 0) trial.domains[p.domain1] += step;
        }
    }

    // ---- indices

    /// Lays the trial out: incumbents keep an index that still exists, the others get free ones: first
    /// those that nobody may come back to, then those of benched, then of other absent incumbents.
    function _result(Input memory input, Trial memory trial, Output memory out, uint256 t) private pure {
        uint256 n = trial.n;
        uint256 size = input.incumbents.length;
        out.n = uint16(n);
        out.t = uint16(t);
        out.filled = uint16(trial.filled);
        out.newSeats = uint16(trial.newSeats);
        out.ids = new uint32[](n);
        out.reserved = new uint32[](n);
        for (uint256 i; i < size && i < n; ++i) {
            if (trial.seated[i]) out.ids[i] = input.incumbents[i].id;
        }
        uint256[] memory free = _freeSeats(input, out.ids);
        uint256 next;
        for (uint256 i = n; i < size; ++i) {
            if (trial.seated[i]) out.ids[free[next++]] = input.incumbents[i].id;
        }
        for (uint256 i; i < input.candidates.length; ++i) {
            if (trial.seated[size + i]) out.ids[free[next++]] = input.candidates[i].id;
        }
        _reserve(input, trial, out);
    }

    /// Free indices (from 0) in the order in which they are given away.
    function _freeSeats(Input memory input, uint32[] memory ids) private pure returns (uint256[] memory free) {
        uint256 n = ids.length;
        free = new uint256[](n);
        uint256 next;
        for (uint256 rank; rank < 3; ++rank) {
            for (uint256 i; i < n; ++i) {
                if (ids[i] == 0 && _rank(input, i) == rank) free[next++] = i;
            }
        }
    }

    function _rank(Input memory input, uint256 i) private pure returns (uint256) {
        if (i >= input.incumbents.length) return 0;
        Person memory p = input.incumbents[i];
        if (p.id == 0 || p.gone) return 0;
        return p.benched ? 1 : 2;
    }

    /// Who keeps an empty seat: absent incumbents in the order of their indices, inside the caps.
    function _reserve(Input memory input, Trial memory trial, Output memory out) private pure {
        uint256 n = trial.n;
        for (uint256 i; i < input.incumbents.length; ++i) {
            Person memory p = input.incumbents[i];
            if (p.id == 0 || p.gone || p.eligible || (input.lost >> p.vendor) & 1 == 1) continue;
            if (i >= n || out.ids[i] != 0 || !_fits(input, trial, p)) continue;
            _count(input, trial, p, true);
            out.reserved[i] = p.id;
        }
    }

    // ---- preparation

    /// Replaces domain numbers by small ones, 1.. in the order met, and says how many there are.
    function _denseDomains(Input memory input) private pure returns (uint256 count) {
        uint256[] memory table = new uint256[](BUCKETS);
        for (uint256 i; i < input.incumbents.length + input.candidates.length; ++i) {
            Person memory p = i < input.incumbents.length
                ? input.incumbents[i]
                : input.candidates[i - input.incumbents.length];
            uint256 number;
            (number, count) = _dense(table, p.domain0, count);
            p.domain0 = uint32(number);
            (number, count) = _dense(table, p.domain1, count);
            p.domain1 = uint32(number);
        }
    }

    /// Registry numbers are dense already, so number mod BUCKETS seldom collides.
    function _dense(uint256[] memory table, uint256 domain, uint256 count)
        private
        pure
        returns (uint256, uint256)
    {
        if (domain == 0) return (0, count);
        uint256 spot = domain % BUCKETS;
        while (table[spot] != 0) {
            if (table[spot] >> 32 == domain) return (uint32(table[spot]), count);
            spot = (spot + 1) % BUCKETS;
        }
        ++count;
        table[spot] = domain << 32 | count;
        return (count, count);
    }

    /// Positions of incumbents by (bond descending, id ascending); position in the low 16 bits.
    function _byBond(Person[] memory persons) private pure returns (uint256[] memory keys) {
        keys = new uint256[](persons.length);
        uint256 count;
        for (uint256 i; i < persons.length; ++i) {
            Person memory p = persons[i];
            if (p.id != 0) keys[count++] = uint256(p.bond) << 48 | uint256(~p.id) << 16 | i;
        }
        assembly ("memory-safe") {
            mstore(keys, count) // shortens the array to what was filled
        }
        if (count > 1) _sortDescending(keys);
    }

    /// Heap sort: no bad case, no recursion.
    function _sortDescending(uint256[] memory keys) private pure {
        uint256 count = keys.length;
        for (uint256 i = count / 2; i > 0; --i) _sink(keys, i - 1, count);
        for (uint256 last = count - 1; last > 0; --last) {
            (keys[0], keys[last]) = (keys[last], keys[0]);
            _sink(keys, 0, last);
        }
    }

    /// Lets keys[at] sink in a heap whose least key is on top.
    function _sink(uint256[] memory keys, uint256 spot, uint256 count) private pure {
        uint256 key = keys[spot];
        while (2 * spot + 1 < count) {
            uint256 child = 2 * spot + 1;
            if (child + 1 < count && keys[child + 1] < keys[child]) ++child;
            if (keys[child] >= key) break;
            keys[spot] = keys[child];
            spot = child;
        }
        keys[spot] = key;
    }

    /// Most seats, filled or reserved, that one domain of a kind under quota has.
    function _largestDomain(Input memory input, Trial memory trial) private pure returns (uint256 most) {
        if (input.kinds & 1 != 0) most = _largest(trial.vendors);
        uint256 other = _largest(trial.domains);
        if (other > most) most = other;
    }

    function _largest(uint256[] memory counts) private pure returns (uint256 most) {
        for (uint256 i; i < counts.length; ++i) {
            if (counts[i] > most) most = counts[i];
        }
    }
}
