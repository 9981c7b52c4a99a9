#pragma once

#include <string>
#include <string_view>

namespace tigress::metrics {

/// The figures for people: what `tigress-relay stats` prints, made of what expose() gave. Lines that it does
/// not know, of another version, are left out.
std::string summarize(std::string_view exposition);

}  // namespace tigress::metrics
