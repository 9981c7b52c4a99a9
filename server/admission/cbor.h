#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "tigress/result.h"

namespace tigress::admission {

/// A CBOR data item (RFC 8949), as much of it as WebAuthn uses: integers, byte and text strings, arrays,
/// maps, false, true and null. Strings are views into the bytes that were read.
class Cbor {
 public:
  using Array = std::vector<Cbor>;
  using Map = std::vector<std::pair<Cbor, Cbor>>;

  /// What a stranger may make us build.
  static constexpr int kDepth = 8;
  static constexpr std::size_t kItems = 512;

  /// The one item that the bytes are. Refuses what has no one form (RFC 8949 section 4.2.1: lengths that are
  /// not the shortest, indefinite lengths), tags, floating point, map keys that are neither integer nor text,
  /// keys that stand twice, and more than kDepth levels or kItems items. The error says where, never what.
  static Result<Cbor> parse(std::string_view bytes);
  /// The same for an item that others may follow: takes it off the front of `bytes`.
  static Result<Cbor> take(std::string_view& bytes);

  /// Nothing, or null, where the value is of another kind.
  std::optional<std::int64_t> integer() const;
  std::optional<std::string_view> byteString() const;
  std::optional<std::string_view> textString() const;
  const Array* array() const { return kind_ == Kind::array ? &array_ : nullptr; }
  const Map* map() const { return kind_ == Kind::map ? &map_ : nullptr; }

  /// The value of a key; null if there is none or this is no map.
  const Cbor* find(std::int64_t key) const;
  const Cbor* find(std::string_view key) const;
  /// The same, of that kind.
  std::optional<std::int64_t> findInteger(std::int64_t key) const;
  std::optional<std::string_view> findBytes(std::int64_t key) const;
  std::optional<std::string_view> findBytes(std::string_view key) const;

 private:
  class Reader;
  const Cbor* findSame(const Cbor& key) const;
  enum class Kind { integer, bytes, text, array, map, simple };

  Kind kind_ = Kind::simple;
  std::int64_t number_ = 0;  // of an integer; which one, of a simple value
  std::string_view string_;
  Array array_;
  Map map_;
};

}  // namespace tigress::admission
