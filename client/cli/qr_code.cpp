#include "client/cli/qr_code.h"

#include <qrencode.h>

#include <memory>
#include <stdexcept>

namespace tigress::cli {
namespace {

constexpr int kQuietZone = 4;  // modules, ISO/IEC 18004
constexpr const char* kBlackOnWhite = "\x1b[30;107m";
constexpr const char* kReset = "\x1b[0m";

struct FreeCode {
  void operator()(QRcode* code) const { QRcode_free(code); }
};

}  // namespace

std::string qrCode(const std::string& text, bool colors) {
  const std::unique_ptr<QRcode, FreeCode> code(QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_M));
  if (!code) throw std::runtime_error("a QR code cannot hold this text");
  const int width = code->width;
  const auto isDark = [&](int row, int column) {
    return row >= 0 && row < width && column >= 0 && column < width &&
           (code->data[row * width + column] & 1) != 0;
  };
  std::string lines;
  for (int row = -kQuietZone; row < width + kQuietZone; row += 2) {
    if (colors) lines += kBlackOnWhite;
    for (int column = -kQuietZone; column < width + kQuietZone; ++column) {
      const bool upper = isDark(row, column) == colors;
      const bool lower = isDark(row + 1, column) == colors;
      lines += upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ";
    }
    if (colors) lines += kReset;
    lines += '\n';
  }
  return lines;
}

}  // namespace tigress::cli
