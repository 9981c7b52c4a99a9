#include "server/preview/display_text.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

#include "common/text.h"
#include "server/preview/unicode_marks.h"

namespace tigress::preview {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

// Of spans in order.
template <std::size_t size>
bool isIn(char32_t point, const Span (&spans)[size]) {
  const auto* const span = std::partition_point(std::begin(spans), std::end(spans),
                                                [&](const Span& one) { return one.last < point; });
  return span != std::end(spans) && span->first <= point;
}

constexpr Span kBlank[] = {
    {0x09, 0x0D},      // tab, line feed, vertical tab, form feed, carriage return
    {0x20, 0x20},      //
    {0x85, 0x85},      // next line
    {0xA0, 0xA0},      // no-break space
    {0x1680, 0x1680},  // ogham space mark
    {0x2000, 0x200A},  // spaces by width
    {0x2028, 0x2029},  // line and paragraph separator
    {0x202F, 0x202F},  // narrow no-break space
    {0x205F, 0x205F},  // mathematical space
    {0x2800, 0x2800},  // braille blank
    {0x3000, 0x3000},  // ideographic space
};

constexpr Span kHidden[] = {
    {0x00, 0x1F},        // C0 controls
    {0x7F, 0x9F},        // delete and C1 controls
    {0xAD, 0xAD},        // soft hyphen
    {0x034F, 0x034F},    // combining grapheme joiner
    {0x061C, 0x061C},    // arabic letter mark
    {0x115F, 0x1160},    // hangul fillers
    {0x17B4, 0x17B5},    // khmer inherent vowels
    {0x180B, 0x180F},    // mongolian selectors
    {0x200B, 0x200B},    // zero width space
    {0x200E, 0x200F},    // left-to-right and right-to-left mark
    {0x202A, 0x202E},    // bidirectional embeddings and overrides
    {0x2060, 0x206F},    // word joiner, invisible operators, bidirectional isolates, deprecated format
    {0x3164, 0x3164},    // hangul filler
    {0xFEFF, 0xFEFF},    // byte order mark
    {0xFFA0, 0xFFA0},    // halfwidth hangul filler
    {0xFFF0, 0xFFFB},    // interlinear annotation
    {0x13430, 0x1343F},  // hieroglyph joiners
    {0x1BCA0, 0x1BCA3},  // shorthand format
    {0x1D173, 0x1D17A},  // musical format
    {0xE0000, 0xE0FFF},  // tags and selectors
};

// More of them than any language writes on one character would be drawn over the words around it.
constexpr int kMostMarks = 3;

// What else hangs on the character before it.
constexpr Span kAttached[] = {
    {0x200C, 0x200D},    // joiners
    {0xFE00, 0xFE0F},    // variation selectors
    {0x1F3FB, 0x1F3FF},  // skin tones
};

// What waits for the character after it: never the last thing before a cut.
constexpr Span kLeaning[] = {
    {0x20, 0x20},      // blank
    {0x200C, 0x200D},  // joiners
};

// Never the first thing after a cut.
bool isAttached(char32_t point) {
  return isIn(point, kMarks) || isIn(point, kAttached);
}

struct Decoded {
  char32_t point;
  std::size_t length;
};

Decoded decodeFirst(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (!isUtf8(text.substr(0, length)) || text.size() < length) return {kReplacement, 1};
  char32_t point = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    point = (point << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return {point, length};
}

std::size_t escapedLength(char32_t point) {
  switch (point) {
    case '<':
    case '>':
      return 4;
    case '&':
    case '\'':
      return 5;
    case '"':
      return 6;
    default:
      return 1;
  }
}

}  // namespace

std::string displayText(std::string_view text, std::size_t characters) {
  if (characters == 0) return {};
  struct Character {
    char32_t point;
    std::string_view bytes;
  };
  std::vector<Character> kept;
  std::size_t escaped = 0;
  bool blank = false;
  int marks = 0;           // on the last character
  char32_t cutBefore = 0;  // the first character that did not fit
  while (!text.empty()) {
    const auto [point, length] = decodeFirst(text);
    const std::string_view bytes = point == kReplacement ? "\xEF\xBF\xBD" : text.substr(0, length);
    text.remove_prefix(length);
    if (isIn(point, kBlank)) {
      blank = !kept.empty();
      continue;
    }
    if (isIn(point, kHidden)) continue;
    marks = isIn(point, kMarks) ? marks + 1 : 0;
    // One without a character before it would be drawn on the words around this text.
    if (marks > kMostMarks || (marks > 0 && (kept.empty() || blank))) continue;
    const std::size_t more = blank ? 2 : 1;
    escaped += more - 1 + escapedLength(point);
    if (kept.size() + more > characters || escaped > characters + characters / 2) {
      cutBefore = point;
      break;
    }
    if (blank) kept.push_back({' ', " "});
    kept.push_back({point, bytes});
    blank = false;
  }

  const bool cut = cutBefore != 0;
  // Room for the ellipsis, no blank before it, and no half of what is drawn as one.
  while (cut && !kept.empty() &&
         (kept.size() >= characters || isIn(kept.back().point, kLeaning) || isAttached(cutBefore))) {
    cutBefore = kept.back().point;
    kept.pop_back();
  }
  std::string shown;
  for (const Character& character : kept) shown += character.bytes;
  if (cut) shown += kEllipsis;
  return shown;
}

}  // namespace tigress::preview
