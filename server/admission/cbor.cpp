#include "server/admission/cbor.h"

#include <string>

#include "common/text.h"

namespace tigress::admission {
namespace {

// RFC 8949 section 3.1
enum MajorType : unsigned {
  kUnsigned = 0,
  kNegative = 1,
  kBytes = 2,
  kText = 3,
  kArray = 4,
  kMap = 5,
  kTag = 6,
  kOther = 7,
};

constexpr std::uint64_t kFalse = 20;
constexpr std::uint64_t kNull = 22;

}  // namespace

class Cbor::Reader {
 public:
  explicit Reader(std::string_view bytes) : whole_(bytes), rest_(bytes) {}

  std::optional<Cbor> item(int depth) {
    if (++items_ > kItems) return fail("too many items");
    if (rest_.empty()) return fail("ends too early");
    const auto first = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    const auto argument = readArgument(first & 31U);
    if (!argument) return std::nullopt;
    Cbor value;
    switch (first >> 5) {
      case kUnsigned:
      case kNegative:
        return number(*argument, first >> 5 == kNegative);
      case kBytes:
      case kText:
        return string(*argument, first >> 5 == kText);
      case kArray:
        if (depth >= kDepth) return fail("too deep");
        return array(*argument, depth);
      case kMap:
        if (depth >= kDepth) return fail("too deep");
        return map(*argument, depth);
      case kTag:
        return fail("a tag");
      default:
        if ((first & 31U) > kNull || *argument < kFalse) return fail("no value WebAuthn has");
        value.number_ = static_cast<std::int64_t>(*argument);
        return value;
    }
  }

  std::string_view rest() const { return rest_; }
  ParseError error() const {
    return {"CBOR: " + std::string(reason_) + " at byte " + std::to_string(whole_.size() - rest_.size())};
  }
  std::nullopt_t fail(std::string_view reason) {
    reason_ = reason;
    return std::nullopt;
  }

 private:
  std::optional<std::uint64_t> readArgument(unsigned information) {
    if (information < 24) return information;
    if (information > 27) return fail("a length that is not definite");
    const std::size_t size = std::size_t{1} << (information - 24);
    if (rest_.size() < size) return fail("ends too early");
    std::uint64_t value = 0;
    for (const char byte : rest_.substr(0, size)) value = (value << 8) | static_cast<unsigned char>(byte);
    rest_.remove_prefix(size);
    const std::uint64_t least = size == 1 ? 24 : std::uint64_t{1} << (4 * size);
    if (value < least) return fail("not the shortest form");
    return value;
  }

  std::optional<Cbor> number(std::uint64_t argument, bool negative) {
    if (argument > INT64_MAX) return fail("a number too large");
    Cbor value;
    value.kind_ = Kind::integer;
    const auto magnitude = static_cast<std::int64_t>(argument);
    value.number_ = negative ? -1 - magnitude : magnitude;
    return value;
  }

  std::optional<Cbor> string(std::uint64_t size, bool isText) {
    if (size > rest_.size()) return fail("ends too early");
    Cbor value;
    value.kind_ = isText ? Kind::text : Kind::bytes;
    value.string_ = rest_.substr(0, static_cast<std::size_t>(size));
    if (isText && !isUtf8(value.string_)) return fail("a text that is not UTF-8");
    rest_.remove_prefix(value.string_.size());
    return value;
  }

  // No room is taken on the word of a length: the items are counted as they come.
  std::optional<Cbor> array(std::uint64_t size, int depth) {
    Cbor value;
    value.kind_ = Kind::array;
    for (std::uint64_t i = 0; i < size; ++i) {
      auto member = item(depth + 1);
      if (!member) return std::nullopt;
      value.array_.push_back(std::move(*member));
    }
    return value;
  }

  std::optional<Cbor> map(std::uint64_t size, int depth) {
    Cbor value;
    value.kind_ = Kind::map;
    for (std::uint64_t i = 0; i < size; ++i) {
      auto key = item(depth + 1);
      if (!key) return std::nullopt;
      const bool named = key->kind_ == Kind::integer || key->kind_ == Kind::text;
      if (!named) return fail("a key that is neither a number nor a text");
      if (value.findSame(*key)) return fail("a key that stands twice");
      auto member = item(depth + 1);
      if (!member) return std::nullopt;
      value.map_.emplace_back(std::move(*key), std::move(*member));
    }
    return value;
  }

  std::string_view whole_;
  std::string_view rest_;
  std::size_t items_ = 0;
  std::string_view reason_;
};

Result<Cbor> Cbor::take(std::string_view& bytes) {
  Reader reader(bytes);
  auto value = reader.item(0);
  if (!value) return reader.error();
  bytes = reader.rest();
  return std::move(*value);
}

Result<Cbor> Cbor::parse(std::string_view bytes) {
  std::string_view rest = bytes;
  auto value = take(rest);
  if (value && !rest.empty()) {
    return ParseError{"CBOR: more than one item at byte " + std::to_string(bytes.size() - rest.size())};
  }
  return value;
}

std::optional<std::int64_t> Cbor::integer() const {
  return kind_ == Kind::integer ? std::optional(number_) : std::nullopt;
}

std::optional<std::string_view> Cbor::byteString() const {
  return kind_ == Kind::bytes ? std::optional(string_) : std::nullopt;
}

std::optional<std::string_view> Cbor::textString() const {
  return kind_ == Kind::text ? std::optional(string_) : std::nullopt;
}

const Cbor* Cbor::findSame(const Cbor& key) const {
  for (const auto& [name, value] : map_) {
    if (name.kind_ == key.kind_ && name.number_ == key.number_ && name.string_ == key.string_) return &value;
  }
  return nullptr;
}

const Cbor* Cbor::find(std::int64_t key) const {
  Cbor wanted;
  wanted.kind_ = Kind::integer;
  wanted.number_ = key;
  return findSame(wanted);
}

const Cbor* Cbor::find(std::string_view key) const {
  Cbor wanted;
  wanted.kind_ = Kind::text;
  wanted.string_ = key;
  return findSame(wanted);
}

std::optional<std::int64_t> Cbor::findInteger(std::int64_t key) const {
  const Cbor* value = find(key);
  return value ? value->integer() : std::nullopt;
}

std::optional<std::string_view> Cbor::findBytes(std::int64_t key) const {
  const Cbor* value = find(key);
  return value ? value->byteString() : std::nullopt;
}

std::optional<std::string_view> Cbor::findBytes(std::string_view key) const {
  const Cbor* value = find(key);
  return value ? value->byteString() : std::nullopt;
}

}  // namespace tigress::admission
