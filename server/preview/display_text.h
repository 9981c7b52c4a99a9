#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tigress::preview {

/// What may be shown of a text that a stranger wrote, on one line:
///   - valid UTF-8; what is broken becomes U+FFFD;
///   - no control characters, and none that only exist to turn, join or hide text (bidirectional
///     controls, byte order marks, interlinear and tag characters); joiners stay, emoji need them;
///   - at most three combining marks on a character, and none without one;
///   - white space of every kind is one blank, none at the ends;
///   - at most `characters` code points, an ellipsis among them if something was cut. A text that
///     consists of `& < > " '` is cut sooner: escaped, it takes no more than one and a half times
///     that many characters.
std::string displayText(std::string_view text, std::size_t characters);

}  // namespace tigress::preview
