"""Draws what tests/bench/compare measured: one SVG a kind of scenario, by gnuplot."""

import pathlib
import subprocess

from servers import FLOOR, NGINX, RELAY_FULL, RELAY_OS

COLOURS = {RELAY_OS: "#c8102e", RELAY_FULL: "#e58a96", NGINX: "#2f6f4f", FLOOR: "#bbbbbb", "rclone": "#3b7dd8",
           "lighttpd": "#8a5fbf", "Apache": "#d98e04"}

# File, title, scenario.
PICTURES = [
    ("transfers", "Whole transfers a second (MKCOL, PUT, LOCK, GET, GET, DELETE; 1.2 KiB)", "transfer"),
    ("transfers-tls", "Whole transfers a second, TLS, a new connection for each", "transfer, TLS, new connection"),
    ("get", "GET of share.json a second", "GET"),
]


def draw(data, folder):
    folder.mkdir(exist_ok=True)
    for name, title, scenario in PICTURES:
        results = [result for result in data["results"] if result["scenario"] == scenario]
        if results:
            draw_one(pathlib.Path(folder) / f"{name}.svg", title, results)


def draw_one(path, title, results):
    candidates = [who for who in COLOURS if any(who in result["candidates"] for result in results)]
    rows = []
    for result in results:
        figures = (result["candidates"].get(who) for who in candidates)
        rows.append(" ".join([f"\"{result['connections']} connections\"",
                              *(f"{f['per_second']:.0f} {f['per_second_low']:.0f} {f['per_second_high']:.0f}" if f
                                else "0 0 0" for f in figures)]))
    table = "$rates << END\n" + "\n".join(rows) + "\nEND\n"
    bars = ", ".join(f"$rates using {3 * i + 2}:{3 * i + 3}:{3 * i + 4}:xtic(1) title \"{who}\" lc rgb \"{COLOURS[who]}\""
                     for i, who in enumerate(candidates))
    script = f"""
set terminal svg size 860,420 font "sans-serif,13" background "white"
set output "{path}"
set title "{title}" noenhanced
set style data histograms
set style histogram errorbars gap 2 lw 1
set style fill solid border rgb "white"
set boxwidth 0.9
set yrange [0:*]
set format y "%'.0f"
set grid ytics lc rgb "#dddddd"
set border 3 lc rgb "#666666"
set tics nomirror
set key outside right top
{table}
plot {bars}
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
