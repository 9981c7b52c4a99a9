#include "tigress/allow_list.h"

#include <algorithm>

#include "common/text.h"
#include "tigress/share_url.h"

namespace tigress::client {
namespace {

constexpr std::string_view kScheme = "://";
constexpr std::string_view kAnyName = "*.";
constexpr std::string_view kAnyPort = ":*";

struct Origin {
  std::string scheme;
  std::string host;
  std::string port;
};

// Of what `parseOrigin` gave.
Origin takeApart(std::string_view origin) {
  Origin parts;
  parts.scheme = origin.substr(0, origin.find(kScheme));
  std::string_view authority = origin.substr(parts.scheme.size() + kScheme.size());
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  parts.host = authority.substr(0, colon);
  parts.port = colon == std::string_view::npos ? (parts.scheme == "https" ? "443" : "80")
                                               : std::string(authority.substr(colon + 1));
  return parts;
}

bool endsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::string originOf(std::string_view url) {
  const std::size_t scheme = url.find(kScheme);
  if (scheme == std::string_view::npos) return {};
  return std::string(url.substr(0, url.find_first_of("/?#", scheme + kScheme.size())));
}

}  // namespace

Result<AllowList::Entry> AllowList::parseEntry(std::string_view text) {
  std::string address(text);
  if (address.find(kScheme) == std::string::npos) address.insert(0, "https://");
  Entry entry;
  const bool anyPort = endsWith(address, kAnyPort);
  if (anyPort) address.erase(address.size() - kAnyPort.size());
  const std::size_t host = address.find(kScheme) + kScheme.size();
  entry.below = startsWith(std::string_view(address).substr(host), kAnyName);
  if (entry.below) address.erase(host, kAnyName.size());
  const auto origin = parseOrigin(address);
  if (!origin) return origin.error();
  Origin parts = takeApart(*origin);
  if (entry.below && (parts.host.front() == '[' || parts.host.find('.') == std::string::npos)) {
    return ParseError{"a star stands for names below a domain, as in *.relay.example"};
  }
  entry.scheme = std::move(parts.scheme);
  entry.host = std::move(parts.host);
  if (!anyPort) entry.port = std::move(parts.port);
  return entry;
}

Result<AllowList> AllowList::parse(std::string_view text) {
  AllowList list;
  list.everything_ = false;
  std::string blanks(text);
  std::replace_if(
      blanks.begin(), blanks.end(), [](char c) { return c == ',' || c == '\t' || c == '\n' || c == '\r'; },
      ' ');
  for (const std::string_view word : split(blanks, ' ')) {
    if (word.empty()) continue;
    auto entry = parseEntry(word);
    if (!entry) {
      return ParseError{"number " + std::to_string(list.entries_.size() + 1) +
                        " is no server: " + entry.error().detail};
    }
    list.entries_.push_back(*std::move(entry));
  }
  return list;
}

bool AllowList::allows(std::string_view url) const {
  if (everything_) return true;
  const auto origin = parseOrigin(originOf(url));
  if (!origin) return false;
  const Origin asked = takeApart(*origin);
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    const bool named = entry.below ? endsWith(asked.host, "." + entry.host) : asked.host == entry.host;
    return named && asked.scheme == entry.scheme && (entry.port.empty() || asked.port == entry.port);
  });
}

Result<Response, Failure> AllowListTransport::exchange(const Request& request, std::chrono::seconds longest) {
  if (list_.allows(request.target)) return inner_.exchange(request, longest);
  const std::string origin = originOf(request.target);
  return Failure{FailureCode::relayNotAllowed,
                 origin.substr(std::min(origin.size(), origin.find(kScheme) + kScheme.size())) +
                     " is not on the list of relays that are allowed"};
}

}  // namespace tigress::client
