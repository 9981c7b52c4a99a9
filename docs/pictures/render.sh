#!/bin/sh
# Draws the pictures of this folder anew, as a browser shows the debug build's pages. The results are committed.
# Debian: apt-get install pngquant optipng; tests/browser/install brings the browser.
set -eu
cd "$(dirname "$0")/../.."

node tests/browser/draw_pictures.mjs --relay build/debug/bin/tigress-relay --tigress build/debug/bin/tigress
pngquant --force --ext .png --quality 70-95 --speed 1 --strip docs/pictures/*.png
optipng -quiet docs/pictures/*.png
