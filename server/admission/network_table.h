#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tigress::admission {

/// Numbers that belong to client networks, in memory that is taken once: a count-min sketch. A network has
/// four cells, found by its keyed hash, and shares each with others, but hardly ever all four.
template <class Number>
class NetworkTable {
 public:
  static constexpr std::size_t kRows = 4;
  using Cells = std::array<Number*, kRows>;

  explicit NetworkTable(std::size_t places) : places_(places), numbers_(kRows * places) {}

  Cells find(std::uint64_t hash) {
    Cells cells{};
    // Double hashing (Kirsch, Mitzenmacher): two hashes are as good as four.
    for (std::size_t row = 0; row < kRows; ++row) {
      const std::uint64_t mixed = (hash & 0xFFFFFFFFU) + row * (hash >> 32);
      cells[row] = &numbers_[row * places_ + mixed % places_];
    }
    return cells;
  }

  /// What is known of a network: what its least shared cell holds.
  static Number least(const Cells& cells) {
    return **std::min_element(cells.begin(), cells.end(), [](Number* a, Number* b) { return *a < *b; });
  }

  void clear() { std::fill(numbers_.begin(), numbers_.end(), Number{}); }

 private:
  std::size_t places_;
  std::vector<Number> numbers_;
};

}  // namespace tigress::admission
