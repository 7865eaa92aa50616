# SPDX-License-Identifier: Apache-2.0
"""contracts/gas: runs every tools/gas_*.py and prints one table, or with --json one flat object."""
import glob
import importlib
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


def main():
    figures, goals = {}, {}
    for path in sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), "gas_*.py"))):
        name = os.path.basename(path)[:-3]
        if name == "gas_chain":
            continue
        module = importlib.import_module(name)
        figures.update(module.measure())
        goals.update(module.GOALS)
    over = [name for name, most in goals.items() if figures.get(name, 0) > most]
    if "--json" in sys.argv[1:]:
        print(json.dumps(figures, indent=2))
    else:
        for name, gas in figures.items():
            goal = f"goal {goals[name]:>9,}" if name in goals else ""
            print(f"{name:<24}{gas:>12,}  {goal}{'  OVER' if name in over else ''}")
    for name in over:
        print(f"gas: {name} is over its goal: {figures[name]:,} > {goals[name]:,}", file=sys.stderr)
    sys.exit(1 if over else 0)


main()
