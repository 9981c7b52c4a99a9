#include "server/share/share_codec.h"

namespace tigress::share {
namespace {

// Of records with push registrations, and of all others: those are what every version wrote.
constexpr char kFormat = 2;
constexpr char kFormatWithoutRegistrations = 1;

class Writer {
 public:
  explicit Writer(std::size_t about) { bytes_.reserve(about); }

  void number(std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes_ += static_cast<char>((value >> shift) & 255U);
  }
  void time(TimePoint value) { number(static_cast<std::uint64_t>(value.time_since_epoch().count())); }
  void flag(int value) { bytes_ += static_cast<char>(value); }
  void text(std::string_view value) {
    number(value.size());
    bytes_ += value;
  }
  void uuid(const Uuid& value) { bytes_ += value.bytes(); }
  void optionalText(const std::optional<std::string>& value) {
    flag(value ? 1 : 0);
    if (value) text(*value);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Once something does not fit, all that follows reads as zero and `complete` says no.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number() {
    const std::string_view bytes = take(8);
    std::uint64_t value = 0;
    for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
    return value;
  }
  TimePoint time() { return TimePoint(std::chrono::milliseconds(static_cast<std::int64_t>(number()))); }
  std::string text() { return std::string(take(number())); }
  Uuid uuid() { return Uuid::fromBytes(take(16)).value_or(Uuid()); }
  std::optional<std::string> optionalText() {
    if (flag(1) == 0) return std::nullopt;
    return text();
  }
  // A number from 0 to `most`.
  int flag(int most) {
    const std::string_view byte = take(1);
    const int value = byte.empty() ? 0 : static_cast<unsigned char>(byte[0]);
    if (value > most) good_ = false;
    return good_ ? value : 0;
  }
  bool good() const { return good_; }
  bool complete() const { return good_ && rest_.empty(); }

 private:
  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) {
      good_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool good_ = true;
};

}  // namespace

std::string encodeShare(const Share& share) {
  Writer writer(share.body.size() + 1024);
  writer.flag(share.registrations.empty() ? kFormatWithoutRegistrations : kFormat);
  writer.flag(static_cast<int>(share.stage));
  writer.time(share.created);
  writer.time(share.modified);
  writer.time(share.expires);
  writer.text(share.etag);
  writer.optionalText(share.display.title);
  writer.optionalText(share.display.description);
  writer.optionalText(share.display.imageUrl);
  writer.number(share.locks.size());
  for (const Lock& lock : share.locks) {
    writer.text(lock.token);
    writer.flag(static_cast<int>(lock.scope));
    writer.flag(static_cast<int>(lock.depth));
    writer.flag(static_cast<int>(lock.root));
    writer.text(lock.owner);
    writer.time(lock.expires);
  }
  writer.text(share.body);
  writer.flag(static_cast<int>(share.end));
  writer.uuid(share.createdAs);
  writer.flag(share.claims ? 1 : 0);
  if (share.claims) {
    for (const Device* device : {&share.claims->sender, &share.claims->receiver}) {
      writer.text(device->claim);
      writer.text(device->lastRequest);
    }
    writer.text(share.claims->verifier);
    writer.flag(share.claims->rights.read ? 1 : 0);
    writer.flag(share.claims->rights.write ? 1 : 0);
    writer.flag(share.claims->rights.remove ? 1 : 0);
    writer.number(static_cast<std::uint64_t>(share.claims->remembered.count()));
  }
  if (share.registrations.empty()) return writer.take();
  writer.number(share.registrations.size());
  for (const PushRegistration& registration : share.registrations) {
    writer.uuid(registration.id);
    writer.flag(static_cast<int>(registration.holder));
    writer.text(registration.type);
    writer.text(registration.token);
    writer.text(registration.message);
    writer.time(registration.expires);
  }
  return writer.take();
}

std::optional<Share> decodeShare(std::string_view bytes) {
  Reader reader(bytes);
  const int format = reader.flag(255);
  if (format != kFormat && format != kFormatWithoutRegistrations) return std::nullopt;
  Share share;
  share.stage = static_cast<Stage>(reader.flag(4));
  share.created = reader.time();
  share.modified = reader.time();
  share.expires = reader.time();
  share.etag = reader.text();
  share.display.title = reader.optionalText();
  share.display.description = reader.optionalText();
  share.display.imageUrl = reader.optionalText();
  const std::uint64_t locks = reader.number();
  for (std::uint64_t i = 0; i < locks && reader.good(); ++i) {
    Lock lock;
    lock.token = reader.text();
    lock.scope = static_cast<LockScope>(reader.flag(1));
    lock.depth = static_cast<LockDepth>(reader.flag(1));
    lock.root = static_cast<Member>(reader.flag(1));
    lock.owner = reader.text();
    lock.expires = reader.time();
    share.locks.push_back(std::move(lock));
  }
  share.body = reader.text();
  share.end = static_cast<End>(reader.flag(2));
  share.createdAs = reader.uuid();
  if (reader.flag(1) != 0) {
    Claims claims;
    for (Device* device : {&claims.sender, &claims.receiver}) {
      device->claim = reader.text();
      device->lastRequest = reader.text();
    }
    claims.verifier = reader.text();
    claims.rights.read = reader.flag(1) != 0;
    claims.rights.write = reader.flag(1) != 0;
    claims.rights.remove = reader.flag(1) != 0;
    claims.remembered = std::chrono::seconds(static_cast<std::int64_t>(reader.number()));
    share.claims = std::move(claims);
  }
  if (format == kFormat) {
    const std::uint64_t registrations = reader.number();
    if (registrations == 0) return std::nullopt;
    for (std::uint64_t i = 0; i < registrations && reader.good(); ++i) {
      PushRegistration registration;
      registration.id = reader.uuid();
      registration.holder = static_cast<Party>(reader.flag(2));
      registration.type = reader.text();
      registration.token = reader.text();
      registration.message = reader.text();
      registration.expires = reader.time();
      share.registrations.push_back(std::move(registration));
    }
  }
  if (!reader.complete()) return std::nullopt;
  return share;
}

}  // namespace tigress::share
