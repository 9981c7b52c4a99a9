#pragma once

#include <string>

namespace tigress::cli {

/// A QR code as text for a terminal: two rows of modules to a line, by half blocks, with the quiet zone a
/// camera needs. With `colors` it is black on white whatever the terminal's colours are; without, the
/// blocks are the light modules, for a terminal that writes light on dark.
std::string qrCode(const std::string& text, bool colors);

/// Whether a text of so many bytes fits into a code, as it has to.
bool fitsQrCode(std::size_t bytes);

/// The same as the bytes of a PNG picture.
std::string qrPicture(const std::string& text);

}  // namespace tigress::cli
