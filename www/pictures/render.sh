#!/bin/sh
# Draws the pictures and icons of www/ anew from their SVG sources. The results are committed: a build
# needs none of these tools. Debian: apt-get install librsvg2-bin pngquant optipng python3
set -eu
cd "$(dirname "$0")/.."

# A palette keeps a picture small, and takes the alpha channel with it, which some apps draw black.
draw() { # source, size, result
  rsvg-convert --width "$2" --background-color white "$1" | pngquant --quality 80-100 --speed 1 256 - >"$3"
  optipng -quiet -strip all "$3"
}

for source in pictures/*.svg; do
  draw "$source" 1200 "${source%.svg}.png"
done
draw icon.svg 180 apple-touch-icon.png

# favicon.ico: one PNG in the container of Windows icons (22 bytes of header).
draw icon.svg 48 favicon.png
python3 - <<'END'
import struct
png = open('favicon.png', 'rb').read()
header = struct.pack('<HHH', 0, 1, 1) + struct.pack('<BBBBHHII', 48, 48, 0, 0, 1, 32, len(png), 22)
open('favicon.ico', 'wb').write(header + png)
END
rm favicon.png
