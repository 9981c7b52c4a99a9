#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tigress/api.h"
#include "tigress/result.h"
#include "tigress/transport.h"

namespace tigress::client {

/// Which servers a device may talk to. As it is made, all of them.
class TIGRESS_API AllowList {
 public:
  /// Servers, separated by commas or blanks:
  ///   relay.example         https on its usual port
  ///   relay.example:8443    on that port; `:*` on any
  ///   *.relay.example       every name below that one, but not the name itself
  ///   http://localhost:80   plain HTTP, which only the loopback may have
  /// The error says which entry is none. A list without any entry allows nothing.
  static Result<AllowList> parse(std::string_view text);

  /// Whether requests to that absolute URL are allowed.
  bool allows(std::string_view url) const;

 private:
  struct Entry {
    std::string scheme;
    std::string host;  // lower case
    std::string port;  // empty: any
    bool below = false;
  };
  static Result<Entry> parseEntry(std::string_view text);

  bool everything_ = true;
  std::vector<Entry> entries_;
};

/// Lets requests to servers on the list pass and no other: those fail as relayNotAllowed before anything is
/// sent.
class TIGRESS_API AllowListTransport final : public Transport {
 public:
  /// `inner` must outlive this.
  AllowListTransport(Transport& inner, AllowList list) : inner_(inner), list_(std::move(list)) {}

  Result<Response, Failure> exchange(const Request& request, std::chrono::seconds longest) override;

 private:
  Transport& inner_;
  AllowList list_;
};

}  // namespace tigress::client
