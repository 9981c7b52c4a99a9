#include "server/admission/keyed_hash.h"

namespace tigress::admission {
namespace {

std::uint64_t rotated(std::uint64_t x, int bits) {
  return (x << bits) | (x >> (64 - bits));
}

struct State {
  std::uint64_t a, b, c, d;

  void round() {
    a += b;
    b = rotated(b, 13) ^ a;
    a = rotated(a, 32);
    c += d;
    d = rotated(d, 16) ^ c;
    a += d;
    d = rotated(d, 21) ^ a;
    c += b;
    b = rotated(b, 17) ^ c;
    c = rotated(c, 32);
  }

  void take(std::uint64_t word) {
    d ^= word;
    round();
    round();
    a ^= word;
  }
};

std::uint64_t littleEndian(std::string_view bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    word |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return word;
}

}  // namespace

KeyedHash::KeyedHash(const RandomSource& random) : key_{} {
  random(key_.data(), sizeof key_);
}

std::uint64_t KeyedHash::operator()(std::string_view bytes) const {
  State state{key_[0] ^ 0x736f6d6570736575U, key_[1] ^ 0x646f72616e646f6dU, key_[0] ^ 0x6c7967656e657261U,
              key_[1] ^ 0x7465646279746573U};
  const std::uint64_t length = std::uint64_t{bytes.size()} << 56;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) state.take(littleEndian(bytes.substr(0, 8)));
  state.take(littleEndian(bytes) | length);
  state.c ^= 0xFF;
  for (int i = 0; i < 4; ++i) state.round();
  return state.a ^ state.b ^ state.c ^ state.d;
}

}  // namespace tigress::admission
