#include "client/src/dav_share.h"

#include <algorithm>

#include "common/dav_xml.h"

namespace tigress::client {
namespace {

constexpr std::string_view kLockOwner = "tigress";

bool mayMeanTheCondition(int status) {
  constexpr int kStatuses[] = {400, 409, 412, 423, 424, 502};
  return std::find(std::begin(kStatuses), std::end(kStatuses), status) != std::end(kStatuses);
}

}  // namespace

bool isLockToken(std::string_view token) {
  return !token.empty() && std::all_of(token.begin(), token.end(),
                                       [](char c) { return c > ' ' && c < 0x7F && c != '<' && c != '>'; });
}

Request DavShare::request(std::string method) const {
  return {std::move(method), url_.document(), {}, {}};
}

Result<Response, Failure> DavShare::ask(const Request& request, std::chrono::seconds longest) const {
  return transport_->exchange(request, longest);
}

Result<Response, Failure> DavShare::askAgainIfLost(const Request& request,
                                                   std::chrono::seconds longest) const {
  auto answer = ask(request, longest);
  const bool lost = !answer && answer.error().code == FailureCode::answerLost;
  return lost ? ask(request, longest) : std::move(answer);
}

Result<Response, Failure> DavShare::askForLock(const std::string& timeout) const {
  Request lock = request("LOCK");
  lock.headers.add("Content-Type", std::string(kXmlContentType));
  lock.headers.add("Depth", "0");
  lock.headers.add("Timeout", timeout);
  lock.body = formatLockInfo(LockScope::exclusive, kLockOwner);
  return ask(lock);
}

Result<std::vector<std::string>, Failure> DavShare::lockTokens() {
  Request propfind = request("PROPFIND");
  propfind.headers.add("Content-Type", std::string(kXmlContentType));
  propfind.headers.add("Depth", "0");
  propfind.body = formatPropfind({{std::string(kDavNamespace), "lockdiscovery"}});
  const auto answer = askAgainIfLost(propfind);
  if (!answer) return answer.error();
  if (answer->status != 207) return failureOf(*answer, propfind.method);
  auto tokens = lockTokensIn(answer->body);
  tokens.erase(std::remove_if(tokens.begin(), tokens.end(),
                              [](const std::string& token) { return !isLockToken(token); }),
               tokens.end());
  return tokens;
}

// The whole URL names the document to every server but those that stand behind a proxy that made it another
// one: they know its path. mod_dav wants a name for a DELETE, as it holds a bare list against the parent as
// well, and npm's webdav-server ends itself when there is none. Those that know no names take a bare list.
Result<Response, Failure> DavShare::askWithTokens(const Request& request,
                                                  const std::vector<std::string>& tokens) const {
  std::string list;
  for (const std::string& token : tokens) list += (list.empty() ? "(<" : " (<") + token + ">)";
  const std::string document = url_.document();
  const std::string names[] = {"<" + document + "> ", "<" + document.substr(url_.origin.size()) + "> ", ""};
  Result<Response, Failure> answer = Failure{FailureCode::relayFailed, {}};
  for (const std::string& name : names) {
    Request conditional = request;
    conditional.headers.add("If", name + list);
    answer = ask(conditional);
    if (!answer || !mayMeanTheCondition(answer->status)) break;
  }
  return answer;
}

Result<void, Failure> DavShare::removeDocument() {
  const Request erase = request("DELETE");
  auto answer = ask(erase);
  std::vector<std::string> tokens;
  if (answer && answer->status == 423) {
    auto found = lockTokens();
    if (!found) return found.error();
    if (found->empty()) return failureOf(*answer, erase.method);
    tokens = *std::move(found);
    answer = askWithTokens(erase, tokens);
  }
  const bool lost = !answer && answer.error().code == FailureCode::answerLost;
  if (lost) answer = tokens.empty() ? ask(erase) : askWithTokens(erase, tokens);
  if (!answer) return answer.error();
  // After a lost answer "not found" is the answer: the first request did it.
  if (answer->status == 200 || answer->status == 204 || (lost && answer->status == 404)) return {};
  return failureOf(*answer, erase.method);
}

}  // namespace tigress::client
