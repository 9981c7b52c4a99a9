#include "client/cli/qr_code.h"

#include <png.h>
#include <qrencode.h>

#include <memory>
#include <stdexcept>
#include <vector>

namespace tigress::cli {
namespace {

constexpr int kQuietZone = 4;             // modules, ISO/IEC 18004
constexpr std::size_t kMostBytes = 2331;  // of version 40 at level M, ISO/IEC 18004 table 7
constexpr int kPixels = 8;                // of a picture to a module
constexpr const char* kBlackOnWhite = "\x1b[30;107m";
constexpr const char* kReset = "\x1b[0m";

struct FreeCode {
  void operator()(QRcode* code) const { QRcode_free(code); }
};

/// The modules of a code, its quiet zone included.
class Modules {
 public:
  explicit Modules(const std::string& text) : code_(QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_M)) {
    if (!code_) throw std::runtime_error("a QR code cannot hold this text");
  }

  int width() const { return code_->width + 2 * kQuietZone; }
  bool isDark(int row, int column) const {
    row -= kQuietZone;
    column -= kQuietZone;
    const int width = code_->width;
    return row >= 0 && row < width && column >= 0 && column < width &&
           (code_->data[row * width + column] & 1) != 0;
  }

 private:
  std::unique_ptr<QRcode, FreeCode> code_;
};

}  // namespace

bool fitsQrCode(std::size_t bytes) {
  return bytes <= kMostBytes;
}

std::string qrCode(const std::string& text, bool colors) {
  const Modules modules(text);
  std::string lines;
  for (int row = 0; row < modules.width(); row += 2) {
    if (colors) lines += kBlackOnWhite;
    for (int column = 0; column < modules.width(); ++column) {
      const bool upper = modules.isDark(row, column) == colors;
      const bool lower = modules.isDark(row + 1, column) == colors;
      lines += upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ";
    }
    if (colors) lines += kReset;
    lines += '\n';
  }
  return lines;
}

std::string qrPicture(const std::string& text) {
  const Modules modules(text);
  const int width = modules.width() * kPixels;
  std::vector<unsigned char> pixels;
  pixels.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(width));
  for (int row = 0; row < width; ++row) {
    for (int column = 0; column < width; ++column) {
      pixels.push_back(modules.isDark(row / kPixels, column / kPixels) ? 0x00 : 0xFF);
    }
  }
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = image.width;
  image.format = PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr) == 0) {
    throw std::runtime_error(std::string("no picture of the QR code: ") + image.message);
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace tigress::cli
