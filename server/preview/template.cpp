#include "server/preview/template.h"

#include <algorithm>
#include <stdexcept>

#include "common/dav_xml.h"
#include "common/text.h"

namespace tigress::preview {

Template::Template(std::string_view source) {
  while (!source.empty()) {
    const std::size_t open = std::min(source.find("{{"), source.size());
    if (open > 0) pieces_.push_back({Piece::Kind::literal, std::string(source.substr(0, open))});
    source.remove_prefix(open);
    if (source.empty()) return;

    const bool markup = startsWith(source, "{{{");
    const std::string_view closing = markup ? "}}}" : "}}";
    const std::size_t close = source.find(closing);
    if (close == std::string_view::npos) throw std::logic_error("a template has a place that is not closed");
    const std::string_view name = source.substr(closing.size(), close - closing.size());
    pieces_.push_back({markup ? Piece::Kind::markup : Piece::Kind::value, std::string(trimmed(name))});
    source.remove_prefix(close + closing.size());
  }
}

std::string Template::html(const Values& values) const {
  std::string result;
  for (const Piece& piece : pieces_) {
    switch (piece.kind) {
      case Piece::Kind::literal:
        result += piece.text;
        break;
      case Piece::Kind::value:
        result += escapeXml(values(piece.text));
        break;
      case Piece::Kind::markup:
        result += values(piece.text);
        break;
    }
  }
  return result;
}

std::string Template::text(const Values& values) const {
  std::string result;
  for (const Piece& piece : pieces_) {
    result += piece.kind == Piece::Kind::literal ? piece.text : values(piece.text);
  }
  return result;
}

}  // namespace tigress::preview
