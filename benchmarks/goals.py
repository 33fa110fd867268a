"""All goals of speed and memory in one table, measured in one run.

Each row is a median; ratios are of runs in turn (``pairing.py``). Without ``--only`` this takes
about five minutes on an idle machine.
"""

from __future__ import annotations

import c_speed
import exact_speed
import few_terms_speed
import import_time
import law_speed
import measure_speed
import memory
import network_speed
import nonlinearity_speed
import path_speed
import peer_speed
import power_speed
import precision_speed
import simulation_speed
import table
import thread_speed
import training_speed

PARTS = {
    module.__name__: module.rows
    for module in (
        simulation_speed,
        peer_speed,
        few_terms_speed,
        c_speed,
        precision_speed,
        nonlinearity_speed,
        law_speed,
        thread_speed,
        network_speed,
        memory,
        import_time,
        path_speed,
        exact_speed,
        power_speed,
        measure_speed,
        training_speed,
    )
}


def main() -> None:
    parser = table.argument_parser(__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="some parts")
    arguments = parser.parse_args()
    table.show([PARTS[name] for name in arguments.only], table.settings_of(arguments))


if __name__ == "__main__":
    main()
