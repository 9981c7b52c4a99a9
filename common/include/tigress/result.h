#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "tigress/api.h"

namespace tigress {

/// Why a text could not be understood: one sentence that says what was expected and what came.
/// Never quotes a secret, a token, a share identifier or share content.
struct TIGRESS_API ParseError {
  std::string detail;
};

/// A value, or the reason there is none. For mistakes a peer can make; a broken machine is an exception.
template <class T, class E = ParseError>
class [[nodiscard]] Result {
 public:
  Result(T&& value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit on purpose
  Result(const T& value) : state_(std::in_place_index<0>, value) {}        // NOLINT
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}    // NOLINT: implicit on purpose

  explicit operator bool() const { return state_.index() == 0; }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// Precondition: this holds an error.
  const E& error() const {
    assert(state_.index() == 1);
    return std::get<1>(state_);
  }

 private:
  T& value() {
    assert(state_.index() == 0);
    return std::get<0>(state_);
  }
  const T& value() const {
    assert(state_.index() == 0);
    return std::get<0>(state_);
  }

  std::variant<T, E> state_;
};

/// Success without a value, or the reason of the failure.
template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  Result(E error) : error_(std::move(error)) {}  // NOLINT: implicit on purpose

  explicit operator bool() const { return !error_; }
  const E& error() const {
    assert(error_);
    return *error_;
  }

 private:
  std::optional<E> error_;
};

}  // namespace tigress
