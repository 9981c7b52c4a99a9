#include "server/admission/connection_limit.h"

namespace tigress::admission {

ConnectionLimit::ConnectionLimit(std::uint32_t most, std::size_t places, TrustedProxies proxies,
                                 const RandomSource& random)
    : most_(most), proxies_(std::move(proxies)), hash_(random), counts_(places) {}

bool ConnectionLimit::open(const IpAddress& peer) {
  if (proxies_.contains(peer)) return true;
  const std::lock_guard<std::mutex> guard(mutex_);
  const Table::Cells cells = cellsOf(peer);
  if (Table::least(cells) >= most_) return false;
  for (std::uint32_t* count : cells) ++*count;
  return true;
}

void ConnectionLimit::close(const IpAddress& peer) {
  if (proxies_.contains(peer)) return;
  const std::lock_guard<std::mutex> guard(mutex_);
  for (std::uint32_t* count : cellsOf(peer)) --*count;
}

ConnectionLimit::Table::Cells ConnectionLimit::cellsOf(const IpAddress& peer) {
  return counts_.find(hash_(clientNetwork(peer).bytes()));
}

}  // namespace tigress::admission
