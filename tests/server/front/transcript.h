#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/front/request_reader.h"

namespace tigress::front {

/// What a connection sees that gets these pieces: a line for each whole request, then "..." if the reader
/// wants more, or the status of its failure.
inline std::string transcript(const std::vector<std::string_view>& pieces, const ReaderLimits& limits) {
  RequestReader reader(limits);
  std::string text;
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const std::size_t taken = reader.feed(piece);
      piece.remove_prefix(taken);
      if (reader.stage() == RequestReader::Stage::failed) {
        return text + std::to_string(reader.failure().status);
      }
      if (reader.stage() == RequestReader::Stage::complete) {
        const Request& request = reader.request();
        text += request.method + " " + request.target + " 1." + std::to_string(request.minorVersion) + " [" +
                request.body + "] " + (reader.keepsAlive() ? "keep" : "close") + "\n";
        reader.reset();
      } else if (taken == 0) {
        return text + "stuck";
      }
    }
  }
  return text + (reader.started() ? "..." : "");
}

}  // namespace tigress::front
